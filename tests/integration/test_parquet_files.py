"""Parquet files come in by the rules of CSV files."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from observed_tables import everything, standing, start_anew

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile, ImportRefused, Rejection
from noktvrn_ai_artist.ingest import parquet_table
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file, write_rejects

DAYS = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day) for day in range(5)]
INSTANTS = pa.array(DAYS, pa.timestamp("us", "Europe/Berlin"))
BY_ID = {
    "release_id": pa.array([1, 2, 1, 2, 1]),
    "platform": pa.array(["YouTube"] * 5).dictionary_encode(),
    "metric_type": pa.array(["views", "viewCount", "likes", "likes", "views"]),
    "metric_value": pa.array([1.5, 0.1 + 0.2, 2.0**52, 1e15, 0.0]),
    "recorded_at": INSTANTS,
    "notes": pa.array([None, "a", "b", "", None], pa.large_string()),
}
BY_ENTRY = {
    "artist": ["Nova"] * 5,
    "title": ["Song", "Song", "Other", "Song", "Other"],
    "external_id": [None, "k1", "k2", "k1", "k2"],
    "platform": ["youtube"] * 5,
    "metric_type": ["views"] * 5,
    "metric_value": pa.array([1, 2, 3, 4, 5], pa.int32()),
    "recorded_at": INSTANTS,
}


def written(columns: dict[str, Any]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, row_group_size=2)
    return target.getvalue()


def as_csv(columns: dict[str, Any]) -> bytes:
    rows = pa.table(columns).to_pylist()
    lines = [",".join(columns)]
    for row in rows:
        cells = {**row, "recorded_at": row["recorded_at"].isoformat()}
        lines.append(",".join("" if cell is None else str(cell) for cell in cells.values()))
    return "\n".join(lines).encode()


def ingest(content: bytes, **more: Any) -> IngestReport:  # noqa: ANN401 - passed on
    return ingest_file(io.BytesIO(content), **{"label": "file.parquet", **more})


@pytest.mark.parametrize("columns", [BY_ID, BY_ENTRY], ids=["by id", "by entry"])
def test_a_parquet_file_says_what_the_same_table_says_as_csv(
    database: Database, columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_table, "_BLOCK_ROWS", 2)
    start_anew(database)
    report = ingest(written(columns))
    assert report.counts.stored == 5
    there = standing(database)
    again = ingest(as_csv(columns))
    assert (again.counts.stored, again.counts.duplicate, again.releases) == (0, 5, 0)
    start_anew(database)
    ingest(as_csv(columns))
    assert standing(database) == there


def test_a_snapshot_a_row_is_understood_and_null_is_no_number(database: Database) -> None:
    columns = {
        "artist": ["Nova", "Nova"],
        "title": ["Song", "Song"],
        "recorded_at": INSTANTS[:2],
        "views": [1, None],
        "likes": [None, 2.5],
    }
    report = ingest(written(columns), platform="TikTok")
    assert (report.form, report.counts.read, report.counts.stored) == ("wide", 2, 2)


def test_instants_finer_than_microseconds_are_cut_off(database: Database) -> None:
    start_anew(database)
    fine = {**BY_ID, "recorded_at": INSTANTS.cast(pa.timestamp("ns", "UTC"))}
    ingest(written(BY_ID))
    assert ingest(written(fine)).counts.duplicate == 5


@pytest.mark.parametrize(
    ("column", "cells", "rule"),
    [
        ("recorded_at", pa.array([d.replace(tzinfo=None) for d in DAYS]), "needs a UTC offset"),
        ("recorded_at", pa.array([d.date() for d in DAYS]), "must be an ISO 8601"),
        ("metric_value", pa.array([True] * 5), "must be a plain number"),
        ("metric_value", pa.array([float("nan")] * 5), "must be a plain number"),
        ("metric_value", pa.array([1.0, None, 1.0, 1.0, 1.0]), "must be a plain number"),
        ("metric_value", pa.array([-1] * 5), "must not be negative"),
        ("release_id", pa.array([1.5] * 5), "must be a whole number"),
        ("release_id", pa.array([77] * 5), "there is no release 77"),
    ],
)
def test_cells_that_break_a_rule_are_refused_under_their_row(
    database: Database, column: str, cells: pa.Array, rule: str
) -> None:
    start_anew(database)
    before = everything(database)
    with pytest.raises(ImportRefused) as refusal:
        ingest(written({**BY_ID, column: cells}))
    first = refusal.value.rejections[0]
    assert (first.row, first.column) == (2 if None in cells.to_pylist() else 1, column)
    assert rule in first.rule
    assert everything(database) == before


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("metric_value", pa.array([0.1, 2.5, 16777216, 0.3, 1e9], pa.float32())),
        ("metric_value", pa.array([0.5, 2.5, 3, 0.25, 9]).cast(pa.float16())),
        ("metric_value", pa.array([Decimal(n) / 10 for n in range(1, 6)], pa.decimal128(20, 7))),
        ("metric_value", pa.array([Decimal(n) / 8 for n in range(1, 6)], pa.decimal256(50, 27))),
        ("platform", pa.array(["YouTube"] * 5, pa.string_view())),
        ("recorded_at", INSTANTS.cast(pa.timestamp("s", "UTC"))),
        ("recorded_at", INSTANTS.dictionary_encode()),
    ],
    ids=lambda one: str(one.type) if isinstance(one, pa.Array) else one,
)
def test_both_doors_read_the_same_of_a_file(
    database: Database, tmp_path: Path, column: str, cells: pa.Array
) -> None:
    start_anew(database)
    file = tmp_path / "numbers.parquet"
    file.write_bytes(written({**BY_ID, column: cells}))
    assert ingest(file.read_bytes()).counts.stored == 5
    counts = add_performance_metrics(file)
    assert (counts.corrected, counts.duplicate) == (0, 5)


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_times_beyond_all_counting_are_refused_and_not_wrapped(
    database: Database, unit: str
) -> None:
    start_anew(database)
    # So much later, in its own unit, that as microseconds it would be the same again.
    turn = 2**64 // {"s": 10**6, "ms": 10**3, "us": 1}[unit]
    later = pa.array([min(turn + 1_767_225_600_000, 2**63 - 1)] * 5).cast(pa.timestamp(unit, "UTC"))
    with pytest.raises(ImportRefused) as refusal:
        ingest(written({**BY_ID, "recorded_at": later}))
    assert {one.rule for one in refusal.value.rejections} == {
        "must not be more than 5 minutes in the future"
    }


@pytest.mark.parametrize("column", ["platform", "notes", "recorded_at", "metric_value"])
def test_text_that_is_not_in_utf_8_is_one_line(
    database: Database, tmp_path: Path, column: str
) -> None:
    torn = pa.array([b"caf\xe9"] * 5).view(pa.string())
    content = written({**BY_ID, column: torn})
    before = everything(database)
    with pytest.raises(BadFile, match=f"text in its column '{column}' that is not in UTF-8$"):
        ingest(content)
    assert everything(database) == before


def test_refused_rows_are_written_as_csv_and_come_in_mended(database: Database) -> None:
    start_anew(database)
    content = written({**BY_ID, "metric_value": pa.array([1.0, -2.0, 3.0, -4.0, 5.0])})
    rejected: list[Rejection] = []
    counts = ingest(content, skip_bad=True, on_rejection=rejected.append).counts
    assert (counts.stored, counts.rejected) == (3, 2)
    target = io.StringIO()
    write_rejects(io.BytesIO(content), {one.row: one for one in rejected}, target)
    mended = target.getvalue().replace(",-", ",")
    assert ingest(mended.encode()).counts.stored == 2


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"PAR1", "cannot be read as Parquet"),
        (written(BY_ID)[:-20], "cannot be read as Parquet"),
        (b"PAR1" + b"\0" * 400 + written(BY_ID)[-8:], "cannot be read as Parquet"),
        (written({**BY_ID, "mood": [[1]] * 5}), "neither text nor number nor time"),
        (written({**BY_ID, "mood": ["good"] * 5}), "'mood' that is no metric"),
        (written({"release_id": [1]}), "no column for recorded_at"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(
    database: Database, content: bytes, rule: str
) -> None:
    before = everything(database)
    with pytest.raises(BadFile, match=rule):
        ingest(content)
    assert everything(database) == before


def test_a_file_that_is_damaged_inside_stores_nothing(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    content = bytearray(written(BY_ID))
    content[4:200] = b"\xff" * 196
    with pytest.raises(BadFile, match="cannot be read as Parquet from some row on"):
        ingest(bytes(content))
    assert everything(database) == before
