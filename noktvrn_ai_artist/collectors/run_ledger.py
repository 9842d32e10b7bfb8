"""What collection remembers in PostgreSQL: its runs, and what came of each publication last.

The numbers of a call, the marks of what it asked for and the counts of its run are committed in one
transaction. So a run that died anywhere goes on behind the last call that was committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from psycopg.rows import class_row, dict_row

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.analytics.observation_batches import open_batch
from noktvrn_ai_artist.analytics.observation_door import ObservationDoor
from noktvrn_ai_artist.collectors.due import Watched
from noktvrn_ai_artist.collectors.feeds import Feed, FeedName
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_together
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import CollectionUnderWay
from noktvrn_ai_artist.records import ImportCounts, Observation

_LONGEST_REASON = 1024


class RunOutcome(StrEnum):
    """How a run ended; only `DONE` means that all that was due was asked for."""

    DONE = "done"
    QUOTA_SPENT = "quota spent"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: when it began, what was due and asked, and what came of it.

    `stored`, `corrected` and `duplicate` count numbers, `missing` publications, `hidden` counters
    that are not shown, `refused` numbers and ids that break a rule. `units` are the quota's. A run
    without an end is under way, or died.
    """

    run_id: int
    feed: str
    started_at: datetime
    finished_at: datetime | None
    batch_id: int | None
    due: int
    asked: int
    stored: int
    corrected: int
    duplicate: int
    missing: int
    hidden: int
    refused: int
    units: int
    outcome: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNews:
    """What one call told: its numbers, and what it asked for with what came of each.

    `asked` are ids that were asked for; `unaskable` are no ids of the platform, and were not.
    """

    observations: Sequence[Observation] = ()
    asked: Sequence[str] = ()
    unaskable: Sequence[str] = ()
    missing: frozenset[str] = frozenset()
    hidden: frozenset[tuple[str, str]] = frozenset()
    refused: int = 0
    units: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A publication that was missing when it was last asked for, or hid some of its counters."""

    release_id: int
    external_id: str
    title: str
    asked_at: datetime
    misses: int
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    external_id: str
    asked_at: datetime
    misses: int
    hidden: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    release_id: int
    external_id: str
    title: str
    published_at: datetime | None


@contextmanager
def collecting_alone(database: Database, name: FeedName) -> Iterator[None]:
    """A block that no other process, machine or thread runs for the same interface.

    A connection is held meanwhile, so the lock goes with whoever dies.

    Raises:
        CollectionUnderWay: another does.
    """
    values = {"key": AdvisoryLock.COLLECTION.value, "place": [*FeedName].index(name)}
    with database.transaction() as connection:
        if not first_value(connection.execute(query("try_collecting"), values)):
            raise CollectionUnderWay(f"another collection of {name} is under way")
        yield


class RunLedger:
    """The runs and marks of one interface, in one database."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database, self._feed = database, feed

    def watched(self) -> list[Watched]:
        """Every publication on the platform, with when and how it was last asked for.

        What several releases are published as belongs to the first of them.
        """
        with self._database.transaction() as connection:
            marks = self._marks(connection)
            published = self._published(connection)
        return [_watched(one, marks.get(one.external_id)) for one in published]

    def absences(self) -> list[Absence]:
        """What was missing or hid something when last asked for, the longest missing first."""
        with self._database.transaction() as connection:
            marks = self._marks(connection)
            published = self._published(connection)
        found = [
            _absence(one, marks[one.external_id]) for one in published if one.external_id in marks
        ]
        wanting = [one for one in found if one.misses or one.hidden]
        return sorted(wanting, key=lambda one: (-one.misses, one.title, one.external_id))

    def open_run(self) -> Run | None:
        """The run that has no end yet."""
        return self._database.transact(lambda connection: self._run(connection, "open_run", {}))

    def begin(self, *, started_at: datetime, due: int) -> Run:
        """A new run, committed before anything is asked."""
        # Not repeated by itself: after a lost answer there would be two.
        with self._database.transaction() as connection:
            begun = self._run(connection, "begin_run", {"started_at": started_at, "due": due})
        if begun is None:
            raise AssertionError  # an insert returns its row
        return begun

    def end(
        self, run: Run, *, outcome: RunOutcome, reason: str | None, units: int, now: datetime
    ) -> Run:
        """The run with its end; one that has ended already stays as it is."""
        values = {
            "run_id": run.run_id,
            "finished_at": now,
            "outcome": outcome.value,
            "reason": None if reason is None else reason[:_LONGEST_REASON],
            "units": units,
        }
        ended = self._database.transact(lambda connection: self._run(connection, "end_run", values))
        return ended or run

    def keep(self, run: Run, news: CallNews, *, catalogue: Catalogue, now: datetime) -> None:
        """Commit what a call told: numbers, marks and counts, all or nothing, once.

        Raises:
            CollectionUnderWay: the run was ended by another meanwhile.
        """
        self._database.transact(
            lambda connection: self._keep(connection, run, news, catalogue, now)
        )

    def _keep(
        self, connection: Connection, run: Run, news: CallNews, catalogue: Catalogue, now: datetime
    ) -> None:
        held = connection.execute(query("lock_run"), {"run_id": run.run_id}).fetchone()
        if held is None:
            raise CollectionUnderWay(f"run {run.run_id} of {run.feed} was ended by another")
        ids = [*news.asked, *news.unaskable]
        told = {"feed": self._feed.name, "external_ids": ids, "asked_at": run.started_at}
        if first_value(connection.execute(query("any_asked"), told)):
            return  # it was committed, and only the word of it was lost
        door = ObservationDoor(catalogue=catalogue, now=now, source=self._feed.source)
        counts = _store(connection, news.observations, door, batch_id=held[0], label=_label(run))
        connection.execute(query("mark"), {**told, **_marks_of(ids, news)})
        values = {
            "run_id": run.run_id,
            "batch_id": counts.batch_id,
            "asked": len(news.asked),
            "stored": counts.stored,
            "corrected": counts.corrected,
            "duplicate": counts.duplicate,
            "missing": len(news.missing),
            "hidden": len(news.hidden),
            "refused": news.refused + counts.rejected + len(news.unaskable),
            "units": news.units,
        }
        connection.execute(query("count_call"), values)

    def _run(self, connection: Connection, name: str, values: dict[str, object]) -> Run | None:
        cursor = connection.cursor(row_factory=class_row(Run))
        return cursor.execute(query(name), {"feed": self._feed.name, **values}).fetchone()

    def _marks(self, connection: Connection) -> dict[str, _Mark]:
        cursor = connection.cursor(row_factory=class_row(_Mark))
        marks = cursor.execute(query("marks"), {"feed": self._feed.name})
        return {mark.external_id: mark for mark in marks}

    def _published(self, connection: Connection) -> list[_Published]:
        cursor = connection.cursor(row_factory=class_row(_Published))
        values = {"platform": self._feed.platform}
        rows = cursor.execute(query("publications_to_watch"), values).fetchall()
        # The first release of each id is the one with the lowest number.
        return list({row.external_id: row for row in reversed(rows)}.values())


def last_runs(database: Database, *, most: int = 100) -> list[Run]:
    """The latest runs of all interfaces, the newest first."""
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Run))
        return cursor.execute(query("runs"), {"most": most}).fetchall()


def _store(
    connection: Connection,
    observations: Iterable[Observation],
    door: ObservationDoor,
    *,
    batch_id: int | None,
    label: str,
) -> ImportCounts:
    """Store a call's numbers under the batch of its run, which is opened with the first of them."""
    from noktvrn_ai_artist.analytics.observation_columns import batch_of  # noqa: PLC0415 - Arrow
    from noktvrn_ai_artist.analytics.observation_landing import store_batches  # noqa: PLC0415

    rows = [door.admit(row, one) for row, one in enumerate(observations, start=1)]
    if not rows:
        return ImportCounts(
            batch_id=batch_id, read=0, stored=0, corrected=0, duplicate=0, rejected=0
        )
    batch, before = _batch(connection, batch_id, door, label=label)
    counts = store_batches(
        connection, [batch_of(rows)], batch_id=batch, now=door.now, skip_bad=True
    )
    sums = {name: before[name] + getattr(counts, name) for name in before}
    connection.execute(query("close_batch"), {"batch_id": batch, **sums})
    return counts


def _batch(
    connection: Connection, batch_id: int | None, door: ObservationDoor, *, label: str
) -> tuple[int, dict[str, int]]:
    """The run's batch and its counts so far; a new one where there is none, or it was undone."""
    hold_together(connection, AdvisoryLock.UNDO)
    counted = connection.cursor(row_factory=dict_row)
    before = counted.execute(query("batch_counts"), {"batch_id": batch_id}).fetchone()
    if batch_id is not None and before is not None:
        return batch_id, before
    names = ("read", "stored", "corrected", "duplicate", "rejected")
    new = open_batch(connection, source=door.source, label=label, now=door.now)
    return new, dict.fromkeys(names, 0)


def _watched(published: _Published, mark: _Mark | None) -> Watched:
    return Watched(
        release_id=published.release_id,
        external_id=published.external_id,
        published_at=published.published_at,
        asked_at=mark.asked_at if mark else None,
        misses=mark.misses if mark else 0,
    )


def _absence(published: _Published, mark: _Mark) -> Absence:
    return Absence(
        release_id=published.release_id,
        external_id=published.external_id,
        title=published.title,
        asked_at=mark.asked_at,
        misses=mark.misses,
        hidden=tuple(mark.hidden.split(",")) if mark.hidden else (),
    )


def _marks_of(ids: Sequence[str], news: CallNews) -> dict[str, object]:
    hidden: dict[str, list[str]] = defaultdict(list)
    for external_id, metric in sorted(news.hidden):
        hidden[external_id].append(metric)
    absent = news.missing.union(news.unaskable)
    return {
        "misses": [int(each in absent) for each in ids],
        "hidden_metrics": [",".join(hidden[each]) for each in ids],
    }


def _label(run: Run) -> str:
    return f"collection run {run.run_id}"
