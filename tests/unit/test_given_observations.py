"""Whatever holds observations, it comes in as they do one by one, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics import given_observations
from noktvrn_ai_artist.analytics.given_observations import checked_batches
from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.observation_columns import batch_of, joined
from noktvrn_ai_artist.analytics.observation_door import ObservationDoor
from noktvrn_ai_artist.errors import BadFile, BadValue, Rejection
from noktvrn_ai_artist.records import Observation

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOOR = ObservationDoor(catalogue=KNOWN, now=NOW, source="python")
BERLIN = ZoneInfo("Europe/Berlin")
GOOD: dict[str, Any] = {
    "release_id": 1,
    "platform": "youtube",
    "metric_type": "viewCount",
    "metric_value": 7,
    "recorded_at": NOW,
}


def read(given_: object) -> tuple[list[Any], list[Rejection]]:
    """Every observation and every refusal, in the order of their rows."""
    batches = list(checked_batches(given_, DOOR))
    if not batches:
        return [], []
    batch = joined(batches)
    rows = sorted(batch.columns.to_pylist(), key=lambda one: one["row"])
    return rows, sorted(batch.rejected, key=lambda one: one.row)


def one_by_one(rows: list[Any]) -> tuple[list[Any], list[Rejection]]:
    batch = batch_of(DOOR.admit(number, row) for number, row in enumerate(rows, start=1))
    return batch.columns.to_pylist(), list(batch.rejected)


odd: dict[str, list[Any]] = {
    "release_id": [1, 0, True, 1.5, "1", None, 2**63, np.int64(5), -(2**70)],
    "platform": ["YouTube", "yt", "\ud800", "", None, 5, "\u0430", "TikTok", b"yt"],
    "metric_type": ["views", "viewCount", ["views"], None, "zzz"],
    "metric_value": [0, 1, 2.5, -0.0, True, 2**53 + 1, -(2**60), 10**400, float("nan"), "7", None],
    "recorded_at": [
        NOW,
        NOW.astimezone(BERLIN),
        datetime(2025, 10, 26, 2, 30, tzinfo=BERLIN, fold=1),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(microseconds=1))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
        datetime(2026, 1, 1),  # noqa: DTZ001 - without an offset is the case
        pd.Timestamp("2026-01-01T00:00:00.000000001Z"),
        pd.NaT,
        NOW.date(),
        "2026-01-01T00:00:00Z",
    ],
}
oddities = st.sampled_from([(name, value) for name, values in odd.items() for value in values])
forms: list[Callable[[dict[str, Any]], Any]] = [
    lambda row: row,
    lambda row: Observation(**row),
    lambda row: {**row, "artist_id": 3, "notes": "x", "source": "y"},
    lambda row: {k: v for k, v in row.items() if k != "platform"},
    lambda row: {**row, "colour": 1},
    lambda row: {**row, "metric_name": "views"},
    list,
    lambda _: {},
]


@given(
    st.sampled_from(forms),
    st.lists(st.just(("release_id", 1)) | oddities, max_size=6),
    st.integers(1, 7),
)
def test_objects_come_in_by_the_block_as_they_do_one_by_one(
    form: Callable[[dict[str, Any]], Any], changes: list[tuple[str, Any]], block: int
) -> None:
    rows = [form({**GOOD, name: value}) for name, value in changes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(given_observations, "_BLOCK_ROWS", block)
        assert read(iter(rows)) == one_by_one(rows)


@pytest.mark.parametrize("form", [*forms[:3]])
def test_plain_objects_are_not_looked_at_one_by_one(
    form: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [form({**GOOD, "metric_value": n / 2, "notes": None}) for n in range(3)]
    rows += [form({**GOOD, "recorded_at": NOW.astimezone(BERLIN), "notes": "fine"})]
    expected = one_by_one(rows)
    monkeypatch.setattr(ObservationDoor, "admit", None)
    assert read(rows) == expected
    assert expected[1] == []


def parquet_file(table: pa.Table, folder: Path) -> Path:
    path = folder / "observations.parquet"
    pq.write_table(table, path, row_group_size=2)
    return path


CONTAINERS: dict[str, Callable[[pa.Table, Path], object]] = {
    "table": lambda table, _: table,
    "batch": lambda table, _: table.combine_chunks().to_batches()[0],
    "reader": lambda table, _: table.to_reader(max_chunksize=2),
    "frame": lambda table, _: table.to_pandas(),
    "file": parquet_file,
}


@pytest.fixture(params=CONTAINERS)
def contained(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[pa.Table], object]:
    return lambda table: CONTAINERS[request.param](table, tmp_path)


def table_of(rows: list[dict[str, Any]], **kinds: pa.DataType) -> pa.Table:
    table = pa.Table.from_pylist(rows)
    for name, kind in kinds.items():
        table = table.set_column(
            table.schema.get_field_index(name), name, table[name].cast(kind, safe=False)
        )
    return table


ROWS = [
    {**GOOD, "metric_value": value, "platform": platform, "release_id": release}
    for value, platform, release in [(1.5, "yt", 1), (-1.0, "yt", 2), (0.0, "MySpace", 3)] * 2
]


@pytest.mark.parametrize(
    "kinds",
    [
        {},
        {"metric_value": pa.float32(), "release_id": pa.int16()},
        {"recorded_at": pa.timestamp("s", "Europe/Berlin"), "release_id": pa.uint64()},
        {"recorded_at": pa.timestamp("ns", "UTC"), "metric_value": pa.int32()},
        {"platform": pa.large_string(), "metric_type": pa.dictionary(pa.int8(), pa.string())},
    ],
    ids=str,
)
def test_every_container_comes_in_as_its_rows_do(
    contained: Callable[[pa.Table], object], kinds: dict[str, pa.DataType]
) -> None:
    table = table_of(ROWS, **kinds)
    found = read(contained(table))
    assert found == one_by_one(table_of(ROWS, **{**kinds, "recorded_at": INSTANT}).to_pylist())
    assert (len(found[0]), len(found[1])) == (2, 4)


INSTANT = pa.timestamp("us", "UTC")
WRONG: dict[str, pa.Table] = {
    "recorded_at: needs a UTC offset": table_of([GOOD], recorded_at=pa.timestamp("us")),
    "recorded_at: must be a date and time": table_of([GOOD], recorded_at=pa.int64()),
    "metric_value: must be a number": table_of([GOOD], metric_value=pa.bool_()),
    "release_id: must be a whole number": table_of([GOOD], release_id=pa.float64()),
    "platform: must be text": table_of([GOOD], platform=pa.binary()),
    "colour: is not a column of an observation": table_of([{**GOOD, "colour": 1}]),
    "metric_type: is given twice, also as metric_name": table_of([{**GOOD, "metric_name": "x"}]),
    "metric_value: is missing": table_of([GOOD]).drop_columns(["metric_value"]),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_column_that_cannot_be_meant_is_refused_as_a_whole(
    contained: Callable[[pa.Table], object], said: str
) -> None:
    table = WRONG[said]
    with pytest.raises(BadValue) as refused:
        read(contained(table))
    assert str(refused.value) == said


@pytest.mark.parametrize("said", WRONG)
def test_the_columns_of_an_empty_table_are_looked_at(said: str) -> None:
    table = WRONG[said]
    for empty in (table.slice(0, 0), table.slice(0, 0).to_reader()):
        with pytest.raises(BadValue):
            read(empty)


def test_a_missing_value_is_refused_where_one_is_needed(
    contained: Callable[[pa.Table], object],
) -> None:
    rows: list[dict[str, Any]] = [GOOD, *({**GOOD, name: None} for name in GOOD)]
    table = pa.Table.from_pylist(rows, schema=table_of([{**GOOD, "metric_value": 1.5}]).schema)
    if isinstance(contained(table), pd.DataFrame):
        table = table.filter(table["release_id"].is_valid())  # a frame makes floats of them
    _, rejected = read(contained(table))
    names = [name for name in GOOD if table.num_rows > len(GOOD) or name != "release_id"]
    assert [one.column for one in rejected] == names


def test_instants_beyond_what_a_datetime_holds_are_refused_in_words() -> None:
    far = pa.array([2**62, -(2**62), 253402300800], pa.int64())
    columns = {name: [GOOD[name]] * 3 for name in GOOD if name != "recorded_at"}
    for unit in ("s", "ms", "us", "ns"):
        table = pa.table({**columns, "recorded_at": far.cast(pa.timestamp(unit, "UTC"))})
        found, rejected = read(table)
        assert {one.column for one in rejected} <= {"recorded_at"}
        assert len(found) + len(rejected) == 3
        if unit != "ns":
            assert [one.row for one in rejected][:2] == [1, 2]


def test_a_reader_that_fails_fails_as_it_does() -> None:
    def torn() -> Iterator[pa.RecordBatch]:
        yield table_of([GOOD]).to_batches()[0]
        raise ZeroDivisionError

    reader = pa.RecordBatchReader.from_batches(table_of([GOOD]).schema, torn())
    with pytest.raises(ZeroDivisionError):
        read(reader)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recorded_at", datetime(2026, 1, 1)),  # noqa: DTZ001 - without an offset is the case
        ("recorded_at", pd.Timestamp("2026-01-01")),
        ("recorded_at", 1_767_225_600_000_000),
        ("recorded_at", np.int64(1_767_225_600_000_000)),
        ("recorded_at", pd.NaT),
        ("metric_value", True),
        ("metric_value", np.bool_(True)),
        ("metric_value", np.uint64(2**64 - 1)),
        ("release_id", np.bool_(True)),
    ],
)
def test_objects_in_a_frame_are_refused_as_they_are_one_by_one(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given_observations, "BATCH_ROWS", 3)
    rows = [{**GOOD, "metric_value": 2.5, "notes": "x"} for _ in range(8)]
    for place in (1, 3, 4, 5):  # a piece with one, and a piece of nothing else
        rows[place] = {**rows[place], name: value}
    rows[6] = {**rows[6], "platform": "MySpace"}
    frame = pd.DataFrame(rows).astype({name: object})
    found, rejected = read(frame)
    assert (found, rejected) == one_by_one(rows)
    assert [one.row for one in rejected] == [2, 4, 5, 6, 7]


def test_an_odd_object_that_is_right_comes_in_beside_missing_notes() -> None:
    values = pd.Series([2.5, np.uint64(7)], dtype=object)
    frame = pd.DataFrame([GOOD, GOOD]).assign(metric_value=values, notes=["x", float("nan")])
    found, rejected = read(frame)
    assert [(one["metric_value"], one["notes"]) for one in found] == [(2.5, "x"), (7.0, None)]
    assert rejected == []


def test_an_odd_object_hides_no_column_that_is_there_twice() -> None:
    frame = pd.DataFrame([{**GOOD, "x": 5}]).astype({"metric_value": object})
    frame.loc[0, "metric_value"] = True
    with pytest.raises(BadValue, match="is given twice"):
        read(frame.rename(columns={"x": "metric_value"}))


@pytest.mark.parametrize("digits", [(38, 18), (50, 30)])
def test_decimals_come_in_as_their_texts_would(
    contained: Callable[[pa.Table], object], digits: tuple[int, int]
) -> None:
    kind = pa.decimal128 if digits[0] < 39 else pa.decimal256
    texts = ["5.1", "0.000000000000000001", "9007199254740992", "9007199254740992.000000000001"]
    texts += ["12345678901234567890", "0.1", "1234567.891011121314151617", None]
    values = pa.array([None if one is None else Decimal(one) for one in texts], kind(*digits))
    found, rejected = read(contained(table_of([GOOD] * 8).set_column(3, "metric_value", values)))
    told = [float(one) for place, one in enumerate(texts) if one and place not in (3, 4)]
    assert [one["metric_value"] for one in found] == told
    assert [(one.row, one.rule) for one in rejected] == [
        (4, "must be at most 2**53 in size"),
        (5, "must be at most 2**53 in size"),
        (8, "must be a number"),
    ]


def test_a_frame_that_mixes_types_is_refused() -> None:
    frame = pd.DataFrame([GOOD, {**GOOD, "metric_value": "x"}])
    with pytest.raises(BadValue, match="metric_value: must be a number"):
        read(frame)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.parquet", None, "cannot be read as Parquet"),
        ("torn.parquet", b"PAR1 and then nothing", "cannot be read as Parquet"),
        ("some.csv", b"a,b\n", "is not called .parquet"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadFile, match=said) as refused:
        read(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_what_holds_no_observations_is_refused() -> None:
    with pytest.raises(BadValue, match="must be observations"):
        read(5)
