"""A CSV file as rows of cells, and the one line that says why another file is none."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.csv_table import CsvTable

PLAIN = b"artist,title,views\nNova,Song,1\n"

# Cells as a spreadsheet may hold them; NUL is left to the rules of text.
cells = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6)
)


def read(content: bytes) -> list[tuple[int, list[str]]]:
    return [(row.number, list(row.cells)) for row in CsvTable(io.BytesIO(content)).rows()]


def zipped(content: bytes) -> bytes:
    """A zip file, of no time of its own: what a test is named by is the same at every start."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv"), content)
    return target.getvalue()


@given(tables, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_was_written_is_what_is_read(
    table: list[list[str]], line_end: str, mark: bool
) -> None:
    text = io.StringIO(newline="")
    width = len(table[0]) if table else 2
    writer = csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["name"] * width, *table])
    content = text.getvalue().encode("utf-8-sig" if mark else "utf-8")
    assert read(content) == list(enumerate(table, start=2))


def test_a_table_can_be_read_again_while_it_is_open() -> None:
    table = CsvTable(io.BytesIO(PLAIN))
    assert list(table.rows()) == list(table.rows())
    assert table.header == ("artist", "title", "views")


def test_a_byte_order_mark_is_not_part_of_the_first_name() -> None:
    assert CsvTable(io.BytesIO(b"\xef\xbb\xbf" + PLAIN)).header[0] == "artist"


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert [number for number, _ in read(b"a,b\n\n1,2\n\n\n3,4\n")] == [3, 6]


def test_only_a_header_is_a_table_without_rows() -> None:
    assert read(b"artist,title,views\n") == read(b"artist,title,views") == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "has no header"),
        (b"\n\n1,2\n", "has no header"),
        (b" , ,\n1,2,3\n", "has no header"),
        (gzip.compress(PLAIN, mtime=0), "is compressed"),
        (bz2.compress(PLAIN), "is compressed"),
        (lzma.compress(PLAIN), "is compressed"),
        (zipped(PLAIN), "is compressed"),
        (PLAIN.decode().encode("utf-16"), "is in UTF-16: save as UTF-8"),
        (PLAIN.decode().encode("utf-16-le"), "is in UTF-16: save as UTF-8"),
        (PLAIN.decode().encode("utf-16-be"), "is in UTF-16: save as UTF-8"),
        ("artist,títle\n".encode("cp1252"), "save as UTF-8"),
        (b"artist;title;views\nNova;Song;1\n", "is not separated by commas"),
        (b"artist\ttitle\n", "is not separated by commas"),
        (b'"artist,title\nNova,Song\n', "a quote that never ends"),
        (b"a" * 200_000, "above 128 KiB"),
    ],
)
def test_what_is_no_table_is_refused_at_once(content: bytes, rule: str) -> None:
    with pytest.raises(BadFile, match=rule):
        CsvTable(io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (PLAIN + "Bjørk,Jóga,2\n".encode("cp1252"), "Windows-1252"),
        (PLAIN + b'Nova,"Song,2\n', "a quote that never ends"),
        (PLAIN + b'Nova,"So"ng,2\n', "stray quotes"),
        (PLAIN + b"Nova," + b"x" * 131_073 + b",2\n", "above 128 KiB"),
        (PLAIN + b'Nova,"' + b"x\n" * 70_000, "above 128 KiB"),
    ],
)
def test_what_stops_being_a_table_is_refused_where_it_does(content: bytes, rule: str) -> None:
    with pytest.raises(BadFile, match=rule):
        list(CsvTable(io.BytesIO(content)).rows())


def test_the_row_of_a_fault_is_named() -> None:
    with pytest.raises(BadFile) as refusal:
        read(PLAIN + b'Nova,"So"ng,2\n')
    assert refusal.value.row == 3


def test_the_largest_cell_that_is_let_in_is_128_kib() -> None:
    assert read(PLAIN + b"Nova," + b"x" * 131_072 + b",2\n")[1][0] == 3


def test_a_file_closed_before_its_rows_were_all_read_is_no_trouble() -> None:
    file = io.BytesIO(PLAIN)
    rows = CsvTable(file).rows()
    next(rows)
    file.close()
    rows.close()
