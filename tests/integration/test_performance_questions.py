"""The dashboard's questions, each against a slow answer in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import DAY, HOUR, NOON, few_examples, seen, start_anew, store_singly

from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, UnknownMetric
from noktvrn_ai_artist.records import Observation

MIDNIGHT, MINUTE = NOON.replace(hour=0), timedelta(minutes=1)
PUBLISHED = {1: None, 2: MIDNIGHT, 3: MIDNIGHT + DAY, 4: MIDNIGHT + 3 * DAY}

moments = st.sampled_from(
    [MIDNIGHT + day * DAY + hour * HOUR for day in range(5) for hour in (0, 6, 23)]
)
whole_numbers = st.integers(0, 1000)


def of_metric(platform: str, metric: str) -> st.SearchStrategy[list[Observation]]:
    one = st.builds(
        seen,
        whole_numbers,
        release_id=st.integers(1, 4),
        platform=st.just(platform),
        metric_type=st.just(metric),
        recorded_at=moments,
    )
    return st.lists(one, max_size=25, unique_by=lambda o: (o.release_id, o.recorded_at))


views, streams = of_metric("YouTube", "views"), of_metric("Spotify", "streams")
artists = st.sampled_from([None, 1, 2])


def stored(database: Database, *some: list[Observation]) -> None:
    start_anew(database)
    with database.transaction() as connection:
        for release_id, published_at in PUBLISHED.items():
            connection.execute(
                b"update approved_releases set published_at = %s where release_id = %s",
                [published_at, release_id],
            )
    for batch in some:
        add_performance_metrics(batch)


def by_release(some: list[Observation], artist_id: int | None) -> dict[int, list[Observation]]:
    """The observations of each release (of one artist, if given), oldest first."""
    found = defaultdict(list)
    for one in sorted(some, key=lambda o: o.recorded_at):
        if artist_id in {None, 1 + one.release_id % 2}:
            found[one.release_id].append(one)
    return dict(sorted(found.items()))


@few_examples
@given(views, streams, artists)
def test_the_latest_value_is_the_last_one_seen(
    database: Database, some: list[Observation], other: list[Observation], artist: int | None
) -> None:
    stored(database, some, other)
    answer = questions.latest_values(platform="youtube", metric_type="viewCount", artist_id=artist)
    assert [(a.release_id, a.metric_value, a.recorded_at, a.published_at) for a in answer] == [
        (number, seen_[-1].metric_value, seen_[-1].recorded_at, PUBLISHED[number])
        for number, seen_ in by_release(some, artist).items()
    ]
    assert all(a.title == f"Title {a.release_id}" for a in answer)
    assert all(a.artist == f"Artist {1 + a.release_id % 2}" for a in answer)


@few_examples
@given(views, streams, artists, st.sampled_from([None, 1, 2]))
def test_a_history_is_every_value_oldest_first(
    database: Database,
    some: list[Observation],
    other: list[Observation],
    artist: int | None,
    release: int | None,
) -> None:
    stored(database, some, other)
    answer = questions.metric_history(
        platform="YouTube", metric_type="views", artist_id=artist, release_id=release
    )
    assert [(a.release_id, a.recorded_at, a.metric_value, a.published_at) for a in answer] == [
        (number, one.recorded_at, one.metric_value, PUBLISHED[number])
        for number, seen_ in by_release(some, artist).items()
        for one in seen_
        if release in {None, number}
    ]


@few_examples
@given(views, artists, moments)
def test_recent_values_are_those_since_an_instant(
    database: Database, some: list[Observation], artist: int | None, start: datetime
) -> None:
    stored(database, some)
    answer = questions.recent_values(
        platform="YouTube", metric_type="views", start=start, artist_id=artist
    )
    expected = {
        number: [o.metric_value for o in seen_ if o.recorded_at >= start]
        for number, seen_ in by_release(some, artist).items()
    }
    assert answer == {number: values for number, values in expected.items() if values}


@few_examples
@given(views, streams)
def test_freshness_counts_and_dates_what_is_there(
    database: Database, some: list[Observation], other: list[Observation]
) -> None:
    stored(database, some, other)
    expected = [
        (
            batch[0].platform,
            batch[0].metric_type,
            len({o.release_id for o in batch}),
            len(batch),
            max(o.recorded_at for o in batch),
        )
        for batch in (other, some)
        if batch
    ]
    assert [
        (a.platform, a.metric_type, a.releases, a.observations, a.complete_to)
        for a in questions.freshness()
    ] == expected


def gain_of(seen_: list[Observation], start: datetime, end: datetime) -> tuple[float | None, float]:
    oldest = start - max(36 * HOUR, (end - start) / 2)
    before = [o.metric_value for o in seen_ if oldest <= o.recorded_at < start]
    within = [o.metric_value for o in seen_ if start <= o.recorded_at < end]
    published = PUBLISHED[seen_[0].release_id]
    if before:
        return within[-1] - before[-1], within[-1]
    return (within[-1] if published and start <= published < end else None), within[-1]


@few_examples
@given(views, artists, moments, moments)
def test_a_counters_gain_is_the_difference_of_what_stood(
    database: Database, some: list[Observation], artist: int | None, start: datetime, end: datetime
) -> None:
    stored(database, some)
    answer = questions.period_gains(
        platform="YouTube", metric_type="views", start=start, end=end, artist_id=artist
    )
    expected = [
        (number, *gain_of(seen_, start, end))
        for number, seen_ in by_release(some, artist).items()
        if any(start <= o.recorded_at < end for o in seen_)
    ]
    expected.sort(key=lambda row: (row[1] is None, -(row[1] or 0), row[0]))
    assert [(a.release_id, a.gain, a.value) for a in answer] == expected


@few_examples
@given(streams, artists, moments, moments)
def test_daily_amounts_of_a_period_add_up(
    database: Database, some: list[Observation], artist: int | None, start: datetime, end: datetime
) -> None:
    stored(database, some)
    answer = questions.period_gains(
        platform="Spotify", metric_type="streams", start=start, end=end, artist_id=artist
    )
    expected = [
        (number, sum(o.metric_value for o in seen_ if start <= o.recorded_at < end))
        for number, seen_ in by_release(some, artist).items()
        if any(start <= o.recorded_at < end for o in seen_)
    ]
    expected.sort(key=lambda row: (-row[1], row[0]))
    assert [(a.release_id, a.gain) for a in answer] == expected
    assert all(a.gain == a.value for a in answer)


@few_examples
@given(views, artists, moments, moments)
def test_a_counters_day_is_known_where_the_day_before_is(
    database: Database, some: list[Observation], artist: int | None, start: datetime, end: datetime
) -> None:
    stored(database, some)
    gains: dict[date, list[float]] = defaultdict(list)
    for seen_ in by_release(some, artist).values():
        last = {o.recorded_at.date(): o for o in seen_ if start <= o.recorded_at < end}
        for day, one in last.items():
            began = max(datetime.combine(day, time(), tzinfo=UTC), start)
            before = [o for o in seen_ if o.recorded_at < began]
            if before and before[-1].recorded_at.date() >= day - timedelta(days=1):
                gains[day].append(one.metric_value - before[-1].metric_value)
    answer = questions.daily_gains(
        platform="YouTube", metric_type="views", start=start, end=end, artist_id=artist
    )
    assert [(a.day, a.gain, a.releases) for a in answer] == [
        (day, sum(found), len(found)) for day, found in sorted(gains.items())
    ]


half_days = st.lists(
    st.tuples(st.integers(0, 12 * 60 - 1), whole_numbers), min_size=16, max_size=16
)
minutes = st.integers(2 * 24 * 60, 8 * 24 * 60)


@few_examples
@given(st.lists(half_days, min_size=1, max_size=4), artists, minutes, minutes, st.booleans())
def test_the_days_of_a_counter_add_up_to_its_period(  # noqa: PLR0917 - one draw each
    database: Database,
    curves: list[list[tuple[int, int]]],
    artist: int | None,
    first: int,
    last: int,
    digested: bool,
) -> None:
    stored(database)
    some = [
        seen(value, release_id=number, recorded_at=MIDNIGHT + half * 12 * HOUR + minute * MINUTE)
        for number, curve in enumerate(curves, start=1)
        for half, (minute, value) in enumerate(curve)
    ]
    (add_performance_metrics if digested else store_singly)(some)
    asked: dict[str, Any] = {
        "platform": "YouTube",
        "metric_type": "views",
        "start": MIDNIGHT + first * MINUTE,
        "end": MIDNIGHT + last * MINUTE,
        "artist_id": artist,
    }
    days, releases = questions.daily_gains(**asked), questions.period_gains(**asked)
    assert sum(one.gain for one in days) == sum(one.gain or 0.0 for one in releases)
    assert all(asked["start"].date() <= one.day <= asked["end"].date() for one in days)


def test_a_day_that_began_before_the_period_is_not_counted_in(database: Database) -> None:
    some = [seen(100 * day, recorded_at=NOON + day * DAY) for day in range(6)]
    stored(database, some)
    berlin = {"start": MIDNIGHT + 71 * HOUR, "end": MIDNIGHT + 119 * HOUR}
    answer = questions.daily_gains(platform="YouTube", metric_type="views", **berlin)
    assert [(one.day.day, one.gain) for one in answer] == [(4, 100.0), (5, 100.0)]


def test_a_release_that_came_out_after_the_period_gained_nothing_known_in_it(
    database: Database,
) -> None:
    stored(database, [seen(50_000, release_id=4, recorded_at=NOON + DAY)])
    (answer,) = questions.period_gains(
        platform="YouTube", metric_type="views", start=MIDNIGHT + DAY, end=MIDNIGHT + 2 * DAY
    )
    assert (answer.gain, answer.value) == (None, 50_000.0)


@few_examples
@given(streams, artists, moments, moments)
def test_a_day_of_amounts_is_their_sum(
    database: Database, some: list[Observation], artist: int | None, start: datetime, end: datetime
) -> None:
    stored(database, some)
    sums: dict[date, list[float]] = defaultdict(list)
    for seen_ in by_release(some, artist).values():
        for one in seen_:
            if start <= one.recorded_at < end:
                sums[one.recorded_at.date()].append(one.metric_value)
    answer = questions.daily_gains(
        platform="Spotify", metric_type="streams", start=start, end=end, artist_id=artist
    )
    assert [(a.day, a.gain, a.releases) for a in answer] == [
        (day, sum(found), len(found)) for day, found in sorted(sums.items())
    ]


@pytest.mark.parametrize(
    ("platform", "metric"),
    [("Spotify", "followers"), ("Spotify", "listeners"), ("YouTube", "click_through_rate")],
)
def test_what_does_not_add_up_is_not_added_up(
    database: Database, platform: str, metric: str
) -> None:
    period = {"start": NOON, "end": NOON + DAY}
    for ask in (questions.period_gains, questions.daily_gains):
        with pytest.raises(BadValue, match="does not add up"):
            ask(platform=platform, metric_type=metric, **period)


def test_a_question_is_asked_of_known_metrics_and_aware_times(database: Database) -> None:
    with pytest.raises(UnknownMetric):
        questions.latest_values(platform="YouTube", metric_type="veiws")
    with pytest.raises(BadValue, match="UTC offset"):
        questions.daily_gains(
            platform="YouTube",
            metric_type="views",
            start=datetime(2026, 3, 1),  # noqa: DTZ001 - the point
            end=datetime.now(UTC),
        )


VIEWS = {"platform": "YouTube", "metric_type": "views"}
A_DAY = {"start": NOON, "end": NOON + DAY}
BY_ARTIST = {
    "latest_values": VIEWS,
    "recent_values": {**VIEWS, "start": NOON},
    "metric_history": VIEWS,
    "period_gains": {**VIEWS, **A_DAY},
    "daily_gains": {**VIEWS, **A_DAY},
}


@pytest.mark.parametrize("number", ["x", "\0", 2**70, 0, True, 1.5])
@pytest.mark.parametrize("question", BY_ARTIST)
def test_an_artist_is_asked_for_by_an_id(database: Database, question: str, number: object) -> None:
    with pytest.raises(BadValue) as refusal:
        getattr(questions, question)(**BY_ARTIST[question], artist_id=number)
    assert refusal.value.column == "artist_id"


def test_a_history_is_asked_for_by_an_id(database: Database) -> None:
    with pytest.raises(BadValue) as refusal:
        questions.metric_history(platform="YouTube", metric_type="views", release_id=2**70)
    assert refusal.value.column == "release_id"
