"""The posterior of the sources: a dense oracle of its model, its laws, and simulated worlds."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from statistics import NormalDist

import numpy as np
import pytest
from dense_belief import DenseModel
from hypothesis import assume, given
from hypothesis import strategies as st
from source_worlds import (
    HALF_LIFE,
    NAMES,
    Floats,
    bodies_of_evidence,
    clips_of,
    evidence,
    evidence_of_rows,
    release_rows,
)

from noktvrn_ai_artist.analytics import source_belief as model
from noktvrn_ai_artist.analytics.source_belief import QUALITY_SD, Belief, believe
from noktvrn_ai_artist.analytics.source_evidence import UNTOLD, Evidence

EXACT = {"rtol": 1e-9, "atol": 1e-9}
half_lives = st.sampled_from([timedelta(days=3), HALF_LIFE, timedelta(days=900)])
# A solo release of the first source, to be added to a world.
solos = release_rows(clips=st.just([1, 0, 0, 0])).filter(lambda row: not math.isnan(row["worth"]))


def believed(seen: Evidence) -> Belief:
    return believe(seen, half_life=HALF_LIFE)


def joined(first: Evidence, second: Evidence) -> Evidence:
    """The releases of both, of the same sources."""
    by_row = ("ages", "shares", "worth", "unsettled", "settled", "groups", "artists")
    parts = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in by_row}
    number = len(first.releases) + len(second.releases)
    return replace(first, releases=np.arange(1, number + 1), **parts)


def with_worth(seen: Evidence, row: int, worth: float) -> Evidence:
    changed = seen.worth.copy()
    changed[row] = worth
    return replace(seen, worth=changed)


def assert_within(smaller: Floats, larger: Floats) -> None:
    """No weighing of the sources has more variance in the first than in the second."""
    assert np.linalg.eigvalsh(larger - smaller).min(initial=0.0) > -1e-9


@given(bodies_of_evidence(), half_lives)
def test_the_posterior_is_that_of_the_dense_joint_distribution(
    seen: Evidence, half_life: timedelta
) -> None:
    belief, dense = (
        believe(seen, half_life=half_life),
        DenseModel(evidence=seen, half_life=half_life),
    )
    influence = dense.influence(belief.noise)
    np.testing.assert_allclose(belief.influence[:, dense.scored], influence, **EXACT)
    np.testing.assert_allclose(belief.mean, influence @ seen.worth[dense.scored], **EXACT)
    covariance = dense.covariance(belief.noise, rows=dense.scored)
    np.testing.assert_allclose(belief.covariance, covariance, **EXACT)
    np.testing.assert_allclose(belief.sd, np.sqrt(np.diagonal(covariance)), **EXACT)


@given(bodies_of_evidence(), half_lives)
def test_what_is_awaited_counts_as_if_it_were_seen_and_the_level_as_if_it_were_known(
    seen: Evidence, half_life: timedelta
) -> None:
    belief, dense = (
        believe(seen, half_life=half_life),
        DenseModel(evidence=seen, half_life=half_life),
    )
    rows = dense.scored + dense.awaited
    later = dense.covariance(belief.noise, rows=rows, level_known=True)
    np.testing.assert_allclose(belief.awaiting, later, **EXACT)


@given(bodies_of_evidence(), half_lives)
def test_the_residual_is_what_the_dense_model_leaves_to_the_noise(
    seen: Evidence, half_life: timedelta
) -> None:
    belief, dense = (
        believe(seen, half_life=half_life),
        DenseModel(evidence=seen, half_life=half_life),
    )
    np.testing.assert_allclose(belief.residual[dense.scored], dense.residual(belief.noise), **EXACT)
    assert np.isnan(np.delete(belief.residual, dense.scored)).all()


@given(bodies_of_evidence(), half_lives)
def test_no_noise_of_the_grid_is_likelier_than_the_one_believed(
    seen: Evidence, half_life: timedelta
) -> None:
    belief, dense = (
        believe(seen, half_life=half_life),
        DenseModel(evidence=seen, half_life=half_life),
    )
    likely = {noise: dense.log_likelihood(noise) for noise in model._NOISES.tolist()}
    assert likely[belief.noise] > max(likely.values()) - 1e-9


@given(bodies_of_evidence())
def test_the_mean_is_the_influence_of_every_worth_added_up(seen: Evidence) -> None:
    belief = believed(seen)
    assert (belief.influence[:, ~seen.scored] == 0).all()
    np.testing.assert_allclose(belief.influence @ np.nan_to_num(seen.worth), belief.mean, **EXACT)


@given(bodies_of_evidence(), st.data(), st.floats(-3, 3))
def test_an_effect_is_what_the_mean_moves_by_when_one_worth_moves(
    seen: Evidence, data: st.DataObject, step: float
) -> None:
    assume(seen.scored.any())
    row = data.draw(st.sampled_from(np.flatnonzero(seen.scored).tolist()))
    before, after = believed(seen), believed(with_worth(seen, row, seen.worth[row] + step))
    assume(before.noise == after.noise)
    np.testing.assert_allclose(after.mean - before.mean, before.influence[:, row] * step, **EXACT)
    np.testing.assert_array_equal(after.covariance, before.covariance)


@given(bodies_of_evidence())
def test_a_mean_is_what_its_releases_leave_unexplained_weighed_by_how_much_of_it_they_show(
    seen: Evidence,
) -> None:
    belief, dense = believed(seen), DenseModel(evidence=seen, half_life=HALF_LIFE)
    own = np.array([dense.own(row, belief.noise) for row in dense.scored])
    shown = dense.with_qualities(dense.scored)
    np.testing.assert_allclose(shown @ (belief.residual[dense.scored] / own), belief.mean, **EXACT)


@given(bodies_of_evidence())
def test_a_source_without_a_scored_release_stands_at_0_with_the_priors_sd(seen: Evidence) -> None:
    belief = believed(seen)
    unseen = ~(seen.shares[seen.scored] > 0).any(axis=0)
    assert (belief.mean[unseen] == 0).all()
    assert belief.sd[unseen] == pytest.approx(QUALITY_SD, rel=1e-12)
    assert (belief.sd <= QUALITY_SD * (1 + 1e-12)).all()


@given(bodies_of_evidence())
def test_releases_to_come_and_releases_seen_never_widen_what_is_believed(seen: Evidence) -> None:
    belief = believed(seen)
    assert_within(belief.awaiting, belief.covariance)
    assert_within(belief.covariance, QUALITY_SD**2 * np.eye(len(seen.sources)))


@given(st.lists(release_rows(clips=clips_of(4)), min_size=2, max_size=8))
def test_one_more_score_never_widens_what_is_believed(rows: list[dict[str, object]]) -> None:
    without, whole = (evidence_of_rows(some, sources=4) for some in (rows[:-1], rows))
    assume((without.artists != UNTOLD).any() == (whole.artists != UNTOLD).any())
    before, after = believed(without), believed(whole)
    assume(before.noise == after.noise)
    assert_within(after.covariance, before.covariance)


@st.composite
def worlds_apart(draw: st.DrawFn) -> Evidence:
    """Releases of the first and the last source, and of the two between: no artist shared."""
    apart = release_rows(clips=clips_of(2).map(lambda clips: [clips[0], 0, 0, clips[1]]))
    between = release_rows(clips=clips_of(2).map(lambda clips: [0, *clips, 0]))
    rows = draw(st.lists(apart, max_size=4)) + [
        {**row, "artists": row["artists"] if row["artists"] == UNTOLD else 2}
        for row in draw(st.lists(between, min_size=1, max_size=4))
    ]
    return evidence_of_rows(rows, sources=4)


@given(worlds_apart(), solos)
def test_a_release_of_one_source_moves_unconnected_ones_only_by_what_it_says_of_the_level(
    seen: Evidence, solo: dict[str, object]
) -> None:
    """Given level and drift, what is believed of unconnected sources does not change at all.

    So with the regression R of their qualities on level and drift under the earlier posterior:
    mean' - mean = R (course' - course), and covariance' - covariance = R (its change) R'.
    """
    whole = joined(seen, evidence_of_rows([solo], sources=4))
    assume((seen.artists != UNTOLD).any() == (whole.artists != UNTOLD).any())
    before, after = believed(seen), believed(whole)
    assume(before.noise == after.noise)
    course, spread, cross = DenseModel(evidence=seen, half_life=HALF_LIFE).course(before.noise)
    regression = np.linalg.solve(spread, cross.T).T[1:3]
    new, narrower, _ = DenseModel(evidence=whole, half_life=HALF_LIFE).course(before.noise)
    np.testing.assert_allclose(
        (after.mean - before.mean)[1:3], regression @ (new - course), rtol=1e-8, atol=1e-8
    )
    np.testing.assert_allclose(
        (after.covariance - before.covariance)[1:3, 1:3],
        regression @ (narrower - spread) @ regression.T,
        rtol=1e-8,
        atol=1e-8,
    )


@given(
    st.lists(st.tuples(st.integers(0, 300), st.floats(-2, 2), st.floats(-2, 2)), max_size=4),
    st.lists(solos, max_size=3),
    solos,
)
def test_two_sources_used_at_the_same_times_keep_their_distance_whatever_others_do(
    pairs: list[tuple[int, float, float]],
    others: list[dict[str, object]],
    solo: dict[str, object],
) -> None:
    rows = [
        {"shares": clips, "ages": age, "worth": worth, "artists": UNTOLD, "unsettled": 0.0}
        for age, *both in pairs
        for clips, worth in zip(([0, 1, 0, 0], [0, 0, 1, 0]), both, strict=True)
    ]
    alone = [{**row, "artists": UNTOLD} for row in [*others, solo]]
    before = believed(evidence_of_rows(rows + alone[:-1], sources=4))
    after = believed(evidence_of_rows(rows + alone, sources=4))
    assume(before.noise == after.noise)
    distance = [belief.mean[1] - belief.mean[2] for belief in (before, after)]
    assert distance[0] == pytest.approx(distance[1], abs=1e-9)


def expected_of_the_last(seen: Evidence, *, noise: float) -> float:
    """What the releases before the last let one expect of it."""
    dense = DenseModel(evidence=seen, half_life=HALF_LIFE)
    *rows, last = dense.scored
    cross = np.array([dense.between(last, row) for row in rows])
    return float(cross @ np.linalg.solve(dense.of_worth(rows, noise), seen.worth[rows]))


@given(
    st.lists(release_rows(clips=st.just([1, 1])), min_size=1, max_size=4),
    st.floats(0.5, 2.5),
)
def test_a_good_release_of_one_source_takes_credit_from_those_it_shared_releases_with(
    shared: list[dict[str, object]], worth: float
) -> None:
    rows = [{**row, "artists": UNTOLD, "ages": 0.0, "unsettled": 0.0} for row in shared]
    assume(not any(math.isnan(row["worth"]) for row in rows))
    solo = {**rows[0], "shares": [1, 0], "worth": worth}
    whole = evidence_of_rows([*rows, solo], sources=2)
    before, after = believed(with_worth(whole, -1, math.nan)), believed(whole)
    assume(before.noise == after.noise)
    assert after.influence[0, -1] > 0 > after.influence[1, -1]
    surprise = worth - expected_of_the_last(whole, noise=after.noise)
    np.testing.assert_allclose(
        after.mean - before.mean, after.influence[:, -1] * surprise, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("halves", [0, 1, 2])
def test_the_same_success_counts_more_the_younger_it_is_and_with_a_longer_half_life(
    halves: int,
) -> None:
    """Where the level is known: forty other sources were used on each of the two days."""
    ages = [halves * 45.0, (halves + 1) * 45.0]
    others = [NormalDist().inv_cdf((rank + 0.5) / 40) for rank in range(40)]
    seen = evidence(
        np.eye(82), [1.0, 1.0, *others, *others], ages=np.repeat(ages * 2, [1, 1, 40, 40])
    )
    young, old = believed(seen).mean[:2]
    longer = believe(seen, half_life=2 * HALF_LIFE).mean[1]
    assert young > old > 0
    assert longer > old


def test_a_release_without_a_score_is_awaited_for_four_weeks_and_then_no_more() -> None:
    seen = evidence([[1], [1]], [1.0, math.nan], ages=[50.0, 27.9])
    overdue = replace(seen, ages=np.array([50.0, 28.0]))
    assert (believed(seen).awaiting < believed(seen).covariance).all()
    alone = evidence([[1]], [1.0], ages=[50.0])
    np.testing.assert_allclose(believed(overdue).awaiting, believed(alone).awaiting, **EXACT)
    np.testing.assert_array_equal(believed(overdue).covariance, believed(seen).covariance)


def test_what_is_known_of_a_source_but_for_the_level_is_known_when_it_comes_to_choosing() -> None:
    """A source in every release can hardly be told from the level, yet nothing is left to try."""
    always, never = 0, 1
    shares = [[0.8, 0.0, 0.2], [0.9, 0.0, 0.1]] * 60
    belief = believed(evidence(shares, [0.1, -0.1] * 60))
    assert belief.awaiting[always, always] < 0.5 * belief.covariance[always, always]
    assert belief.awaiting[never, never] == pytest.approx(QUALITY_SD**2)


def test_a_good_artist_is_not_taken_for_good_footage() -> None:
    shares, worth = [[1, 0]] * 4 + [[0, 1]] * 4, [1.2] * 4 + [-1.2] * 4
    untold = believed(evidence(shares, worth)).mean
    told = believed(evidence(shares, worth, artists=[0] * 4 + [1] * 4)).mean
    assert untold[0] > 1.5 * told[0] > 0 > 1.5 * told[1] > untold[1]


def test_what_is_still_to_settle_counts_for_less() -> None:
    shares, worth = [[1, 0], [0, 1]] * 3, [0.9, 0.9] * 3
    belief = believed(evidence(shares, worth, unsettled=[0.0, 1.0] * 3))
    assert belief.mean[0] > belief.mean[1]
    assert belief.sd[0] < belief.sd[1]


def test_a_clock_that_was_behind_makes_a_release_as_young_as_can_be() -> None:
    ahead, now = (believed(evidence([[1]], [1.0], ages=[age])) for age in (-3.0, 0.0))
    assert ahead.mean == now.mean


@given(bodies_of_evidence(), st.permutations(NAMES))
def test_among_others_a_known_source_is_as_it_was_and_a_new_one_as_the_prior_says(
    seen: Evidence, wanted: list[str]
) -> None:
    belief = believed(seen)
    among = belief.among(wanted)
    assert among.sources == tuple(wanted)
    prior = QUALITY_SD**2 * np.eye(len(wanted))
    for name in ("covariance", "awaiting"):
        for row, one in enumerate(wanted):
            for column, other in enumerate(wanted):
                expected = prior[row, column]
                if one in belief.sources and other in belief.sources:
                    places = belief.sources.index(one), belief.sources.index(other)
                    expected = getattr(belief, name)[places]
                assert getattr(among, name)[row, column] == expected
    np.testing.assert_allclose(among.mean, among.influence @ np.nan_to_num(seen.worth), **EXACT)
    assert belief.among(belief.sources).mean.tolist() == belief.mean.tolist()


def test_with_no_release_at_all_nothing_is_believed_of_nobody() -> None:
    belief = believed(evidence(np.zeros((0, 0)), []))
    assert belief.mean.shape == (0,)
    assert belief.covariance.shape == belief.awaiting.shape == belief.influence.shape == (0, 0)


def drawn_world(rng: np.random.Generator) -> tuple[Evidence, Floats]:
    """A world drawn from the model itself, and how good its sources are now."""
    sources, number = 4, 20
    form = rng.normal(0, model.QUALITY_SD * math.sqrt(1 - model.LASTING), sources)
    lasting = rng.normal(0, model.QUALITY_SD * math.sqrt(model.LASTING), sources)
    artists = rng.integers(UNTOLD, 3, number)
    clips = rng.multinomial(4, np.full(sources, 1 / sources), number)
    seen = evidence(clips, np.zeros(number), ages=rng.uniform(0, 200, number), artists=artists)
    dense = DenseModel(evidence=seen, half_life=HALF_LIFE)
    lean = np.exp(-((np.log(model._NOISES / model._USUAL_NOISE) / model._NOISE_DOUBT) ** 2) / 2)
    noise = rng.choice(model._NOISES, p=lean / lean.sum())
    course = np.array([dense.drift(row) for row in range(number)])
    worth = rng.normal(0, model.LEVEL_SD) + course @ rng.normal(0, model.DRIFT_SD, course.shape[1])
    worth += np.append(rng.normal(0, model.ARTIST_SD, 3), 0.0)[artists]
    worth += [seen.shares[row] @ (lasting + dense.fading(row) * form) for row in range(number)]
    worth += [rng.normal(0, math.sqrt(dense.own(row, noise))) for row in range(number)]
    return replace(seen, worth=worth), lasting + form


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_in_simulated_worlds_of_the_model_intervals_hold_the_truth_as_often_as_they_say(
    level: float,
) -> None:
    rng, reach = np.random.default_rng(20260301), NormalDist().inv_cdf((1 + level) / 2)
    held = []
    for _ in range(400):
        seen, truth = drawn_world(rng)
        belief = believed(seen)
        held.extend(np.abs(truth - belief.mean) <= reach * belief.sd)
    assert np.mean(held) == pytest.approx(level, abs=0.04)
