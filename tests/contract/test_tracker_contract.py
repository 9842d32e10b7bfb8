"""What every keeper of usages and scores must do behind a `StockSuccessTracker`.

`new_place` makes a fresh, empty place to store in, as a function that opens a tracker over it; a
further kind of store joins with one more parameter.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.random import PCG64, Generator
from tracker_events import DAY, NOON, Clock, NewPlace, Place, report, use

from noktvrn_ai_artist.analytics.score_maturing import AGE_EDGES
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.errors import BadTrackerInput

days = st.integers(1, 200).map(lambda number: NOON - number * DAY)
usages = st.lists(
    st.builds(
        use,
        source=st.sampled_from(["pexels", "pixabay", "coverr"]),
        release_id=st.integers(1, 5),
        clip_id=st.sampled_from(["a", "b"]),
        used_at=days,
    ),
    max_size=12,
)
reports = st.lists(
    st.builds(report, release_id=st.integers(1, 5), score=st.floats(-100, 100), reported_at=days),
    max_size=12,
    unique_by=lambda each: (each.release_id, each.reported_at),
)
few = settings(max_examples=25, deadline=None)


def filled(place: Place, used: list[ClipUsage], reported: list[ScoreReport]) -> StockSuccessTracker:
    tracker = place()
    tracker.log_clip_usages(used)
    tracker.log_release_performances(reported)
    return tracker


@few
@given(used=usages, reported=reports, random=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    new_place: NewPlace, used: list[ClipUsage], reported: list[ScoreReport], random: Random
) -> None:
    in_order = filled(new_place(), used, reported)
    shuffled = new_place()()
    events = random.sample([*used, *reported], len(used) + len(reported))
    for event in events:
        if isinstance(event, ClipUsage):
            shuffled.log_clip_usages([event])
        else:
            shuffled.log_release_performances([event])
    assert shuffled.standings() == in_order.standings()
    assert shuffled.usages() == in_order.usages()


@few
@given(used=usages, reported=reports)
def test_a_release_scored_again_at_the_same_age_is_as_if_scored_once(
    new_place: NewPlace, used: list[ClipUsage], reported: list[ScoreReport]
) -> None:
    """Ages are the same between two edges: 0.6, 2, 5, 10, 20 days after the release's first use.

    Reports of different ages teach how scores mature, so that they all count; for a release's own
    score the latest stands.
    """
    first: dict[int, datetime] = {}
    for each in used:
        first[each.release_id] = min(each.used_at, first.get(each.release_id, each.used_at))
    last = {
        (
            each.release_id,
            sum(each.reported_at - first[each.release_id] >= edge for edge in AGE_EDGES)
            if each.release_id in first
            else 0,
        ): each
        for each in sorted(reported, key=lambda each: each.reported_at)
    }
    again = filled(new_place(), used, reported)
    once = filled(new_place(), used, list(last.values()))
    assert again.standings() == once.standings()


@few
@given(used=usages, reported=reports, instant=days)
def test_as_of_an_instant_is_as_if_nothing_had_been_told_since(
    new_place: NewPlace, used: list[ClipUsage], reported: list[ScoreReport], instant: datetime
) -> None:
    later = filled(new_place(), used, reported)
    then = filled(
        new_place(),
        [each for each in used if each.used_at <= instant],
        [each for each in reported if each.reported_at <= instant],
    )
    assert later.standings(as_of=instant) == then.standings(as_of=instant)


@few
@given(used=usages, reported=reports)
def test_every_keeper_answers_alike(
    every_place: list[NewPlace], used: list[ClipUsage], reported: list[ScoreReport]
) -> None:
    one, other = (filled(new_place(), used, reported) for new_place in every_place)
    assert one.standings() == other.standings()
    assert one.usages() == other.usages()
    assert one.reports() == other.reports()


@few
@given(used=usages, reported=reports, release_id=st.integers(1, 5))
def test_forgetting_is_as_if_never_logged(
    new_place: NewPlace, used: list[ClipUsage], reported: list[ScoreReport], release_id: object
) -> None:
    forgetful = filled(new_place(), used, reported)
    logged = any(each.release_id == release_id for each in [*used, *reported])
    assert forgetful.forget_release(release_id) == logged
    others = filled(
        new_place(),
        [each for each in used if each.release_id != release_id],
        [each for each in reported if each.release_id != release_id],
    )
    assert forgetful.standings() == others.standings()
    assert forgetful.usages() == others.usages()
    assert not forgetful.forget_release(release_id)


@few
@given(repeats=st.lists(st.integers(0, 7), max_size=25))
def test_an_event_with_an_id_counts_once_in_whatever_order_it_comes(
    new_place: NewPlace, repeats: list[int]
) -> None:
    tracker = new_place()()
    events = [
        use(release_id=1 + number % 3, clip_id=f"{number}", event_id=f"{number}")
        for number in range(8)
    ]
    new = tracker.log_clip_usages(events[number] for number in repeats)
    assert new == len(tracker.usages()) == len(set(repeats))
    assert tracker.log_clip_usages(events[number] for number in repeats) == 0


def test_without_an_event_id_every_call_is_one_use(tracker: StockSuccessTracker) -> None:
    for _ in range(3):
        tracker.log_clip_usage("pexels", "8512", 7)
    assert len(tracker.usages(7)) == 3
    assert tracker.standings()[0].usages == 3


def test_with_an_event_id_a_repeated_call_changes_nothing_even_later(new_place: NewPlace) -> None:
    clock = Clock()
    tracker = new_place()(clock)
    tracker.log_clip_usage("Pexels", "8512", 7, event_id="e")
    clock.now += DAY
    tracker.log_clip_usage("pexels", "8512", 7, event_id="e")
    assert [each.used_at for each in tracker.usages()] == [NOON]


def test_a_newer_score_replaces_the_older(new_place: NewPlace) -> None:
    clock = Clock()
    tracker = new_place()(clock)
    tracker.log_clip_usages([use("pexels", 1), use("coverr", 2)])
    for first, second in [(10.0, 20.0), (30.0, 20.0)]:
        clock.now += DAY
        tracker.log_release_performance(1, first)
        tracker.log_release_performance(2, second)
    assert tracker.get_top_sources() == ["pexels", "coverr"]
    assert [each.score for each in tracker.reports()] == [10.0, 30.0, 20.0, 20.0]


def test_a_retried_old_score_does_not_replace_a_newer_one(new_place: NewPlace) -> None:
    clock = Clock()
    tracker = new_place()(clock)
    tracker.log_clip_usages([use("pexels", 1), use("coverr", 2)])
    tracker.log_release_performance(2, 50.0)
    tracker.log_release_performance(1, 10.0, event_id="day 1")
    clock.now += DAY
    tracker.log_release_performance(2, 50.0)
    tracker.log_release_performance(1, 90.0, event_id="day 2")
    before = tracker.standings()
    clock.now += DAY
    tracker.log_release_performance(1, 10.0, event_id="day 1")
    assert tracker.standings(as_of=NOON + DAY) == before
    assert tracker.get_top_sources() == ["pexels", "coverr"]


def test_of_two_scores_of_the_same_instant_the_later_call_stands(
    tracker: StockSuccessTracker,
) -> None:
    tracker.log_clip_usages([use("pexels", 1), use("coverr", 2)])
    tracker.log_release_performance(2, 50.0)
    tracker.log_release_performance(1, 10.0)
    tracker.log_release_performance(1, 90.0)
    assert tracker.get_top_sources() == ["pexels", "coverr"]


def test_an_empty_batch_is_nothing(tracker: StockSuccessTracker) -> None:
    assert tracker.log_clip_usages([]) == tracker.log_release_performances([]) == 0
    assert tracker.standings() == []


def test_what_is_logged_is_there_for_whoever_opens_the_place_next(new_place: NewPlace) -> None:
    place = new_place()
    place().log_clip_usages([use("pexels", 1), use("coverr", 2)])
    place().log_release_performances([report(1, 5.0), report(2, 9.0)])
    assert place().get_top_sources() == ["coverr", "pexels"]


def test_what_is_told_of_clips_and_artists_is_there_for_whoever_opens_the_place_next(
    new_place: NewPlace,
) -> None:
    place = new_place()
    drawn = place().propose_sources(2, rng=np.random.default_rng(1), among=["pexels", "coverr"])
    told = {"search_term": "night", "creator": "Ω", "selection": drawn}
    place().log_clip_usage("pexels", "8512", 7, **told)
    place().log_release_performance(7, 3.0, artist_id=11)
    [used], [scored] = place().usages(), place().reports()
    assert (used.search_term, used.creator) == ("night", "Ω")
    assert used.selection_id == drawn.selection_id
    assert scored.artist_id == 11


def test_a_selection_is_told_once_and_named_ever_after(new_place: NewPlace) -> None:
    place = new_place()
    drawn = place().propose_sources(1, rng=np.random.default_rng(1), among=["pexels", "coverr"])
    place().log_clip_usage("pexels", "8512", 7, selection=drawn)
    named = use(release_id=8, selection_id=drawn.selection_id)
    assert place().log_clip_usages([named]) == 1
    assert place().log_clip_usages([named], selections=[drawn]) == 1
    place().forget_release(7)
    assert place().log_clip_usages([named]) == 1


@few
@given(mean=st.floats(allow_nan=False, allow_infinity=False), sd=st.floats(0, 2**53))
def test_a_selection_that_is_taken_comes_back_as_it_was(
    new_place: NewPlace, mean: float, sd: float
) -> None:
    place = new_place()
    try:
        candidate = Candidate(source="pexels", mean=mean, sd=sd, probability=1.0)
    except BadTrackerInput:
        assume(False)
    drawn = Selection(selection_id="s", drawn_at=NOON, top_n=1, candidates=(candidate,))
    place().log_clip_usage("pexels", "8512", 7, selection=drawn)
    assert place().selections() == [drawn]


def test_trackers_over_one_place_see_each_other_at_once(new_place: NewPlace) -> None:
    place = new_place()
    one, other = place(), place()
    assert (one.usages(), other.usages()) == ([], [])
    one.log_clip_usages([use(event_id="1")])
    other.log_clip_usages([use(event_id="2")])
    assert one.usages() == other.usages() == [use(event_id="1"), use(event_id="2")]


def test_nothing_is_lost_when_many_log_at_once(new_place: NewPlace) -> None:
    place = new_place()

    def log(worker: int) -> None:
        tracker = place()
        for number in range(5):
            tracker.log_clip_usage("pexels", f"{worker}-{number}", 1 + worker)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(log, range(8)))
    expected = {f"{worker}-{number}" for worker in range(8) for number in range(5)}
    assert {each.clip_id for each in place().usages()} == expected
    assert len(place().usages()) == 40


def test_a_source_is_one_source_however_it_is_spelled(tracker: StockSuccessTracker) -> None:
    for name in ("Pexels", " pexels ", "PEXELS", "Ｐｅｘｅｌｓ"):
        tracker.log_clip_usage(name, "8512", 1)
    tracker.log_clip_usage("рexels", "8512", 1)
    assert tracker.get_top_sources() == ["pexels", "рexels"]


def test_top_sources_are_as_many_as_asked_for_and_there_are(tracker: StockSuccessTracker) -> None:
    tracker.log_clip_usages([use(name, 1) for name in ("d", "b", "a", "c")])
    assert tracker.get_top_sources() == ["a", "b", "c"]
    assert tracker.get_top_sources(top_n=0) == []
    assert tracker.get_top_sources(np.int64(1)) == ["a"]
    assert tracker.get_top_sources(10**30) == ["a", "b", "c", "d"]


def test_a_use_from_a_clock_a_little_ahead_counts_at_once(tracker: StockSuccessTracker) -> None:
    tracker.log_clip_usages([use(used_at=NOON + timedelta(minutes=5))])
    assert tracker.get_top_sources() == ["pexels"]


def test_what_a_wrong_clock_stamped_far_ahead_waits_for_its_time(new_place: NewPlace) -> None:
    clock, place = Clock(), new_place()
    tracker = place(clock)
    tracker.log_clip_usages([use("pexels", 1), use("coverr", 2)])
    tracker.log_release_performances([report(1, 5.0), report(2, 9.0)])
    before = tracker.standings()
    ahead = Clock()
    ahead.now += 3650 * DAY
    place(ahead).log_clip_usage("own", "clip", 3)
    assert tracker.standings() == before
    clock.now = ahead.now
    assert "own" in tracker.get_top_sources()


def test_a_text_is_not_the_names_to_choose_among(tracker: StockSuccessTracker) -> None:
    with pytest.raises(BadTrackerInput, match="among: must be names, not one text"):
        tracker.propose_sources(rng=Generator(PCG64(0)), among="pexels")


def test_a_source_that_was_no_candidate_is_not_stored_with_the_selection(
    tracker: StockSuccessTracker,
) -> None:
    selection = tracker.propose_sources(rng=Generator(PCG64(0)), among=["pexels", "coverr"])
    with pytest.raises(BadTrackerInput, match="no candidate of its selection"):
        tracker.log_clip_usage("own", "clip", 1, selection=selection)
    assert tracker.usages() == []
    tracker.log_clip_usage(" Pexels", "clip", 1, selection=selection)
    assert tracker.selections() == [selection]


def test_standings_as_of_a_past_instant_leave_out_what_was_used_since(
    tracker: StockSuccessTracker,
) -> None:
    tracker.log_clip_usages([use("old", used_at=NOON - 9 * DAY), use("new", 2)])
    assert [each.source for each in tracker.standings(as_of=NOON - 5 * DAY)] == ["old"]


def test_values_from_data_frames_are_taken_for_what_they_are(tracker: StockSuccessTracker) -> None:
    tracker.log_clip_usage("pexels", "8512", np.int64(7))
    tracker.log_release_performance(np.int64(7), np.float32(0.5))
    tracker.log_release_performance(7, np.int64(12))
    tracker.log_release_performance(7, Fraction(2**60 + 1, 2**59))
    tracker.log_release_performance(7, -0.0)
    assert tracker.usages(7)[0].release_id == 7
