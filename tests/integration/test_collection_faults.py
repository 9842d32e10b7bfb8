"""Collection under fault scripts: nothing wrong, doubled or lost is stored, and no secret shows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from all_platforms import AllPlatforms
from collected_world import Collected, faked_settings
from collection_trials import CollectionTrials
from fake_clock import START, FakeClock
from local_server import LocalServer

from noktvrn_ai_artist.collectors import collection_service
from noktvrn_ai_artist.collectors.run_ledger import CallNews
from noktvrn_ai_artist.database.connection_manager import Database

# Every secret of the faked platforms, and every message of theirs that may not be repeated.
CANARY = "canary"


class _Telltale(logging.Handler):
    """Keeps what was logged, at any level, if it holds the canary."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.caught: list[str] = []
        self.heard = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.heard += 1
        said = self.format(record)
        if CANARY in said:
            self.caught.append(said)


@pytest.fixture
def telltale() -> Iterator[_Telltale]:
    handler, root = _Telltale(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def trials(database: Database, tmp_path: Path) -> Iterator[CollectionTrials]:
    clock = FakeClock(START)
    platforms = AllPlatforms(clock)
    with LocalServer(platforms, clock=clock) as server:
        settings = faked_settings(server.url, tmp_path)
        yield CollectionTrials(Collected(database, server, platforms, settings, clock, Random(1)))


def stored_canaries(database: Database) -> list[str]:
    """The tables in which a row, as text, holds the canary."""
    with database.transaction() as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = 'public'"
        ).fetchall()
        return [
            table
            for (table,) in tables
            if connection.execute(
                f"select from {table} as t where t::text like '%{CANARY}%' limit 1".encode()
            ).rowcount
        ]


def play(trials: CollectionTrials, telltale: _Telltale, scripts: int) -> None:
    ends = Counter(trials.run(seed) for seed in range(scripts))
    assert set(ends) == {"done", "quota spent", "failed"}
    assert trials.said
    assert telltale.heard
    assert not [line for line in trials.said if CANARY in line]
    assert telltale.caught == []
    assert stored_canaries(trials.collected.database) == []
    assert CANARY not in repr(trials.collected.settings)
    print(f"{scripts} scripts, {dict(ends)}; {trials.calls} calls, {trials.rows} rows")


def test_a_hundred_fault_scripts_store_nothing_wrong(
    trials: CollectionTrials, telltale: _Telltale
) -> None:
    play(trials, telltale, 100)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_three_thousand_fault_scripts_store_nothing_wrong(
    trials: CollectionTrials, telltale: _Telltale
) -> None:
    play(trials, telltale, 3000)


def test_a_stored_secret_would_be_seen(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "insert into collection_runs (feed, started_at, finished_at, outcome, reason)"
            " values ('x', '2026-03-01', '2026-03-01', 'failed', 'a canary')"
        )
    assert stored_canaries(database) == ["collection_runs"]


def test_a_row_that_is_lost_would_be_seen(
    trials: CollectionTrials, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = CallNews
    monkeypatch.setattr(
        collection_service,
        "CallNews",
        lambda **told: whole(**{**told, "observations": told["observations"][1:]}),
    )
    with pytest.raises(AssertionError):
        Counter(trials.run(seed) for seed in range(20))
