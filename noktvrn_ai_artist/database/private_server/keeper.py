"""The process that outlives every user of a private server, stops it, and ends."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from noktvrn_ai_artist.database.private_server.locks import KernelLock
from noktvrn_ai_artist.database.private_server.places import Places
from noktvrn_ai_artist.database.private_server.users import keep


def main(folder: str, inherited: str) -> None:
    """Keep the server in `folder`, holding the keeper's lock as the open file `inherited`."""
    places = Places(Path(folder))
    # A lock whose file is gone belongs to a server that was removed.
    with suppress(FileNotFoundError):
        keep(places, keeper=KernelLock(places.keeper_lock, inherited=int(inherited)))


if __name__ == "__main__":
    main(*sys.argv[1:])
