"""`make loop-demo`: the whole loop in one run, on SIMULATED data, with every step done twice.

Run as `python tests/loop/loop_demo.py` from the repository. Everything is asked of servers on this
machine, the database lies in a temporary folder and is gone afterwards. The exit code is 1 if a
check fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def main() -> int:
    """Find the faked platforms, and run."""
    sys.path[:0] = [str(TESTS), str(TESTS / "http")]
    from loop_run import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
