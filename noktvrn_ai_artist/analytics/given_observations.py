"""Observations as they are handed over, in whatever holds them, read as checked batches.

Each is read piece by piece: how many there are makes no difference to the memory it takes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timezone, tzinfo
from itertools import chain, islice
from operator import attrgetter, itemgetter
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.observation_columns import (
    BATCH_ROWS,
    CheckedBatch,
    batch_of,
    joined,
    microseconds,
    regrouped,
    text_column,
)
from noktvrn_ai_artist.analytics.observation_door import FIELDS, ObservationDoor, columns_by_field
from noktvrn_ai_artist.analytics.observation_rules import LARGEST_VALUE
from noktvrn_ai_artist.analytics.observation_screen import screened
from noktvrn_ai_artist.analytics.typed_columns import FIRST, LAST, typed
from noktvrn_ai_artist.database.arrow_memory import INSTANT, Mask, Whole, arrow
from noktvrn_ai_artist.errors import BadFile, BadValue
from noktvrn_ai_artist.records import Observation

if TYPE_CHECKING:
    import pandas as pd

# One odd value sends its whole block through the rules one by one.
_BLOCK_ROWS = 4_096
# What Arrow takes, among other objects, for a number or for a time in UTC; of times, only those
# without an offset.
_MISTAKEN: dict[object, tuple[type, ...]] = {
    "release_id": (bool, np.bool_),
    "metric_value": (bool, np.bool_, np.uint64),
    "recorded_at": (datetime, int, np.integer),
}
# What an odd column of a frame should have been.
_RULES = {
    "release_id": "must be a whole number",
    "metric_value": "must be a number",
    "recorded_at": "must be a date and time",
}


def checked_batches(given: object, door: ObservationDoor) -> Iterator[CheckedBatch]:
    """What was handed over, checked, in batches of a size for the server.

    A Parquet file, anything of Arrow, a frame of pandas, or else observations and mappings one
    after the other. Rows are counted from 1.

    Raises:
        BadValue: a column is unknown, missing, or of a wrong type.
        BadFile: a file cannot be read.
    """
    pandas = sys.modules.get("pandas")  # whoever has a frame has imported it
    if isinstance(given, Path):
        batches = _from_columns(_parquet_batches(given), door)
    elif isinstance(given, pa.RecordBatch):
        batches = _from_columns([given], door)
    elif isinstance(given, pa.Table):
        batches = _from_columns(chain(_no_rows(given.schema), given.to_batches()), door)
    elif isinstance(given, pa.RecordBatchReader):
        batches = _from_columns(chain(_no_rows(given.schema), given), door)
    elif pandas is not None and isinstance(given, pandas.DataFrame):
        batches = _from_frame(given, door)
    elif isinstance(given, Iterable):
        batches = _from_objects(given, door)
    else:
        raise BadValue("must be observations, a table, or the path of one", column="observations")
    return regrouped(batches)


def _from_columns(
    batches: Iterable[pa.RecordBatch], door: ObservationDoor
) -> Iterator[CheckedBatch]:
    row = 1
    for batch in batches:
        # At least once, so that the columns of an empty one are looked at.
        for start in range(0, max(1, batch.num_rows), BATCH_ROWS):
            piece = typed(batch.slice(start, BATCH_ROWS), source=door.source)
            yield screened(piece, np.arange(row, row + piece.num_rows), door)
            row += piece.num_rows


def _no_rows(schema: pa.Schema) -> list[pa.RecordBatch]:
    """A batch that shows its columns, where there may be no other."""
    return [pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)]


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    if path.suffix != ".parquet":
        raise BadFile("is not called .parquet; a CSV file comes in with `noktvrn ingest`")
    import pyarrow.parquet as pq  # noqa: PLC0415 - only files need it

    try:
        with pq.ParquetFile(path) as file:
            yield from _no_rows(file.schema_arrow)
            yield from file.iter_batches(batch_size=BATCH_ROWS)
    except (pa.ArrowException, OSError) as error:
        # The library's words may run over many lines.
        said = str(error).strip().partition("\n")[0][:200]
        raise BadFile(f"cannot be read as Parquet: {said}") from error


def _from_frame(frame: pd.DataFrame, door: ObservationDoor) -> Iterator[CheckedBatch]:
    columns_by_field(map(str, frame.columns))  # before one of two that are called alike is lost
    for start in range(0, max(1, len(frame)), BATCH_ROWS):
        piece = frame.iloc[start : start + BATCH_ROWS]
        rows = np.arange(start + 1, start + 1 + len(piece))
        odd = _odd_rows(piece)
        if not odd.any():
            yield _from_piece(piece, rows, door)
            continue
        numbered = zip(rows[odd].tolist(), _mappings(piece[odd]), strict=True)
        checked = [batch_of(door.admit(row, mapping) for row, mapping in numbered)]
        if not odd.all():
            checked.append(_from_piece(piece[~odd], rows[~odd], door))
        yield _in_order(joined(checked))


def _from_piece(piece: pd.DataFrame, rows: Whole, door: ObservationDoor) -> CheckedBatch:
    names = [str(name) for name in piece.columns]
    arrays = [_column(piece.iloc[:, place], name) for place, name in enumerate(names)]
    batch = pa.RecordBatch.from_arrays(arrays, names=names)
    return screened(typed(batch, source=door.source), rows, door)


def _mappings(piece: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dictionaries, with None for what is missing."""
    objects = piece.astype(object)
    names = [str(name) for name in piece.columns]
    rows = objects.where(objects.notna(), None).itertuples(index=False, name=None)
    return [dict(zip(names, values, strict=True)) for values in rows]


def _in_order(batch: CheckedBatch) -> CheckedBatch:
    return replace(batch, rejected=sorted(batch.rejected, key=attrgetter("row")))


def _odd_rows(piece: pd.DataFrame) -> Mask:
    """Rows with an object that Arrow would take for another value than the rules do."""
    odd = np.zeros(len(piece), np.bool_)
    for place, name in enumerate(piece.columns):
        values = piece.iloc[:, place]
        if values.dtype == object and name in _MISTAKEN:
            kinds = {kind for kind in set(map(type, values)) if issubclass(kind, _MISTAKEN[name])}
            if kinds:
                odd |= np.fromiter((_is_odd(one, kinds) for one in values), np.bool_, len(piece))
    return odd


def _is_odd(value: object, kinds: set[type]) -> bool:
    return type(value) in kinds and getattr(value, "tzinfo", None) is None


def _column(values: pd.Series[Any], name: str) -> pa.Array:
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, UnicodeEncodeError, OverflowError) as error:
        raise BadValue(_RULES.get(name, "must be text"), column=name[:64]) from error
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _from_objects(given: Iterable[Any], door: ObservationDoor) -> Iterator[CheckedBatch]:
    objects, row = iter(given), 1
    while block := list(islice(objects, _BLOCK_ROWS)):
        columns = _plain_columns(block)
        if columns is None:
            yield batch_of(door.admit(row + place, one) for place, one in enumerate(block))
        else:
            rows = np.arange(row, row + len(block))
            yield screened(typed(columns, source=door.source), rows, door)
        row += len(block)


def _plain_columns(block: Sequence[object]) -> pa.RecordBatch | None:
    """A block as columns, if all of it is of the same form and holds only values of plain types."""
    read = _reader(block)
    if read is None:
        return None
    names, values = read
    try:
        arrays = [_plain_values(name, column) for name, column in zip(names, values, strict=True)]
    except (OverflowError, UnicodeEncodeError):
        return None  # the rules say what is wrong with it, and of which row
    if any(array is None for array in arrays):
        return None
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _reader(block: Sequence[Any]) -> tuple[Sequence[str], Iterable[list[Any]]] | None:
    """The fields of a block, and for each of them the values of all rows."""
    kinds = set(map(type, block))
    if kinds == {Observation}:
        return FIELDS, (list(map(attrgetter(name), block)) for name in FIELDS)
    if kinds != {dict} or len(set(map(tuple, block))) != 1:
        return None
    try:
        names = list(columns_by_field(block[0]).values())
    except BadValue:
        return None  # said of each row
    return names, (list(map(itemgetter(name), block)) for name in names)


def _plain_values(name: str, column: Sequence[Any]) -> pa.Array | None:
    kinds = set(map(type, column))
    if name == "release_id":
        return arrow(np.array(column, np.int64), pa.int64()) if kinds == {int} else None
    if name == "metric_value":
        return _plain_numbers(column, kinds)
    if name == "recorded_at":
        plain = kinds == {datetime} and all(map(_is_plain_zone, {one.tzinfo for one in column}))
        return _plain_times(column) if plain else None
    return text_column(column) if kinds <= {str, NoneType} else None


def _plain_numbers(column: Sequence[float], kinds: set[type]) -> pa.Array | None:
    if kinds == {int}:
        return arrow(np.array(column, np.int64), pa.int64())
    if not kinds <= {int, float}:
        return None
    # A whole number that is too large must not be rounded to one that is not.
    if any(type(one) is int and abs(one) > LARGEST_VALUE for one in column):
        return None
    return arrow(np.array(column, np.float64), pa.float64())


def _plain_times(column: Sequence[datetime]) -> pa.Array | None:
    times = list(map(microseconds, column))
    if min(times) < FIRST or max(times) > LAST:
        return None
    return arrow(np.array(times, np.int64), INSTANT)


def _is_plain_zone(zone: tzinfo | None) -> bool:
    """Whether a time in this zone is sure to be aware, whatever date it has."""
    return zone is UTC or type(zone) in {timezone, ZoneInfo}
