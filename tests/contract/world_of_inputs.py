"""A database of one corrected observation, and a digest that shows whatever is stored in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics import release_registry
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.database.connection_manager import Database, first_value

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TABLES_STORED_IN = (
    "content_performance",
    "performance_corrections",
    "approved_releases",
    "artists",
    "publications",
    "import_batches",
    "annotations",
    "declared_platforms",
    "declared_metrics",
)


def furnish(database: Database) -> None:
    entry = ReleaseEntry(artist="Nokt", title="First Light", external_id="abc")
    assert release_registry.register_release(database, entry, platform="YouTube") == 1
    for views in (1.0, 2.0):
        service.insert_performance_record(
            1, "YouTube", "views", views, datetime(2025, 1, 1, tzinfo=UTC)
        )


def contents(database: Database) -> list[Any]:
    """A digest of every row and of the whole schema."""
    rows = " union all ".join(
        f"select '{table}', count(*), md5(string_agg(t::text, '|' order by t::text)) from {table} t"
        for table in TABLES_STORED_IN
    )
    schema = (
        "select c.relname::text, a.attnum::int8, md5(concat(a.attname, a.atttypid, a.attnotnull))"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace union all"
        " select conname::text, 0, md5(pg_get_constraintdef(oid)) from pg_constraint"
        " where connamespace = 'public'::regnamespace order by 1, 2"
    )
    with database.transaction() as connection:
        return [connection.execute(query.encode()).fetchall() for query in (rows, schema)]


def rows_stored(database: Database) -> int:
    with database.transaction() as connection:
        return int(first_value(connection.execute("select count(*) from content_performance")))
