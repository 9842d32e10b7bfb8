"""What people use to read rows; each imports its library itself, so that alone it has no other."""

# ruff: noqa: PLC0415

from __future__ import annotations

from contextlib import closing

from benchmarks.database.world import DAY, START, World

SELECT = """select p.release_id, r.artist_id, p.platform, p.metric_type, p.metric_value,
    p.recorded_at, p.source, p.source_url, p.notes
    from content_performance p join approved_releases r using (release_id)"""


def of_days(days: int) -> str:
    """The rows of the first so many days."""
    end = START + days * DAY
    return (
        f"{SELECT} where p.recorded_at >= '{START.isoformat()}'"
        f" and p.recorded_at < '{end.isoformat()}'"
    )


def adbc(world: World, days: int) -> int:
    """ADBC: an Arrow table."""
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(world.url) as connection, connection.cursor() as cursor:
        cursor.execute(of_days(days))
        return int(cursor.fetch_arrow_table().num_rows)


def tuples(world: World, days: int) -> int:
    """psycopg 3: binary tuples."""
    import psycopg

    with psycopg.connect(world.address) as connection:
        return len(connection.cursor(binary=True).execute(of_days(days).encode()).fetchall())


def dictionaries(world: World, days: int) -> int:
    """psycopg2: its RealDictCursor."""
    import psycopg2
    from psycopg2.extras import RealDictCursor

    with (
        closing(psycopg2.connect(world.address)) as connection,
        connection.cursor(cursor_factory=RealDictCursor) as cursor,
    ):
        cursor.execute(of_days(days))
        return len(cursor.fetchall())


def frame(world: World, days: int) -> int:
    """pandas.read_sql over SQLAlchemy and psycopg2."""
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine(world.alchemy_url)
    return len(pd.read_sql(of_days(days), engine))
