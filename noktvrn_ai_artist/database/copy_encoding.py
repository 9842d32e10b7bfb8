"""Arrow columns as the bytes of PostgreSQL's binary COPY, without a Python object for each row.

https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY: a row is the number of its
fields in two bytes, then each field as its length in four bytes and its value, all big-endian.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from noktvrn_ai_artist.database.arrow_memory import Whole, filled, fixed_width, numbers, places

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = SIGNATURE + bytes(8)
TRAILER = b"\xff\xff"

# Few enough that a piece stays in the processor's cache on its way to the socket.
_PIECE_ROWS = 8_192
# Texts are joined to one before they are laid beside the numbers, while there are this many of it.
_MOST_WORDS = 4_096
_NULL = b"\xff\xff\xff\xff"
# PostgreSQL counts its microseconds and days from the year 2000.
EPOCH, _EPOCH_DAY = 946_684_800_000_000, 10_957

Bytes = npt.NDArray[np.uint8]


def copied(columns: pa.RecordBatch, constants: pa.RecordBatch) -> Iterator[memoryview]:
    """The rows as COPY takes them, in pieces; without the signature and the trailer.

    `constants` is one row whose fields every row begins with. Then come the columns: first those of
    a fixed width (int32, int64, float64, days, instants in microseconds), which hold no null; then
    dictionaries of text, which may.
    """
    texts = [array for array in columns.columns if pa.types.is_dictionary(array.type)]
    plain = columns.columns[: columns.num_columns - len(texts)]
    fields = constants.num_columns + columns.num_columns
    start = fields.to_bytes(2, "big") + b"".join(_field(one) for one in constants.columns)
    words = _words(texts, columns.num_rows)
    for first in range(0, columns.num_rows, _PIECE_ROWS):
        piece = slice(first, first + _PIECE_ROWS)
        heads = _heads(start, [_big_endian(array[piece]) for array in plain])
        tails = [dictionary.take(places(codes[piece])) for dictionary, codes in words]
        yield _joined([heads, *tails])


def _heads(start: bytes, values: list[Bytes]) -> pa.Array:
    """How each row begins: the same bytes, then its numbers."""
    row = start + b"".join(one.shape[1].to_bytes(4, "big") + bytes(one.shape[1]) for one in values)
    heads = np.empty((len(values[0]), len(row)), np.uint8)
    heads[:] = np.frombuffer(row, np.uint8)
    at = len(start)
    for value in values:
        width = value.shape[1]
        heads[:, at + 4 : at + 4 + width] = value
        at += 4 + width
    return fixed_width(heads)


def _big_endian(array: pa.Array) -> Bytes:
    values = numbers(array)
    if pa.types.is_timestamp(array.type):
        values = values - EPOCH
    elif pa.types.is_date32(array.type):
        values = values - np.int32(_EPOCH_DAY)
    return _bytes(values.astype(values.dtype.newbyteorder(">")))


def _bytes(values: npt.NDArray[np.generic]) -> Bytes:
    return np.ascontiguousarray(values).view(np.uint8).reshape(len(values), values.itemsize)


def _words(texts: list[pa.Array], rows: int) -> list[tuple[pa.Array, Whole]]:
    """The texts as fields, several columns in one where few combinations of them are possible."""
    found: list[tuple[pa.Array, Whole]] = []
    for text in texts:
        words, codes = _text_fields(text)
        before = len(found[-1][0]) if found else 0
        if 0 < before * len(words) <= _MOST_WORDS:
            earlier, earlier_codes = found.pop()
            pairs = np.arange(before * len(words))
            firsts, seconds = np.divmod(pairs, len(words))
            codes = earlier_codes * len(words) + codes
            words = _side_by_side([earlier.take(places(firsts)), words.take(places(seconds))])
        found.append((words, codes))
    return found


def _text_fields(text: pa.Array) -> tuple[pa.Array, Whole]:
    """Each word of a dictionary as a field, a null after them, and which one each row has."""
    words = text.dictionary.cast(pa.binary())
    lengths = fixed_width(_bytes(numbers(pc.binary_length(words)).astype(">i4")))
    null = fixed_width(np.frombuffer(_NULL, np.uint8).reshape(1, len(_NULL)))
    codes = filled(text.indices, len(words)).astype(np.int64)
    return pa.concat_arrays([_side_by_side([lengths, words]), null]), codes


def _side_by_side(parts: list[pa.Array]) -> pa.Array:
    nothing = fixed_width(np.zeros((len(parts[0]), 0), np.uint8))
    return pc.binary_join_element_wise(*parts, nothing)


def _field(one: pa.Array) -> bytes:
    value = _big_endian(one).tobytes()
    return len(value).to_bytes(4, "big") + value


def _joined(parts: list[pa.Array]) -> memoryview:
    rows = _side_by_side(parts)
    _, ends, data = rows.buffers()
    end = np.frombuffer(ends, np.int32)[len(rows)]
    return memoryview(data)[: int(end)]
