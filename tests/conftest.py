"""What the tests share: one private PostgreSQL for the run, an empty migrated database for each."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.embedded_postgres import ConnectionTarget, PrivateServer
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings

TEMPLATE = "noktvrn_template"
_numbers = itertools.count(1)


def run_sql(target: ConnectionTarget, statement: str) -> None:
    """Run one statement outside of any of the tests' own databases."""
    with psycopg.connect(
        host=str(target.host),
        port=target.port,
        user=target.user,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(statement.encode())


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
def template(server: PrivateServer, data_dir: Path) -> str:
    """The name of a migrated, empty database that others are copied from."""
    with Database(Settings(data_dir=data_dir, database=TEMPLATE)) as database:
        apply_migrations(database)
    return TEMPLATE


@pytest.fixture
def database(server: PrivateServer, template: str, data_dir: Path) -> Iterator[Database]:
    """An empty, migrated database, shared by all the process's doors for one test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    target = server.ensure_running()
    run_sql(target, f"create database {name} template {template} strategy file_copy")
    database = Database(Settings(data_dir=data_dir, database=name)).open()
    connection_manager.use_database(database)
    yield database
    connection_manager.use_database(None)
    run_sql(target, f"drop database {name} with (force)")
