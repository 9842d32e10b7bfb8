"""Blocks read a column at a time say what their rows say when they are read one by one."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind, Platform
from noktvrn_ai_artist.analytics.observation_columns import OBSERVATION_COLUMNS
from noktvrn_ai_artist.errors import Rejection
from noktvrn_ai_artist.ingest import block_columns, cell_screens, csv_blocks
from noktvrn_ai_artist.ingest.block_reading import BlockReader
from noktvrn_ai_artist.ingest.cell_screens import microseconds
from noktvrn_ai_artist.ingest.csv_table import CsvTable
from noktvrn_ai_artist.ingest.file_forms import TableReader, understand

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
MOOD = Metric(name="mood", kind=MetricKind.GAUGE, unit="points", signed=True)
CATALOGUE = KNOWN.with_platform(Platform(name="Deezer", day_zone="UTC", metrics={"mood": MOOD}))

# Columns by what their cells may be: first usual ones, then odd ones, good and bad.
DAY = "2026-11-01T00:00:00"
ODD_NUMBERS = (
    *("-1", "-0", "-0.0", "1e3", "1E-2", "1e400", "nan", "inf", "0x1F", ".5", "1.", "+5", "007"),
    *("١", "1,5", "1_000", "9" * 15, "1" + "0" * 15, "0." + "1" * 30, "1" * 400),
    *("9007199254740992", "9007199254740993", "9007199254740991.7"),
    *(" 8 ", "\t9", "\u00a07", "  "),
)
CELLS: dict[str, tuple[list[str], list[str]]] = {
    "release_id": (["1", "2"], [" 3 ", "007", "0", "-1", "1.5", "", "9" * 18, "9" * 19, "\x1f4"]),
    "platform": (["YouTube", "Deezer"], ["youtube", "You Tube", "deezer ", "spotfy", ""]),
    "metric_type": (["views", "mood"], ["viewCount", " likes", "veiws", "", "view_count"]),
    "recorded_at": (
        [f"{DAY}Z", "2026-11-01 00:00:01+00:00"],
        [
            f"{DAY}+02:00",
            "2026-11-01 00:00Z",
            f" {DAY}Z\t",
            f"{DAY}.123Z",
            f"{DAY}.1234567Z",
            f"{DAY},5Z",
            f"{DAY}+0200",
            f"{DAY}-00:00",
            f"{DAY}+00:00:30",
            DAY,
            "2026-02-30T00:00:00Z",
            "2026-11-01T24:00:00Z",
            "2026-11-01T00:00:60Z",
            "2026-11-20T08:05:00Z",
            "2026-11-20T08:05:00.000001Z",
            "2004-12-31T23:59:59.999999Z",
            "2005-01-01T00:00:00Z",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-12:00",
            "yesterday",
            f"\u00a0{DAY}Z",
            "",
        ],
    ),
    "metric_value": (["0", "1", "12.5", ""], [*ODD_NUMBERS]),
    "artist": (["Nova", "Bo"], [" Nova ", "", "x" * 300]),
    "title": (["Song", "A, b"], ['Q "x"', "", "two\nlines"]),
    "published_at": (["", "2026-01-01T00:00:00Z"], ["2026-01-01", "1899-01-01T00:00:00Z"]),
    "external_id": (["k1", "k2"], ["", " k1"]),
    "url": ([""], ["http://x"]),
    "source": (["", "studio"], [" a ", "x" * 65, "a\nb"]),
    "source_url": ([""], [" u ", "x" * 2049]),
    "notes": (["", "n"], [" n ", "\u2003m"]),
    "category_id": (["10"], ["anything"]),
}
OF_A_RELEASE = ["artist", "title", "external_id", "published_at", "url"]
OF_A_NUMBER = ["platform", "metric_type", "metric_value", "recorded_at"]
HEADERS = (
    ["release_id", *OF_A_NUMBER],
    ["release_id", *OF_A_NUMBER, "source", "source_url", "notes", "category_id"],
    ["release_id", *OF_A_NUMBER[1:]],
    ["artist", "title", *OF_A_NUMBER],
    [*OF_A_RELEASE, *OF_A_NUMBER, "notes"],
    ["release_id", "recorded_at", "views", "likes"],
    ["video_key", "artist", "title", "published_at", "recorded_at", "views", "comment_count"],
    ["platform", "artist", "title", "recorded_at", "mood", "views", "view_count"],
)


def cells_of(name: str, *, odd: bool) -> st.SearchStrategy[str]:
    usual, others = CELLS.get({"video_key": "external_id"}.get(name, name), CELLS["metric_value"])
    return st.sampled_from([*usual, *others] if odd else usual)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    header = draw(st.sampled_from(HEADERS))
    written = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(written, lineterminator="\n", quoting=quoting)
    writer.writerow(header)
    for _ in range(draw(st.integers(0, 8))):
        odd = draw(st.sampled_from([None, *header]))
        row = [draw(cells_of(name, odd=name == odd)) for name in header]
        writer.writerow(row[:-1] if draw(st.integers(0, 12)) == 12 else row)
    return written.getvalue().encode()


def reader_of(table: CsvTable) -> TableReader:
    named = {"platform", "video_key"} & set(table.header)
    platform = None if named else "youtube"
    return understand(table.header, catalogue=CATALOGUE, now=NOW, platform=platform)


def row_by_row(table: CsvTable, reader: TableReader) -> tuple[list[Rejection], Counter[object]]:
    rejected: list[Rejection] = []
    found: Counter[object] = Counter()
    for row in table.rows():
        for one in reader.observations(row):
            if isinstance(one, Rejection):
                rejected.append(one)
                continue
            told = one.observation
            release = told.release_id if one.entry is None else (told.platform, one.entry)
            texts = (told.platform, told.metric_type, told.source, told.source_url, told.notes)
            at = microseconds(told.recorded_at)
            # As text, -0.0 and 0.0 are two.
            found[one.row, release, at, repr(told.metric_value), texts] += 1
    return rejected, found


def by_block(table: CsvTable, reader: TableReader) -> tuple[list[Rejection], Counter[object]]:
    rejected: list[Rejection] = []
    found: Counter[object] = Counter()
    blocks = BlockReader(reader)
    for block in table.blocks(reader.wanted):
        batch = blocks.read(block)
        columns = batch.checked.columns
        columns.validate(full=True)
        assert columns.schema == OBSERVATION_COLUMNS
        assert batch.checked.read == columns.num_rows + len(batch.checked.rejected)
        rejected += batch.checked.rejected
        for one in columns.to_pylist():
            release = one["release_id"] if batch.named is None else batch.named[one["release_id"]]
            names = ("platform", "metric_type", "source", "source_url", "notes")
            texts = tuple(one[name] for name in names)
            at = microseconds(one["recorded_at"])
            found[one["row"], release, at, repr(one["metric_value"]), texts] += 1
    return rejected, found


@settings(max_examples=500)
@given(tables(), st.sampled_from([40, 200, 1 << 20]))
def test_a_block_says_what_its_rows_say(content: bytes, size: int) -> None:
    table = CsvTable(io.BytesIO(content))
    reader = reader_of(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "BLOCK_BYTES", size)
        assert by_block(table, reader) == row_by_row(table, reader)


@pytest.mark.parametrize("header", HEADERS, ids=",".join)
def test_usual_rows_are_not_read_one_by_one(
    header: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_by_one(*_: object) -> None:
        raise AssertionError

    # A platform that knows two of the columns as one metric is read with care.
    usual = {"platform": "Deezer", "metric_type": "mood", "views": "", "view_count": ""}
    if "platform" not in header:
        usual = {"metric_type": "views"}
    row = [usual.get(name, usual_cell(name)) for name in header]
    written = io.StringIO(newline="")
    csv.writer(written).writerows([header, row, row])
    table = CsvTable(io.BytesIO(written.getvalue().encode()))
    monkeypatch.setattr(TableReader, "observations", one_by_one)
    rejected, found = by_block(table, reader_of(table))
    assert rejected == []
    assert sum(found.values()) >= 2


def usual_cell(name: str) -> str:
    usual, _ = CELLS.get({"video_key": "external_id"}.get(name, name), CELLS["metric_value"])
    return usual[0]


def test_a_screen_that_lets_a_bad_number_through_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = b"release_id,recorded_at,views\n1,2026-11-01T00:00:00Z,1e400\n"
    table = CsvTable(io.BytesIO(content))
    reader = reader_of(table)
    assert by_block(table, reader) == row_by_row(table, reader)
    honest = cell_screens.screened_numbers
    monkeypatch.setattr(
        block_columns, "screened_numbers", lambda cells: (honest(cells)[0], honest(cells)[1] | True)
    )
    assert by_block(table, reader) != row_by_row(table, reader)
