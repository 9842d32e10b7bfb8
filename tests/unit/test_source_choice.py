"""What to use next: probabilities that are exact, a draw that repeats, doubt that is rewarded."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator
from source_worlds import END, HALF_LIFE, NAMES, Floats, bodies_of_evidence, report, use

from noktvrn_ai_artist.analytics.source_belief import QUALITY_SD, Belief, believe
from noktvrn_ai_artist.analytics.source_choice import (
    DITHER,
    LARGEST_BONUS,
    drawn_selection,
)
from noktvrn_ai_artist.analytics.source_ranking import normal_draws
from noktvrn_ai_artist.analytics.source_records import Selection
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

ORDERS = len(normal_draws(1))


class Dealt(Generator):
    """A generator whose whole number is dealt to it, so that every outcome can be gone through."""

    def __init__(self, number: int) -> None:
        super().__init__(PCG64(0))
        self.number = number

    def integers(self, low: int) -> int:
        assert 0 <= self.number < low == ORDERS
        return self.number

    def bytes(self, length: int) -> bytes:
        return self.number.to_bytes(length, "big")


def belief_of(mean: list[float], sd: list[float] | float) -> Belief:
    size = len(mean)
    widths = np.array([sd] * size if isinstance(sd, float) else sd)
    covariance: Floats = np.diag(widths**2)
    return Belief(
        sources=NAMES[:size],
        mean=np.array(mean),
        covariance=covariance,
        awaiting=covariance,
        influence=np.zeros((size, 0)),
        residual=np.zeros(0),
        variance=np.zeros(0),
        noise=0.7,
    )


def drawn(belief: Belief, *, top_n: int = 2, rng: Generator | None = None) -> Selection:
    rng = Generator(PCG64(1)) if rng is None else rng
    return drawn_selection(belief, top_n=top_n, drawn_at=END, rng=rng)


def chances(selection: Selection) -> dict[str, float]:
    return {candidate.source: candidate.probability for candidate in selection.candidates}


@pytest.mark.parametrize("top_n", [1, 2])
def test_the_probabilities_are_the_frequencies_over_every_outcome_of_the_draw(top_n: int) -> None:
    belief = belief_of([0.3, 0.1, -0.1], [0.1, 0.4, 0.6])
    selections = [drawn(belief, top_n=top_n, rng=Dealt(number)) for number in range(ORDERS)]
    first = Counter(source for selection in selections for source in selection.proposed)
    expected = {source: first[source] / ORDERS for source in belief.sources}
    assert all(chances(selection) == expected for selection in selections)
    assert 0 < min(expected.values()) < max(expected.values()) < 1


beliefs = bodies_of_evidence().map(lambda seen: believe(seen, half_life=HALF_LIFE))


@given(beliefs, st.integers(0, 6), st.integers(0, 2**32))
def test_every_source_is_a_candidate_and_the_probabilities_add_up_to_how_many_are_wanted(
    belief: Belief, top_n: int, seed: int
) -> None:
    selection = drawn(belief, top_n=top_n, rng=Generator(PCG64(seed)))
    sources = [candidate.source for candidate in selection.candidates]
    assert sorted(sources) == sorted(belief.sources)
    assert selection.proposed == sources[:top_n]
    wanted = min(top_n, len(sources))
    assert sum(chances(selection).values()) == pytest.approx(wanted, abs=1e-12)
    assert all(chances(selection)[source] > 0 for source in selection.proposed)


@given(beliefs, st.integers(0, 2**32))
def test_a_candidate_tells_what_was_believed_with_what_is_under_way(
    belief: Belief, seed: int
) -> None:
    sd = np.sqrt(np.diagonal(belief.awaiting)).tolist()
    told_of = dict(zip(belief.sources, zip(belief.mean.tolist(), sd, strict=True), strict=True))
    selection = drawn(belief, rng=Generator(PCG64(seed)))
    assert {each.source: (each.mean, each.sd) for each in selection.candidates} == told_of


@given(beliefs, st.integers(0, 2**32))
def test_the_same_seed_draws_the_same_and_moves_on_the_same(belief: Belief, seed: int) -> None:
    one, other = Generator(PCG64(seed)), Generator(PCG64(seed))
    assert drawn(belief, rng=one) == drawn(belief, rng=other)
    assert drawn(belief, rng=one) == drawn(belief, rng=other) != drawn(belief, rng=one)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=5), st.floats(0.05, 0.6), st.floats(0.01, 1))
def test_a_better_mean_never_makes_a_source_less_likely_nor_another_one_more(
    mean: list[float], sd: float, gain: float
) -> None:
    before = chances(drawn(belief_of(mean, sd)))
    after = chances(drawn(belief_of([mean[0] + gain, *mean[1:]], sd)))
    assert after[NAMES[0]] >= before[NAMES[0]]
    assert all(after[name] <= before[name] for name in NAMES[1 : len(mean)])


@given(
    st.floats(-1, 1).map(lambda mean: round(mean, 6)),
    st.floats(0.05, 0.6).map(lambda sd: round(sd, 6)),
    st.floats(0.05, 0.6).map(lambda sd: round(sd, 6)),
)
def test_the_less_known_of_two_leads_at_every_bonus_that_makes_up_for_its_mean(
    behind: float, sd: float, other_sd: float
) -> None:
    belief = belief_of([behind, 0.0], [sd, other_sd])
    leads = close = 0
    bonuses = np.linspace(0, LARGEST_BONUS, ORDERS).tolist()
    for bonus, (noise, other_noise) in zip(bonuses, normal_draws(2).tolist(), strict=True):
        ahead = behind + (bonus + DITHER * noise) * sd - (bonus + DITHER * other_noise) * other_sd
        leads, close = leads + (ahead < 0), close + (abs(ahead) < 1e-9)
    assert chances(drawn(belief, top_n=1))["own"] == pytest.approx(
        leads / ORDERS,
        abs=close / ORDERS,
    )


def test_equals_have_equal_chances_whatever_they_are_called() -> None:
    for probability in chances(drawn(belief_of([0.0] * 4, 0.5), top_n=1)).values():
        assert probability == pytest.approx(0.25, abs=0.05)


def test_another_moment_is_another_selection_even_if_the_dice_fall_alike() -> None:
    belief = belief_of([0.3, 0.1], 0.4)
    first = drawn(belief, rng=Generator(PCG64(3)))
    moved = drawn(replace(belief, mean=belief.mean + 0.1), rng=Generator(PCG64(3)))
    assert drawn(belief, rng=Generator(PCG64(3))) == first
    more = drawn(belief, top_n=3, rng=Generator(PCG64(3)))
    assert len({each.selection_id for each in (first, moved, more)}) == 3


def test_what_is_under_way_need_not_be_bought_twice() -> None:
    known = belief_of([0.0, 0.1], 0.5)
    under_way = replace(known, awaiting=np.diag([0.25, 0.04]))
    assert chances(drawn(known, top_n=1))["own"] > 0.8
    assert chances(drawn(under_way, top_n=1))["own"] < 0.5


def test_nobody_wanted_or_more_than_there_are_or_nobody_there() -> None:
    belief = belief_of([0.3, 0.1], 0.4)
    assert (drawn(belief, top_n=0).proposed, set(chances(drawn(belief, top_n=0)).values())) == (
        [],
        {0.0},
    )
    everyone = drawn(belief, top_n=10**6)
    assert (len(everyone.proposed), set(chances(everyone).values())) == (2, {1.0})
    assert drawn(belief_of([], [])).candidates == ()


@pytest.fixture
def tracker(tmp_path: object) -> StockSuccessTracker:
    """A tracker that knows a good source and a bad one, of three releases each."""
    tracker = StockSuccessTracker(
        store=SourceStatsFile(f"{tmp_path}/stats.json"), half_life=HALF_LIFE, clock=lambda: END
    )
    names = ["pexels", "own"] * 3
    tracker.log_clip_usages(use(name, number, day=190) for number, name in enumerate(names, 1))
    tracker.log_release_performances(report(each, -each % 2 + 1, day=195) for each in range(1, 7))
    return tracker


def test_among_names_the_sources_that_can_be_had_and_new_ones_enter_at_the_prior(
    tracker: StockSuccessTracker,
) -> None:
    among = [" Own", "videvo", "own"]
    selection = tracker.propose_sources(1, rng=Generator(PCG64(3)), among=among)
    found = {each.source: each for each in selection.candidates}
    assert found.keys() == {"own", "videvo"}
    assert (found["videvo"].mean, found["videvo"].sd) == (0.0, QUALITY_SD)
    whole = tracker.propose_sources(1, rng=Generator(PCG64(3)))
    assert {each.source for each in whole.candidates} == {"own", "pexels"}
    assert found["own"].mean == {each.source: each.mean for each in whole.candidates}["own"]
    assert tracker.propose_sources(1, rng=Generator(PCG64(3)), among=[]).candidates == ()


def test_what_was_proposed_is_stamped_and_its_likeliest_is_the_best_source(
    tracker: StockSuccessTracker,
) -> None:
    selection = tracker.propose_sources(1, rng=Generator(PCG64(3)))
    assert (selection.drawn_at, selection.top_n) == (END, 1)
    likeliest = max(selection.candidates, key=lambda each: each.probability)
    assert [likeliest.source] == tracker.get_top_sources(1)
