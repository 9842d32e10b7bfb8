"""Tables of whatever make through the bulk door: the same import as of their rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from observed_tables import HOUR, NOON, everything, standing, start_anew

from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_imports,
    get_performance_frame,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile, BadValue, ImportRefused, Rejection
from noktvrn_ai_artist.records import ImportCounts

ROWS: list[dict[str, Any]] = [
    {
        "release_id": 1 + n % 4,
        "platform": "YouTube",
        "metric_name": "viewCount",
        "metric_value": float(n % 5),
        "recorded_at": NOON + (n % 7) * HOUR,
        "notes": "odd" if n % 2 else None,
    }
    for n in range(60)
]
BAD = [{**ROWS[0], "metric_value": -1.0}, {**ROWS[1], "release_id": 77}]


def parquet_file(table: pa.Table, folder: Path) -> Path:
    pq.write_table(table, folder / "some.parquet", row_group_size=7)
    return folder / "some.parquet"


DOORS: dict[str, Callable[[pa.Table, Path], Any]] = {
    "mappings": lambda table, _: table.to_pylist(),
    "table": lambda table, _: table,
    "batch": lambda table, _: table.combine_chunks().to_batches()[0],
    "reader": lambda table, _: table.to_reader(max_chunksize=9),
    "frame": lambda table, _: table.to_pandas(),
    "file": parquet_file,
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_stores_what_the_rows_store(
    database: Database, tmp_path: Path, door: str
) -> None:
    def outcome(given: Any) -> tuple[ImportCounts, list[Any], list[Rejection]]:  # noqa: ANN401
        start_anew(database)
        heard: list[Rejection] = []
        counts = add_performance_metrics(
            given, source="test", skip_bad=True, on_rejection=heard.append
        )
        return counts, standing(database), heard

    table = pa.Table.from_pylist([*ROWS[:30], *BAD, *ROWS[30:]])
    expected, found = outcome(table.to_pylist()), outcome(DOORS[door](table, tmp_path))
    assert found[1:] == expected[1:]
    assert (found[0].read, found[0].stored, found[0].rejected) == (62, expected[0].stored, 2)
    assert [one.row for one in found[2]] == [31, 32]


@pytest.mark.parametrize("door", DOORS)
def test_one_bad_row_of_a_table_stores_nothing(
    database: Database, tmp_path: Path, door: str
) -> None:
    start_anew(database)
    before = everything(database)
    table = pa.Table.from_pylist([*ROWS, *BAD])
    with pytest.raises(ImportRefused) as refused:
        add_performance_metrics(DOORS[door](table, tmp_path))
    assert [str(one) for one in refused.value.rejections] == [
        "row 61, metric_value: must not be negative",
        "row 62, release_id: there is no release 77",
    ]
    assert (everything(database), get_imports()) == (before, [])


def test_a_frame_that_was_read_may_come_in_again(database: Database) -> None:
    start_anew(database)
    stored = add_performance_metrics(ROWS).stored
    frame = get_performance_frame()
    assert add_performance_metrics(frame).duplicate == len(frame)
    assert stored >= len(frame)


def test_a_table_that_cannot_be_meant_leaves_nothing_behind(
    database: Database, tmp_path: Path
) -> None:
    start_anew(database)
    table = pa.Table.from_pylist(ROWS)
    with pytest.raises(BadValue, match="recorded_at: is missing"):
        add_performance_metrics(table.drop_columns(["recorded_at"]))
    with pytest.raises(BadFile, match="cannot be read as Parquet"):
        add_performance_metrics(tmp_path / "none.parquet")
    assert get_imports() == []
