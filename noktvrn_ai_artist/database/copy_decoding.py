"""The rows of a binary COPY as Arrow batches: no Python object for a row, no list of them all.

The format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import errors as driver

from noktvrn_ai_artist.database.arrow_memory import (
    INSTANT,
    TEXT,
    arrow,
    behind_one_another,
    coded,
    numbers,
)
from noktvrn_ai_artist.database.connection_manager import Connection
from noktvrn_ai_artist.database.copy_encoding import EPOCH, HEADER, SIGNATURE, TRAILER

# A batch ends with the row that reaches either, so that long texts keep memory flat too.
BATCH_ROWS, BATCH_BYTES = 16_384, 8 << 20

_HEADER_BYTES, _TRAILER_BYTES, _NUMBER_BYTES = len(HEADER), len(TRAILER), 8
_BEYOND_ANY_ROW = 1 << 31
_LENGTH = struct.Struct("!i")
_WIRE_TYPES = {pa.int64(): ">i8", pa.float64(): ">f8", INSTANT: ">i8"}


def copied_batches(
    connection: Connection, statement: bytes, values: Mapping[str, object], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """What `copy (select ...) to stdout (format binary)` sends, as batches of `schema`.

    The select names the schema's numbers and times first, of which none may be null, then its
    texts (`TEXT`), both in the schema's order. Closed early, the iterator cancels the statement.

    Raises:
        psycopg.Error: the statement failed or the connection was lost; rows are missing.
    """
    layout = _Layout.of(schema)
    with connection.cursor() as cursor, cursor.copy(statement, values) as copy:
        decode = partial(layout.decoded, encoding=connection.info.encoding)
        yield from map(decode, _received(connection, copy))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows as they came, one behind the other, and the length of each."""

    data: memoryview
    lengths: Sequence[int]


def _received(connection: Connection, copy: psycopg.Copy) -> Iterator[_Rows]:
    take = connection.pgconn.get_copy_data
    row = _first_row(copy)
    size, rows = len(row), None
    while size != _TRAILER_BYTES:
        if rows is not None:
            yield rows
            rows = None
        data, lengths = io.BytesIO(), list[int]()
        write, note = data.write, lengths.append
        for _ in range(BATCH_ROWS):
            write(row)
            note(size)
            size, row = take(1)
            if size > _TRAILER_BYTES:
                continue
            if size <= 0:
                row = _awaited(connection, copy, ended=size < 0)
                size = len(row)
            if size == _TRAILER_BYTES or data.tell() >= BATCH_BYTES:
                break
        rows = _Rows(data=data.getbuffer(), lengths=lengths)
    copy.read()  # the server's last word: what failed after the last row is raised here
    if rows is not None:
        yield rows


def _first_row(copy: psycopg.Copy) -> memoryview:
    """The first row, or the trailer: it comes with the header in one message."""
    message = memoryview(copy.read())
    if message[: len(SIGNATURE)] != SIGNATURE:
        raise driver.DataError("what was copied is not in the binary format")
    return message[_HEADER_BYTES:]


def _awaited(connection: Connection, copy: psycopg.Copy, *, ended: bool) -> memoryview:
    """The next row when it has come; Ctrl+C and other threads are heard meanwhile."""
    if not ended and (row := copy.read()):
        return memoryview(row)
    # Every stream that is whole closes with a trailer, so this one is not.
    result = connection.pgconn.get_result()
    while connection.pgconn.get_result() is not None:
        pass
    if result is None:
        raise driver.DataError("what was copied has no end")
    raise driver.error_from_result(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where a row holds what: numbers at fixed places in its head, texts behind it."""

    schema: pa.Schema
    head: np.dtype[np.void]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, schema: pa.Schema) -> _Layout:
        numbers = tuple(field.name for field in schema if field.type in _WIRE_TYPES)
        head = [("fields", ">i2")]
        for name in numbers:
            head += [(_length_of(name), ">i4"), (name, _WIRE_TYPES[schema.field(name).type])]
        texts = tuple(field.name for field in schema if field.type == TEXT)
        return cls(schema=schema, head=np.dtype(head), numbers=numbers, texts=texts)

    def decoded(self, rows: _Rows, *, encoding: str) -> pa.RecordBatch:
        """Rows as one batch, under the names and in the order of the schema."""
        lengths = np.fromiter(rows.lengths, np.int32, len(rows.lengths))
        if lengths.min() < self.head.itemsize:
            raise driver.DataError("a row is too short for its numbers")
        whole = behind_one_another(rows.data, lengths, pa.binary())
        columns = self._numbers(pc.binary_slice(whole, 0, self.head.itemsize))
        columns |= self._texts(
            pc.binary_slice(whole, self.head.itemsize, _BEYOND_ANY_ROW), encoding
        )
        arrays = [columns[name] for name in self.schema.names]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _numbers(self, heads: pa.Array) -> dict[str, pa.Array]:
        table = np.frombuffer(heads.buffers()[2], self.head, len(heads))
        columns = {}
        for name in self.numbers:
            if (table[_length_of(name)] != _NUMBER_BYTES).any():
                raise driver.DataError(f"{name} is null, or no number of 8 bytes")
            values = table[name].astype(self.head[name].newbyteorder("="))
            kind = self.schema.field(name).type
            if kind == INSTANT:
                values += EPOCH
            columns[name] = arrow(values, kind)
        return columns

    def _texts(self, tails: pa.Array, encoding: str) -> dict[str, pa.Array]:
        """Few rows differ in their texts, so each distinct tail is read once."""
        encoded = tails.dictionary_encode()
        distinct = [self._cells(tail, encoding) for tail in encoded.dictionary.to_pylist()]
        which = numbers(encoded.indices)
        columns = {}
        for name, cells in zip(self.texts, zip(*distinct, strict=True), strict=True):
            codes: dict[str, int] = {}
            of_cells = [
                -1 if cell is None else codes.setdefault(cell, len(codes)) for cell in cells
            ]
            columns[name] = coded(np.array(of_cells, np.int32)[which], list(codes))
        return columns

    def _cells(self, tail: bytes, encoding: str) -> list[str | None]:
        cells: list[str | None] = []
        at = 0
        for _ in self.texts:
            (length,) = _LENGTH.unpack_from(tail, at)
            at += _LENGTH.size
            cells.append(None if length < 0 else tail[at : at + length].decode(encoding))
            at += max(length, 0)
        return cells


def _length_of(name: str) -> str:
    return f"length of {name}"
