"""`make bench`: what storing and reading cost against the server's own limits, interleaved.

Each measurement runs in turn with its limit, several times; medians and ratios are printed. The
machine is shared and noisy: compare the ratios, not the times.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.database.connection_manager import Database, shared_database, use_database
from noktvrn_ai_artist.records import Observation
from noktvrn_ai_artist.settings import Settings

ROUNDS = 5
ROWS = 50_000
SINGLES = 300
START = datetime(2026, 1, 1, tzinfo=UTC)

COPY = b"""copy content_performance (release_id, recorded_at, platform, metric_type, metric_value,
    source, stored_at) from stdin with (format binary)"""
TYPES = ("int8", "timestamptz", "text", "text", "float8", "text", "timestamptz")
SINGLE = b"""insert into content_performance (release_id, recorded_at, platform, metric_type,
    metric_value, source, stored_at) values (%s, %s, 'YouTube', 'views', %s, 'bench', %s)
    on conflict (release_id, recorded_at, platform, metric_type) do nothing"""
READ = b"select * from content_performance where release_id = 1 order by recorded_at desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """One of our calls, and the limit it is held against."""

    name: str
    limit_name: str
    ours: Callable[[], object]
    limit: Callable[[], object]
    before: Callable[[], object]
    amount: int


def observations(count: int) -> Iterator[Observation]:
    """Sorted observations of one release, a minute apart."""
    for number in range(count):
        yield Observation(
            release_id=1,
            platform="YouTube",
            metric_type="views",
            metric_value=float(number),
            recorded_at=START + timedelta(minutes=number),
        )


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def empty(database: Database) -> None:
    """Take every observation away."""
    with database.transaction() as connection:
        connection.execute("delete from performance_corrections")
        connection.execute("truncate content_performance")


def copy_raw(database: Database) -> None:
    """The limit of storing many: nothing is checked or compared."""
    with (
        database.transaction() as connection,
        connection.cursor() as cursor,
        cursor.copy(COPY) as copy,
    ):
        copy.set_types(TYPES)
        for o in observations(ROWS):
            key = (o.release_id, o.recorded_at, o.platform, o.metric_type)
            copy.write_row((*key, o.metric_value, o.source, START))


def fill(database: Database) -> None:
    """Have exactly those rows that are about to be stored, whatever was there."""
    empty(database)
    copy_raw(database)


def insert_raw(database: Database) -> None:
    """The limit of storing one: a statement and a commit for each."""
    for o in observations(SINGLES):
        with database.transaction() as connection:
            connection.execute(SINGLE, (1, o.recorded_at, o.metric_value, START))


def read_raw(database: Database) -> None:
    """The limit of reading: the same rows as tuples."""
    with database.transaction() as connection:
        connection.cursor(binary=True).execute(READ).fetchall()


def our_singles() -> None:
    """Store one observation after another, as a form does."""
    for o in observations(SINGLES):
        service.insert_performance_record(1, "YouTube", "views", o.metric_value, o.recorded_at)


def our_bulk() -> None:
    """Store many observations at once, as a file does."""
    service.add_performance_metrics(observations(ROWS))


def our_read() -> None:
    """Read every observation of the release."""
    service.get_performance_data(release_id=1)


def duels(database: Database) -> Sequence[Duel]:
    """What is measured, each beside its limit."""
    emptied, filled = partial(empty, database), partial(fill, database)
    copied, tuples = "binary COPY from Python, unchecked", "the same rows as tuples"
    return [
        Duel(name="store many, all new", limit_name=copied, ours=our_bulk,
             limit=partial(copy_raw, database), before=emptied, amount=ROWS),
        Duel(name="store many, all known", limit_name=copied, ours=our_bulk,
             limit=filled, before=filled, amount=ROWS),
        Duel(name="store one", limit_name="one insert, one commit", ours=our_singles,
             limit=partial(insert_raw, database), before=emptied, amount=SINGLES),
        Duel(name="read as dictionaries", limit_name=tuples, ours=our_read,
             limit=partial(read_raw, database), before=filled, amount=ROWS),
    ]  # fmt: skip


def measured(duel: Duel) -> tuple[float, float]:
    """Median seconds of ours and of the limit, taken in turn."""
    ours, limit = [], []
    for _ in range(ROUNDS):
        duel.before()
        ours.append(seconds(duel.ours))
        duel.before()
        limit.append(seconds(duel.limit))
    return statistics.median(ours), statistics.median(limit)


def main() -> None:
    """Measure in a private server of its own, and print the table."""
    console = Console()
    table = Table(title=f"Medians of {ROUNDS} interleaved runs")
    for column in ("what", "a second", "limit", "a second", "ours / limit"):
        table.add_column(column, justify="left" if column in {"what", "limit"} else "right")
    with tempfile.TemporaryDirectory() as folder:
        use_database(Database(Settings(data_dir=Path(folder))).open())
        service.apply_schema()
        database = shared_database()
        register_release(database, ReleaseEntry(artist="benchmark", title="benchmark"))
        for duel in duels(database):
            ours, limit = measured(duel)
            table.add_row(
                duel.name,
                f"{duel.amount / ours:,.0f}",
                duel.limit_name,
                f"{duel.amount / limit:,.0f}",
                f"{limit / ours:.0%}",
            )
        server = database.server
        use_database(None)
        if server is not None:
            server.remove()
    console.print(table)


if __name__ == "__main__":
    main()
