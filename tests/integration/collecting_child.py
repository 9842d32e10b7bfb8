"""Collects once for each line it is given, in a process of its own that may be killed at any time.

Run as a program, so that forking is cheap and no thread is lost by it. A line is JSON: the server's
URL, the data folders, the database and the time. Each is answered by the new process's id as soon
as it is about to collect, and once that is over by its exit code; -9 for one that was killed.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from random import Random

sys.path.append(str(Path(__file__).parents[1] / "http"))

from collected_world import CALM, faked_settings
from fake_clock import FakeClock

from noktvrn_ai_artist.collectors.collection_service import CollectionService, Surroundings
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.settings import Settings


def main() -> None:
    """Serve line after line until there are no more."""
    # Loaded once, not by every process anew.
    import_module("noktvrn_ai_artist.analytics.observation_landing")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            collect(**json.loads(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def collect(url: str, keys: str, data_dir: str, name: str, at: str) -> None:
    """One collection from YouTube, at a time that does not pass."""
    clock = FakeClock(datetime.fromisoformat(at))
    around = Surroundings(clock=clock, sleep=clock.sleep, patience=CALM, rng=Random(1))
    with Database(Settings(data_dir=Path(data_dir), database=name)) as database:
        service = CollectionService(database, faked_settings(url, Path(keys)), around)
        print(os.getpid(), flush=True)
        service.collect(FeedName.YOUTUBE)


if __name__ == "__main__":
    main()
