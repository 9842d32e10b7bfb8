"""Laws of the ranking, a slow oracle of the same model, and a few worked examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log1p, sqrt
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.source_ranking import (
    decay,
    evidence_by_source,
    normal_scores,
    rank_sources,
)
from noktvrn_ai_artist.analytics.source_records import ClipUsage, Standing

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=400)
HALF_LIFE = timedelta(days=45)

scores = st.dictionaries(
    st.integers(1, 12), st.floats(-1e6, 1e6, allow_subnormal=False), max_size=12
)
usages = st.lists(
    st.builds(
        ClipUsage,
        source_name=st.sampled_from(["pexels", "pixabay", "coverr", "own"]),
        clip_id=st.just("clip"),
        release_id=st.integers(1, 12),
        used_at=st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda age: START + age),
    ),
    max_size=40,
)


def use(source: str, release_id: int, *, day: int = 0) -> ClipUsage:
    return ClipUsage(
        source_name=source,
        clip_id="clip",
        release_id=release_id,
        used_at=START + timedelta(days=day),
    )


def ranked(used: list[ClipUsage], scored: dict[int, float]) -> list[Standing]:
    return rank_sources(used, scored, as_of=END, half_life=HALF_LIFE)


def names(standings: list[Standing]) -> list[str]:
    return [standing.source for standing in standings]


def mean_by_definition(source: str, used: list[ClipUsage], scored: dict[int, float]) -> float:
    """The model's formula term by term, ranks by counting: slow, and written apart on purpose."""
    above = below = 0.0
    for release, score in scored.items():
        its = [usage for usage in used if usage.release_id == release]
        if not its:
            continue
        less = sum(other < score for other in scored.values())
        same = sum(other == score for other in scored.values())
        rank = less + (same + 1) / 2
        worth = NormalDist().inv_cdf((rank - 0.375) / (len(scored) + 0.25))
        share = sum(usage.source_name == source for usage in its) / len(its)
        days = (END - min(usage.used_at for usage in its)).total_seconds() / 86400
        weight = share * 0.5 ** (days / 45)
        above, below = above + weight * worth, below + weight
    return above / (below + 1)


@given(usages, scores, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_move_the_last_bit(
    used: list[ClipUsage], scored: dict[int, float], random: Random
) -> None:
    shuffled, reordered = random.sample(used, len(used)), list(scored.items())
    random.shuffle(reordered)
    assert ranked(shuffled, dict(reordered)) == ranked(used, scored)


def test_hundreds_of_releases_in_any_order_are_the_same_to_the_last_bit() -> None:
    random = Random(7)
    used = [use("pexels", release, day=random.randrange(300)) for release in range(1, 400)]
    scored = {release: random.random() for release in range(1, 400)}
    first = ranked(used, scored)
    for _ in range(10):
        assert ranked(random.sample(used, len(used)), scored) == first


@given(usages, scores)
def test_the_ranking_is_the_model_written_out_term_by_term(
    used: list[ClipUsage], scored: dict[int, float]
) -> None:
    for standing in ranked(used, scored):
        expected = mean_by_definition(standing.source, used, scored)
        assert standing.mean == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(usages, scores, st.floats(1e-3, 1e3))
def test_a_positive_factor_on_all_scores_changes_nothing_unless_it_rounds_two_into_one(
    used: list[ClipUsage], scored: dict[int, float], factor: float
) -> None:
    rescaled = {release: score * factor for release, score in scored.items()}
    assume(len(set(rescaled.values())) == len(set(scored.values())))
    assert ranked(used, rescaled) == ranked(used, scored)


@given(usages, scores)
def test_signed_logarithms_before_ranking_would_change_nothing(
    used: list[ClipUsage], scored: dict[int, float]
) -> None:
    logs = {
        release: log1p(abs(score)) * (1 if score > 0 else -1) for release, score in scored.items()
    }
    assume(len(set(logs.values())) == len(set(scored.values())))
    assert ranked(used, logs) == ranked(used, scored)


@given(
    st.timedeltas(timedelta(0), timedelta(days=900)), st.timedeltas(timedelta(0), timedelta(900))
)
def test_decaying_twice_is_decaying_once_by_the_sum(first: timedelta, second: timedelta) -> None:
    twice = decay(first, half_life=HALF_LIFE) * decay(second, half_life=HALF_LIFE)
    assert twice == pytest.approx(decay(first + second, half_life=HALF_LIFE), rel=1e-12)


@given(usages, scores, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_sums_fade_as_one_whatever_the_landmark(
    used: list[ClipUsage], scored: dict[int, float], later: timedelta
) -> None:
    now = evidence_by_source(used, scored, as_of=END, half_life=HALF_LIFE)
    then = evidence_by_source(used, scored, as_of=END + later, half_life=HALF_LIFE)
    fading = decay(later, half_life=HALF_LIFE)
    assert now.keys() == then.keys()
    for source, evidence in now.items():
        assert then[source].releases == evidence.releases
        assert then[source].weight == pytest.approx(evidence.weight * fading, rel=1e-9)
        assert then[source].worth == pytest.approx(evidence.worth * fading, rel=1e-9, abs=1e-12)


@given(usages, scores)
def test_the_shares_of_a_release_add_up_to_its_weight(
    used: list[ClipUsage], scored: dict[int, float]
) -> None:
    evidence = evidence_by_source(used, scored, as_of=END, half_life=HALF_LIFE)
    cut = {
        release: min(usage.used_at for usage in used if usage.release_id == release)
        for release in {usage.release_id for usage in used} & scored.keys()
    }
    whole = sum(decay(END - instant, half_life=HALF_LIFE) for instant in cut.values())
    assert sum(part.weight for part in evidence.values()) == pytest.approx(whole)


@given(usages, scores)
def test_intervals_hold_their_mean_and_narrow_with_the_weight_behind_them(
    used: list[ClipUsage], scored: dict[int, float]
) -> None:
    for standing in ranked(used, scored):
        assert standing.low < standing.mean < standing.high
        width = 2 * NormalDist().inv_cdf(0.95) / sqrt(1 + standing.effective_releases)
        assert standing.high - standing.low == pytest.approx(width)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30))
def test_normal_scores_mirror_when_the_values_do(values: list[float]) -> None:
    mirrored = normal_scores([-value for value in values])
    assert mirrored == pytest.approx([-score for score in normal_scores(values)], abs=1e-12)


@given(usages, scores)
def test_every_source_used_has_a_standing_and_equals_go_by_name(
    used: list[ClipUsage], scored: dict[int, float]
) -> None:
    standings = ranked(used, scored)
    assert sorted(names(standings)) == sorted({usage.source_name for usage in used})
    assert standings == sorted(standings, key=lambda each: (-each.mean, each.source))
    assert sum(standing.usages for standing in standings) == len(used)


def test_a_source_that_was_never_scored_stands_in_the_middle_with_the_widest_interval() -> None:
    used = [use("good", 1), use("bad", 2), use("unscored", 3)]
    standings = ranked(used, {1: 900.0, 2: 10.0})
    assert names(standings) == ["good", "unscored", "bad"]
    unscored = standings[1]
    assert (unscored.mean, unscored.releases, unscored.effective_releases) == (0.0, 0, 0.0)
    assert unscored.high - unscored.low == max(each.high - each.low for each in standings)


def test_recent_success_outweighs_the_same_success_long_ago() -> None:
    used = [use("then", 1, day=0), use("now", 2, day=300), use("other", 3, day=300)]
    assert names(ranked(used, {1: 50.0, 2: 50.0, 3: 1.0})) == ["now", "then", "other"]


def test_a_release_is_as_old_as_its_first_clip_use() -> None:
    once = ranked([use("pexels", 1, day=10), use("pexels", 1, day=10)], {1: 5.0, 2: 1.0})
    later_clip = ranked([use("pexels", 1, day=10), use("pexels", 1, day=200)], {1: 5.0, 2: 1.0})
    assert later_clip[0].effective_releases == once[0].effective_releases


def test_uses_after_the_instant_asked_about_are_left_out() -> None:
    used = [use("early", 1, day=10), use("late", 2, day=20)]
    standings = rank_sources(
        used, {1: 1.0, 2: 2.0}, as_of=START + timedelta(days=15), half_life=HALF_LIFE
    )
    assert names(standings) == ["early"]


def test_evidence_is_enough_from_three_scored_releases_on() -> None:
    used = [use("two", release) for release in (1, 2)] + [use("three", each) for each in (3, 4, 5)]
    enough = {
        each.source: each.enough_evidence for each in ranked(used, dict.fromkeys(range(1, 6), 1.0))
    }
    assert enough == {"two": False, "three": True}


def test_nobody_used_means_nobody_ranked() -> None:
    assert ranked([], {}) == ranked([], {1: 5.0}) == []


def test_a_billion_half_lives_leave_nothing_and_break_nothing() -> None:
    standings = rank_sources(
        [use("pexels", 1)], {1: 5.0, 2: 1.0}, as_of=END, half_life=timedelta(microseconds=1)
    )
    assert (standings[0].mean, standings[0].effective_releases) == (0.0, 0.0)
