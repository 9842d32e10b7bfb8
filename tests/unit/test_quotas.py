"""Quotas: no window ever holds more than its limit, and room comes back when it is said to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.quotas import (
    LIMITS,
    Day,
    Limit,
    Month,
    Sliding,
    Use,
    Window,
    left,
    limits_of,
    room_again,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACIFIC = Day(zone="America/Los_Angeles")
WINDOWS: list[Window] = [
    Sliding(length=timedelta(seconds=60)),
    Sliding(length=timedelta(hours=1)),
    PACIFIC,
    Day(zone="UTC"),
    Month(),
]
moments = st.timedeltas(timedelta(days=-2000), timedelta(days=2000)).map(lambda span: NOON + span)
windows = st.sampled_from(WINDOWS)
steps = st.lists(st.floats(0, 40).map(lambda seconds: timedelta(seconds=seconds)), max_size=60)


@given(windows, moments)
def test_a_moment_lies_in_its_slot_and_counts_there(window: Window, moment: datetime) -> None:
    slot = window.slot(moment)
    assert slot <= moment < window.forgotten(slot)
    assert window.slot(slot) == slot


@given(windows, moments, moments)
def test_slots_are_in_the_order_of_their_moments(
    window: Window, one: datetime, other: datetime
) -> None:
    first, second = sorted([one, other])
    assert window.slot(first) <= window.slot(second)
    assert window.forgotten(window.slot(first)) <= window.forgotten(window.slot(second))


@given(moments)
def test_a_pacific_day_is_twenty_three_to_twenty_five_hours_from_midnight(moment: datetime) -> None:
    start = PACIFIC.slot(moment)
    assert PACIFIC.forgotten(start) - start in {timedelta(hours=n) for n in (23, 24, 25)}
    assert start.hour in {7, 8}


@given(st.integers(1, 9), steps, st.sampled_from([60, 17, 3600]))
def test_no_sliding_window_ever_holds_more_than_its_limit(
    most: int, waits: list[timedelta], seconds: int
) -> None:
    length = timedelta(seconds=seconds)
    limit = Limit(name="some", units=most, window=Sliding(length=length))
    taken: list[datetime] = []
    uses: list[Use] = []
    now = NOON
    for wait in waits:
        now += wait
        if left(limit, uses, now=now):
            taken.append(now)
            uses.append(use_of(limit, now))
    for end in taken:
        assert sum(end - length < moment <= end for moment in taken) <= most


@given(windows, moments, st.lists(st.integers(0, 900), max_size=20), st.integers(1, 30))
def test_room_is_there_when_it_is_said_to_be_and_not_before(
    window: Window, now: datetime, ages: list[int], units: int
) -> None:
    limit = Limit(name="some", units=30, window=window)
    uses = [use_of(limit, now - timedelta(seconds=age), units=7) for age in ages]
    until = room_again(limit, uses, units=units, now=now)
    assert left(limit, uses, now=until) >= units
    if until > now:
        assert left(limit, uses, now=until - timedelta(microseconds=1)) < units


@given(windows, moments)
def test_more_than_a_limit_allows_is_put_off_and_not_for_ever(
    window: Window, now: datetime
) -> None:
    limit = Limit(name="some", units=3, window=window)
    assert now < room_again(limit, [], units=4, now=now) <= now + timedelta(days=31)


@given(windows, moments, st.integers(1, 5000))
def test_a_clock_that_was_set_back_does_not_shut_a_provider_out(
    window: Window, now: datetime, days: int
) -> None:
    limit = Limit(name="some", units=3, window=window)
    ahead = [use_of(limit, now + timedelta(days=days), units=3)]
    longest = window.forgotten(window.forgotten(window.slot(now)))
    assert left(limit, ahead, now=longest + timedelta(days=days)) == 3
    if timedelta(days=days) > timedelta(days=62):
        assert left(limit, ahead, now=now) == 3


def test_units_of_another_limit_do_not_count() -> None:
    hour, month = LIMITS[Provider.PEXELS]
    assert left(month, [use_of(hour, NOON)], now=NOON) == month.units


def test_youtube_begins_anew_at_midnight_in_california() -> None:
    (limit,) = LIMITS[Provider.YOUTUBE]
    uses = [use_of(limit, NOON, units=10_000)]
    assert limit.units == 10_000
    assert room_again(limit, uses, units=1, now=NOON) == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("provider", [*Provider])
def test_a_setting_takes_the_place_of_the_daily_figure_alone(provider: Provider) -> None:
    usual, chosen = limits_of(provider), limits_of(provider, a_day=5)
    assert [limit.units for limit in chosen if limit.name == "day"] == [5]
    assert set(usual) - set(chosen) == {limit for limit in usual if limit.name == "day"}
    assert len({limit.name for limit in chosen}) == len(chosen)


def use_of(limit: Limit, moment: datetime, *, units: int = 1) -> Use:
    return Use(limit_name=limit.name, window_start=limit.window.slot(moment), units=units)
