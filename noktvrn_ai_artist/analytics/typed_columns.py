"""Columns of whatever type that may mean an observation, brought to the types the screen knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.observation_columns import microseconds
from noktvrn_ai_artist.analytics.observation_door import FIELDS, columns_by_field
from noktvrn_ai_artist.analytics.observation_rules import LARGEST_VALUE
from noktvrn_ai_artist.database.arrow_memory import (
    INSTANT,
    TEXT,
    arrow,
    coded,
    filled,
    places,
    there,
)
from noktvrn_ai_artist.errors import BadValue

# What a datetime can hold, in whole seconds.
FIRST = microseconds(datetime(1, 1, 1, tzinfo=UTC))
LAST = microseconds(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NANOSECONDS = 1_000


def typed(given: pa.RecordBatch, *, source: str) -> pa.RecordBatch:
    """The columns under the names of an observation's fields, and of few types.

    Whole numbers and floats stay what they are, and decimals become floats; instants are in
    microseconds (what is finer is cut off); texts are dictionaries. A source, link or note that is
    not given is filled in.

    Raises:
        BadValue: a column is unknown, missing, or of a type that cannot be meant.
    """
    columns = columns_by_field(given.schema.names)
    absent: dict[str, pa.Array] = {
        "source": _constant(source, given.num_rows),
        "source_url": _constant(None, given.num_rows),
        "notes": _constant(None, given.num_rows),
    }
    found = {
        name: _MAKE[name](written_out(given.column(columns[name])), name)
        if name in columns
        else absent[name]
        for name in FIELDS
    }
    return pa.RecordBatch.from_pydict(found)


def written_out(array: pa.Array) -> pa.Array:
    """A column that is no dictionary, unless one of texts."""
    if pa.types.is_dictionary(array.type) and not is_text(array.type.value_type):
        return array.dictionary_decode()
    return array


def in_microseconds(array: pa.Array) -> pa.Array:
    """Aware instants in microseconds: what is finer is cut off.

    Those beyond what a datetime holds become the first or the last that it does: they are refused
    all the same, in words that need one.
    """
    raw = filled(array)
    if array.type.unit == "ns":
        times = raw // _NANOSECONDS
    else:
        scale = _MICROSECONDS[array.type.unit]
        times = np.clip(raw, FIRST // scale, LAST // scale) * scale
    return arrow(times, INSTANT, there(array) if array.null_count else None)


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of texts."""
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _ids(array: pa.Array, name: str) -> pa.Array:
    if not pa.types.is_integer(array.type):
        raise BadValue("must be a whole number", column=name)
    # What is too large for an id becomes negative, and is refused for the same reason.
    return array.cast(pa.int64(), safe=False)


def _values(array: pa.Array, name: str) -> pa.Array:
    if pa.types.is_floating(array.type):
        return array.cast(pa.float64())
    if pa.types.is_decimal(array.type):
        return _floats(array)
    if not pa.types.is_integer(array.type):
        raise BadValue("must be a number", column=name)
    return array if pa.types.is_uint64(array.type) else array.cast(pa.int64())


def _floats(decimals: pa.Array) -> pa.Array:
    """Decimals as floats, rounded as their texts would be."""
    floats = decimals.cast(pa.string()).cast(pa.float64())
    values = filled(floats).copy()
    at_the_limit = np.flatnonzero(np.abs(values) == LARGEST_VALUE)
    # The first decimals above the limit are rounded down to it.
    for place, exact in zip(
        at_the_limit, decimals.take(places(at_the_limit)).to_pylist(), strict=True
    ):
        if Decimal(exact).copy_abs() > LARGEST_VALUE:
            values[place] *= 2
    return arrow(values, pa.float64(), there(floats) if floats.null_count else None)


def _times(array: pa.Array, name: str) -> pa.Array:
    if not pa.types.is_timestamp(array.type):
        raise BadValue("must be a date and time", column=name)
    if array.type.tz is None:
        raise BadValue("needs a UTC offset", column=name)
    return in_microseconds(array)


def _texts(array: pa.Array, name: str) -> pa.Array:
    if pa.types.is_null(array.type):
        return _constant(None, len(array))
    if pa.types.is_dictionary(array.type):
        # One that is shared by many batches may be longer than this one, or hold nulls itself.
        if len(array.dictionary) > len(array) or array.dictionary.null_count:
            array = array.dictionary_decode()
    elif not is_text(array.type):
        raise BadValue("must be text", column=name)
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    texts = array.cast(TEXT)
    try:
        texts.dictionary.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BadValue("must be text in UTF-8", column=name) from error
    return texts


def _constant(text: str | None, rows: int) -> pa.Array:
    codes = np.zeros(rows, np.int32)
    return coded(codes - 1, []) if text is None else coded(codes, [text])


_MAKE: dict[str, Callable[[pa.Array, str], pa.Array]] = {
    "release_id": _ids,
    "platform": _texts,
    "metric_type": _texts,
    "metric_value": _values,
    "recorded_at": _times,
    "source": _texts,
    "source_url": _texts,
    "notes": _texts,
}
