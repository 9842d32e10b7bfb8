"""What the tests share: one private PostgreSQL for the run, an empty migrated database for each."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from made_database import made_database

from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings

_numbers = itertools.count(1)

# The local HTTP server and the platforms' worlds, for tests of any folder.
sys.path.append(str(Path(__file__).parent / "http"))

# A build says the same of the same code twice; elsewhere every run looks further.
# No deadline anywhere: machines are shared, and a timed assertion would fail by chance.
hypothesis.settings.register_profile("quiet", deadline=None)
hypothesis.settings.register_profile("build", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("build" if os.environ.get("CI") else "quiet")

# Looked through for doctests, one conftest.py would be taken for another of the same name.
collect_ignore_glob = ["conftest.py"]


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """The settings of whoever runs the tests do not reach them."""
    names = [name for name in os.environ if name.startswith("NOKTVRN_")]
    with pytest.MonkeyPatch.context() as patch:
        for name in [*names, "DATABASE_URL"]:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this test run."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def server(data_dir: Path) -> Iterator[PrivateServer]:
    """A real PostgreSQL, started for this run and gone after it."""
    server = PrivateServer(data_dir / "postgresql")
    server.ensure_running()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def kept_database(server: PrivateServer, data_dir: Path) -> str:
    """The name of a migrated database that tests may fill and must not alter."""
    server.ensure_running()
    name = f"kept_{os.getpid()}"
    with Database(Settings(data_dir=data_dir, database=name)) as database:
        apply_migrations(database)
    return name


@pytest.fixture
def database(kept_database: str, data_dir: Path) -> Iterator[Database]:
    """An empty, migrated database behind all the process's doors, for tests that only fill it."""
    database = Database(Settings(data_dir=data_dir, database=kept_database)).open()
    empty(database)
    connection_manager.use_database(database)
    yield database
    connection_manager.use_database(None)


@pytest.fixture
def fresh_database(server: PrivateServer, data_dir: Path) -> Iterator[Database]:
    """A database made for one test, which may alter its schema."""
    name = f"fresh_{os.getpid()}_{next(_numbers)}"
    with made_database(server, data_dir=data_dir, name=name) as database:
        yield database


def empty(database: Database) -> None:
    """Take every row away, and begin to count anew."""
    with database.transaction() as connection:
        found = connection.execute(
            "select tablename from pg_tables where schemaname = 'public'"
            " and tablename <> 'schema_migrations'"
        ).fetchall()
        tables = ", ".join(name for (name,) in found)
        connection.execute(f"truncate {tables} restart identity cascade".encode())


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own for what commands read from the settings."""
    monkeypatch.setenv("NOKTVRN_DATA_DIR", str(tmp_path))
    return tmp_path
