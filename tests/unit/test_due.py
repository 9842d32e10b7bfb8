"""What is due: nothing is asked too often, nothing is forgotten, and the young come first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.collectors.due import (
    COUNTERS,
    DAILY_AMOUNTS,
    DAY,
    HOUR,
    SLACK,
    WEEK,
    Rhythm,
    Watched,
    due,
    due_at,
    next_due,
)

OUT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOONEST = HOUR
moments = st.floats(-400, 400).map(lambda days: OUT + days * DAY)
watched = st.builds(
    Watched,
    release_id=st.integers(1, 1000),
    external_id=st.text("abc", min_size=1, max_size=4),
    published_at=st.none() | moments,
    asked_at=st.none() | moments,
    misses=st.integers(0, 5),
)
rhythms = st.sampled_from([COUNTERS, DAILY_AMOUNTS])


def song(age: timedelta | None, *, asked: bool = True, misses: int = 0) -> Watched:
    """A publication that was asked for at this age."""
    return Watched(
        release_id=1,
        external_id="a",
        published_at=None if age is None else OUT - age,
        asked_at=OUT if asked else None,
        misses=misses,
    )


@given(rhythm=rhythms, everything=st.lists(watched), now=moments)
def test_what_is_due_is_sorted_by_youth_and_is_part_of_what_is_watched(
    rhythm: Rhythm, everything: list[Watched], now: datetime
) -> None:
    ready = due(everything, now=now, rhythm=rhythm)
    assert all(one in everything for one in ready)
    ages = [one.published_at for one in ready]
    known = [age for age in ages if age is not None]
    assert known == sorted(known, reverse=True)
    assert ages == [*known, *[None] * (len(ages) - len(known))]


@given(rhythm=rhythms, everything=st.lists(watched), now=moments)
def test_whatever_is_asked_now_is_not_due_again_within_the_hour(
    rhythm: Rhythm, everything: list[Watched], now: datetime
) -> None:
    asked = [
        Watched(
            release_id=one.release_id,
            external_id=one.external_id,
            published_at=one.published_at,
            asked_at=now,
            misses=one.misses,
        )
        for one in due(everything, now=now, rhythm=rhythm)
    ]
    just_before = now + SOONEST - SLACK - timedelta(seconds=1)
    assert due(asked, now=just_before, rhythm=rhythm) == []
    assert len(due(asked, now=now + WEEK, rhythm=rhythm)) == len(asked)


@given(rhythm=rhythms, everything=st.lists(watched, min_size=1))
def test_something_is_due_at_the_moment_that_is_named(
    rhythm: Rhythm, everything: list[Watched]
) -> None:
    moment = next_due(everything, rhythm=rhythm)
    assert moment is not None
    assert due(everything, now=moment, rhythm=rhythm)
    assert not any(due_at(one, rhythm=rhythm) < moment for one in everything)


@given(rhythm=rhythms, everything=st.lists(watched), now=moments)
def test_the_order_of_what_is_watched_changes_nothing(
    rhythm: Rhythm, everything: list[Watched], now: datetime
) -> None:
    unlike = list({(one.published_at, one.external_id): one for one in everything}.values())
    forth, back = due(unlike, now=now, rhythm=rhythm), due(unlike[::-1], now=now, rhythm=rhythm)
    assert forth == back


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(0), HOUR),
        (2 * DAY - HOUR, HOUR),
        (2 * DAY, 6 * HOUR),
        (14 * DAY, DAY),
        (None, DAY),
        (90 * DAY, WEEK),
        (4000 * DAY, WEEK),
    ],
)
def test_counters_are_asked_for_the_more_often_the_younger_they_are(
    age: timedelta | None, pause: timedelta
) -> None:
    assert due_at(song(age), rhythm=COUNTERS) == OUT + pause
    assert due_at(song(age), rhythm=DAILY_AMOUNTS) == OUT + DAY


@pytest.mark.parametrize("age", [14 * DAY, 60 * DAY, None])
def test_missing_three_times_in_a_row_is_weekly_where_missing_says_something(
    age: timedelta | None,
) -> None:
    assert due_at(song(age, misses=2), rhythm=COUNTERS) == OUT + DAY
    assert due_at(song(age, misses=3), rhythm=COUNTERS) == OUT + WEEK
    assert due_at(song(age, misses=3), rhythm=DAILY_AMOUNTS) == OUT + DAY


@given(age=st.timedeltas(timedelta(0), 14 * DAY - HOUR), misses=st.integers(0, 500))
def test_however_often_it_was_missing_a_young_one_keeps_its_rhythm(
    age: timedelta, misses: int
) -> None:
    there, missing = song(age), song(age, misses=misses)
    assert due_at(missing, rhythm=COUNTERS) == due_at(there, rhythm=COUNTERS)


def test_one_that_is_public_seventeen_hours_late_loses_no_more_than_these() -> None:
    now, misses, asked_at = OUT, 0, None
    while now < OUT + 17 * HOUR:
        one = Watched(
            release_id=1, external_id="a", published_at=OUT, asked_at=asked_at, misses=misses
        )
        if due([one], now=now, rhythm=COUNTERS):
            asked_at, misses = now, misses + 1
        now += HOUR
    late = Watched(release_id=1, external_id="a", published_at=OUT, asked_at=asked_at, misses=17)
    assert misses == 17
    assert due([late], now=OUT + 17 * HOUR, rhythm=COUNTERS)


def test_what_was_never_asked_for_is_due_as_soon_as_it_is_out() -> None:
    assert due([song(None, asked=False)], now=OUT, rhythm=COUNTERS)
    announced = song(-3 * DAY, asked=False)
    assert not due([announced], now=OUT + 3 * DAY - timedelta(seconds=1), rhythm=COUNTERS)
    assert due([announced], now=OUT + 3 * DAY, rhythm=COUNTERS)


def test_a_timer_that_is_a_little_early_does_not_skip_an_hour() -> None:
    assert due([song(HOUR)], now=OUT + HOUR - SLACK, rhythm=COUNTERS)
    assert not due([song(HOUR)], now=OUT + HOUR - 2 * SLACK, rhythm=COUNTERS)
