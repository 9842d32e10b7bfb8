"""Reading: half of all rows, the rows of one release, and everything into a file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import psycopg
import psycopg2
import psycopg2.extras
import sqlalchemy as sa

from benchmarks.database import our_ways, plain_readers
from benchmarks.database.contest import Contender, Side
from benchmarks.database.plain_readers import SELECT, of_days
from benchmarks.database.world import A_RELEASE, DAYS, METRICS, World
from noktvrn_ai_artist.analytics import performance_db_service as service

TIMES = 50


class MissingProgram(SystemExit):
    """A program of PostgreSQL's that a measurement needs is not on the path."""

    def __init__(self, name: str, package: str) -> None:
        super().__init__(f"{name} is not on the path; Debian has it in {package}")


def many_rows(world: World) -> list[Contender]:
    """The rows of a window of half the days; of a twentieth of them as Python objects."""
    half, little = DAYS // 2, DAYS // 20
    ways: list[tuple[str, Side, Callable[[World, int], int], int]] = [
        ("COPY TO STDOUT (binary), thrown away", Side.LIMIT, thrown_away, half),
        ("ours, Arrow table", Side.OURS, our_ways.read_table, half),
        ("ours, pandas frame", Side.OURS, our_ways.read_frame, half),
        ("ours, dictionaries one after the other", Side.OURS, our_ways.read_records, little),
        ("ADBC, Arrow table", Side.OTHER, plain_readers.adbc, half),
        ("psycopg 3, tuples (binary)", Side.OTHER, plain_readers.tuples, little),
        ("psycopg2, dictionaries", Side.OTHER, plain_readers.dictionaries, little),
        ("pandas.read_sql, SQLAlchemy and psycopg2", Side.OTHER, plain_readers.frame, little),
    ]
    return [
        Contender(
            name=name,
            side=side,
            amount=days * world.releases * len(METRICS),
            run=partial(work, world, days),
            alone=None if side is Side.LIMIT else (work, days),
        )
        for name, side, work, days in ways
    ]


def one_release(world: World) -> list[Contender]:
    """Every row of a release, fifty releases one after the other on an open connection."""
    drawn = [1 + number * (world.releases - 1) // TIMES for number in range(TIMES)]
    plain = f"{SELECT} where p.release_id = %s order by p.recorded_at desc"
    psycopg3 = psycopg.connect(world.address, autocommit=True)
    psycopg2_ = psycopg2.connect(world.address)
    engine = sa.create_engine(world.alchemy_url)

    def ours(release: int) -> int:
        return len(service.get_performance_data(release_id=release))

    def tuples(release: int) -> int:
        return len(psycopg3.cursor(binary=True).execute(plain.encode(), [release]).fetchall())

    def dicts(release: int) -> int:
        with psycopg2_.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(plain, [release])
            return len(cursor.fetchall())

    def frame(release: int) -> int:
        return len(pd.read_sql(plain, engine, params=(release,)))

    def contender(name: str, side: Side, work: Callable[[int], int]) -> Contender:
        def run() -> int:
            return sum(map(work, drawn))

        return Contender(
            name=name, side=side, amount=TIMES * A_RELEASE, run=run, prepare=lambda: work(1)
        )

    return [
        contender("psycopg 3, tuples (binary)", Side.LIMIT, tuples),
        contender("ours, dictionaries", Side.OURS, ours),
        contender("psycopg2, dictionaries", Side.OTHER, dicts),
        contender("pandas.read_sql, SQLAlchemy and psycopg2", Side.OTHER, frame),
    ]


def into_files(world: World) -> list[Contender]:
    """Everything into a file, by the command that people use."""

    def psql(form: str) -> int:
        return _psql(world, f"copy ({SELECT}) to stdout (format {form})", world.folder / "psql.out")

    def csv() -> int:
        psql("csv")
        return world.rows

    def contender(name: str, work: Callable[[World, int], int]) -> Contender:
        run = partial(work, world, world.rows)
        return Contender(
            name=name, side=Side.OURS, amount=world.rows, run=run, alone=(work, world.rows)
        )

    return [
        Contender(name="psql, COPY as CSV", side=Side.LIMIT, amount=world.rows, run=csv),
        contender("noktvrn export, Parquet", our_ways.export_parquet),
        contender("noktvrn export, CSV", our_ways.export_csv),
    ]


def thrown_away(world: World, days: int) -> int:
    """The limit of reading: psql takes the rows of so many days and keeps nothing."""
    _psql(world, f"copy ({of_days(days)}) to stdout (format binary)", Path(os.devnull))
    return days * world.releases * len(METRICS)


def _psql(world: World, statement: str, target: Path) -> int:
    try:
        with target.open("wb") as file:
            return subprocess.run(
                ["psql", "-X", "-q", "-d", world.address, "-c", statement],  # noqa: S607
                stdout=file,
                check=True,
            ).returncode
    except FileNotFoundError as error:
        raise MissingProgram("psql", "postgresql-client") from error
