"""How estimates went: the course ends at the present, and moves add up to the change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.source_course import (
    POINTS,
    change_between,
    course_of,
    explanation_then,
    moments,
    own_contributions,
    past_instants,
)
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.source_words import ScoreUnit
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

START = datetime(2026, 1, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = START + 40 * DAY


def a_report(at: datetime) -> ScoreReport:
    return ScoreReport(release_id=1, score=1.0, reported_at=at)


@pytest.fixture
def tracker(tmp_path: Path) -> StockSuccessTracker:
    """Twenty releases, one every other day, the odd ones from a better source."""
    tracker = StockSuccessTracker(tmp_path / "state.json", clock=lambda: NOW)
    for place in range(20):
        cut = START + 2 * place * DAY
        source = ("pexels", "coverr")[place % 2]
        tracker.log_clip_usages(
            [ClipUsage(source_name=source, clip_id="c", release_id=place + 1, used_at=cut)]
        )
        tracker.log_release_performances(
            [
                ScoreReport(
                    release_id=place + 1,
                    score=100.0 + 900.0 * (place % 2) + place,
                    reported_at=cut + DAY,
                )
            ]
        )
    return tracker


@given(
    st.timedeltas(timedelta(0), timedelta(days=4000)),
    st.timedeltas(timedelta(0), timedelta(days=1)),
)
def test_past_instants_are_midnights_in_order_within_the_history(
    length: timedelta, into_the_day: timedelta
) -> None:
    until = START + length + into_the_day
    found = past_instants([a_report(until), a_report(START)], until=until)
    assert len(found) < POINTS
    assert list(found) == sorted(set(found))
    assert all(START < instant < until for instant in found)
    assert all(instant.time() == datetime.min.time() for instant in found)
    if length > POINTS * 2 * DAY:
        assert len(found) == POINTS - 1


@given(st.timedeltas(timedelta(0), timedelta(hours=23)), st.integers(0, 4000))
def test_within_a_day_the_past_instants_stay_the_same(later: timedelta, length: int) -> None:
    midnight = START.replace(hour=0)
    told = [a_report(midnight - length * DAY)]
    at_one = past_instants(told, until=midnight + timedelta(hours=1))
    assert past_instants(told, until=midnight + timedelta(seconds=1) + later) == at_one


def test_without_a_report_there_is_no_past() -> None:
    assert past_instants([], until=NOW) == ()
    assert past_instants([a_report(NOW)], until=NOW) == ()


def test_a_course_begins_when_the_source_was_first_used(tracker: StockSuccessTracker) -> None:
    seen = moments(tracker, [START + timedelta(hours=1), START + 3 * DAY])
    assert [len(course_of(source, seen)) for source in ("pexels", "coverr", "videvo")] == [2, 1, 0]
    assert list(seen[1].standings) == tracker.standings(as_of=START + 3 * DAY)


def test_moves_add_up_to_what_the_estimate_changed(tracker: StockSuccessTracker) -> None:
    since = NOW - 20 * DAY
    before, now = explanation_then(tracker, " Coverr ", since), tracker.explain("coverr")
    assert before is not None
    change = change_between(before, now, since=since)
    assert change.before == before.standing.mean
    assert sum(move.change for move in change.moves) == pytest.approx(
        now.standing.mean - before.standing.mean, abs=1e-9
    )
    sizes = [abs(move.change) for move in change.moves]
    assert sizes == sorted(sizes, reverse=True)
    scored_since = {place + 1 for place in range(20) if START + (2 * place + 1) * DAY > since}
    assert {move.release_id for move in change.moves if move.is_new} == scored_since


def test_a_source_that_was_not_in_use_moved_from_average(tracker: StockSuccessTracker) -> None:
    since = START + timedelta(hours=1)
    assert explanation_then(tracker, "coverr", since) is None
    now = tracker.explain("coverr")
    change = change_between(None, now, since=since)
    assert change.before is None
    assert sum(move.change for move in change.moves) == pytest.approx(now.standing.mean, abs=1e-9)
    assert all(move.is_new for move in change.moves)


def test_own_effects_and_those_of_others_add_up_to_the_estimate(
    tracker: StockSuccessTracker,
) -> None:
    explanation = tracker.explain("coverr")
    own, of_others = own_contributions(explanation.contributions)
    assert {one.release_id % 2 for one in own} == {0}
    assert sum(one.effect for one in own) + of_others == pytest.approx(
        explanation.standing.mean, abs=1e-9
    )


def test_the_scale_is_that_of_a_median_release(tracker: StockSuccessTracker) -> None:
    scale = tracker.score_scale()
    assert scale.unit is ScoreUnit.AMOUNT
    assert scale.median is not None
    assert 118.0 <= scale.median <= 1001.0
    tracker.log_release_performance(1, -1.0)
    assert tracker.score_scale().unit is ScoreUnit.DIFFERENCE


def test_an_empty_tracker_has_no_scale_and_no_selections(tmp_path: Path) -> None:
    empty = StockSuccessTracker(tmp_path / "state.json")
    assert empty.score_scale().median is None
    assert empty.selections() == []
