"""`python -m benchmarks.database.apart`: one piece of work in a process of its own, for its memory.

Its arguments are the world's folder, its releases, the work as module:function, and its size.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from benchmarks.database.contest import Work
from benchmarks.database.world import World, open_world
from noktvrn_ai_artist.database.connection_manager import use_database


def peak_mb(world: World, work: Work, size: int) -> float:
    """Megabytes that a process which does nothing but this work holds at most."""
    name = f"{work.__module__}:{work.__qualname__}"
    given = [str(world.folder), str(world.releases), name, str(size)]
    done = subprocess.run(
        [sys.executable, "-m", __name__, *given], stdout=subprocess.PIPE, check=True
    )
    return float(done.stdout.splitlines()[-1])


def main(folder: str, releases: str, name: str, size: str) -> None:
    """Do it once, and tell the most that this process held, as the last line."""
    world = open_world(Path(folder), releases=int(releases))
    module, _, function = name.partition(":")
    work: Callable[[World, int], object] = getattr(import_module(module), function)
    work(world, int(size))
    # Not ru_maxrss, which begins with what the process that started this one held.
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    sys.stdout.write(f"\n{int(found[1]) / 1024}\n")
    use_database(None)


if __name__ == "__main__":
    main(*sys.argv[1:])
