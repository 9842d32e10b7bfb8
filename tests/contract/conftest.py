"""Where the contracts are kept: a database of one observation, and empty places for trackers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
import stamina
from made_database import made_database
from tracker_events import NOON, NewPlace, Place
from world_of_inputs import TABLES_STORED_IN, furnish

from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer


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


@pytest.fixture(scope="module", params=["file"])
def new_place(tmp_path_factory: pytest.TempPathFactory) -> NewPlace:
    folder, numbers = tmp_path_factory.mktemp("trackers"), count()

    def place() -> Place:
        path: Path = folder / f"{next(numbers)}.json"

        def opened(clock: Callable[[], datetime] = lambda: NOON) -> StockSuccessTracker:
            return StockSuccessTracker(path, clock=clock)

        return opened

    return place


@pytest.fixture
def tracker(new_place: NewPlace) -> StockSuccessTracker:
    return new_place()()
