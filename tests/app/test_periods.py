"""Laws of the periods: what is compared is as long, shares no day, and has the same weekdays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from streamlit_app.analytics.figure_cards import change_in_words
from streamlit_app.analytics.frames import Change
from streamlit_app.analytics.periods import (
    Comparison,
    Period,
    Preset,
    Span,
    compared_period,
    period_of,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
A_DAY = START.date()
ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata")
A_YEAR = 371


def between(first: date, last: date, *, zone: str = "UTC") -> Period:
    return period_of(
        Preset.CUSTOM, oldest_day=A_DAY, newest_day=A_DAY, zone=ZoneInfo(zone), custom=(first, last)
    )


@st.composite
def periods(draw: st.DrawFn, *, longest: int = 4000) -> Period:
    """Any stretch of whole days in some zone, days of 23 and 25 hours among them."""
    first = draw(st.dates(date(1990, 1, 1), date(2040, 1, 1)))
    days = draw(st.integers(1, longest) | st.sampled_from([364, 365, 366, 371, 372]))
    last = first + timedelta(days=min(days, longest) - 1)
    return between(first, last, zone=draw(st.sampled_from(ZONES)))


def days_of(period: Period) -> list[date]:
    return [period.first + timedelta(days=day) for day in range(period.days)]


def on_the_wall(period: Period) -> list[str]:
    return [f"{edge:%H:%M:%S}" for edge in (period.start, period.end)]


@given(
    preset=st.sampled_from(list(Preset)),
    zone=st.sampled_from(ZONES),
    span=st.integers(0, 3000),
    newest=st.integers(0, 30 * 365).map(lambda days: A_DAY - timedelta(days=days)),
)
def test_every_preset_ends_with_the_day_of_the_newest_number(
    preset: Preset, zone: str, span: int, newest: date
) -> None:
    tz, oldest = ZoneInfo(zone), newest - timedelta(days=span)
    period = period_of(preset, oldest_day=oldest, newest_day=newest, zone=tz)
    assert period.last == newest
    assert period.end == datetime.combine(newest + timedelta(days=1), time(), tzinfo=tz)


@given(periods(), st.sampled_from(ZONES))
def test_in_another_zone_a_period_has_the_same_calendar_days(period: Period, zone: str) -> None:
    moved = period.in_zone(ZoneInfo(zone))
    assert (moved.first, moved.last, str(moved)) == (period.first, period.last, str(period))
    assert on_the_wall(moved) == ["00:00:00", "00:00:00"]
    assert moved.start.tzinfo == moved.end.tzinfo == ZoneInfo(zone)
    assert moved.in_zone(ZoneInfo(str(period.start.tzinfo))) == period


@given(periods(), st.sampled_from(list(Comparison)))
def test_what_is_compared_is_as_long_and_shares_no_day(
    period: Period, comparison: Comparison
) -> None:
    compared = compared_period(period, comparison)
    if compared is not None:
        assert compared.days == period.days
        assert compared.start < compared.end <= period.start
        assert not set(days_of(compared)) & set(days_of(period))
        assert on_the_wall(compared) == ["00:00:00", "00:00:00"]


@given(periods())
def test_the_previous_period_ends_where_the_period_starts(period: Period) -> None:
    previous = compared_period(period, Comparison.PREVIOUS)
    assert previous is not None
    assert previous.end == period.start


@given(periods(longest=A_YEAR))
def test_last_years_days_are_the_same_weekdays_one_year_back(period: Period) -> None:
    compared = compared_period(period, Comparison.LAST_YEAR)
    assert compared is not None
    pairs = list(zip(days_of(compared), days_of(period), strict=True))
    assert all(then.weekday() == now.weekday() for then, now in pairs)
    back = {(now - then).days for then, now in pairs}
    assert back == {364 if period.days <= 364 else 371}


@given(periods().filter(lambda period: period.days > A_YEAR))
def test_over_more_than_a_year_nothing_of_last_year_lies_apart(period: Period) -> None:
    assert compared_period(period, Comparison.LAST_YEAR) is None


@given(periods())
def test_nothing_is_compared_where_nothing_is_wanted(period: Period) -> None:
    assert compared_period(period, Comparison.NONE) is None


@pytest.mark.parametrize("comparison", list(Comparison))
def test_there_is_nothing_before_the_calendar(comparison: Comparison) -> None:
    assert compared_period(between(date(1, 1, 2), date(1, 1, 20)), comparison) is None


def test_last_years_christmas_week_begins_on_the_same_weekday() -> None:
    week = between(date(2025, 12, 22), date(2025, 12, 28))  # from Monday to Sunday
    compared = compared_period(week, Comparison.LAST_YEAR)
    assert str(compared) == "23–29 Dec 2024"


@pytest.mark.parametrize(("preset", "length"), [("7 days", 7), ("28 days", 28), ("365 days", 365)])
def test_a_preset_has_the_days_its_name_says(preset: str, length: int) -> None:
    period = period_of(Preset(preset), oldest_day=A_DAY, newest_day=A_DAY, zone=ZoneInfo("UTC"))
    assert period.days == length


def test_a_custom_period_holds_its_first_and_its_last_day() -> None:
    chosen = (date(2026, 3, 28), date(2026, 3, 30))
    period = between(*chosen, zone="Europe/Berlin")
    assert (period.first, period.last, period.days) == (*chosen, 3)
    assert period.end - period.start == timedelta(days=3)  # on the wall; one hour less in UTC
    assert str(period) == "28–30 Mar 2026"


def said(comparison: Comparison, kind: MetricKind, before: float | None) -> tuple[str | None, ...]:
    """What a card says of a week in which 30 were gained."""
    span = Span(period=between(date(2026, 3, 1), date(2026, 3, 7)), comparison=comparison)
    change = Change(value=90, now=30, before=before, seen=START)
    return change_in_words(change, kind, span)


@pytest.mark.parametrize(
    ("comparison", "before", "daily", "counter"),
    [
        (
            Comparison.PREVIOUS,
            20,
            ("+50 %", "on 7 days before"),
            ("+30", "+50 % on 7 days before"),
        ),
        (
            Comparison.LAST_YEAR,
            60,
            ("-50 %", "on last year"),
            ("+30", "-50 % on last year"),
        ),
        (
            Comparison.PREVIOUS,
            None,
            (None, "7 days before: no value"),
            ("+30", "before: not known"),
        ),
        (
            Comparison.LAST_YEAR,
            0,
            (None, "last year: 0"),
            ("+30", "last year: 0"),
        ),
        (Comparison.NONE, None, (None, None), ("+30", "in 7 days")),
    ],
)
def test_a_card_names_what_it_compares_with_or_why_it_cannot(
    comparison: Comparison,
    before: float | None,
    daily: tuple[str | None, ...],
    counter: tuple[str | None, ...],
) -> None:
    assert said(comparison, MetricKind.DAILY, before) == daily
    assert said(comparison, MetricKind.COUNTER, before) == counter
