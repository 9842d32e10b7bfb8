"""Checked observations as columns: how many of them travel at once, from any door to the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.observation_door import NumberedObservation, Row
from noktvrn_ai_artist.database.arrow_memory import INSTANT, TEXT, arrow, coded
from noktvrn_ai_artist.errors import Rejection
from noktvrn_ai_artist.records import Observation

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

BATCH_ROWS = 65_536
# So that rows with long notes do not make a batch of gigabytes.
_BATCH_BYTES = 32 * 2**20

OBSERVATION_COLUMNS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("release_id", pa.int64(), nullable=False),
        pa.field("recorded_at", INSTANT, nullable=False),
        pa.field("platform", TEXT, nullable=False),
        pa.field("metric_type", TEXT, nullable=False),
        pa.field("metric_value", pa.float64(), nullable=False),
        pa.field("source", TEXT, nullable=False),
        pa.field("source_url", TEXT),
        pa.field("notes", TEXT),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBatch:
    """Some observations that keep every rule, and those beside them that do not.

    `columns` has the schema `OBSERVATION_COLUMNS`; its `row` is where an observation came from, and
    never falls from batch to batch. `read == columns.num_rows + len(rejected)`.
    """

    columns: pa.RecordBatch
    rejected: Sequence[Rejection]
    read: int


def batch_of(rows: Iterable[Row]) -> CheckedBatch:
    """Rows that were checked one at a time, as a batch."""
    kept: list[NumberedObservation] = []
    rejected: list[Rejection] = []
    for row in rows:
        if isinstance(row, Rejection):
            rejected.append(row)
        else:
            kept.append(row)
    return CheckedBatch(
        columns=_columns_of(kept), rejected=rejected, read=len(kept) + len(rejected)
    )


def joined(batches: Sequence[CheckedBatch]) -> CheckedBatch:
    """Several batches as one."""
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches([batch.columns for batch in batches], OBSERVATION_COLUMNS)
    return CheckedBatch(
        columns=_one_batch(table.unify_dictionaries()),
        rejected=[rejection for batch in batches for rejection in batch.rejected],
        read=sum(batch.read for batch in batches),
    )


def regrouped(batches: Iterable[CheckedBatch]) -> Iterator[CheckedBatch]:
    """The same rows in fewer batches, each of a size that is worth a round to the server."""
    waiting: list[CheckedBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.read
        size += batch.columns.nbytes
        if rows > BATCH_ROWS // 2 or size > _BATCH_BYTES:
            yield joined(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield joined(waiting)


def microseconds(instant: datetime) -> int:
    """An aware instant as Arrow and the tables' streams count it: from 1970 on."""
    return (instant - _EPOCH) // _MICROSECOND


def text_column(words: Sequence[str | None]) -> pa.DictionaryArray:
    """Texts as a column, each of them held once."""
    distinct = [word for word in dict.fromkeys(words) if word is not None]
    codes: dict[str | None, int] = {word: code for code, word in enumerate(distinct)}
    codes[None] = -1
    return coded(np.array([codes[word] for word in words], np.int32), distinct)


def _columns_of(rows: Sequence[NumberedObservation]) -> pa.RecordBatch:
    seen: list[Observation] = [row.observation for row in rows]
    numbers = {
        "row": np.array([row.row for row in rows], np.int64),
        "release_id": np.array([one.release_id for one in seen], np.int64),
        "recorded_at": np.array([microseconds(one.recorded_at) for one in seen], np.int64),
        "metric_value": np.array([one.metric_value for one in seen], np.float64),
    }
    arrays = [
        arrow(numbers[field.name], field.type)
        if field.name in numbers
        else text_column([getattr(one, field.name) for one in seen])
        for field in OBSERVATION_COLUMNS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=OBSERVATION_COLUMNS)


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else _columns_of([])
