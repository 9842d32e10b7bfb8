"""Many observations in one transaction, as if stored one at a time; and how to take them back."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from psycopg.rows import class_row

from noktvrn_ai_artist.analytics.observation_door import NumberedObservation, Row
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

    Rows arrive in `rows` order, keys that are known with the same value are duplicates, and
    keys with another value are corrected; `read == stored + duplicate + rejected`.

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

    Values it had corrected stand again as they were before; corrections made after it stay.

    Raises:
        UnknownBatch: there is no such batch, or it was undone before.
    """

    def work(connection: Connection) -> UndoCounts:
        undone = connection.execute(query("lock_batch"), {"batch_id": batch_id}).fetchone()
        if undone is None:
            raise UnknownBatch(f"there is no import {batch_id}")
        if undone[0]:
            raise UnknownBatch(f"import {batch_id} was undone already")
        return _take_back(connection, batch_id, now)

    return database.transact(work)


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
    connection.execute(query("create_rounds"))
    stored = corrected = 0
    for number in range(1, int(first_value(connection.execute(query("count_rounds")))) + 1):
        brought, replaced = _merge_round(connection, number, batch_id=batch_id, now=now)
        stored, corrected = stored + brought, corrected + replaced
    return stored, corrected


def _merge_round(
    connection: Connection, number: int, *, batch_id: int, now: datetime
) -> tuple[int, int]:
    """One value per key: how many came to stand, and how many of them replaced another.

    The first merge takes hold of every key, in their order. What another writer changed since it
    was compared is then compared again, and cannot change any more.
    """
    connection.execute(query("create_fresh"), {"round": number})
    merged, replaced, expected = _merge_fresh(connection, batch_id=batch_id, now=now)
    if merged < expected:
        connection.execute(query("drop_merged"), {"batch_id": batch_id})
        connection.execute(query("compare_again"))
        connection.execute(query("drop_known"))
        more, more_replaced, _ = _merge_fresh(connection, batch_id=batch_id, now=now)
        merged, replaced = merged + more, replaced + more_replaced
    connection.execute(query("drop_fresh"))
    return merged, replaced


def _merge_fresh(connection: Connection, *, batch_id: int, now: datetime) -> tuple[int, int, int]:
    """How many values came to stand, how many of them replaced another, how many could have."""
    [(expected, to_replace)] = connection.execute(query("count_fresh")).fetchall()
    values = {"batch_id": batch_id, "stored_at": now}
    merged = connection.execute(query("merge_fresh"), values).rowcount
    if not to_replace:
        return merged, 0, expected
    return merged, connection.execute(query("keep_superseded"), values).rowcount, expected


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
    rows("forget_superseded_of_batch")
    restored = rows("restore_corrected_by_batch")
    removed = rows("remove_observations_of_batch")
    rows("remove_publications_of_undone")
    removed_releases = rows("remove_releases_of_undone")
    rows("remove_annotations_of_no_release")
    removed_artists = rows("remove_artists_of_undone")
    return UndoCounts(
        removed=removed, restored=restored, releases=removed_releases, artists=removed_artists
    )
