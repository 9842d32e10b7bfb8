"""How many rows each table has, and a hash of them all: two alike are the same rows."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from noktvrn_ai_artist.database.connection_manager import Database

_TABLES = "select tablename from pg_tables where schemaname = 'public' order by tablename"
_DIGEST = (
    "select count(*), md5(coalesce(string_agg(one::text, '|' order by one::text), ''))"
    " from {table} one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Rows, counted and hashed."""

    rows: int
    hash: str


def table_digests(database: Database) -> dict[str, Digest]:
    """Of every table, at one moment."""
    with database.transaction() as connection:
        connection.execute(b"set transaction isolation level repeatable read")
        names = [name for (name,) in connection.execute(_TABLES).fetchall()]
        found = {}
        for name in names:
            asked = sql.SQL(_DIGEST).format(table=sql.Identifier(name))
            ((rows, told),) = connection.execute(asked).fetchall()
            found[name] = Digest(rows=rows, hash=told)
        return found
