"""Standings in any order, at any time, in any unit: what must not change what is believed."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from source_worlds import DAY, END, HALF_LIFE, START, days, report, some_reports, told, usages, use

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_parts import Part, part_standings_of
from noktvrn_ai_artist.analytics.source_ranking import Ranking, explanation_of, ranked, standings_of
from noktvrn_ai_artist.analytics.source_records import (
    LOOP_EVENTS,
    ClipUsage,
    ScoreReport,
    Standing,
)
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

Event = ClipUsage | ScoreReport
Used = list[ClipUsage]
Reported = list[ScoreReport]


def ranking_of(history: SourceHistory) -> Ranking:
    return ranked(history, as_of=END, half_life=HALF_LIFE)


def standings(history: SourceHistory) -> list[Standing]:
    return standings_of(ranking_of(history))


def one_by_one(events: Sequence[Event]) -> SourceHistory:
    history = SourceHistory()
    for event in events:
        if isinstance(event, ClipUsage):
            history, _ = history.with_usages([event])
        else:
            history, _ = history.with_reports([event])
    return history


@given(usages, some_reports, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_move_the_last_bit(
    used: Used, reported: Reported, random: Random
) -> None:
    shuffled = one_by_one(random.sample([*used, *reported], len(used) + len(reported)))
    history = told(used, reported)
    assert standings(shuffled) == standings(history)
    for source in {usage.source_name for usage in used}:
        one, other = (
            (
                explanation_of(ranking_of(each), each, source),
                part_standings_of(ranking_of(each), each, source=source, part=Part.CLIP),
            )
            for each in (shuffled, history)
        )
        assert one == other


def test_hundreds_of_releases_in_any_order_are_the_same_to_the_last_bit() -> None:
    random = Random(7)
    events: list[Event] = [report(number, random.random(), day=195) for number in range(1, 300)]
    for number in range(1, 300):
        names = random.choices(["coverr", "own", "pexels"], k=3)
        events += [use(name, number, day=random.randrange(190)) for name in names]
    first = standings(one_by_one(events))
    assert standings(one_by_one(random.sample(events, len(events)))) == first


@given(usages, some_reports, st.integers(1, 7))
def test_a_forgotten_release_leaves_the_standings_as_if_it_had_never_been_told(
    used: Used, reported: Reported, release: int
) -> None:
    forgetful, _ = told(used, reported).without_release(release)
    never_told = told(
        [each for each in used if each.release_id != release],
        [each for each in reported if each.release_id != release],
    )
    assert standings(forgetful) == standings(never_told)


@given(usages, some_reports, days)
@settings(max_examples=25)
def test_as_of_an_instant_the_tracker_says_what_one_told_only_until_then_says(
    used: Used, reported: Reported, day: int
) -> None:
    instant = START + day * DAY
    with tempfile.TemporaryDirectory() as folder:
        trackers = [
            StockSuccessTracker(Path(folder) / name, half_life=HALF_LIFE, clock=lambda: END)
            for name in ("all.json", "until_then.json")
        ]
        for tracker, latest in zip(trackers, (END, instant), strict=True):
            tracker.log_clip_usages(each for each in used if each.used_at <= latest)
            tracker.log_release_performances(
                each for each in reported if each.reported_at <= latest
            )
        everything, until_then = trackers
        assert everything.standings(as_of=instant) == until_then.standings(as_of=instant)
        assert everything.standings() == everything.standings(as_of=END)


@given(usages, some_reports, days)
def test_what_happens_later_changes_nothing_that_was_believed_before(
    used: Used, reported: Reported, day: int
) -> None:
    then = told(used, reported)
    later = [use("latecomer", 1, day=191.0), use("own", 9, day=192.0)]
    after = told([*used, *later], [*reported, report(1, 1e9, day=193.0)])
    instant = START + day * DAY
    before = standings_of(ranked(then.as_of(instant), as_of=instant, half_life=HALF_LIFE))
    assert standings_of(ranked(after.as_of(instant), as_of=instant, half_life=HALF_LIFE)) == before


@given(usages, some_reports, st.integers(-30, 30))
def test_a_power_of_two_on_all_scores_changes_only_their_unit_and_that_to_the_last_bit(
    used: Used, reported: Reported, power: int
) -> None:
    factor = 2.0**power
    scaled = told(used, [replace(each, score=each.score * factor) for each in reported])
    for one, other in zip(standings(told(used, reported)), standings(scaled), strict=True):
        assert other == in_units(one, factor)


def in_units(standing: Standing, factor: float) -> Standing:
    scores = standing.expected_score, standing.low_score, standing.high_score
    expected, low, high = (None if score is None else score * factor for score in scores)
    return replace(standing, expected_score=expected, low_score=low, high_score=high)


@given(usages, some_reports, st.integers(0, 64))
def test_a_sum_on_all_scores_of_the_loop_changes_nothing_whether_any_is_negative_or_not(
    used: Used, reported: Reported, doublings: int
) -> None:
    """In 64ths, so that sums are exact."""
    lifts = [
        replace(one, score=round(64 * math.sin(one.score)) / 64, event_id=f"{LOOP_EVENTS}{place}")
        for place, one in enumerate(reported)
    ]
    shifted = [replace(one, score=one.score + doublings / 64) for one in lifts]
    before, after = (standings(told(used, each)) for each in (lifts, shifted))
    assert [one.source for one in before] == [one.source for one in after]
    for one, other in zip(before, after, strict=True):
        assert one.mean == pytest.approx(other.mean, abs=1e-6)
        assert one.sd == pytest.approx(other.sd, abs=1e-6)


@given(usages, some_reports, st.floats(1e-3, 1e3))
def test_any_positive_factor_does_so_but_for_rounding_unless_that_changes_which_scores_tie(
    used: Used, reported: Reported, factor: float
) -> None:
    history = told(used, reported)
    scaled = told(used, [replace(each, score=each.score * factor) for each in reported])
    first, second = ranking_of(history), ranking_of(scaled)
    assume(np.array_equal(first.evidence.worth, second.evidence.worth, equal_nan=True))
    assume(first.belief.noise == second.belief.noise)
    assert first.order.tolist() == second.order.tolist()
    largest = max((abs(each.score) for each in reported), default=0.0)
    for one, other in zip(standings_of(first), standings_of(second), strict=True):
        assert (other.mean, other.sd) == pytest.approx((one.mean, one.sd), rel=1e-7, abs=1e-7)
        if one.expected_score is not None:
            expected = one.expected_score * factor
            assert other.expected_score == pytest.approx(expected, abs=1e-5 * largest * factor)
        for chance in ("probability_best", "probability_top_three", "probability_above_median"):
            assert getattr(other, chance) == pytest.approx(getattr(one, chance), abs=0.005)
