"""A CSV file as a header and rows of cells, or one clear line about why it cannot be one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from noktvrn_ai_artist.errors import BadFile

_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of cells; `number` is what a spreadsheet calls it (the header is row 1)."""

    number: int
    cells: Sequence[str]


class CsvTable:
    """A comma-separated file in UTF-8 (a byte order mark is accepted), read row by row.

    The file is read again from its beginning by each `rows()`, and stays open.

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
        self.header = self._read_header()

    def rows(self) -> Iterator[TableRow]:
        """Every row below the header; empty lines are passed over.

        Raises:
            BadFile: from here on it is not UTF-8, or quotes or cells have no end.
        """
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        number = 0
        try:
            with _named_faults(lambda: number + 1):  # the row that was begun last
                for number, cells in enumerate(reader, start=1):
                    if number > 1 and cells:
                        yield TableRow(number=number, cells=cells)
        finally:
            if not self._file.closed:  # rows that nobody took may outlive the file
                text.detach()

    def _read_header(self) -> tuple[str, ...]:
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        try:
            with _named_faults(lambda: 1):
                header = tuple(cell.strip() for cell in next(reader, []))
        finally:
            text.detach()
        if not any(header):
            raise BadFile("has no header in its first row")
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise BadFile("is not separated by commas")
        return header


def _start_of(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(4096)


@contextmanager
def _named_faults(row: Callable[[], int]) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        # The decoder works ahead in blocks, so its place in the file is not the row's.
        raise BadFile("is not in UTF-8 (perhaps Windows-1252): save as UTF-8") from error
    except csv.Error as error:
        rule = "has a quote that never ends, or stray quotes"
        if "limit" in str(error):
            rule = "has a cell above 128 KiB, or a quote that never ends"
        raise BadFile(rule, row=row()) from error
