"""The rules an artist evolves by: their laws, an oracle for the formula, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.artist_evolution.evolution_rules import (
    LARGEST_STEP,
    MadeRelease,
    Steps,
    as_evidence,
    evolved,
    fingerprint,
    judged,
)
from noktvrn_ai_artist.artist_evolution.profiles import (
    HEAVIEST,
    LIGHTEST,
    ArtistProfile,
    checked_traits,
    neutral_profile,
)
from noktvrn_ai_artist.artist_evolution.progression import ChangeKind, Finding
from noktvrn_ai_artist.artist_evolution.vocabulary import FIRST, Trait, neighbours

NEUTRAL = neutral_profile(1)
GENRES = FIRST[Trait.GENRE]


def made(release_id: int, genre: str, score: float, *, sd: float = 1.0) -> MadeRelease:
    """A release of one genre, alike in everything else."""
    rest = {trait: values[0] for trait, values in FIRST.items() if trait is not Trait.GENRE}
    return MadeRelease(
        release_id=release_id,
        score=score,
        sd=sd,
        traits=frozenset({*rest.items(), (Trait.GENRE, genre)}),
    )


def dealt(*scores: tuple[str, Sequence[float]]) -> list[MadeRelease]:
    """Releases of genres with these scores."""
    pairs = [(genre, score) for genre, own in scores for score in own]
    return [made(place, genre, score) for place, (genre, score) in enumerate(pairs, start=1)]


def with_weight(genre: str, weight: float) -> ArtistProfile:
    """The neutral profile but for one genre."""
    weights = {**NEUTRAL.weights(Trait.GENRE), genre: weight}
    kept = [one for one in NEUTRAL.traits if one.trait is not Trait.GENRE]
    return replace(NEUTRAL, traits=(*checked_traits({Trait.GENRE: weights}), *kept))


def step(profile: ArtistProfile, releases: Sequence[MadeRelease], *, seed: int = 0) -> Steps:
    return evolved(profile, releases, rng=np.random.default_rng(seed))


def weight_after(profile: ArtistProfile, releases: Sequence[MadeRelease], genre: str) -> float:
    after = step(profile, releases).after
    return {one.value: one.weight for one in after if one.trait is Trait.GENRE}[genre]


eighths = st.integers(-64, 64).map(lambda n: n / 8)
releases_of = st.lists(
    st.builds(
        made,
        st.just(0),
        st.sampled_from(GENRES[:3]),
        eighths,
        sd=st.sampled_from([0.2, 1.0, 1.5, 2.0]),
    ),
    max_size=40,
).map(lambda found: [replace(one, release_id=n) for n, one in enumerate(found, start=1)])
weights = st.floats(LIGHTEST, HEAVIEST).map(lambda weight: round(weight, 3))
profiles = st.builds(with_weight, st.sampled_from(GENRES[:3]), weights)


@given(profiles)
def test_no_evidence_changes_nothing(profile: ArtistProfile) -> None:
    found = step(profile, [])
    assert found.changes == ()
    assert found.after == profile.traits
    assert {one.finding for one in found.judgements} == {Finding.TOO_LITTLE_DATA}


@given(profiles, releases_of, st.randoms(use_true_random=False))
def test_the_order_of_releases_does_not_matter(
    profile: ArtistProfile, releases: list[MadeRelease], chance: object
) -> None:
    shuffled = list(releases)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert step(profile, shuffled) == step(profile, releases)
    assert fingerprint(shuffled, basis="x") == fingerprint(releases, basis="x")


@given(profiles, releases_of, st.integers(-800, 800).map(lambda n: n / 8))
def test_adding_a_constant_to_all_scores_changes_nothing(
    profile: ArtistProfile, releases: list[MadeRelease], constant: float
) -> None:
    moved = [replace(one, score=one.score + constant) for one in releases]
    assert step(profile, moved) == step(profile, releases)


@given(profiles, releases_of, st.floats(0, 10), st.sampled_from([1, -1]))
def test_more_evidence_of_the_same_kind_never_moves_a_weight_the_other_way(
    profile: ArtistProfile, releases: list[MadeRelease], further: float, sign: int
) -> None:
    """One more release with the value that does as well as the best, or as badly as the worst."""
    genre = GENRES[0]
    own = [sign * one.score for one in releases if (Trait.GENRE, genre) in one.traits]
    before = judged(Trait.GENRE, genre, releases)
    if not own or before.effect is None or before.effect * sign <= 0:
        return
    another = made(10_000, genre, sign * (max(own) + further))
    after = judged(Trait.GENRE, genre, [*releases, another])
    assert after.effect is not None
    assert after.effect * sign >= before.effect * sign - 1e-12
    old = weight_after(profile, releases, genre)
    new = weight_after(profile, [*releases, another], genre)
    assert sign * new >= sign * old - 1e-9


@given(profiles, releases_of, st.integers(2, 4))
def test_the_same_evidence_several_times_over_only_makes_surer(
    profile: ArtistProfile, releases: list[MadeRelease], times: int
) -> None:
    copies = [
        replace(one, release_id=one.release_id + 1_000 * copy)
        for copy in range(times)
        for one in releases
    ]
    for genre in GENRES[:3]:
        start = profile.weights(Trait.GENRE)[genre]
        once = weight_after(profile, releases, genre) - start
        often = weight_after(profile, copies, genre) - start
        assert once * often >= 0
        assert abs(often) >= abs(once) - 1e-9


@given(profiles, releases_of)
def test_a_step_is_bounded_and_so_is_a_weight(
    profile: ArtistProfile, releases: list[MadeRelease]
) -> None:
    found = step(profile, releases)
    for change in found.changes:
        if change.kind is ChangeKind.TRIED:
            assert change.before is None
            continue
        assert change.before is not None
        assert change.after is not None
        assert 1 / LARGEST_STEP <= change.after / change.before <= LARGEST_STEP
    assert all(LIGHTEST <= one.weight <= HEAVIEST for one in found.after)
    tried = [change.trait for change in found.changes if change.kind is ChangeKind.TRIED]
    assert len(tried) == len(set(tried))


@given(profiles, releases_of)
def test_looking_at_the_same_evidence_for_ever_ends_at_its_target(
    profile: ArtistProfile, releases: list[MadeRelease]
) -> None:
    """Steps end, and no weight is led past two to the effect, or turned round."""
    current = profile
    for _ in range(20):
        current = replace(current, traits=step(current, releases).after)
    for one in step(profile, releases).judgements:
        start, end = (p.weights(one.trait)[one.value] for p in (profile, current))
        if one.finding is Finding.BETTER:
            assert start <= end <= max(start, 2 ** (one.effect or 0.0))
        elif one.finding is Finding.WORSE:
            assert start >= end >= min(start, 2 ** (one.effect or 0.0))
        else:
            assert start == end


@given(releases_of)
def test_what_the_operator_does_not_want_stays_away(releases: list[MadeRelease]) -> None:
    unwanted = with_weight(GENRES[0], 0.0)
    assert GENRES[0] not in {one.value for one in step(unwanted, releases).judgements}
    assert weight_after(unwanted, releases, GENRES[0]) == 0.0


def test_a_weight_beyond_its_target_is_left_where_it_is() -> None:
    releases = dealt(("house", [1.5] * 8), ("ambient", [0.0] * 8))
    effect = judged(Trait.GENRE, "house", releases).effect
    assert effect is not None
    for weight in (HEAVIEST, round(2**effect * 1.01, 3), round(2**effect / 1.04, 3)):
        assert weight_after(with_weight("house", weight), releases, "house") == weight
    for weight in (LIGHTEST, round(2**-effect / 1.01, 3), round(2**-effect * 1.04, 3)):
        assert weight_after(with_weight("ambient", weight), releases, "ambient") == weight


@given(releases_of)
def test_below_the_gate_nothing_is_said(releases: list[MadeRelease]) -> None:
    for one in step(NEUTRAL, releases).judgements:
        if min(one.with_it, one.without_it) < 3:
            assert one.finding is Finding.TOO_LITTLE_DATA


@given(releases_of.filter(bool), st.integers(0, 39))
def test_another_score_is_other_evidence(releases: list[MadeRelease], place: int) -> None:
    evidence = as_evidence(releases)
    place %= len(evidence)
    moved = list(evidence)
    moved[place] = replace(moved[place], score=moved[place].score + 0.1)
    assert fingerprint(moved, basis="x") != fingerprint(evidence, basis="x")
    assert fingerprint(evidence, basis="x") != fingerprint(evidence, basis="y")


@given(releases_of)
def test_the_comparison_is_what_its_formula_says(releases: list[MadeRelease]) -> None:
    """An oracle in plain loops."""
    genre = GENRES[0]
    own = [one for one in releases if (Trait.GENRE, genre) in one.traits]
    others = [one for one in releases if one not in own]
    found = judged(Trait.GENRE, genre, releases)
    assert (found.with_it, found.without_it) == (len(own), len(others))
    if not own or not others:
        assert found.effect is None
        return
    pairs = [
        (max(1, i.sd) ** -2 * max(1, j.sd) ** -2, min(2, max(-2, i.score - j.score)))
        for i in own
        for j in others
    ]
    d = sum(w * difference for w, difference in pairs) / sum(w for w, _ in pairs)
    v = sum(1 / sum(max(1, one.sd) ** -2 for one in side) for side in (own, others))
    t = 0.25
    effect, sd = d * t / (t + v), sqrt(v * t / (t + v))
    assert found.difference == pytest.approx(d, abs=1e-12)
    assert found.effect == pytest.approx(effect, abs=1e-12)
    assert found.sd == pytest.approx(sd)
    assert found.probability_better == pytest.approx((1 + erf(effect / sd / sqrt(2))) / 2)


def test_a_stated_chance_comes_true_as_often_where_the_world_is_as_believed() -> None:
    rng = np.random.default_rng(7)
    said, true = [], []
    for _ in range(1500):
        effect = rng.normal(0, 0.5)
        scores = rng.normal(0, 1, 24)
        own = rng.integers(3, 21)
        scores[:own] += effect
        genres = ["house"] * own + ["ambient"] * (24 - own)
        releases = [made(n, g, s) for n, (g, s) in enumerate(zip(genres, scores, strict=True), 1)]
        found = judged(Trait.GENRE, "house", releases)
        said.append(found.probability_better)
        true.append(effect > 0)
    sure = [(s, t) for s, t in zip(said, true, strict=True) if s is not None and s >= 0.8]
    assert len(sure) > 100
    came_true = sum(t for _, t in sure) / len(sure)
    assert came_true >= sum(s for s, _ in sure) / len(sure) - 0.05


def test_one_hit_does_not_turn_an_artist_over() -> None:
    releases = dealt(("house", [0, 0, 25.0]), ("ambient", [0] * 20))
    assert step(NEUTRAL, releases).changes == ()
    plain = dealt(("house", [0, 0, 2.0]), ("ambient", [0] * 20))
    assert judged(Trait.GENRE, "house", releases) == judged(Trait.GENRE, "house", plain)


def test_what_went_with_better_releases_is_reinforced_with_its_reason() -> None:
    found = step(NEUTRAL, dealt(("house", [1.5] * 8), ("ambient", [0.0] * 8), ("cinematic", [0.0])))
    down, up, tried = found.changes
    assert (up.value, up.kind, up.before) == ("house", ChangeKind.REINFORCED, 1.0)
    assert up.after == pytest.approx(1.48, abs=0.02)
    assert "8 releases with it, 9 without: +" in up.reason
    assert "weight 1.00 to 1.4" in up.reason
    assert (down.value, down.kind) == ("ambient", ChangeKind.REDUCED)
    assert (tried.kind, tried.before, tried.after) == (ChangeKind.TRIED, None, 1.0)
    assert tried.drawn_from == neighbours(Trait.GENRE, "ambient")
    assert tried.value in tried.drawn_from


def test_chance_picks_only_what_is_tried() -> None:
    releases = dealt(("house", [1.5] * 8), ("ambient", [0.0] * 8))
    found = [step(NEUTRAL, releases, seed=seed) for seed in range(40)]
    assert len({one.judgements for one in found}) == 1
    assert len({one.changes[:-1] for one in found}) == 1
    assert {one.changes[-1].value for one in found} == set(neighbours(Trait.GENRE, "ambient"))


def test_while_a_neighbour_is_on_trial_no_other_is_tried() -> None:
    releases = dealt(("house", [1.5] * 8), ("ambient", [0.0] * 8))
    trying = with_weight("drone", 1.0)
    kinds = {change.kind for change in step(trying, releases).changes}
    assert kinds == {ChangeKind.REINFORCED, ChangeKind.REDUCED}


def test_a_neighbour_that_the_operator_does_not_want_is_not_tried() -> None:
    releases = dealt(("house", [1.5] * 8), ("ambient", [0.0] * 8))
    tried = {step(with_weight("drone", 0.0), releases, seed=n).changes[-1].value for n in range(40)}
    assert tried == set(neighbours(Trait.GENRE, "ambient")) - {"drone"}


def test_evidence_is_looked_at_to_a_tenth_of_a_doubling() -> None:
    exact = [made(2, "house", 0.512, sd=0.3), made(1, "ambient", -0.04, sd=1.26)]
    kept = as_evidence(exact)
    assert [(one.release_id, one.score, one.sd) for one in kept] == [(1, -0.0, 1.3), (2, 0.5, 1.0)]
    assert as_evidence(kept) == kept
    zero = [replace(kept[0], score=0.0), kept[1]]
    assert fingerprint(zero, basis="x") == fingerprint(kept, basis="x")
