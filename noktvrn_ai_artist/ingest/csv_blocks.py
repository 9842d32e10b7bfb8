"""A comma-separated file in blocks: by Arrow where its lines are plain, else by Python's reader.

Both ways read the same cells under the same row numbers; Python's reader decides what is a fault.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from noktvrn_ai_artist.database.arrow_memory import Numbers, texts
from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.text_blocks import TableRow, TextBlock, Wanted

BLOCK_BYTES = 1 << 20
_LONGEST_LINE = 64 << 20
_MARK = b"\xef\xbb\xbf"
_QUOTE = ord('"')
_BEFORE_A_QUOTE, _AFTER_A_QUOTE = np.zeros((2, 256), np.bool_)
_BEFORE_A_QUOTE[list(b',\n"')] = True
_AFTER_A_QUOTE[list(b',\r\n"')] = True


def blocks_of_lines(file: BinaryIO, *, start: int) -> Iterator[bytes]:
    """A file from a place on, in blocks of whole lines.

    Raises:
        BadFile: a line has no end within 64 MiB.
    """
    file.seek(start)
    begun = b""
    while got := file.read(BLOCK_BYTES):
        cut = got.rfind(b"\n") + 1
        if cut:
            yield begun + got[:cut]
            begun = got[cut:]
        else:
            begun += got
        if len(begun) > _LONGEST_LINE:
            raise BadFile("has a line above 64 MiB")
    if begun:
        yield begun


def careful_rows(block: bytes, more: Iterator[bytes]) -> Iterator[list[str]]:
    """The rows of a block by Python's reader; a row that is cut is read on in the next blocks."""
    lines = _Lines(block, more)
    for cells in csv.reader(lines, strict=True):
        yield cells
        if not lines.left:
            return


def quick_block(block: bytes, *, first_row: int, width: int, wanted: Wanted) -> TextBlock | None:
    """A block of a table by Arrow, or None where only Python's reader is sure to be right."""
    if not _is_plain(block):
        return None
    try:
        table = _parsed(block, width, wanted)
    except pa.ArrowInvalid:  # too many or too few cells, or no UTF-8
        return None
    columns = {place: table.column(place).chunk(0) for place in range(width)}
    # An empty line is a row to Arrow, and cells that nobody wants have their limit as well.
    if _lengths(columns[0]).min(initial=1) == 0 and _has_empty_line(block):
        return None
    if any(_lengths(one).max(initial=0) > csv.field_size_limit() for one in columns.values()):
        return None
    numbers = np.arange(first_row, first_row + table.num_rows)
    return TextBlock(numbers=numbers, columns=columns)


def careful_block(
    rows: Iterator[list[str]], *, first_row: int, width: int, wanted: Wanted
) -> tuple[TextBlock, int]:
    """Rows of Python's reader as a block, and the number of the row after them."""
    number = first_row - 1
    fitting: list[TableRow] = []
    misfits: list[TableRow] = []
    with named_faults(lambda: number + 1):  # the row that was begun last
        for number, cells in enumerate(rows, start=first_row):
            if cells:
                of_its_kind = fitting if len(cells) == width else misfits
                of_its_kind.append(TableRow(number=number, cells=cells))
    return block_of(fitting, misfits=misfits, wanted=wanted), number + 1


def block_of(rows: Sequence[TableRow], *, misfits: Sequence[TableRow], wanted: Wanted) -> TextBlock:
    """Rows as columns."""
    columns = {place: texts([row.cells[place] for row in rows]) for place in wanted.places}
    names = {place: columns[place].dictionary_encode() for place in wanted.names}
    numbers = np.array([row.number for row in rows], np.int64)
    return TextBlock(numbers=numbers, columns=columns | names, misfits=misfits)


@contextmanager
def named_faults(row: Callable[[], int]) -> Iterator[None]:
    """What Python's reader finds, as one line that says where."""
    try:
        yield
    except UnicodeDecodeError as error:
        # Lines are decoded ahead in blocks, so the place of this is not the row's.
        raise BadFile("is not in UTF-8 (perhaps Windows-1252): save as UTF-8") from error
    except csv.Error as error:
        rule = "has a quote that never ends, or stray quotes"
        if "limit" in str(error):
            rule = "has a cell above 128 KiB, or a quote that never ends"
        raise BadFile(rule, row=row()) from error


class _Lines:
    """The lines of a block, and after them those of the next blocks; ended by \\n, \\r or both."""

    def __init__(self, block: bytes, more: Iterator[bytes]) -> None:
        self._more = more
        self.left = _lines_of(block)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self.left:
            self.left = _lines_of(next(self._more))
        return self.left.popleft()


def _lines_of(block: bytes) -> deque[str]:
    return deque(io.StringIO(block.decode(), newline=""))


def _is_plain(block: bytes) -> bool:
    """No line that ends with \\r alone, no NUL, no mark for Arrow to skip; quotes in order."""
    if b"\0" in block or block.startswith(_MARK):
        return False
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return False
    return b'"' not in block or _quotes_are_in_order(block)


def _quotes_are_in_order(block: bytes) -> bool:
    """Every other quote opens a cell or ends a pair of them; the others close one or begin a pair.

    A cell that begins or ends with the block is judged by the block's other end: at worst it is
    read carefully for nothing.
    """
    letters = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(letters == _QUOTE)
    opening, closing = quotes[::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    before = letters.take(opening - 1, mode="wrap")
    after = letters.take(closing + 1, mode="wrap")
    return bool(_BEFORE_A_QUOTE[before].all() and _AFTER_A_QUOTE[after].all())


def _parsed(block: bytes, width: int, wanted: Wanted) -> pa.Table:
    quoted = b'"' in block
    text, name = pa.string(), pa.dictionary(pa.int32(), pa.string())
    kinds = {str(place): name if place in wanted.names else text for place in range(width)}
    return arrow_csv.read_csv(
        pa.BufferReader(block),
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=len(block) + 1,
            column_names=list(kinds),
        ),
        parse_options=arrow_csv.ParseOptions(
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            ignore_empty_lines=False,
        ),
        convert_options=arrow_csv.ConvertOptions(column_types=kinds),
    )


def _lengths(column: pa.Array) -> Numbers:
    """How many bytes its cells are long; of a dictionary, each once."""
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    return np.diff(np.frombuffer(values.buffers()[1], np.int32, count=len(values) + 1))


def _has_empty_line(block: bytes) -> bool:
    return block.startswith((b"\n", b"\r")) or b"\n\n" in block or b"\n\r" in block
