"""A migrated database that is there for as long as some test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings


@contextmanager
def made_database(server: PrivateServer, *, data_dir: Path, name: str) -> Iterator[Database]:
    """A new database behind all the process's doors; it is dropped afterwards."""
    database = Database(Settings(data_dir=data_dir, database=name)).open()
    apply_migrations(database)
    connection_manager.use_database(database)
    yield database
    connection_manager.use_database(None)
    connection_manager.drop_database(server, name)
