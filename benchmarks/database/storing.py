"""Storing: new rows into an empty table, the same rows again, and a day's batch into a full one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pyarrow as pa

from benchmarks.database import engines, our_ways, plain_writers
from benchmarks.database.contest import Contender, Side
from benchmarks.database.world import (
    DAYS,
    METRICS,
    World,
    clear,
    copy_on_server,
    execute,
    first_records,
    first_rows,
    stored,
    table,
    write_binary,
)
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.records import ImportCounts

MOST_RECORDS, MOST_SLOW, MOST_VERY_SLOW = 300_000, 100_000, 30_000
DAILY_ROWS = 100_000


def new_rows(world: World) -> list[Contender]:
    """All new, sorted, into an empty table with all its indexes."""
    ours = [
        Contender(
            name=name,
            side=Side.OURS,
            amount=amount,
            run=lambda work=work, amount=amount: _all_stored(work(world, amount), amount),
            prepare=partial(_emptied, world, amount),
            alone=(work, amount) if work in _ALONE else None,
        )
        for name, work, amount in _our_ways(world)
    ]
    return [_limit(world), *ours, *_their_ways(world), *engines.new_rows(world)]


def same_rows(world: World) -> list[Contender]:
    """The same rows once more: nothing is to change."""
    ours = [
        Contender(
            name=name,
            side=Side.OURS,
            amount=amount,
            run=lambda work=work, amount=amount: _all_known(work(world, amount), amount),
        )
        for name, work, amount in _our_ways(world)
    ]
    theirs = [
        Contender(
            name=name,
            side=Side.OTHER,
            amount=amount,
            run=lambda work=work, amount=amount: work(world, amount),
        )
        for name, work, amount in (
            ("temporary table, COPY, insert ... on conflict", plain_writers.staged, world.rows),
            ("psycopg2 execute_values on conflict", plain_writers.values, MOST_SLOW),
        )
        if amount <= world.rows
    ]
    return [*ours, *theirs]


def daily_batch(world: World) -> list[Contender]:
    """New days of every release into a full table: each run has days of its own."""
    days = max(1, round(DAILY_ROWS / (world.releases * len(METRICS))))
    ahead = (range(first, first + days) for first in count(DAYS, days))
    amount = days * world.releases * len(METRICS)
    next_days: dict[str, pa.Table] = {}

    def prepared(*, as_file: bool = False) -> None:
        span = next(ahead)
        next_days["rows"] = table(range(1, world.releases + 1), span)
        if as_file:
            write_binary(world, world.folder / "days.bin", span)
        # As autovacuum would have: who reads rows that another wrote logs whole pages otherwise.
        execute(world, "vacuum content_performance", "checkpoint")

    def contender(name: str, side: Side, run: Callable[[], int]) -> Contender:
        as_file = side is Side.LIMIT
        prepare = partial(prepared, as_file=as_file)
        return Contender(name=name, side=side, amount=amount, run=run, prepare=prepare)

    def ours() -> int:
        return _all_stored(service.add_performance_metrics(next_days["rows"]), amount)

    def file() -> int:
        return copy_on_server(world, world.folder / "days.bin")

    return [
        contender("server-side binary COPY", Side.LIMIT, file),
        contender("ours, Arrow table", Side.OURS, ours),
        contender(
            "temporary table, COPY, insert ... on conflict",
            Side.OTHER,
            lambda: plain_writers.stage(world, next_days["rows"]),
        ),
        contender(
            "psycopg2 execute_values on conflict",
            Side.OTHER,
            lambda: plain_writers.send_values(world, next_days["rows"].to_pylist()),
        ),
    ]


def _our_ways(world: World) -> Iterator[tuple[str, Callable[[World, int], ImportCounts], int]]:
    yield "ours, Arrow table", our_ways.store_table, world.rows
    yield "ours, Arrow batches as they come", our_ways.store_batches, world.rows
    yield "ours, Parquet file", our_ways.store_parquet, world.rows
    yield "ours, CSV file", our_ways.store_csv, world.rows
    yield "ours, dictionaries", our_ways.store_records, min(world.rows, MOST_RECORDS)


_ALONE = (our_ways.store_batches, our_ways.store_parquet, our_ways.store_csv)


def _limit(world: World) -> Contender:
    return Contender(
        name="server-side binary COPY",
        side=Side.LIMIT,
        amount=world.rows,
        run=lambda: copy_on_server(world, world.binary),
        prepare=partial(clear, world),
    )


def _their_ways(world: World) -> list[Contender]:
    ways = (
        ("psycopg 3 COPY (binary), tuples", plain_writers.copy, MOST_RECORDS),
        ("ADBC ingest, Arrow", plain_writers.adbc, world.rows),
        ("temporary table, COPY, insert ... on conflict", plain_writers.staged, world.rows),
        ("psycopg2 execute_values on conflict", plain_writers.values, MOST_SLOW),
        ("SQLAlchemy Core insert", plain_writers.core, MOST_SLOW),
        ("pandas to_sql", plain_writers.to_sql, MOST_SLOW),
        ('pandas to_sql, method="multi"', plain_writers.to_sql_multi, MOST_VERY_SLOW),
    )
    return [
        Contender(
            name=name,
            side=Side.OTHER,
            amount=min(amount, world.rows),
            run=lambda work=work, amount=amount: _counted(world, work, min(amount, world.rows)),
            prepare=partial(_emptied, world, min(amount, world.rows)),
        )
        for name, work, amount in ways
    ]


def _emptied(world: World, amount: int) -> None:
    clear(world)
    if amount < world.rows:
        first_records(amount)
    first_rows(amount)


def _counted(world: World, work: Callable[[World, int], int], amount: int) -> int:
    done = work(world, amount)
    assert stored(world) == amount
    return done


def _all_stored(counts: ImportCounts, amount: int) -> int:
    assert (counts.read, counts.stored, counts.corrected) == (amount, amount, 0)
    return counts.stored


def _all_known(counts: ImportCounts, amount: int) -> int:
    assert (counts.read, counts.duplicate) == (amount, amount)
    return counts.duplicate
