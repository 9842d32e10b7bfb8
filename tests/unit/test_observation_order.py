"""A batch in the order of its keys: sorted as Python sorts, and nothing of it lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics import observation_order
from noktvrn_ai_artist.analytics.observation_columns import batch_of
from noktvrn_ai_artist.analytics.observation_door import NumberedObservation
from noktvrn_ai_artist.analytics.observation_order import TouchedCurves, ordered, spans
from noktvrn_ai_artist.records import Observation

START = datetime(2025, 12, 30, 23, tzinfo=UTC)

observations = st.builds(
    Observation,
    release_id=st.integers(1, 3),
    platform=st.sampled_from(["YouTube", "TikTok", "Zürich", "a"]),
    metric_type=st.sampled_from(["views", "likes"]),
    metric_value=st.sampled_from([0.0, 1.0, 2.0]),
    recorded_at=st.sampled_from([0, 1, 2, 30, 31, 900]).map(lambda h: START + timedelta(hours=h)),
    source=st.sampled_from(["a", "b"]),
)
batches = st.lists(observations, max_size=25)
Key = tuple[int, datetime, bytes, bytes]
Told = list[NumberedObservation]


def numbered(batch: Iterable[Observation]) -> Told:
    return [NumberedObservation(row=n, observation=one) for n, one in enumerate(batch, start=1)]


def key(one: Observation) -> Key:
    return one.release_id, one.recorded_at, one.platform.encode(), one.metric_type.encode()


def in_order(told: Told) -> dict[Key, list[tuple[int, float]]]:
    """By key, in their order: the rows that tell another value than the row before."""
    by_key = sorted(told, key=lambda one: (key(one.observation), one.row))
    found: dict[Key, list[tuple[int, float]]] = {}
    for one_key, rows in groupby(by_key, key=lambda one: key(one.observation)):
        kept: list[tuple[int, float]] = []
        for one in rows:
            if not kept or kept[-1][1] != one.observation.metric_value:
                kept.append((one.row, one.observation.metric_value))
        found[one_key] = kept
    return found


@given(batches)
def test_a_batch_is_ordered_as_python_orders_it(batch: list[Observation]) -> None:
    told = numbered(batch)
    found = ordered(batch_of(told).columns)
    expected = in_order(told)
    rows = [row for kept in expected.values() for row, _ in kept]
    assert found.columns["row"].to_pylist() == rows
    by_row = {one.row: one.observation for one in told}
    assert [one["source"] for one in found.columns.to_pylist()] == [by_row[r].source for r in rows]
    again = [len(kept) > 1 for kept in expected.values() for _ in kept]
    assert (found.again.tolist() if found.again is not None else [False] * len(rows)) == again


@given(batches)
def test_an_ordered_batch_is_left_as_it_is(batch: list[Observation]) -> None:
    once = ordered(batch_of(numbered(batch)).columns)
    twice = ordered(once.columns)
    assert twice.columns.equals(once.columns)


@given(batches)
def test_every_key_lies_in_a_span_and_no_span_is_wide_and_empty(batch: list[Observation]) -> None:
    if not batch:
        return
    found = spans(ordered(batch_of(numbered(batch)).columns).keys)
    where = list(zip(found.release_ids, found.first_times, found.last_times, strict=True))
    for one in batch:
        at = one.recorded_at.replace(tzinfo=None)
        (span,) = [s for s in where if s[0] == one.release_id and s[1] <= at <= s[2]]
        inside = sorted(
            o.recorded_at.replace(tzinfo=None) for o in batch if o.release_id == span[0]
        )
        within = [at for at in inside if span[1] <= at <= span[2]]
        assert (within[0], within[-1]) == span[1:]
        assert all(b - a <= timedelta(days=2) for a, b in pairwise(within))


def touched(batch: Iterable[Observation]) -> set[tuple[int, str, str, date, date]]:
    days = defaultdict(list)
    for one in batch:
        days[one.release_id, one.platform, one.metric_type].append(one.recorded_at.date())
    return {(*curve, min(of), max(of)) for curve, of in days.items()}


def as_rows(curves: pa.RecordBatch | None) -> list[tuple[int, str, str, date, date]]:
    if curves is None:
        return []
    names = ("release_id", "platform", "metric_type", "first_day", "last_day")
    return list(zip(*(curves[name].to_pylist() for name in names), strict=True))


@given(st.lists(batches.filter(bool), max_size=6), st.sampled_from([0, 2, 100]))
def test_the_curves_that_several_batches_touch_are_told_once(
    several: list[list[Observation]], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observation_order, "_MOST_CURVES", most)
        curves = TouchedCurves()
        for batch in several:
            curves.add(ordered(batch_of(numbered(batch)).columns).keys)
        found = as_rows(curves.take())
    assert len(found) == len(set(found))
    assert set(found) == touched(one for batch in several for one in batch)
    assert curves.take() is None


def test_curves_are_told_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation_order, "_MOST_CURVES", 3)
    curves = TouchedCurves()
    many = [
        Observation(
            release_id=n, platform="a", metric_type="b", metric_value=0.0, recorded_at=START
        )
        for n in range(4)
    ]
    for one in many[:2]:
        curves.add(ordered(batch_of(numbered([one])).columns).keys)
        assert not curves.are_many()
    curves.add(ordered(batch_of(numbered(many)).columns).keys)
    assert curves.are_many()
