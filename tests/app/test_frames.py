"""Laws of the frames: what is cut, combined and thinned keeps what it must keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from streamlit_app.analytics import frames
from streamlit_app.analytics.periods import Period

START = datetime(2026, 1, 1, tzinfo=UTC)


def a_series(hours: list[int], values: list[float]) -> pd.DataFrame:
    """A series at whole hours after the start."""
    times = pd.to_datetime([START + timedelta(hours=hour) for hour in hours], utc=True)
    return pd.DataFrame({"time": times, "value": np.array(values, dtype=np.float64)})


@st.composite
def some_series(draw: st.DrawFn, *, fewest: int = 1) -> pd.DataFrame:
    hours = sorted(draw(st.sets(st.integers(0, 4000), min_size=fewest, max_size=40)))
    values = draw(st.lists(st.integers(0, 10**9), min_size=len(hours), max_size=len(hours)))
    return a_series(hours, [float(value) for value in values])


def days(first: int, last: int) -> Period:
    start = START + timedelta(days=first)
    return Period(start=start, end=START + timedelta(days=last))


def change(
    series: pd.DataFrame,
    period: Period,
    kind: MetricKind,
    *,
    against: Period | None = None,
    out: datetime | None = None,
) -> frames.Change:
    return frames.change_of(series, period, compared=against, kind=kind, published_at=out)


def test_a_gain_is_not_counted_from_long_before_the_period() -> None:
    period = days(10, 14)
    lately, long_ago = a_series([230, 300], [5.0, 9.0]), a_series([100, 300], [5.0, 9.0])
    assert change(lately, period, MetricKind.COUNTER).now == 4.0
    assert change(long_ago, period, MetricKind.COUNTER).now is None


@given(some_series(fewest=2))
def test_the_steps_of_a_counter_add_up_to_its_growth(series: pd.DataFrame) -> None:
    grown = series["value"].iloc[-1] - series["value"].iloc[0]
    assert frames.steps_of(series)["gain"].sum() == pytest.approx(grown, abs=1e-3)


@given(some_series())
def test_a_gap_is_opened_and_nothing_that_was_seen_is_lost(series: pd.DataFrame) -> None:
    opened = frames.with_gaps(series)
    seen = opened.dropna(subset="value").reset_index(drop=True)
    pd.testing.assert_frame_equal(seen, series, check_dtype=False)
    gaps = (series["time"].diff() > frames.widest_step(series)).sum()
    assert opened["value"].isna().sum() == gaps
    assert opened["time"].is_monotonic_increasing


def test_daily_snapshots_have_no_gap_and_a_missing_day_is_one() -> None:
    assert len(frames.with_gaps(a_series([0, 24, 48, 72], [1, 2, 3, 4]))) == 4
    assert frames.with_gaps(a_series([0, 24, 72, 96], [1, 2, 3, 4]))["value"].isna().sum() == 1


@given(some_series(), st.integers(2, 20))
def test_thinning_keeps_the_ends_and_adds_nothing(series: pd.DataFrame, most: int) -> None:
    thin = frames.thinned(series, most=most)
    assert len(thin) <= most
    assert thin.iloc[0].equals(series.iloc[0])
    assert thin.iloc[-1].equals(series.iloc[-1])
    assert set(thin["time"]) <= set(series["time"])


@given(some_series(), st.integers(1, 100), st.integers(1, 100))
def test_gains_of_neighbouring_periods_add_up_where_they_are_known(
    series: pd.DataFrame, first: int, second: int
) -> None:
    def gain(period: Period) -> float | None:
        return change(series, period, MetricKind.COUNTER).now

    left, right = gain(days(1, 1 + first)), gain(days(1 + first, 1 + first + second))
    if left is not None and right is not None:
        assert gain(days(1, 1 + first + second)) == pytest.approx(left + right)


def test_a_counter_without_a_snapshot_before_has_no_known_gain() -> None:
    series = a_series([240, 264], [1_000, 1_100])
    grown = change(series, days(9, 12), MetricKind.COUNTER)
    assert (grown.value, grown.now) == (1_100, None)


def test_a_release_that_came_out_in_the_period_started_from_nothing() -> None:
    series = a_series([240, 264], [1_000, 1_100])
    grown = change(series, days(9, 12), MetricKind.COUNTER, out=START + timedelta(days=9))
    assert (grown.now, grown.from_start) == (1_100, True)


def test_missing_is_not_zero() -> None:
    series = a_series([0], [5])
    for kind in MetricKind:
        none = change(series, days(10, 20), kind, against=days(0, 10))
        assert (none.value, none.now, none.before, none.share) == (None, None, None, None)


def test_daily_amounts_add_up_and_levels_do_not() -> None:
    series = a_series([0, 24, 48], [5, 6, 7])
    daily = change(series, days(0, 3), MetricKind.DAILY)
    level = change(series, days(0, 3), MetricKind.GAUGE)
    assert (daily.value, level.value) == (18, 7)


def test_a_change_is_measured_against_the_period_that_was_chosen() -> None:
    series = a_series([24 * day for day in range(30)], [float(day**2) for day in range(30)])
    shares = {}
    for kind in MetricKind:
        near = change(series, days(20, 30), kind, against=days(10, 20))
        far = change(series, days(20, 30), kind, against=days(3, 13))
        shares[kind] = (near.before, far.before, change(series, days(20, 30), kind).before)
    last, gained = (19.0**2, 12.0**2, None), (19.0**2 - 9**2, 12.0**2 - 2**2, None)
    added = (sum(day**2 for day in range(10, 20)), sum(day**2 for day in range(3, 13)), None)
    assert shares[MetricKind.COUNTER] == gained
    assert shares[MetricKind.DAILY] == added
    assert shares[MetricKind.GAUGE] == shares[MetricKind.RATIO] == last


def test_a_fall_is_found_where_it_ends() -> None:
    falls = frames.falls_in(a_series([0, 24, 48], [5, 4, 6]))
    assert list(falls["value"]) == [4]


def test_what_may_still_change_begins_a_day_and_the_platforms_lag_ago() -> None:
    now = START + timedelta(days=10)
    views, impressions = (KNOWN.metric("YouTube", name) for name in ("views", "impressions"))
    assert frames.complete_before(views, now=now) == now - timedelta(days=1)
    assert frames.complete_before(impressions, now=now) == now - timedelta(days=4)


def test_what_matters_most_comes_first() -> None:
    names = ["zeal", "dislikes", "likes", "views"]
    assert sorted(names, key=frames.by_importance) == ["views", "likes", "dislikes", "zeal"]
