"""The six questions of a dashboard, asked of us, of DuckDB and of SQLite over the same rows."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from benchmarks.database import engines, queries
from benchmarks.database.contest import Outcome, Side
from benchmarks.database.world import (
    DAY,
    DAYS,
    PLATFORM,
    RELEASES_OF_AN_ARTIST,
    World,
    clear,
    first_rows,
)
from noktvrn_ai_artist.analytics import performance_questions as product
from noktvrn_ai_artist.analytics.performance_db_service import (
    get_performance_data,
    get_performance_table,
)

METRIC = "views"
TIMES, WARMED = 100, 5
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

# Every statement is DuckDB's and SQLite's alike, but for how the newest value of a group is had and
# what a day is; SQLite keeps an instant as microseconds.
STATEMENTS = {
    "latest values of a release": """select platform, metric_type, {newest}, max(recorded_at)
        from content_performance where release_id = $release group by platform, metric_type""",
    "all of a release": """select * from content_performance where release_id = $release
        order by recorded_at desc, platform, metric_type""",
    "an artist's 30 days": """select p.* from approved_releases r
        join content_performance p using (release_id)
        where r.artist_id = $artist and p.recorded_at >= $start and p.recorded_at < $month""",
    "a platform's day": """select * from content_performance
        where platform = $platform and recorded_at >= $start and recorded_at < $next""",
    "top 100 by growth, 28 days": """with standing as (
            select release_id, recorded_at < $start as before, {newest} as value, max(recorded_at)
            from content_performance
            where platform = $platform and metric_type = $metric
                and recorded_at >= $before and recorded_at < $weeks
            group by release_id, recorded_at < $start)
        select release_id,
            max(value) filter (where not before) - max(value) filter (where before) as gain
        from standing group by release_id order by gain desc, release_id limit 100""",
    "daily gains, 90 days": """with daily as (
            select release_id, {day} as day, {newest} as value, max(recorded_at)
            from content_performance
            where platform = $platform and metric_type = $metric
                and recorded_at >= $yesterday and recorded_at < $quarter
            group by release_id, {day}),
        stepped as (
            select day, value - lag(value) over release as gain, day - lag(day) over release as days
            from daily window release as (partition by release_id order by day))
        select day, sum(gain), count(*) from stepped where days = 1 group by day order by day""",
}
DUCKDB_WORDS = {"newest": "arg_max(metric_value, recorded_at)", "day": "recorded_at::date"}
SQLITE_WORDS = {"newest": "metric_value", "day": "recorded_at / 86400000000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one question is about."""

    release: int
    artist: int
    start: datetime

    def values(self) -> dict[str, Any]:
        """The same as the statements' parameters."""
        ahead = {"next": 1, "weeks": 28, "month": 30, "quarter": 90, "yesterday": -1}
        return {
            "release": self.release,
            "artist": self.artist,
            "platform": PLATFORM,
            "metric": METRIC,
            "start": self.start,
            "before": self.start - timedelta(days=14),
            **{name: self.start + days * DAY for name, days in ahead.items()},
        }


Answer = Callable[[Asked], int]
Answers = Mapping[str, Answer]


def asked_of_all(world: World, *, progress: Callable[[str], object]) -> list[Outcome]:
    """Everybody's answers, each from its own copy of all rows."""
    fill_ours(world)
    with ExitStack() as stack:
        ways: dict[str, tuple[Side, Answers]] = {"ours": (Side.OURS, of_ours())}
        for way in engines.WAYS:
            for engine, answers in (("DuckDB", of_duckdb), ("SQLite", of_sqlite)):
                found = stack.enter_context(answers(world, way))
                ways[f"{engine} {way}"] = (Side.OTHER, found)
        return list(outcomes(ways, drawn(world), progress=progress))


def drawn(world: World) -> list[Asked]:
    """The same for everybody: releases, artists and midnights, drawn once."""
    dice = random.Random(7)
    whole_artists = max(1, world.releases // RELEASES_OF_AN_ARTIST)
    return [
        Asked(
            release=dice.randint(1, world.releases),
            artist=dice.randint(1, whole_artists),
            start=queries.MIDNIGHT + dice.randint(20, DAYS - 95) * DAY,
        )
        for _ in range(TIMES)
    ]


def outcomes(
    ways: Mapping[str, tuple[Side, Answers]],
    asked: Sequence[Asked],
    *,
    progress: Callable[[str], object],
) -> Iterator[Outcome]:
    """Seconds of every single question, asked of everybody in turn; answers must be as long."""
    for question in STATEMENTS:
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        answered: dict[str, int] = dict.fromkeys(ways, 0)
        for number, one in enumerate([*asked[:WARMED], *asked]):
            for name, (_, answers) in ways.items():
                begin = time.perf_counter()
                rows = answers[question](one)
                if number >= WARMED:
                    seconds[name].append(time.perf_counter() - begin)
                    answered[name] += rows
        assert len(set(answered.values())) == 1, (question, answered)
        for name, (side, _) in ways.items():
            amount = round(answered[name] / len(asked))
            progress(f"{question}: {name}: {1e3 * sorted(seconds[name])[TIMES // 2]:,.2f} ms")
            yield Outcome(
                name=f"{name}; {question}", side=side, amount=amount, seconds=seconds[name]
            )


def fill_ours(world: World) -> None:
    """Store the rows by our own door, digested, whatever was there."""
    clear(world)
    queries.fill(world)


def of_ours() -> Answers:
    """Our answers, as the product gives them: records, dictionaries, and tables of windows."""
    period = {"platform": PLATFORM, "metric_type": METRIC}

    def window(asked: Asked, days: int) -> dict[str, datetime]:
        return {"start_date": asked.start, "end_date": asked.start + days * DAY}

    def top(asked: Asked) -> int:
        end = asked.start + 28 * DAY
        return len(product.period_gains(**period, start=asked.start, end=end)[:100])

    def daily(asked: Asked) -> int:
        end = asked.start + 90 * DAY
        return len(product.daily_gains(**period, start=asked.start, end=end))

    answers: list[Answer] = [
        lambda asked: len(product.latest_of_release(asked.release)),
        lambda asked: len(get_performance_data(release_id=asked.release)),
        lambda asked: len(get_performance_table(artist_id=asked.artist, **window(asked, 30))),
        lambda asked: len(get_performance_table(platform=PLATFORM, **window(asked, 1))),
        top,
        daily,
    ]
    return dict(zip(STATEMENTS, answers, strict=True))


@contextmanager
def of_duckdb(world: World, way: str) -> Iterator[Answers]:
    """DuckDB's answers as tuples, over its file of all rows."""
    engines.fill_duckdb(world, way, first_rows(world.rows))
    with duckdb.connect(engines.duckdb_file(world, way)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(engines.RELEASES)
        connection.executemany("insert into approved_releases values (?, ?)", _releases(world))

        def answer(statement: str, values: Mapping[str, Any]) -> int:
            plain = {name: _without_zone(value) for name, value in values.items()}
            return len(connection.execute(statement, plain).fetchall())

        yield _answers(DUCKDB_WORDS, answer)


@contextmanager
def of_sqlite(world: World, way: str) -> Iterator[Answers]:
    """SQLite's answers as tuples, over its file of all rows."""
    engines.fill_sqlite(world, way, world.rows)
    with closing(sqlite3.connect(engines.sqlite_file(world, way))) as connection:
        connection.execute("pragma cache_size = -262144")
        connection.execute(engines.RELEASES)
        connection.executemany("insert into approved_releases values (?, ?)", _releases(world))
        connection.execute("create index artist on approved_releases (artist_id)")
        connection.execute("analyze")
        connection.commit()

        def answer(statement: str, values: Mapping[str, Any]) -> int:
            plain = {name: _microseconds(value) for name, value in values.items()}
            return len(connection.execute(statement, plain).fetchall())

        yield _answers(SQLITE_WORDS, answer)


def _answers(
    words: Mapping[str, str], answer: Callable[[str, Mapping[str, Any]], int]
) -> dict[str, Answer]:
    def of(statement: str) -> Answer:
        return lambda asked: answer(statement, _used(statement, asked))

    return {name: of(text.format(**words)) for name, text in STATEMENTS.items()}


def _used(statement: str, asked: Asked) -> dict[str, Any]:
    return {name: value for name, value in asked.values().items() if f"${name}" in statement}


def _without_zone(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _microseconds(value: object) -> object:
    return (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


def _releases(world: World) -> list[tuple[int, int]]:
    return [(n, 1 + (n - 1) // RELEASES_OF_AN_ARTIST) for n in range(1, world.releases + 1)]
