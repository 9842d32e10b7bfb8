"""Where the contracts are kept: a database of one observation, and empty places for trackers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import count, cycle
from pathlib import Path

import pytest
import stamina
from made_database import made_database
from tracker_events import NOON, NewPlace, Place
from world_of_inputs import TABLES_STORED_IN, furnish

from noktvrn_ai_artist.analytics.source_ledger import SourceLedger
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database, drop_database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings

LEDGER_TABLES = ("clip_usage", "release_score", "selection", "source_ledger")
MOST_PLACES_AT_ONCE = 4


@pytest.fixture(scope="module")
def world(server: PrivateServer, data_dir: Path) -> Iterator[Database]:
    """One release with one corrected observation, in a database where nothing more is stored."""
    name = f"bad_inputs_{os.getpid()}"
    with made_database(server, data_dir=data_dir, name=name) as database:
        furnish(database)
        yield database


@pytest.fixture
def empty(world: Database) -> Iterator[Database]:
    """The same database for a test that stores something: it is as it was afterwards."""
    yield world
    with world.transaction() as connection:
        tables = ", ".join(TABLES_STORED_IN)
        connection.execute(f"truncate {tables} restart identity cascade".encode())
    furnish(world)


@pytest.fixture
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands keep the tracker's file and the retries' log as the tests had them."""
    monkeypatch.setenv("NOKTVRN_SOURCE_STATS", str(tmp_path / "source_stats.json"))
    yield
    stamina.instrumentation.set_on_retry_hooks(None)


@pytest.fixture(scope="session")
def ledgers(server: PrivateServer, data_dir: Path) -> Iterator[list[Database]]:
    """Databases for ledgers, as many as one test compares; their commits need not last."""
    names = [f"ledger_{os.getpid()}_{number}" for number in range(MOST_PLACES_AT_ONCE)]
    with ExitStack() as opened:
        yield [opened.enter_context(hasty_database(server, data_dir, name)) for name in names]


@contextmanager
def hasty_database(server: PrivateServer, data_dir: Path, name: str) -> Iterator[Database]:
    settings = Settings(data_dir=data_dir, database=name)
    with Database(settings) as database, database.transaction() as connection:
        connection.execute(f"alter database {name} set synchronous_commit = off".encode())
    with Database(settings) as database:
        apply_migrations(database)
        yield database
    drop_database(server, name)


@pytest.fixture(scope="session", params=["file", "ledger"])  # the names of KINDS
def new_place(request: pytest.FixtureRequest) -> NewPlace:
    """A fresh, empty place to store in."""
    return KINDS[request.param](request)


@pytest.fixture(scope="session")
def every_place(request: pytest.FixtureRequest) -> list[NewPlace]:
    """Of each kind a fresh, empty place."""
    return [made(request) for made in KINDS.values()]


def files_one_by_one(request: pytest.FixtureRequest) -> NewPlace:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("trackers")
    numbers = count()

    def place() -> Place:
        path = folder / f"{next(numbers)}.json"

        def opened(clock: Callable[[], datetime] = lambda: NOON) -> StockSuccessTracker:
            return StockSuccessTracker(path, clock=clock)

        return opened

    return place


def ledgers_in_turn(request: pytest.FixtureRequest) -> NewPlace:
    databases = cycle(request.getfixturevalue("ledgers"))

    def place() -> Place:
        database: Database = next(databases)
        with database.transaction() as connection:
            for table in LEDGER_TABLES:
                connection.execute(f"delete from {table}".encode())

        def opened(clock: Callable[[], datetime] = lambda: NOON) -> StockSuccessTracker:
            return StockSuccessTracker(store=SourceLedger(database), clock=clock)

        return opened

    return place


KINDS = {"file": files_one_by_one, "ledger": ledgers_in_turn}


@pytest.fixture
def tracker(new_place: NewPlace) -> StockSuccessTracker:
    return new_place()()
