"""The numbered steps from an empty database to today's schema, each applied once and for good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from psycopg.rows import class_row

from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone
from noktvrn_ai_artist.database.cluster import go_node_by_node, is_distributed, place_tables
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import MigrationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step: its number, name, SQL and the SQL's SHA-256 in hexadecimal."""

    number: int
    name: str
    sql: str
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedMigration:
    """One step that a database has behind it."""

    number: int
    name: str
    checksum: str
    applied_at: datetime


def known_migrations() -> list[Migration]:
    """The steps this version of the program knows, in order."""
    folder = files("noktvrn_ai_artist.database") / "migrations"
    steps = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=str)
    return [_migration(step.name, step.read_text(encoding="utf-8")) for step in steps]


def apply_migrations(database: Database) -> list[Migration]:
    """Bring the schema up to date, in one transaction; returns the steps that were missing.

    Safe from several processes at once: they queue on an advisory lock, and the later ones find
    nothing left to do.

    Raises:
        MigrationError: the database has a step that this program does not know, or another
            version of one that it knows.
    """
    # Who may only read and write must be able to ask, so nothing is locked or made before it must.
    return database.transact(_apply_missing) if missing_migrations(database) else []


def missing_migrations(database: Database) -> list[Migration]:
    """The steps that a database has before it; nothing is changed.

    Raises:
        MigrationError: as `apply_migrations`.
    """
    return database.transact(_missing)


def applied_migrations(connection: Connection) -> list[AppliedMigration]:
    """The steps a database has behind it, in order; none where the schema was never applied."""
    if first_value(connection.execute(query("migrations_table"))) is None:
        return []
    cursor = connection.cursor(row_factory=class_row(AppliedMigration))
    return cursor.execute(query("applied_migrations")).fetchall()


def check_history(applied: list[AppliedMigration], known: list[Migration]) -> None:
    """Refuse a database whose past is not the beginning of this program's.

    Raises:
        MigrationError: naming the first step that differs.
    """
    steps = {migration.number: migration for migration in known}
    for place, step in enumerate(applied):
        if step.number not in steps:
            raise MigrationError(
                f"the database has migration {step.number} ({step.name}), which this version"
                " does not know: use a newer version of noktvrn"
            )
        if known[place].number != step.number:
            raise MigrationError(f"migration {known[place].number} was passed over")
        if steps[step.number].checksum != step.checksum:
            raise MigrationError(
                f"migration {step.number} ({step.name}) was applied in another version"
            )


def _apply_missing(connection: Connection) -> list[Migration]:
    hold_alone(connection, AdvisoryLock.MIGRATIONS)
    connection.execute(query("create_migrations_table"))
    missing = _missing(connection)
    distributed = is_distributed(connection)
    if distributed:
        go_node_by_node(connection)
    for migration in missing:
        connection.execute(migration.sql.encode())
        connection.execute(
            query("record_migration"),
            {
                "number": migration.number,
                "name": migration.name,
                "checksum": migration.checksum,
                "applied_at": datetime.now(UTC),
            },
        )
    if distributed:
        # A step makes its tables on the coordinator; on a cluster they go to their places at once.
        place_tables(connection)
    return missing


def _missing(connection: Connection) -> list[Migration]:
    known, applied = known_migrations(), applied_migrations(connection)
    check_history(applied, known)
    return known[len(applied) :]


def _migration(file_name: str, sql: str) -> Migration:
    number, _, name = file_name.removesuffix(".sql").partition("_")
    checksum = hashlib.sha256(sql.encode()).hexdigest()
    return Migration(number=int(number), name=name, sql=sql, checksum=checksum)
