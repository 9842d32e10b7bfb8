"""Arrow arrays as numbers in memory and back, without what pyarrow's own conversions bring in.

`pa.array`, `pa.scalar` and `to_numpy` import pandas where it is installed: 50 MB and half a second
that most of what comes in does without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = NDArray[Any]

INSTANT = pa.timestamp("us", tz="UTC")
TEXT = pa.dictionary(pa.int32(), pa.string())

# Both would be made into objects of pandas.
_LIES_AS = {INSTANT.id: np.int64, pa.date32().id: np.int32}


def numbers(array: pa.Array) -> Numbers:
    """The numbers of an array as they lie in memory; where it is null, anything.

    Instants are whole numbers in their own unit, dates are days since 1970.
    """
    kind = np.dtype(_LIES_AS.get(array.type.id) or array.type.to_pandas_dtype())
    if not len(array):
        return np.zeros(0, kind)
    start = array.offset * kind.itemsize
    return np.frombuffer(array.buffers()[1], dtype=kind, count=len(array), offset=start)


def filled(array: pa.Array, value: int = 0) -> Numbers:
    """The numbers of an array, with one of them for every null."""
    found = numbers(array)
    return np.where(there(array), found, value) if array.null_count else found


def there(array: pa.Array) -> Mask:
    """Where an array is not null."""
    return flags(array.is_valid())


def flags(array: pa.Array) -> Mask:
    """The truth values of an array; where it is null, anything."""
    found: Mask = numbers(array.cast(pa.uint8())).view(np.bool_)
    return found


def arrow(values: Numbers, kind: pa.DataType, valid: Mask | None = None) -> pa.Array:
    """Numbers as an Arrow array of a type that lies in memory as they do."""
    bits = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [bits, data])


def places(where: Mask | Whole) -> pa.Array:
    """What `filter` (of truth values) or `take` (of whole numbers) wants to know."""
    if where.dtype != np.bool_:
        return arrow(where, pa.int64())
    bits = pa.py_buffer(np.packbits(where, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(where), [None, bits])


def texts(words: Sequence[str]) -> pa.StringArray:
    """Texts as an Arrow array.

    Raises:
        UnicodeEncodeError: one holds half of a surrogate pair.
    """
    raw = [word.encode() for word in words]
    return behind_one_another(b"".join(raw), list(map(len, raw)), pa.string())


def behind_one_another(
    data: bytes | memoryview, lengths: Sequence[int] | Numbers, kind: pa.DataType
) -> pa.Array:
    """Texts or binary values from all their bytes, one value's behind the other's."""
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(lengths), buffers)


def coded(codes: Numbers, words: Sequence[str]) -> pa.DictionaryArray:
    """A dictionary of texts by each row's place in a list of them; -1 is no text."""
    codes = codes.astype(np.int32, copy=False)
    valid = codes >= 0
    indices = arrow(codes, pa.int32(), None if valid.all() else valid)
    return pa.DictionaryArray.from_arrays(indices, texts(words))


def fixed_width(rows: NDArray[np.uint8]) -> pa.Array:
    """Rows of as many bytes each as binary values."""
    count, width = rows.shape
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(rows))]
    return pa.Array.from_buffers(pa.binary(), count, buffers)
