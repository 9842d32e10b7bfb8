"""Many observations in one transaction, as if stored one at a time; and how to take them back."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from psycopg.rows import class_row

from noktvrn_ai_artist.analytics.observation_door import NumberedObservation, Row
from noktvrn_ai_artist.database.advisory_locks import (
    AdvisoryLock,
    hold_alone,
    hold_together,
)
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import (
    ImportRefused,
    Rejection,
    UnknownBatch,
)
from noktvrn_ai_artist.records import ImportBatch, ImportCounts, UndoCounts

MOST_REJECTIONS_LISTED = 100
_COLUMN_TYPES = ("int8", "int8", "timestamptz", "text", "text", "float8", "text", "text", "text")

Progress = Callable[[int], None]
RejectionSink = Callable[[Rejection], None]


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What was met on the way into staging."""

    read: int
    rejected: int
    listed: list[Rejection]
    tell: RejectionSink

    def reject(self, rejection: Rejection) -> None:
        self.rejected += 1
        self.tell(rejection)
        # Unknown releases are found last, and may stand in the first rows all the same.
        insort(self.listed, rejection, key=attrgetter("row"))
        del self.listed[MOST_REJECTIONS_LISTED:]


def ignore_rejection(rejection: Rejection) -> None:
    """Let a rejected row go; it is counted all the same."""


def ignore_progress(rows: int) -> None:
    """Tell nobody how far an import is."""


def open_batch(connection: Connection, *, source: str, label: str, now: datetime) -> int:
    """A new batch's id; its counts are written when its rows are stored."""
    hold_together(connection, AdvisoryLock.UNDO)
    values = {"source": source, "label": label, "created_at": now}
    return int(first_value(connection.execute(query("create_batch"), values)))


def store_rows(
    connection: Connection,
    rows: Iterable[Row],
    *,
    batch_id: int,
    now: datetime,
    skip_bad: bool = False,
    on_rejection: RejectionSink = ignore_rejection,
    on_progress: Progress = ignore_progress,
) -> ImportCounts:
    """Store a stream of rows under a batch, in the caller's transaction.

    The outcome is that of storing the rows one after the other, but for a key whose last value
    stands already: all that was told of it is a duplicate, so that the same rows again store
    nothing. `read == stored + duplicate + rejected`.

    Raises:
        ImportRefused: rows break rules and `skip_bad` is not set; listing the first hundred.
    """
    tally = _Tally(read=0, rejected=0, listed=[], tell=on_rejection)
    connection.execute(query("create_staging"))
    _copy(connection, _accepted(rows, tally, on_progress))
    _reject_unknown_releases(connection, tally)
    if tally.rejected and not skip_bad:
        raise ImportRefused(tally.listed, rejected=tally.rejected)
    stored, corrected = _merge(connection, batch_id=batch_id, now=now)
    counts = ImportCounts(
        batch_id=batch_id,
        read=tally.read,
        stored=stored,
        corrected=corrected,
        duplicate=tally.read - tally.rejected - stored,
        rejected=tally.rejected,
    )
    _close_batch(connection, counts)
    return counts


def undo_batch(database: Database, batch_id: int, *, now: datetime) -> UndoCounts:
    """Take back what a batch brought: its values, and releases that nothing else is known of.

    Values it had corrected stand again as they were before; corrections made after it stay, and so
    do releases that were registered by hand or annotated since. Waits for writers to finish.

    Raises:
        UnknownBatch: there is no such batch, or it was undone before.
    """

    # Not repeated by itself: after a lost answer a second attempt would find it undone already.
    with database.transaction() as connection:
        hold_alone(connection, AdvisoryLock.UNDO)
        undone = connection.execute(query("was_batch_undone"), {"batch_id": batch_id}).fetchone()
        if undone is None:
            raise UnknownBatch(f"there is no import {batch_id}")
        if undone[0]:
            raise UnknownBatch(f"import {batch_id} was undone already")
        return _take_back(connection, batch_id, now)


def batches(database: Database, *, most: int = 100) -> list[ImportBatch]:
    """The latest imports, the newest first."""
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(ImportBatch))
        return cursor.execute(query("batches"), {"most": most}).fetchall()


def _accepted(
    rows: Iterable[Row], tally: _Tally, on_progress: Progress
) -> Iterator[NumberedObservation]:
    for row in rows:
        tally.read += 1
        on_progress(tally.read)
        if isinstance(row, Rejection):
            tally.reject(row)
        else:
            yield row


def _copy(connection: Connection, rows: Iterable[NumberedObservation]) -> None:
    with connection.cursor() as cursor, cursor.copy(query("copy_to_staging")) as copy:
        copy.set_types(_COLUMN_TYPES)
        for row in rows:
            o = row.observation
            key = (o.release_id, o.recorded_at, o.platform, o.metric_type)
            copy.write_row((row.row, *key, o.metric_value, o.source, o.source_url, o.notes))


def _reject_unknown_releases(connection: Connection, tally: _Tally) -> None:
    before = tally.rejected
    with connection.cursor(name="unknown_releases") as unknown:
        for row_number, release_id in unknown.execute(query("staged_unknown_releases")):
            rule = f"there is no release {release_id}"
            tally.reject(Rejection(row=row_number, column="release_id", rule=rule))
    if tally.rejected > before:
        connection.execute(query("drop_staged_unknown_releases"))


def _merge(connection: Connection, *, batch_id: int, now: datetime) -> tuple[int, int]:
    """How many values came to stand, one after the other, and how many of them replaced another.

    The first merge takes hold of every key, in their order. What another writer changed since it
    was compared is then compared again, and cannot change any more.
    """
    values = {"batch_id": batch_id, "stored_at": now}
    connection.execute(query("create_changes"))
    connection.execute(query("create_fresh"))
    expected = int(first_value(connection.execute(query("count_fresh"))))
    if connection.execute(query("merge_fresh"), values).rowcount < expected:
        connection.execute(query("compare_again"), values)
        connection.execute(query("drop_known"))
        connection.execute(query("merge_fresh"), values)
    connection.execute(query("note_fresh_curves"))
    connection.execute(query("keep_superseded"))
    if connection.execute(query("keep_passed"), values).rowcount:
        connection.execute(query("count_passed"))
    [(stored, corrected)] = connection.execute(query("count_merged")).fetchall()
    return int(stored), int(corrected)


def _close_batch(connection: Connection, counts: ImportCounts) -> None:
    connection.execute(
        query("close_batch"),
        {
            "batch_id": counts.batch_id,
            "read": counts.read,
            "stored": counts.stored,
            "corrected": counts.corrected,
            "duplicate": counts.duplicate,
            "rejected": counts.rejected,
        },
    )


def _take_back(connection: Connection, batch_id: int, now: datetime) -> UndoCounts:
    values = {"batch_id": batch_id, "undone_at": now}

    def rows(name: str) -> int:
        return connection.execute(query(name), values).rowcount

    rows("mark_batch_undone")
    rows("note_curves_of_batch")
    rows("forget_superseded_of_batch")
    restored = rows("restore_corrected_by_batch")
    removed = rows("remove_observations_of_batch")
    rows("remove_publications_of_undone")
    removed_releases = rows("remove_releases_of_undone")
    removed_artists = rows("remove_artists_of_undone")
    return UndoCounts(
        removed=removed, restored=restored, releases=removed_releases, artists=removed_artists
    )
