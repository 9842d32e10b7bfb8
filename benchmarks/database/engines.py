"""DuckDB and SQLite: the same rows in a file of their own, with the natural key and without."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.database.contest import Contender, Side
from benchmarks.database.world import World, batches, first_rows

KEY = "primary key (release_id, recorded_at, platform, metric_type)"
# Instants of DuckDB without a zone are UTC here: those with one need a package to be read back.
DUCKDB_COLUMNS = """release_id bigint not null, recorded_at timestamp not null,
    platform varchar not null, metric_type varchar not null, metric_value double not null"""
SQLITE_COLUMNS = """release_id integer not null, recorded_at integer not null,
    platform text not null, metric_type text not null, metric_value real not null"""
ORDER = ["release_id", "recorded_at", "platform", "metric_type", "metric_value"]
MOST_SQLITE = 1_000_000
INDEX = """create index content_performance_metric on content_performance
    (platform, metric_type, recorded_at, release_id, metric_value)"""
RELEASES = "create table approved_releases (release_id integer primary key, artist_id integer)"
WAYS = ("with the key", "without a key")


def new_rows(world: World) -> list[Contender]:
    """All new rows into a new file."""
    return [*map(partial(_duckdb, world), WAYS), *map(partial(_sqlite, world), WAYS)]


def duckdb_file(world: World, way: str) -> Path:
    """Where DuckDB keeps its rows."""
    return world.folder / f"rows {way}.duckdb"


def sqlite_file(world: World, way: str) -> Path:
    """Where SQLite keeps its rows."""
    return world.folder / f"rows {way}.sqlite"


def fill_duckdb(world: World, way: str, rows: pa.Table) -> int:
    """Make the file anew and insert the rows in one transaction."""
    path = duckdb_file(world, way)
    _forget(path)
    key = f", {KEY}" if way == WAYS[0] else ""
    with duckdb.connect(path) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"create table content_performance ({DUCKDB_COLUMNS}{key})")
        connection.register("given", rows.select(ORDER))
        connection.execute("insert into content_performance select * from given")
        ((stored,),) = connection.execute("select count(*) from content_performance").fetchall()
    return int(stored)


def fill_sqlite(world: World, way: str, amount: int) -> int:
    """Make the file anew and insert the rows in one transaction, synchronous as it comes."""
    path = sqlite_file(world, way)
    _forget(path)
    keyed = way == WAYS[0]
    # Without a rowid the table is its own key: one tree to write instead of two.
    table = f"({SQLITE_COLUMNS}, {KEY}) without rowid" if keyed else f"({SQLITE_COLUMNS})"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"create table content_performance {table}")
        if keyed:
            connection.execute(INDEX)
        connection.executemany(
            "insert into content_performance values (?, ?, ?, ?, ?)", _tuples(amount)
        )
        connection.commit()
        ((stored,),) = connection.execute("select count(*) from content_performance").fetchall()
    return int(stored)


def _duckdb(world: World, way: str) -> Contender:
    return Contender(
        name=f"DuckDB file {way}, Arrow",
        side=Side.OTHER,
        amount=world.rows,
        run=lambda: fill_duckdb(world, way, first_rows(world.rows)),
        prepare=partial(first_rows, world.rows),
    )


def _sqlite(world: World, way: str) -> Contender:
    amount = min(world.rows, MOST_SQLITE)
    return Contender(
        name=f"SQLite file {way}, executemany",
        side=Side.OTHER,
        amount=amount,
        run=lambda: fill_sqlite(world, way, amount),
    )


def _tuples(amount: int) -> Iterator[tuple[Any, ...]]:
    left = amount
    for batch in batches(range(1, 1 << 30)):
        columns = [batch[name] for name in ORDER]
        columns[1] = columns[1].cast(pa.int64())
        yield from list(zip(*(column.to_pylist() for column in columns), strict=True))[:left]
        left -= batch.num_rows
        if left <= 0:
            return


def _forget(path: Path) -> None:
    for ending in ("", ".wal", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
