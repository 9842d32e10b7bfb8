"""Laws of the frames: what is cut, combined and thinned keeps what it must keep."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from streamlit_app.analytics import frames
from streamlit_app.analytics.periods import Period, Preset, period_before, period_of

START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata")


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


@given(
    preset=st.sampled_from(list(Preset)),
    zone=st.sampled_from(ZONES),
    span=st.integers(0, 3000),
    newest=st.integers(0, 30 * 365 * 24).map(lambda hour: START - timedelta(hours=hour)),
)
def test_the_period_before_is_as_long_and_ends_where_the_period_starts(
    preset: Preset, zone: str, span: int, newest: datetime
) -> None:
    tz = ZoneInfo(zone)
    period = period_of(preset, oldest=newest - timedelta(days=span), newest=newest, zone=tz)
    before = period_before(period)
    assert before.days == period.days
    assert before.end == period.start
    assert period.start < period.end
    assert period.start <= newest < period.end
    assert period.last == newest.astimezone(tz).date()


@pytest.mark.parametrize(("preset", "length"), [("7 days", 7), ("28 days", 28), ("365 days", 365)])
def test_a_preset_has_the_days_its_name_says(preset: str, length: int) -> None:
    period = period_of(Preset(preset), oldest=START, newest=START, zone=ZoneInfo("UTC"))
    assert period.days == length


def test_a_custom_period_holds_its_first_and_its_last_day() -> None:
    chosen = (date(2026, 3, 28), date(2026, 3, 30))
    period = period_of(
        Preset.CUSTOM, oldest=START, newest=START, zone=ZoneInfo("Europe/Berlin"), custom=chosen
    )
    assert (period.first, period.last, period.days) == (*chosen, 3)
    assert period.end - period.start == timedelta(days=3)  # on the wall; one hour less in UTC
    assert str(period) == "28–30 Mar 2026"


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
        return frames.change_of(series, period, kind=MetricKind.COUNTER, published_at=None).now

    left, right = gain(days(1, 1 + first)), gain(days(1 + first, 1 + first + second))
    if left is not None and right is not None:
        assert gain(days(1, 1 + first + second)) == pytest.approx(left + right)


def test_a_counter_without_a_snapshot_before_has_no_known_gain() -> None:
    series = a_series([240, 264], [1_000, 1_100])
    change = frames.change_of(series, days(9, 12), kind=MetricKind.COUNTER, published_at=None)
    assert (change.value, change.now) == (1_100, None)


def test_a_release_that_came_out_in_the_period_started_from_nothing() -> None:
    series = a_series([240, 264], [1_000, 1_100])
    change = frames.change_of(
        series, days(9, 12), kind=MetricKind.COUNTER, published_at=START + timedelta(days=9)
    )
    assert (change.now, change.from_start) == (1_100, True)


def test_missing_is_not_zero() -> None:
    series = a_series([0], [5])
    for kind in MetricKind:
        change = frames.change_of(series, days(10, 20), kind=kind, published_at=None)
        assert (change.value, change.now, change.before, change.share) == (None, None, None, None)


def test_daily_amounts_add_up_and_levels_do_not() -> None:
    series = a_series([0, 24, 48], [5, 6, 7])
    daily = frames.change_of(series, days(0, 3), kind=MetricKind.DAILY, published_at=None)
    level = frames.change_of(series, days(0, 3), kind=MetricKind.GAUGE, published_at=None)
    assert (daily.value, level.value) == (18, 7)


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
