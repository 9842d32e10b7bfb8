"""`python -m noktvrn_ai_artist` and the command `noktvrn` start here."""

from __future__ import annotations

import sys

from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.cli.output import say_error
from noktvrn_ai_artist.errors import NoktvrnError


def main() -> None:
    """Run the command line; an error of ours becomes one line and exit code 1."""
    try:
        app()
    except NoktvrnError as error:
        say_error(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
