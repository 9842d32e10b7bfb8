"""How batches of observations land: straight in the table while all is new, else compared first.

Copying straight into the table is several times as fast as any comparison, and it can only add: a
key that is known refuses it. So a batch is copied straight while nothing in it seems to be known.
A batch that meets a known key is laid beside what stands instead; what differs waits to the end of
the import, when it is clear which value of each key is told last.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from operator import attrgetter

import numpy as np
import pyarrow as pa
from psycopg import errors as driver

from noktvrn_ai_artist.analytics.observation_batches import (
    Progress,
    RejectionSink,
    ignore_progress,
    ignore_rejection,
)
from noktvrn_ai_artist.analytics.observation_columns import CheckedBatch, microseconds
from noktvrn_ai_artist.analytics.observation_order import (
    OrderedBatch,
    TouchedCurves,
    instants,
    ordered,
    spans,
)
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone, hold_together
from noktvrn_ai_artist.database.arrow_memory import INSTANT, arrow, numbers, places
from noktvrn_ai_artist.database.cluster import is_distributed
from noktvrn_ai_artist.database.connection_manager import Connection, first_value
from noktvrn_ai_artist.database.copy_encoding import HEADER, TRAILER, copied
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import ImportRefused, Rejection, UnknownBatch
from noktvrn_ai_artist.records import ImportCounts

MOST_REJECTIONS_LISTED = 100
# After so many rows that were copied straight, an import may keep what it has.
COMMIT_ROWS = 1_000_000

_PROBED_KEYS = 100
_KEYS = ["release_id", "recorded_at"]
_TEXTS = ["platform", "metric_type", "source", "source_url", "notes"]
_NO_CONSTANTS = pa.RecordBatch.from_arrays([], names=[])


def store_batches(
    connection: Connection,
    batches: Iterable[CheckedBatch],
    *,
    batch_id: int,
    now: datetime,
    skip_bad: bool = False,
    on_rejection: RejectionSink = ignore_rejection,
    on_progress: Progress = ignore_progress,
    commit: Callable[[], None] | None = None,
) -> ImportCounts:
    """Store a stream of observations under a batch, in the caller's transaction.

    The outcome is that of storing the rows one after the other, but for a key whose last value
    stood before the import: all that was told of it is a duplicate, so that the same rows again
    store nothing. `read == stored + duplicate + rejected`.

    With `commit`, a long import keeps what it has from time to time: `commit` is called after every
    million rows, if none of those before waits to be compared at the end.

    Raises:
        ImportRefused: rows break rules and `skip_bad` is not set; listing the first hundred.
        UnknownBatch: the import was undone between two commits.
    """
    tally = _Tally(on_rejection)
    landing = _Landing(connection, batch_id=batch_id, now=now)
    for batch in batches:
        columns = _of_known_releases(connection, batch, tally)
        if skip_bad or not tally.rejected:
            landing.land(columns)
        on_progress(tally.read)
        if commit is not None and landing.may_be_kept():
            landing.keep(commit, tally)
    if tally.rejected and not skip_bad:
        raise ImportRefused(tally.listed, rejected=tally.rejected)
    landing.finish()
    return landing.close(tally)


class _Tally:
    """What was read, and what of it was refused."""

    def __init__(self, tell: RejectionSink) -> None:
        self.read = self.rejected = 0
        self.listed: list[Rejection] = []
        self._tell = tell

    def reject(self, rejection: Rejection) -> None:
        self.rejected += 1
        self._tell(rejection)
        # Bad rows of a batch may be found in any order.
        insort(self.listed, rejection, key=attrgetter("row"))
        del self.listed[MOST_REJECTIONS_LISTED:]


class _Landing:
    """One import on its way into the tables: what it stored so far, and what still waits."""

    def __init__(self, connection: Connection, *, batch_id: int, now: datetime) -> None:
        self._connection, self._batch_id = connection, batch_id
        self._values: dict[str, object] = {"batch_id": batch_id, "stored_at": now}
        self._constants = _constants(batch_id, now)
        # A cluster refuses a COPY with a known key in a way that nothing can go on after.
        self._spread = is_distributed(connection)
        self._straight = not self._spread
        self._holds_keys = self._can_wait = False
        self._waiting = self._since_kept = 0
        self._stored = self._corrected = 0
        self._touched = TouchedCurves()

    def land(self, columns: pa.RecordBatch) -> None:
        """Store a batch, or what is new and different of it let wait."""
        if not columns.num_rows:
            return
        batch = ordered(columns)
        if not (self._may_go_straight(batch) and self._copied_straight(batch)):
            self._compare(batch)

    def may_be_kept(self) -> bool:
        """Whether enough was stored since the last commit, and nothing waits for a later one."""
        return self._since_kept >= COMMIT_ROWS and not self._waiting

    def keep(self, commit: Callable[[], None], tally: _Tally) -> None:
        """Commit what is stored so far, with its counts, and go on in another transaction."""
        self._tell_touched()
        self.close(tally)
        commit()
        self._since_kept, self._holds_keys, self._can_wait = 0, False, False
        hold_together(self._connection, AdvisoryLock.UNDO)
        if first_value(self._connection.execute(query("was_batch_undone"), self._values)):
            raise UnknownBatch(f"import {self._batch_id} was undone while it ran: run it again")

    def finish(self) -> None:
        """Let the last value of each key that waits stand, and put the others into the history.

        The first merge takes hold of every key, in their order. What another writer changed since
        it was compared is then compared again, and cannot change any more.
        """
        self._tell_touched()
        if self._waiting:
            if not self._holds_keys:
                hold_together(self._connection, AdvisoryLock.LANDING)
            stored, corrected = _merge(self._connection, self._values)
            self._stored += stored
            self._corrected += corrected

    def close(self, tally: _Tally) -> ImportCounts:
        """Write down how the import came out so far."""
        counts = ImportCounts(
            batch_id=self._batch_id,
            read=tally.read,
            stored=self._stored,
            corrected=self._corrected,
            duplicate=tally.read - tally.rejected - self._stored,
            rejected=tally.rejected,
        )
        self._connection.execute(query("close_batch"), asdict(counts))
        return counts

    def _may_go_straight(self, batch: OrderedBatch) -> bool:
        # What waits will be merged over all that is in the table by then: so nothing may pass it.
        if not self._straight or self._waiting or batch.again is not None:
            return False
        return self._seems_new(batch)

    def _seems_new(self, batch: OrderedBatch) -> bool:
        last = len(batch.keys.releases) - 1
        probed = batch.keys.at(np.linspace(0, last, _PROBED_KEYS).astype(np.int64))
        pairs = [probed.pairs[name] for name in probed.names]
        values = {
            "release_ids": probed.releases.tolist(),
            "observed": instants(probed.times),
            "platforms": [platform for platform, _ in pairs],
            "metric_types": [metric for _, metric in pairs],
        }
        return not first_value(self._connection.execute(query("is_any_known"), values))

    def _copied_straight(self, batch: OrderedBatch) -> bool:
        if not self._holds_keys:
            hold_alone(self._connection, AdvisoryLock.LANDING)
            self._holds_keys = True
        try:
            with self._connection.transaction():
                self._copy_observations("copy_to_observations", batch, _KEYS, self._constants)
        except driver.UniqueViolation:
            self._straight = False  # another try would leave as many dead rows again
            return False
        self._touched.add(batch.keys)
        if self._touched.are_many():
            self._tell_touched()
        self._stored += len(batch.keys.releases)
        self._since_kept += len(batch.keys.releases)
        return True

    def _compare(self, batch: OrderedBatch) -> None:
        if not self._can_wait:
            for place in (
                "create_staging",
                "create_standing",
                "create_waiting",
                "create_waiting_key",
            ):
                self._connection.execute(query(place))
            self._can_wait = True
        if batch.again is not None:
            # Values of one key that differ cannot all be what stands.
            self._copy_observations("copy_to_waiting", batch.some(batch.again), ["row", *_KEYS])
            self._waiting += int(batch.again.sum())
            batch = batch.some(~batch.again)
        if not len(batch.keys.releases):
            return
        self._copy_observations("copy_to_staging", batch, ["row", *_KEYS])
        where = spans(batch.keys)
        values = {
            "release_ids": where.release_ids,
            "first_times": where.first_times,
            "last_times": where.last_times,
        }
        find = "find_standing_on_cluster" if self._spread else "find_standing"
        self._connection.execute(query(find), values)
        waits = self._connection.execute(query("let_wait"), {"any_waiting": self._waiting > 0})
        self._waiting += waits.rowcount
        self._connection.execute(query("empty_staging"))

    def _copy_observations(
        self,
        name: str,
        batch: OrderedBatch,
        numbers: list[str],
        constants: pa.RecordBatch = _NO_CONSTANTS,
    ) -> None:
        columns = batch.columns.select([*numbers, "metric_value", *_TEXTS])
        self._copy(name, columns, constants)

    def _copy(self, name: str, columns: pa.RecordBatch, constants: pa.RecordBatch) -> None:
        with self._connection.cursor() as cursor, cursor.copy(query(name)) as copy:
            copy.write(HEADER)
            for piece in copied(columns, constants):
                copy.write(piece)
            copy.write(TRAILER)

    def _tell_touched(self) -> None:
        curves = self._touched.take()
        if curves is not None:
            self._copy("copy_to_changed_curves", curves, _NO_CONSTANTS)


def _merge(connection: Connection, values: dict[str, object]) -> tuple[int, int]:
    """How many values came to stand, one after the other, and how many of them replaced another."""
    connection.execute(query("create_changes"))
    connection.execute(query("create_fresh"), values)
    expected = int(first_value(connection.execute(query("count_fresh"))))
    if connection.execute(query("merge_fresh"), values).rowcount < expected:
        connection.execute(query("compare_again"), values)
        connection.execute(query("drop_known"), values)
        connection.execute(query("merge_fresh"), values)
    connection.execute(query("note_fresh_curves"))
    connection.execute(query("keep_superseded"))
    if connection.execute(query("keep_passed"), values).rowcount:
        connection.execute(query("count_passed"))
    [(stored, corrected)] = connection.execute(query("count_merged")).fetchall()
    return int(stored), int(corrected)


def _of_known_releases(
    connection: Connection, batch: CheckedBatch, tally: _Tally
) -> pa.RecordBatch:
    """The observations of releases that are there; the others are refused with the bad ones."""
    columns = batch.columns
    tally.read += batch.read
    named = columns["release_id"].unique().to_pylist()
    values = {"release_ids": named}
    unknown = [one for (one,) in connection.execute(query("unknown_releases"), values)]
    if not unknown:
        refused: Iterator[Rejection] = iter(())
    else:
        is_unknown = np.isin(numbers(columns["release_id"]), unknown)
        refused = _refused(columns.filter(places(is_unknown)))
        columns = columns.filter(places(~is_unknown))
    for rejection in sorted([*batch.rejected, *refused], key=attrgetter("row")):
        tally.reject(rejection)
    return columns


def _refused(columns: pa.RecordBatch) -> Iterator[Rejection]:
    pairs = zip(columns["row"].to_pylist(), columns["release_id"].to_pylist(), strict=True)
    for row, release_id in pairs:
        rule = f"there is no release {release_id}"
        yield Rejection(row=row, column="release_id", rule=rule)


def _constants(batch_id: int, now: datetime) -> pa.RecordBatch:
    """What all rows of an import have in common: their revision, batch and moment."""
    arrays = [
        arrow(np.array([0], np.int32), pa.int32()),
        arrow(np.array([batch_id], np.int64), pa.int64()),
        arrow(np.array([microseconds(now)], np.int64), INSTANT),
    ]
    return pa.RecordBatch.from_arrays(arrays, names=["revision", "batch_id", "stored_at"])
