"""What people write by hand or with a library to store rows: nothing is checked, no history kept.

Each takes the first so many reference rows and answers for how many it sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import adbc_driver_postgresql.dbapi as adbc_postgresql
import pandas as pd
import psycopg
import psycopg2
import psycopg2.extras
import pyarrow as pa
import sqlalchemy as sa

from benchmarks.database.world import START, World, first_records, first_rows

COLUMNS = (
    "release_id",
    "recorded_at",
    "platform",
    "metric_type",
    "metric_value",
    "source",
    "stored_at",
)
TYPES = ("int8", "timestamptz", "text", "text", "float8", "text", "timestamptz")
NAMES = ", ".join(COLUMNS)
KEY = "release_id, recorded_at, platform, metric_type"


def copy(world: World, amount: int) -> int:
    """psycopg 3: binary COPY, a tuple at a time."""
    statement = f"copy content_performance ({NAMES}) from stdin with (format binary)"
    with (
        psycopg.connect(world.address) as connection,
        connection.cursor().copy(statement.encode()) as sent,
    ):
        sent.set_types(TYPES)
        for row in map(_tuple, first_records(amount)):
            sent.write_row(row)
    return amount


def adbc(world: World, amount: int) -> int:
    """ADBC: an Arrow table appended by the driver."""
    rows = _with_origin(first_rows(amount))
    with adbc_postgresql.connect(world.url) as connection, connection.cursor() as cursor:
        done = cursor.adbc_ingest("content_performance", rows, mode="append")
        connection.commit()
    return done


def staged(world: World, amount: int) -> int:
    """The careful way by hand, of the first rows."""
    return stage(world, first_rows(amount))


def stage(world: World, rows: pa.Table) -> int:
    """The careful way by hand: a temporary table by ADBC's COPY, then insert what is new."""
    rows = _with_origin(rows)
    with adbc_postgresql.connect(world.url) as connection, connection.cursor() as cursor:
        empty = f"select {NAMES} from content_performance limit 0"
        cursor.execute(f"create temporary table staged as {empty}")
        cursor.adbc_ingest("staged", rows, mode="append", temporary=True)
        cursor.execute(
            f"insert into content_performance ({NAMES}) select {NAMES} from staged"
            f" order by {KEY} on conflict ({KEY}) do nothing"
        )
        cursor.execute("drop table staged")
        connection.commit()
    return rows.num_rows


def values(world: World, amount: int) -> int:
    """psycopg2's execute_values, of the first rows."""
    return send_values(world, first_records(amount))


def send_values(world: World, records: Iterable[Mapping[str, Any]]) -> int:
    """psycopg2: statements of a thousand rows each."""
    rows = [_tuple(record) for record in records]
    statement = f"insert into content_performance ({NAMES}) values %s on conflict do nothing"
    connection = psycopg2.connect(world.address)
    try:
        with connection, connection.cursor() as cursor:
            psycopg2.extras.execute_values(cursor, statement, rows, page_size=1000)
    finally:
        connection.close()
    return len(rows)


def core(world: World, amount: int) -> int:
    """SQLAlchemy Core: one insert of a list of dictionaries."""
    rows = [dict(zip(COLUMNS, _tuple(one), strict=True)) for one in first_records(amount)]
    with _engine(world.alchemy_url).begin() as connection:
        connection.execute(sa.insert(_table(world.alchemy_url)), rows)
    return amount


def to_sql(world: World, amount: int) -> int:
    """pandas, as its documentation shows it."""
    frame = _frame(amount)
    frame.to_sql("content_performance", _engine(world.alchemy_url), if_exists="append", index=False)
    return amount


def to_sql_multi(world: World, amount: int) -> int:
    """pandas with the option that is said to be faster."""
    frame = _frame(amount)
    frame.to_sql(
        "content_performance",
        _engine(world.alchemy_url),
        if_exists="append",
        index=False,
        method="multi",
        chunksize=1000,
    )
    return amount


def _tuple(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        record["release_id"],
        record["recorded_at"],
        record["platform"],
        record["metric_type"],
        record["metric_value"],
        "bench",
        START,
    )


def _with_origin(rows: pa.Table) -> pa.Table:
    """The columns that the table wants besides; ADBC takes texts, not dictionaries."""
    names = [field.name for field in rows.schema]
    plain = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in rows.columns
    ]
    origin = {
        "source": pa.repeat("bench", rows.num_rows),
        "stored_at": pa.repeat(pa.scalar(START, pa.timestamp("us", "UTC")), rows.num_rows),
    }
    return pa.table({**dict(zip(names, plain, strict=True)), **origin}).select(COLUMNS)


def _frame(amount: int) -> pd.DataFrame:
    return _with_origin(first_rows(amount)).to_pandas()


@cache
def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url)


@cache
def _table(url: str) -> sa.Table:
    return sa.Table("content_performance", sa.MetaData(), autoload_with=_engine(url))
