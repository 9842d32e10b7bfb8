"""A CSV file by the block, held to a plain reader that takes it row by row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest import csv_blocks
from noktvrn_ai_artist.ingest.csv_table import CsvTable
from noktvrn_ai_artist.ingest.text_blocks import TextBlock, Wanted

# So long that what follows stands outside of the bytes that a file's encoding is guessed by.
HEADER = b"a" * 64 + b",b,c\r\n"
LINES = (b"1,2,3\n", b"p,q,r\n", b'"x, y",2,""\n', b'a,"b ""c"" d",e\r\n', b'1,"two\nlines",3\n')
PIECES = ('"', '""', ",", "\n", "\r\n", "\r", "a", "\0", "é", "\ufeff", '"x"', "\n\n", "\u2028")

torn = st.lists(st.sampled_from(PIECES), max_size=20).map(lambda found: "".join(found).encode())
orderly = st.lists(st.sampled_from(LINES), max_size=12).map(b"".join)
contents = st.lists(st.one_of(torn, orderly), max_size=4).map(b"".join)

Rows = list[tuple[int, list[str]]]


def row_by_row(content: bytes) -> tuple[Rows, int | None]:
    """The rows that are not empty, and the row (0 if unknown) where it stops being a table."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    number, found = 0, []
    try:
        for number, cells in enumerate(csv.reader(text, strict=True), start=1):
            if number > 1 and cells:
                found.append((number, cells))
    except UnicodeDecodeError:
        return found, 0
    except csv.Error:
        return found, number + 1
    return found, None


def rows_of(block: TextBlock, width: int) -> Rows:
    columns = [block.columns[place].to_pylist() for place in range(width)]
    fitting = [
        (number, list(cells))
        for number, *cells in zip(block.numbers.tolist(), *columns, strict=True)
    ]
    return sorted([*fitting, *((row.number, list(row.cells)) for row in block.misfits)])


def by_block(content: bytes) -> tuple[Rows, int | None]:
    table = CsvTable(io.BytesIO(content))
    width, found = len(table.header), Rows()
    wanted = Wanted(names=range(0, width, 2), numbers=range(1, width, 2))
    try:
        for block in table.blocks(wanted):
            found += rows_of(block, width)
    except BadFile as error:
        return found, error.row or 0
    return found, None


@settings(max_examples=400)
@given(contents, st.integers(1, 60), st.booleans())
def test_blocks_of_any_size_hold_what_a_plain_reader_reads(
    content: bytes, size: int, mark: bool
) -> None:
    content = (b"\xef\xbb\xbf" if mark else b"") + HEADER + content
    expected, fault = row_by_row(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "BLOCK_BYTES", size)
        found, found_fault = by_block(content)
        if fault is None:
            again = [(row.number, row.cells) for row in CsvTable(io.BytesIO(content)).rows()]
            assert again == expected
    assert found_fault == fault
    # Of a block with a fault nothing is told.
    assert found == expected[: len(found)]
    assert fault is not None or found == expected


def quickly(block: bytes) -> TextBlock | None:
    wanted = Wanted(names=(0, 1), numbers=(2,))
    return csv_blocks.quick_block(block, first_row=2, width=3, wanted=wanted)


@pytest.mark.parametrize("block", [*LINES, b"1,2,3", b",,\n", "é,ü,ß\n".encode()])
def test_orderly_lines_are_read_at_once(block: bytes) -> None:
    assert quickly(block) is not None


@pytest.mark.parametrize(
    "block",
    [
        b"\n1,2,3\n",
        b"1,2,3\n\n",
        b"1,2,3\n\r\n",
        b"1,2,3\r4,5,6\n",
        b"1,2\n",
        b"1,2,3,4\n",
        b"1,2,\0\n",
        b"\xef\xbb\xbf1,2,3\n",
        b"1,2,\xe9\n",
        b"1,2,\xed\xa0\x80\n",
        b'1,2,"3\n',
        b'1,2,a"b\n',
        b'1,"a"b,3\n',
        b'1,""a",3\n',
        b"1,2," + b"x" * 131_073 + b"\n",
        b"1,2," + b'"' + b"x\n" * 70_000 + b'"\n',
    ],
)
def test_lines_with_anything_odd_are_left_to_the_plain_reader(block: bytes) -> None:
    assert quickly(block) is None


def test_an_oversized_cell_is_refused_in_a_column_that_nobody_wants_too() -> None:
    content = HEADER + b"1,2," + b"x" * 131_073 + b"\n"
    table = CsvTable(io.BytesIO(content))
    with pytest.raises(BadFile, match="above 128 KiB"):
        list(table.blocks(Wanted(names=(0,), numbers=(1,))))


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_blocks, "_LONGEST_LINE", 4 << 20)
    table = CsvTable(io.BytesIO(HEADER + b"1," * (4 << 20)))
    with pytest.raises(BadFile, match="has a line above 64 MiB"):
        list(table.blocks(Wanted(names=(0,), numbers=(1,))))
