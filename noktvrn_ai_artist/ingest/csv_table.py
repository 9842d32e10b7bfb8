"""A CSV file as a header and rows of cells, or one clear line about why it cannot be one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.csv_blocks import (
    blocks_of_lines,
    careful_block,
    careful_rows,
    named_faults,
    quick_block,
)
from noktvrn_ai_artist.ingest.text_blocks import TableRow, TextBlock, Wanted

_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"
_FIRST_ROW = 2  # the header is row 1


class CsvTable:
    """A comma-separated file in UTF-8 (a byte order mark is accepted).

    The file is read again from below its header by each `rows()` and `blocks()`, and stays open.

    Raises:
        BadFile: it is empty, compressed, in another encoding, or has no usable header.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        start = _start_of(file)
        if not start:
            raise BadFile("is empty")
        if start.startswith(_COMPRESSED):
            raise BadFile("is compressed or a spreadsheet's own format: save it as plain CSV")
        if start.startswith(_UTF_16) or b"\0" in start[:64]:
            raise BadFile("is in UTF-16: save as UTF-8")
        self._below = len(_MARK) if start.startswith(_MARK) else 0
        self.header = self._read_header()

    def rows(self) -> Iterator[TableRow]:
        """Every row below the header; empty lines are passed over.

        Raises:
            BadFile: from here on it is not UTF-8, or quotes or cells have no end.
        """
        number = _FIRST_ROW - 1
        blocks = blocks_of_lines(self._file, start=self._below)
        rows = chain.from_iterable(careful_rows(block, blocks) for block in blocks)
        with named_faults(lambda: number + 1):  # the row that was begun last
            for number, cells in enumerate(rows, start=_FIRST_ROW):
                if cells:
                    yield TableRow(number=number, cells=cells)

    def blocks(self, wanted: Wanted) -> Iterator[TextBlock]:
        """The same rows by the block, as columns.

        Raises:
            BadFile: as `rows()` does.
        """
        width, next_row = len(self.header), _FIRST_ROW
        blocks = blocks_of_lines(self._file, start=self._below)
        for block in blocks:
            read = quick_block(block, first_row=next_row, width=width, wanted=wanted)
            if read is not None:
                next_row += len(read.numbers)
            else:
                rows = careful_rows(block, blocks)
                read, next_row = careful_block(rows, first_row=next_row, width=width, wanted=wanted)
            yield read

    def _read_header(self) -> tuple[str, ...]:
        self._file.seek(self._below)
        text = io.TextIOWrapper(self._file, encoding="utf-8", newline="")
        taken: list[str] = []
        reader = csv.reader(_noted(text, taken), strict=True)
        try:
            with named_faults(lambda: 1):
                header = tuple(cell.strip() for cell in next(reader, []))
        finally:
            text.detach()
        if not any(header):
            raise BadFile("has no header in its first row")
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise BadFile("is not separated by commas")
        self._below += len("".join(taken).encode())
        return header


def _noted(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _start_of(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(4096)
