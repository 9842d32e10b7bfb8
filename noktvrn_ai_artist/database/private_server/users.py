"""Who still uses the server, and what happens when nobody does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import noktvrn_ai_artist
from noktvrn_ai_artist.database.private_server.locks import KernelLock, is_held
from noktvrn_ai_artist.database.private_server.places import Places, open_own
from noktvrn_ai_artist.database.private_server.postmaster import POLL_SECONDS, stop_server

_KEEPER = "noktvrn_ai_artist.database.private_server.keeper"
_ARRIVAL_SECONDS = 0.05


def ensure_keeper(places: Places) -> subprocess.Popen[bytes] | None:
    """Start the process that stops the server after its last user, unless there is one.

    The caller holds the lifecycle lock. The keeper inherits its lock, so that it counts as there
    from its first moment.
    """
    with KernelLock(places.keeper_lock) as lock:
        if not lock.try_exclusive():
            return None
        log = open_own(places.log_file, os.O_WRONLY | os.O_APPEND)
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", _KEEPER, places.folder, str(lock.fileno())],
                cwd="/",
                env=_surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
        finally:
            os.close(log)


def keep(places: Places, *, keeper: KernelLock) -> None:
    """Sleep until nobody uses the server, stop it, and be gone.

    The keeper's own lock goes before the others: whoever arrives next starts a new keeper.
    """
    while keeper.is_current():
        with KernelLock(places.users_lock) as users, KernelLock(places.lifecycle_lock) as lifecycle:
            if users.sleep_until_exclusive() and keeper.is_current() and lifecycle.try_exclusive():
                stop_server(places)
                keeper.close()
                return
        # Somebody is arriving or stopping the server; they come first.
        time.sleep(_ARRIVAL_SECONDS)


def leave(places: Places) -> None:
    """Stop the server if nobody uses it any more, and wait for that.

    Raises:
        PrivateServerError: it does not stop.
    """
    while is_held(places.server_lock):
        with KernelLock(places.users_lock) as users, KernelLock(places.lifecycle_lock) as lifecycle:
            if users.try_exclusive():
                if lifecycle.try_exclusive():
                    stop_server(places)
            elif users.try_shared():
                return
        time.sleep(POLL_SECONDS)


def _surroundings() -> dict[str, str]:
    # The keeper finds this package wherever it was found here, and nothing else of Python's
    # switches (warnings as errors, tracing) may end it.
    package = str(Path(noktvrn_ai_artist.__file__).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths)}
