"""`python -m benchmarks.tracker_cost`: what telling and reading cost the tracker, as it grows.

The history is of releases of 5 clips and 4 scores each, every release with a selection of 30
sources. Medians in milliseconds, of the file in memory and on a disk, and of the ledger in a
private PostgreSQL. The machine is shared and noisy: compare the columns, not the times.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from numpy.random import PCG64, Generator
from rich.console import Console
from rich.table import Table

from noktvrn_ai_artist.analytics.source_ledger import SourceLedger
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings

RELEASES = (100, 1_000, 10_000)
SOURCES, CLIPS, SCORES, ROUNDS = 30, 5, 4, 7
START = datetime(2026, 1, 1, tzinfo=UTC)
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it

Store = SourceStatsFile | SourceLedger
Opened = Callable[[], Store]

_events = count()


def usage(release: int, clip: int) -> ClipUsage:
    """One clip of a release, chosen by the release's selection."""
    return ClipUsage(
        source_name=f"source {(release + clip) % SOURCES}",
        clip_id=f"clip {clip}",
        release_id=release,
        used_at=START + timedelta(minutes=release),
        event_id=f"{next(_events)}",
        search_term="city at night",
        selection_id=f"selection {release}",
    )


def score(release: int, day: int) -> ScoreReport:
    """One score of a release."""
    return ScoreReport(
        release_id=release,
        score=(release % 97) + day / 4,
        reported_at=START + timedelta(minutes=release, days=day),
        event_id=f"{next(_events)}",
        artist_id=release % 20,
    )


def selection(release: int) -> Selection:
    """The choice that a release's clips were made by."""
    candidates = tuple(
        Candidate(source=f"source {number}", mean=number / 7, sd=1 / 3, probability=1 / 10)
        for number in range(SOURCES)
    )
    drawn_at = START + timedelta(minutes=release)
    return Selection(
        selection_id=f"selection {release}", drawn_at=drawn_at, top_n=3, candidates=candidates
    )


def filled(store: Store, releases: int) -> float:
    """Tell a store of so many releases in two writes; milliseconds."""
    ids = range(1, releases + 1)
    usages = [usage(release, clip) for release in ids for clip in range(CLIPS)]
    scores = [score(release, day) for release in ids for day in range(1, SCORES + 1)]
    selections = [selection(release) for release in ids]
    begin = time.perf_counter()
    store.add_usages(usages, selections)
    store.add_reports(scores)
    return 1e3 * (time.perf_counter() - begin)


def median(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times)


def costs(opened: Opened, releases: int) -> Iterator[tuple[str, float]]:
    """What each call costs over so many releases."""
    store = opened()
    yield "all of them told in two writes", filled(store, releases)
    store.read()
    yield "one usage logged", median(lambda: store.add_usages([usage(1, 1)]))
    yield "one score logged", median(lambda: store.add_reports([score(1, 9)]))
    yield "read, nothing new", median(store.read)
    yield from ranking_costs(store)
    yield "read by a new process", median(lambda: opened().read())


def ranking_costs(store: Store) -> Iterator[tuple[str, float]]:
    """What each answer costs, of a tracker that has answered before."""
    tracker = StockSuccessTracker(store=store, clock=lambda: START + timedelta(days=60))
    tracker.get_top_sources()
    yield "ranking asked", median(tracker.get_top_sources)
    yield "standings asked, with intervals and chances", median(tracker.standings)
    rng = Generator(PCG64(1))
    yield "proposal drawn", median(lambda: tracker.propose_sources(rng=rng))
    days = count(10)
    yield (
        "one score logged and the ranking asked",
        median(lambda: (store.add_reports([score(1, next(days))]), tracker.get_top_sources())),
    )


@contextmanager
def empty_database(folder: Path) -> Iterator[Database]:
    """A migrated database on a private server that goes with its folder."""
    with Database(Settings(data_dir=folder, database="tracker_cost")) as database:
        apply_migrations(database)
        yield database
        if database.server is not None:
            database.server.stop()


def emptied(database: Database) -> Database:
    """The database without any history."""
    with database.transaction() as connection:
        connection.execute(b"truncate clip_usage, release_score, selection, source_ledger")
    return database


def main() -> None:
    """Measure every store at every size, and print the table."""
    with ExitStack() as stack:
        disk = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        memory = stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY))
        database = stack.enter_context(empty_database(disk))
        table = Table("milliseconds", *(f"{releases:,} releases" for releases in RELEASES))
        for name in ("file in memory", "file on disk", "ledger"):
            rows: dict[str, list[str]] = {}
            for releases in RELEASES:
                places: dict[str, Opened] = {
                    "file in memory": lambda n=releases: SourceStatsFile(Path(memory) / f"{n}"),
                    "file on disk": lambda n=releases: SourceStatsFile(disk / "files" / f"{n}"),
                    "ledger": lambda: SourceLedger(database),
                }
                emptied(database)
                for what, cost in costs(places[name], releases):
                    rows.setdefault(what, []).append(f"{cost:,.2f}")
            for what, cells in rows.items():
                table.add_row(f"{name}: {what}", *cells)
        Console().print(table)


if __name__ == "__main__":
    main()
