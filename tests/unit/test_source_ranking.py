"""Standings: intervals, chances and evidence, what explains them, and what may be said."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import NormalDist, median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_worlds import (
    END,
    HALF_LIFE,
    bodies_of_evidence,
    evidence,
    report,
    some_reports,
    told,
    usages,
    use,
)

from noktvrn_ai_artist.analytics.source_belief import (
    DRIFT_SD,
    LEVEL_SD,
    QUALITY_SD,
    Belief,
    believe,
)
from noktvrn_ai_artist.analytics.source_evidence import Evidence
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_ranking import (
    CREDIBLE_LEVEL,
    Ranking,
    chances_of,
    explanation_of,
    median_score_of,
    normal_draws,
    ranked,
    root_of,
    standings_of,
)
from noktvrn_ai_artist.analytics.source_records import (
    RELEASES_FOR_EVIDENCE,
    ClipUsage,
    ScoreReport,
    Standing,
    Verdict,
)
from noktvrn_ai_artist.errors import UnknownSource

Used = list[ClipUsage]
Reported = list[ScoreReport]

DRAWS = len(normal_draws(1))
MONTE_CARLO = 4 * math.sqrt(0.25 / DRAWS)


def ranking_of(history: SourceHistory, *, half_life: timedelta = HALF_LIFE) -> Ranking:
    return ranked(history, as_of=END, half_life=half_life)


def standings(history: SourceHistory) -> list[Standing]:
    return standings_of(ranking_of(history))


def believed(seen: Evidence) -> Ranking:
    return Ranking(evidence=seen, belief=believe(seen, half_life=HALF_LIFE))


def by_source(history: SourceHistory) -> dict[str, Standing]:
    return {standing.source: standing for standing in standings(history)}


def test_scores_near_the_largest_float_have_expectations_in_between() -> None:
    scores = [-1.7e308, -1e308, 1e308, 1.7e308]
    used = [use("own", number) for number in range(1, 5)]
    history = told(used, [report(number, score) for number, score in enumerate(scores, 1)])
    (standing,) = standings(history)
    assert -1.7e308 <= standing.low_score <= standing.expected_score <= standing.high_score
    assert standing.high_score <= 1.7e308


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_a_median_release_has_the_median_score_however_many_share_it(
    scores: list[int],
) -> None:
    used = [use("own", number) for number in range(1, 1 + len(scores))]
    history = told(used, [report(number, score) for number, score in enumerate(scores, 1)])
    assert median_score_of(ranking_of(history)) == pytest.approx(median(scores))


@given(usages, some_reports)
def test_intervals_reach_so_far_to_each_side_that_they_hold_nine_tenths(
    used: Used, reported: Reported
) -> None:
    reach = NormalDist().inv_cdf((1 + CREDIBLE_LEVEL) / 2)
    for standing in standings(told(used, reported)):
        assert standing.low == pytest.approx(standing.mean - reach * standing.sd)
        assert standing.high == pytest.approx(standing.mean + reach * standing.sd)
        scores = standing.low_score, standing.expected_score, standing.high_score
        assert scores == (None,) * 3 or list(scores) == sorted(scores)


@given(usages, some_reports)
def test_every_source_used_stands_once_the_best_mean_first_and_equals_by_name(
    used: Used, reported: Reported
) -> None:
    found = standings(told(used, reported))
    assert found == sorted(found, key=lambda each: (-round(each.mean, 9), each.source))
    assert {each.source: each.usages for each in found} == {
        name: sum(usage.source_name == name for usage in used)
        for name in {usage.source_name for usage in used}
    }
    for each in found:
        its = [usage for usage in used if usage.source_name == each.source]
        scored = {usage.release_id for usage in its} & {one.release_id for one in reported}
        assert each.last_used == max(usage.used_at for usage in its)
        assert (each.releases, each.awaiting) == (
            len(scored),
            len({usage.release_id for usage in its}) - len(scored),
        )
        assert 0 <= each.maturing <= each.releases


@given(usages, some_reports)
def test_chances_add_up_over_the_sources(used: Used, reported: Reported) -> None:
    found = standings(told(used, reported))
    if found:
        assert sum(each.probability_best for each in found) == pytest.approx(1)
        places = sum(each.probability_top_three for each in found)
        assert places == pytest.approx(min(3, len(found)))
        assert sum(each.probability_above_median for each in found) == pytest.approx(len(found) / 2)
    for each in found:
        assert 0 <= each.probability_best <= each.probability_top_three <= 1


@pytest.mark.parametrize("sources", [2, 3, 4, 7])
def test_sources_of_which_the_same_is_believed_have_the_same_chances(sources: int) -> None:
    alike = 0.2 * np.eye(sources) + 0.05
    chances = chances_of(np.full(sources, 0.3), alike)
    np.testing.assert_allclose(chances.best, 1 / sources, atol=MONTE_CARLO)
    np.testing.assert_allclose(chances.top_three, min(3, sources) / sources, atol=MONTE_CARLO)
    np.testing.assert_allclose(chances.above_median, 0.5, atol=MONTE_CARLO)


@given(st.floats(-1, 1), st.floats(0.05, 0.5), st.floats(0.05, 0.5), st.floats(-0.9, 0.9))
def test_of_two_sources_the_better_one_is_so_with_the_student_probability_of_their_distance(
    distance: float, one: float, other: float, correlation: float
) -> None:
    between = correlation * one * other
    covariance = np.array([[one**2, between], [between, other**2]])
    chances = chances_of(np.array([distance, 0.0]), covariance)
    apart = distance / math.sqrt(one**2 + other**2 - 2 * between)
    assert chances.best[0] == pytest.approx(student_with_four(apart), abs=MONTE_CARLO)
    assert chances.above_median.tolist() == chances.best.tolist()


def student_with_four(value: float) -> float:
    """The distribution function of Student's t with 4 degrees of freedom, in closed form."""
    scale = 1 + value**2 / 4
    return 0.5 + 0.375 * value / math.sqrt(scale) * (1 - value**2 / scale / 12)


def test_chances_of_nobody_are_no_chances() -> None:
    nobody = chances_of(np.zeros(0), np.zeros((0, 0)))
    assert len(nobody.best) == len(nobody.top_three) == len(nobody.above_median) == 0


@given(bodies_of_evidence())
def test_a_root_times_itself_is_the_covariance_and_hardly_moves_when_that_hardly_does(
    seen: Evidence,
) -> None:
    belief = believed(seen).belief
    root = root_of(belief.covariance)
    np.testing.assert_allclose(root @ root.T, belief.covariance, atol=1e-12)
    nudge = 1e-13 * np.add.outer(np.arange(len(root)), np.arange(len(root)))
    np.testing.assert_allclose(root_of(belief.covariance + nudge), root, atol=1e-9)


def test_a_source_without_a_score_stands_in_the_middle_at_exactly_0() -> None:
    used = [use("good", 1), use("bad", 2), use("unscored", 3)]
    good, unscored, bad = standings(told(used, [report(1, 900.0), report(2, 10.0)]))
    assert [good.source, unscored.source, bad.source] == ["good", "unscored", "bad"]
    assert (unscored.mean, unscored.releases, unscored.awaiting) == (0.0, 0, 1)
    assert unscored.sd == pytest.approx(QUALITY_SD, rel=1e-12)
    assert unscored.effective_releases == pytest.approx(0.0, abs=1e-9)
    assert good.sd < unscored.sd


@given(bodies_of_evidence())
def test_effective_releases_are_never_below_0(seen: Evidence) -> None:
    assert all(each.effective_releases >= 0 for each in standings_of(believed(seen)))


@given(st.integers(1, 40))
def test_fresh_releases_of_one_source_alone_count_fully_but_for_not_knowing_the_level(
    number: int,
) -> None:
    """With level variance v and noise s, n releases tell of it what n s / (s + n v) would.

    For a source that was used with no other this is exact: 1 / (v + s / n) is the precision gained.
    """
    seen = believed(evidence([[1.0]] * number, np.linspace(-1, 1, number)))
    (standing,) = standings_of(seen)
    level, noise = LEVEL_SD**2 + DRIFT_SD**2, seen.belief.noise
    expected = number * noise / (noise + number * level)
    assert standing.effective_releases == pytest.approx(expected, rel=1e-6)


@given(st.integers(1, 20), st.integers(0, 20))
def test_what_other_sources_say_of_the_level_lets_releases_count_more_but_never_more_than_one(
    number: int, others: int
) -> None:
    shares = np.vstack([np.eye(others + 1)[[0] * number], np.eye(others + 1)[1:]])
    worth = [NormalDist().inv_cdf((rank + 0.5) / len(shares)) for rank in range(len(shares))]
    seen = believed(evidence(shares, worth))
    mine = next(each for each in standings_of(seen) if each.source == "coverr")
    level, noise = LEVEL_SD**2 + DRIFT_SD**2, seen.belief.noise
    known = 1 / (1 / level + others / (QUALITY_SD**2 + noise))
    assert mine.effective_releases == pytest.approx(
        number * noise / (noise + number * known), rel=1e-6
    )
    assert mine.effective_releases <= number * (1 + 1e-9)


@given(usages, some_reports)
def test_the_effects_of_all_releases_add_up_to_the_mean_the_strongest_first(
    used: Used, reported: Reported
) -> None:
    history = told(used, reported)
    ranking = ranking_of(history)
    for standing in standings_of(ranking):
        explanation = explanation_of(ranking, history, standing.source)
        effects = [each.effect for each in explanation.contributions]
        assert explanation.standing == standing
        assert math.fsum(effects) == pytest.approx(standing.mean, abs=1e-9)
        assert effects == sorted(effects, key=abs, reverse=True)
        scored = {each.release_id for each in reported} & {each.release_id for each in used}
        assert {each.release_id for each in explanation.contributions} == scored
        assert sum(each.share > 0 for each in explanation.contributions) == standing.releases


def test_a_release_without_the_source_contributes_by_what_it_says_of_its_companions() -> None:
    """Pexels shared a good release with Coverr, and Coverr does well alone: it takes the credit."""
    used = [use("pexels", 1), use("coverr", 1), use("coverr", 2), use("own", 3)]
    reported = [report(1, 50.0, day=195), report(2, 90.0, day=195), report(3, 1.0, day=195)]
    history = told(used, reported)
    explanation = explanation_of(ranking_of(history), history, "pexels")
    (alone,) = [each for each in explanation.contributions if each.release_id == 2]
    assert (alone.score, alone.share) == (90.0, 0.0)
    assert alone.worth > 0 > alone.effect


def test_a_source_that_was_never_used_cannot_be_explained() -> None:
    history = told([use("own", 1)])
    with pytest.raises(UnknownSource):
        explanation_of(ranking_of(history), history, "pexels")


def contrast(releases: int) -> dict[str, Standing]:
    """Two sources of so many releases each, as far apart as can be."""
    used = [use("good", number, day=190) for number in range(1, releases + 1)]
    used += [use("bad", number, day=190) for number in range(101, releases + 101)]
    scores = [report(each.release_id, 200.0 - each.release_id, day=195) for each in used]
    return by_source(told(used, scores))


def test_the_verdict_waits_for_releases_enough_and_then_for_a_probability_of_eight_tenths() -> None:
    few, many = contrast(RELEASES_FOR_EVIDENCE - 1), contrast(30)
    assert {each.verdict for each in few.values()} == {Verdict.TOO_LITTLE_DATA}
    assert (many["good"].verdict, many["bad"].verdict) == (Verdict.ABOVE, Verdict.BELOW)
    used = [use(("one", "other")[number % 2], number, day=190) for number in range(1, 41)]
    scores = [report(each.release_id, each.release_id // 2, day=195) for each in used]
    alike = by_source(told(used, scores))
    assert {each.verdict for each in alike.values()} == {Verdict.TOO_EARLY_TO_SAY}


def test_nobody_used_means_nobody_ranked() -> None:
    assert standings(told()) == standings(told([], [report(1, 5.0)])) == []


def test_a_billion_half_lives_leave_what_lasts_and_break_nothing() -> None:
    history = told([use("own", 1), use("pexels", 2)], [report(1, 5.0), report(2, 1.0)])
    first, second = standings_of(ranking_of(history, half_life=timedelta(microseconds=1)))
    assert (first.source, second.source) == ("own", "pexels")
    assert 0 < first.mean < by_source(history)["own"].mean


def test_means_that_differ_by_rounding_alone_stand_by_name() -> None:
    nearly = Belief(
        sources=("a", "b"),
        mean=np.array([0.1, 0.1 + 1e-12]),
        covariance=np.eye(2),
        awaiting=np.eye(2),
        influence=np.zeros((2, 0)),
        residual=np.zeros(0),
        variance=np.zeros(0),
        noise=0.7,
    )
    assert Ranking(evidence=evidence(np.zeros((0, 2)), []), belief=nearly).order.tolist() == [0, 1]


def test_last_used_is_to_the_microsecond_and_in_utc() -> None:
    exact = datetime(2026, 3, 1, 12, 30, 15, 123457, tzinfo=UTC)
    (standing,) = standings(told([replace(use("own", 1), used_at=exact)]))
    assert (standing.last_used, standing.last_used.tzinfo) == (exact, UTC)
