"""Collections that are killed at random moments and run again: the rows of an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from all_platforms import AllPlatforms
from collected_world import Collected, Row, faked_settings
from collection_trials import A_TRIAL
from fake_clock import START, FakeClock
from faked_works import works
from local_server import LocalServer

from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.run_ledger import Run, last_runs
from noktvrn_ai_artist.database.connection_manager import Database

CHILD = Path(__file__).parent / "collecting_child.py"
YOUTUBE = FeedName.YOUTUBE
VIDEOS, LATER = 250, timedelta(minutes=7)


class Victim:
    """A collection in another process, and a hand that may end it."""

    def __init__(self, collected: Collected) -> None:
        self._collected = collected
        settings = collected.database.settings
        self._told = {
            "url": collected.server.url,
            "keys": str(collected.settings.data_dir),
            "data_dir": str(settings.data_dir),
            "name": settings.database,
        }
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def collect(self, *, at: datetime, killed: tuple[int, float] | None = None) -> bool:
        """Collect; whether it came to its end.

        It may be killed so many seconds after its so-many-th call (0: after it began).
        """
        self._collected.server.play([])
        pid = int(self._asked({**self._told, "at": at.isoformat()}))
        if killed is not None:
            self._wait_for_call(killed[0])
            time.sleep(killed[1])
            # The process is waited for by its parent, so until then the id is no other's.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        code = int(self._answer())
        assert code in {0, -signal.SIGKILL}
        return code == 0

    def _wait_for_call(self, number: int) -> None:
        while len(self._collected.server.asked) < number:
            time.sleep(0.0005)

    def close(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _asked(self, told: dict[str, str]) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture
def collected(database: Database, tmp_path: Path) -> Iterator[Collected]:
    clock = FakeClock(START)
    platforms = AllPlatforms(clock)
    platforms.youtube.works.clear()
    platforms.youtube.works |= works(VIDEOS)
    with LocalServer(platforms, clock=clock) as server:
        settings = faked_settings(server.url, tmp_path)
        made = Collected(database, server, platforms, settings, clock, Random(1))
        made.register(YOUTUBE)
        yield made


@pytest.fixture
def victim(collected: Collected) -> Iterator[Victim]:
    victim = Victim(collected)
    yield victim
    victim.close()


def rows_after(collected: Collected, moment: datetime) -> list[Row]:
    with collected.database.transaction() as connection:
        return connection.execute(
            "select u.external_id, p.metric_type, p.recorded_at, p.metric_value"
            " from content_performance p join publications u using (release_id, platform)"
            " where p.source = %s and p.recorded_at > %s",
            [FEEDS[YOUTUBE].source, moment],
        ).fetchall()


def check(collected: Collected, run: Run, begin: datetime) -> None:
    """The rows and counts are those of a run that nobody disturbed."""
    assert run.outcome == "done"
    rows = rows_after(collected, begin - timedelta(hours=1))
    expected = collected.expected(YOUTUBE, collected.works(YOUTUBE), run.started_at)
    assert len(rows) == len(expected)
    assert set(rows) == expected
    assert (run.due, run.asked, run.stored) == (VIDEOS, VIDEOS, len(expected))
    assert (run.corrected, run.duplicate, run.missing) == (0, 0, VIDEOS // 50)


def kill_often(collected: Collected, victim: Victim, kills: int) -> None:
    rng, came = Random(7), Counter[str]()
    trial = 0
    while came["killed"] < kills:
        trial += 1
        begin = START + timedelta(minutes=10) + A_TRIAL * trial
        collected.clock.move(begin - collected.clock())
        moment = rng.randint(0, VIDEOS // 50), rng.expovariate(1 / 0.05)
        if not victim.collect(at=begin, killed=moment):
            came["killed"] += 1
            came[where(collected, begin)] += 1
            collected.clock.move(LATER)
            assert victim.collect(at=begin + LATER)
        check(collected, last_runs(collected.database, most=1)[0], begin)
    print(f"{trial} collections: {dict(came)}")


def where(collected: Collected, begin: datetime) -> str:
    """How far a run came before it was killed."""
    [run] = last_runs(collected.database, most=1)
    if run.started_at < begin:
        return "before its run was written down"
    if run.outcome is not None:
        return "after its end"
    return "before the first call" if not run.asked else f"after {run.asked // 50} calls of 5"


def test_a_collection_that_is_killed_and_run_again_ends_in_the_same_rows(
    collected: Collected, victim: Victim
) -> None:
    kill_often(collected, victim, 10)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_two_hundred_collections_that_are_killed_and_run_again_end_in_the_same_rows(
    collected: Collected, victim: Victim
) -> None:
    kill_often(collected, victim, 200)
