"""An import from its opening to its undoing; how its observations land is told elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from psycopg.rows import class_row

from noktvrn_ai_artist.analytics.observation_rules import checked_release_id
from noktvrn_ai_artist.database.advisory_locks import (
    AdvisoryLock,
    hold_alone_when_free,
    hold_together,
)
from noktvrn_ai_artist.database.cluster import go_node_by_node
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import Rejection, UnknownBatch
from noktvrn_ai_artist.records import ImportBatch, UndoCounts

Progress = Callable[[int], None]
RejectionSink = Callable[[Rejection], None]


def ignore_rejection(rejection: Rejection) -> None:
    """Let a rejected row go; it is counted all the same."""


def ignore_progress(rows: int) -> None:
    """Tell nobody how far an import is."""


def open_batch(connection: Connection, *, source: str, label: str, now: datetime) -> int:
    """A new batch's id; its counts are written when its rows are stored."""
    hold_together(connection, AdvisoryLock.UNDO)
    values = {"source": source, "label": label, "created_at": now}
    return int(first_value(connection.execute(query("create_batch"), values)))


def undo_batch(database: Database, batch_id: int, *, now: datetime) -> UndoCounts:
    """Take back what a batch brought: its values, and releases that nothing else is known of.

    Values it had corrected stand again as they were before; corrections made after it stay, and so
    do releases that were registered by hand or annotated since. Waits for writers to finish, and
    holds none off for its first minute of waiting.

    Raises:
        UnknownBatch: there is no such batch, or it was undone before.
    """

    # Not repeated by itself: after a lost answer a second attempt would find it undone already.
    with database.transaction() as connection:
        hold_alone_when_free(connection, AdvisoryLock.UNDO)
        # Artists go after their releases.
        go_node_by_node(connection)
        undone = connection.execute(query("was_batch_undone"), {"batch_id": batch_id}).fetchone()
        if undone is None:
            raise UnknownBatch(f"there is no import {batch_id}")
        if undone[0]:
            raise UnknownBatch(f"import {batch_id} was undone already")
        return _take_back(connection, batch_id, now)


def batches(database: Database, *, most: int = 100) -> list[ImportBatch]:
    """The latest imports, the newest first.

    Raises:
        BadValue: `most` is no whole number, or below 1.
    """
    values = {"most": checked_release_id(most, column="most")}
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(ImportBatch))
        return cursor.execute(query("batches"), values).fetchall()


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
