"""Arrow columns as the bytes of COPY: the same as field by field, nulls and all."""

from __future__ import annotations

import struct
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.database import copy_encoding
from noktvrn_ai_artist.database.copy_encoding import copied

INSTANT = pa.timestamp("us", "UTC")
TEXT = pa.dictionary(pa.int32(), pa.string())
EPOCH = 946_684_800_000_000
FORMATS = {pa.int32(): "!i", pa.int64(): "!q", pa.float64(): "!d", INSTANT: "!q"}

whole = st.integers(-(2**63) + EPOCH, 2**63 - 1)
days = st.dates()
words = st.none() | st.text(st.characters(codec="utf-8"), max_size=6)
rows = st.lists(
    st.tuples(whole, st.integers(-(2**31), 2**31 - 1), st.floats(), whole, days, words, words),
    max_size=30,
)
COLUMNS = {
    "a": pa.int64(),
    "b": pa.int32(),
    "c": pa.float64(),
    "d": INSTANT,
    "g": pa.date32(),
    "e": TEXT,
    "f": TEXT,
}
CONSTANTS = pa.RecordBatch.from_pylist(
    [{"x": 7, "y": 2**40}], schema=pa.schema({"x": pa.int32(), "y": INSTANT})
)


def as_batch(given_: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = list(zip(*given_, strict=True)) if given_ else [()] * len(COLUMNS)
    arrays = [pa.array(c, k) for c, k in zip(columns, COLUMNS.values(), strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))


def field(value: Any, kind: pa.DataType) -> bytes:  # noqa: ANN401 - whatever a cell holds
    """One field, by the letter of PostgreSQL's documentation."""
    if value is None:
        return struct.pack("!i", -1)
    if kind == TEXT:
        raw = value.encode()
    elif kind == pa.date32():
        raw = struct.pack("!i", (value - date(2000, 1, 1)).days)
    else:
        raw = struct.pack(FORMATS[kind], value - EPOCH if kind == INSTANT else value)
    return struct.pack("!i", len(raw)) + raw


def one_by_one(given_: list[tuple[Any, ...]]) -> bytes:
    start = struct.pack("!h", 2 + len(COLUMNS)) + field(7, pa.int32()) + field(2**40, INSTANT)
    return b"".join(start + b"".join(map(field, row, COLUMNS.values())) for row in given_)


@given(rows)
def test_rows_are_encoded_as_they_are_field_by_field(given_: list[tuple[Any, ...]]) -> None:
    assert b"".join(copied(as_batch(given_), CONSTANTS)) == one_by_one(given_)


@given(rows, st.integers(0, 10))
def test_part_of_a_batch_is_encoded_as_that_part(given_: list[tuple[Any, ...]], start: int) -> None:
    assert b"".join(copied(as_batch(given_).slice(start), CONSTANTS)) == one_by_one(given_[start:])


@pytest.mark.parametrize(("piece", "most_words"), [(1, 4096), (3, 0), (3, 5)])
def test_the_sizes_of_pieces_and_of_joined_words_do_not_show(
    monkeypatch: pytest.MonkeyPatch, piece: int, most_words: int
) -> None:
    monkeypatch.setattr(copy_encoding, "_PIECE_ROWS", piece)
    monkeypatch.setattr(copy_encoding, "_MOST_WORDS", most_words)
    given_ = [
        (n, n, n / 3, n, date(1999, 1, 1 + n), f"e{n % 4}", None if n % 3 else "f")
        for n in range(11)
    ]
    pieces = list(copied(as_batch(given_), CONSTANTS))
    assert len(pieces) == -(-11 // piece)
    assert b"".join(pieces) == one_by_one(given_)


def test_as_many_words_as_rows_are_encoded_too() -> None:
    given_ = [(n, 0, 0.0, n, date(2026, 1, 1), f"note {n}", f"link {n}") for n in range(20_000)]
    assert b"".join(copied(as_batch(given_), CONSTANTS)) == one_by_one(given_)


def test_a_swapped_byte_would_be_seen() -> None:
    """A control: the law has to notice what it is there for."""
    batch = as_batch([(1, 2, 3.0, 4, date(2026, 1, 1), "a", None)])
    swapped = batch.set_column(0, "a", pa.array(np.array([1], np.int64).byteswap()))
    assert b"".join(copied(swapped, CONSTANTS)) != b"".join(copied(batch, CONSTANTS))
