"""How long the dashboard's questions take at 1, 10 and 30 million observations.

`python -m benchmarks.database.queries 1000000 10000000 --folder /somewhere` makes the reference
rows (6 metrics of each release on each of 500 days) on a private server in that folder, unless they
are there. It asks each question 200 times about releases, artists and windows drawn at random, and
prints what half and what 99 of 100 answers took, and how many rows they had. `--plans` prints how
the server goes about each.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from statistics import median

import psycopg
import pyarrow as pa

from benchmarks.database.world import (
    A_RELEASE,
    DAY,
    DAYS,
    PLATFORM,
    RELEASES_OF_AN_ARTIST,
    START,
    World,
    batches,
    clear,
    execute,
    open_world,
    register,
    stored,
)
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.database.queries import query

TIMES, WARMED = 200, 10
VIEWS = {"platform": PLATFORM, "metric_type": "views"}
MIDNIGHT = START.replace(hour=0)
LAST = MIDNIGHT + DAYS * DAY
_NOISE = re.compile(r"^\s*(Buffers|Planning|Storage|Heap Fetches|Index Searches|Sort Method|Cache)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one question is about; `start` is a midnight with 100 days before and after it."""

    release_id: int
    artist_id: int
    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, the named query behind it, and the values that query is planned with."""

    name: str
    ask: Callable[[Drawn], Sized]
    query: str
    values: Callable[[Drawn], dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What the answers to one question took, in milliseconds, and their mean number of rows."""

    question: str
    rows: float
    half: float
    nearly_all: float


def _gains(start: datetime, days: int) -> dict[str, object]:
    return {**VIEWS, **_period(start, days), "oldest": start - days / 2 * DAY, "artist_id": None}


def _window(start: datetime, days: int) -> dict[str, datetime]:
    return {"start_date": start, "end_date": start + days * DAY}


def _period(start: datetime, days: int) -> dict[str, datetime]:
    return {"start": start, "end": start + days * DAY}


QUESTIONS = (
    Question(
        name="latest value of each metric of a release",
        ask=lambda d: questions.latest_of_release(d.release_id),
        query="latest_of_release",
        values=lambda d: {"release_id": d.release_id},
    ),
    Question(
        name="all of a release, as dictionaries",
        ask=lambda d: service.get_performance_data(release_id=d.release_id),
        query="",
        values=lambda _: {},
    ),
    Question(
        name="one metric of a release",
        ask=lambda d: questions.metric_history(**VIEWS, release_id=d.release_id),
        query="metric_history",
        values=lambda d: {**VIEWS, "release_id": d.release_id, "artist_id": None},
    ),
    Question(
        name="an artist's 30 days, as a table",
        ask=lambda d: service.get_performance_table(artist_id=d.artist_id, **_window(d.start, 30)),
        query="",
        values=lambda _: {},
    ),
    Question(
        name="a platform's day, as a table",
        ask=lambda d: service.get_performance_table(platform=PLATFORM, **_window(d.start, 1)),
        query="",
        values=lambda _: {},
    ),
    Question(
        name="newest value of each release",
        ask=lambda _: questions.latest_values(**VIEWS),
        query="latest_values",
        values=lambda _: {**VIEWS, "artist_id": None},
    ),
    Question(
        name="gain of each release, 28 days in the past",
        ask=lambda d: questions.period_gains(**VIEWS, **_period(d.start, 28)),
        query="counter_gains",
        values=lambda d: _gains(d.start, 28),
    ),
    Question(
        name="gain of each release, the last 28 days",
        ask=lambda _: questions.period_gains(**VIEWS, **_period(LAST - 28 * DAY, 28)),
        query="counter_gains",
        values=lambda _: _gains(LAST - 28 * DAY, 28),
    ),
    Question(
        name="gain of each day, 90 days",
        ask=lambda d: questions.daily_gains(**VIEWS, **_period(d.start, 90)),
        query="counter_gain_per_day",
        values=lambda d: _gains(d.start, 90),
    ),
    Question(
        name="gain of each day, 90 days cut off at both ends",
        ask=lambda d: questions.daily_gains(**VIEWS, **_period(d.start + DAY / 2, 90)),
        query="counter_gain_per_day",
        values=lambda d: _gains(d.start + DAY / 2, 90),
    ),
    Question(
        name="gain of each day of an artist, 90 days",
        ask=lambda d: questions.daily_gains(**VIEWS, **_period(d.start, 90), artist_id=d.artist_id),
        query="artists_counter_gain_per_day",
        values=lambda d: {**_gains(d.start, 90), "artist_id": d.artist_id},
    ),
    Question(
        name="how far the numbers reach",
        ask=lambda _: questions.freshness(),
        query="freshness",
        values=lambda _: {},
    ),
)


def fill(world: World) -> None:
    """Have the reference rows, digested, as after a while of use."""
    wanted = world.releases * A_RELEASE
    if stored(world) != wanted:
        clear(world)
        execute(world, "truncate artists, approved_releases cascade")
        register(world)
        given = batches(range(1, world.releases + 1))
        first = next(given)
        begin = time.perf_counter()
        service.add_performance_metrics(
            pa.RecordBatchReader.from_batches(first.schema, chain([first], given))
        )
        print(f"{wanted:,} rows stored in {time.perf_counter() - begin:.1f} s")
    begin = time.perf_counter()
    if curves := digest(world.database):
        print(f"{curves:,} curves digested in {time.perf_counter() - begin:.1f} s", flush=True)
    execute(world, "vacuum analyze", "checkpoint")


def drawn(world: World) -> list[Drawn]:
    """What the questions are about, drawn once."""
    dice = random.Random(7)
    return [
        Drawn(
            release_id=dice.randint(1, world.releases),
            artist_id=dice.randint(1, max(1, world.releases // RELEASES_OF_AN_ARTIST)),
            start=MIDNIGHT + dice.randint(100, DAYS - 100) * DAY,
        )
        for _ in range(TIMES)
    ]


def measured(question: Question, about: Sequence[Drawn]) -> Took:
    """What the answers took, after a few that are not counted."""
    for one in about[:WARMED]:
        question.ask(one)
    taken, rows = [], 0
    for one in about:
        begin = time.perf_counter()
        answer = question.ask(one)
        taken.append(1000 * (time.perf_counter() - begin))
        rows += len(answer)
    return Took(
        question=question.name,
        rows=rows / len(about),
        half=median(taken),
        nearly_all=sorted(taken)[int(len(taken) * 0.99)],
    )


def plan(world: World, question: Question, about: Drawn) -> str:
    """How the server answers, without what differs from run to run."""
    with psycopg.connect(world.address) as connection:
        found = connection.execute(
            b"explain (analyze, timing off) " + query(question.query), question.values(about)
        ).fetchall()
    return "\n".join(line for (line,) in found if not _NOISE.match(line))


def main() -> None:
    """Fill, ask and print."""
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("rows", type=int, nargs="+")
    given.add_argument("--folder", type=Path, required=True)
    given.add_argument("--plans", action="store_true")
    asked = given.parse_args()
    asked.folder.mkdir(exist_ok=True)
    for rows in asked.rows:
        world = open_world(asked.folder, releases=rows // A_RELEASE, name=f"rows_{rows}")
        fill(world)
        about = drawn(world)
        print(
            f"\n{rows:,} rows\n\n| question | rows | p50, ms | p99, ms |\n| --- | --- | --- | --- |"
        )
        for question in QUESTIONS:
            took = measured(question, about)
            print(
                f"| {took.question} | {took.rows:,.0f} | {took.half:.2f} | {took.nearly_all:.2f} |",
                flush=True,
            )
        for question in QUESTIONS if asked.plans else ():
            if question.query:
                print(f"\n{question.name}\n\n```\n{plan(world, question, about[0])}\n```")


if __name__ == "__main__":
    main()
