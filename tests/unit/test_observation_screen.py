"""The screen of columns, held to the rules of observations: it clears what they let through."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics import observation_screen
from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from noktvrn_ai_artist.analytics.observation_columns import batch_of
from noktvrn_ai_artist.analytics.observation_door import ObservationDoor
from noktvrn_ai_artist.analytics.observation_screen import screen, screened
from noktvrn_ai_artist.analytics.typed_columns import typed
from noktvrn_ai_artist.errors import Rejection

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOOD = Metric(name="mood", kind=MetricKind.GAUGE, unit="points", signed=True)
DOOR = ObservationDoor(catalogue=KNOWN.with_metrics("YouTube", [MOOD]), now=NOW, source="python")

SCHEMA = pa.schema(
    {
        "release_id": pa.int64(),
        "platform": pa.string(),
        "metric_type": pa.string(),
        "metric_value": pa.float64(),
        "recorded_at": pa.timestamp("us", "UTC"),
        "source": pa.string(),
        "source_url": pa.string(),
        "notes": pa.string(),
    }
)
SECOND = timedelta(microseconds=1)
instants = st.sampled_from(
    [
        NOW,
        NOW + timedelta(minutes=5),
        NOW + timedelta(minutes=5) + SECOND,
        datetime(2005, 1, 1, tzinfo=UTC),
        datetime(2005, 1, 1, tzinfo=UTC) - SECOND,
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ]
)
numbers = st.sampled_from(
    [0.0, -0.0, 7.5, -1.0, 2.0**53, 2.0**53 + 2, -(2.0**53), math.nan, math.inf, -math.inf]
)
wholes = st.sampled_from([0, -1, 5, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)])
names = st.sampled_from(["YouTube", " youtube ", "yt", "Y\u043euTube", "", " ", "TikTok", "a\nb"])
metrics = st.sampled_from(["views", "viewCount", "mood", "streams", "x" * 65, "\u2028"])
free = st.sampled_from([None, "", "fine", "x" * 2048, "x" * 2049, "x" * 4001, "a\0b", "\U0001f3b5"])


def row_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "release_id": st.none() | st.sampled_from([1, 0, -1, 2**63 - 1]),
            "platform": st.none() | names,
            "metric_type": st.none() | metrics,
            "metric_value": st.none() | values,
            "recorded_at": st.none() | instants,
            "source": st.none() | names,
            "source_url": free,
            "notes": free,
        }
    )


def columns_of(rows: list[dict[str, Any]], value: pa.DataType) -> pa.RecordBatch:
    schema = SCHEMA.set(3, pa.field("metric_value", value))
    return typed(pa.RecordBatch.from_pylist(rows, schema=schema), source="python")


def told(rows: list[dict[str, Any]], value: pa.DataType) -> tuple[list[Any], list[Rejection]]:
    batch = screened(columns_of(rows, value), np.arange(1, len(rows) + 1), DOOR)
    assert batch.read == batch.columns.num_rows + len(batch.rejected)
    return sorted(batch.columns.to_pylist(), key=lambda one: one["row"]), list(batch.rejected)


def one_by_one(rows: list[dict[str, Any]]) -> tuple[list[Any], list[Rejection]]:
    batch = batch_of(DOOR.admit(number, row) for number, row in enumerate(rows, start=1))
    return batch.columns.to_pylist(), list(batch.rejected)


def exactly(found: tuple[list[Any], list[Rejection]]) -> str:
    """Told so that -0.0 and 0.0 differ."""
    return repr(found)


@given(st.lists(row_of(numbers), max_size=8))
def test_columns_of_floats_come_out_as_their_rows_do(rows: list[dict[str, Any]]) -> None:
    assert exactly(told(rows, pa.float64())) == exactly(one_by_one(rows))


@given(st.lists(row_of(wholes), max_size=8))
def test_columns_of_whole_numbers_come_out_as_their_rows_do(rows: list[dict[str, Any]]) -> None:
    assert exactly(told(rows, pa.int64())) == exactly(one_by_one(rows))


@given(st.lists(row_of(numbers), min_size=1, max_size=8))
def test_what_the_screen_clears_the_rules_let_through_unchanged(rows: list[dict[str, Any]]) -> None:
    columns, clear = screen(columns_of(rows, pa.float64()), np.arange(len(rows)), DOOR)
    for row, given_, cleared in zip(columns.to_pylist(), rows, clear, strict=True):
        if cleared:
            checked = batch_of([DOOR.admit(row["row"], given_)])
            assert repr(checked.columns.to_pylist()) == repr([row])


def test_what_is_good_is_cleared_without_a_look_at_its_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = {
        "release_id": 3,
        "platform": " youtube",
        "metric_type": "viewCount",
        "metric_value": -0.0,
        "recorded_at": NOW,
        "source": "x ",
        "source_url": None,
        "notes": "x" * 4000,
    }
    more = {**good, "metric_type": "mood", "metric_value": -3.0, "notes": None}
    monkeypatch.setattr(ObservationDoor, "admit", None)
    found, rejected = told([good, more], pa.float64())
    assert rejected == []
    assert [(one["platform"], one["metric_type"], one["source"]) for one in found] == [
        ("YouTube", "views", "x"),
        ("YouTube", "mood", "x"),
    ]


def test_thousands_of_names_are_told_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation_screen, "_MOST_PAIRS", 1)
    test_columns_of_floats_come_out_as_their_rows_do()


# A control: each row breaks one rule, and a screen without that rule clears it.
FINE = {"release_id": 1, "platform": "YouTube", "metric_type": "views", "metric_value": 1.0}
FINE |= {"recorded_at": NOW, "source": "a", "source_url": None, "notes": None}
LAXER = {
    "LARGEST_VALUE": (2**60, {"metric_value": 2.0**54}),
    "LONGEST_NOTE": (5000, {"notes": "x" * 4001}),
    "LONGEST_URL": (5000, {"source_url": "x" * 2049}),
    "EARLIEST": (
        datetime(1999, 1, 1, tzinfo=UTC),
        {"recorded_at": datetime(2000, 1, 1, tzinfo=UTC)},
    ),
    "CLOCK_SKEW": (timedelta(days=9), {"recorded_at": NOW + timedelta(days=8)}),
}


@pytest.mark.parametrize("rule", LAXER)
def test_a_laxer_screen_would_be_seen(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    value, broken = LAXER[rule]
    columns = columns_of([{**FINE, **broken}], pa.float64())
    _, clear = screen(columns, np.arange(1), DOOR)
    assert not clear[0]
    monkeypatch.setattr(observation_screen, rule, value)
    _, clear = screen(columns, np.arange(1), DOOR)
    assert clear[0]
