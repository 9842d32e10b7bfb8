"""What is said of sources: never a winner before the gate, effects in the unit of the scores."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from noktvrn_ai_artist.analytics.source_records import Candidate, Selection, Standing
from noktvrn_ai_artist.analytics.source_words import (
    ScoreScale,
    ScoreUnit,
    explored,
    headline,
    reason_for,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AMOUNTS = ScoreScale(median=200.0, unit=ScoreUnit.AMOUNT)


def a_standing(source: str, *, above: float, releases: int = 9) -> Standing:
    return Standing(
        source=source,
        mean=above,
        sd=0.3,
        low=above - 0.5,
        high=above + 0.5,
        expected_score=236.0,
        low_score=190.0,
        high_score=4000.0,
        probability_best=0.5,
        probability_top_three=0.9,
        probability_above_median=above,
        releases=releases,
        effective_releases=3.0,
        maturing=0,
        awaiting=0,
        usages=9,
        last_used=NOW,
    )


def a_draw(*candidates: tuple[str, float, float], top_n: int) -> Selection:
    return Selection(
        selection_id="a draw",
        drawn_at=NOW,
        top_n=top_n,
        candidates=tuple(
            Candidate(source=source, mean=mean, sd=sd, probability=0.5)
            for source, mean, sd in candidates
        ),
    )


@pytest.mark.parametrize("factor", [0.001, 1.0, 1e6])
def test_an_effect_on_amounts_does_not_depend_on_their_unit(factor: float) -> None:
    assert (
        ScoreScale(median=200.0 * factor, unit=ScoreUnit.AMOUNT).effect(236.0 * factor) == "+18 %"
    )


def test_signed_scores_are_compared_by_differences_and_amounts_by_shares() -> None:
    assert ScoreScale(median=-0.5, unit=ScoreUnit.DIFFERENCE).effect(0.25) == "+0.75"
    assert ScoreScale(median=10.0, unit=ScoreUnit.DIFFERENCE).effect(-12_345.0) == "-12,355"
    assert AMOUNTS.effect(100.0) == "-50 %"
    assert AMOUNTS.effect(200.0) == "+0 %"
    assert AMOUNTS.effect(4000.0) == "20 times"


def test_against_a_median_of_nothing_only_the_difference_means_anything() -> None:
    assert ScoreScale(median=0.0, unit=ScoreUnit.AMOUNT).effect(5.0) == "+5"


def test_without_a_score_there_is_no_effect() -> None:
    assert ScoreScale(median=None, unit=ScoreUnit.AMOUNT).effect(None) is None
    assert AMOUNTS.effect(None) is None


def test_an_effect_carries_its_interval() -> None:
    assert AMOUNTS.effect_of(a_standing("a", above=0.9)) == "+18 % (-5 % to 20 times)"


def test_no_winner_is_named_before_the_gate() -> None:
    few = a_standing("few", above=0.99, releases=2)
    assert headline([few]).startswith("Too little data")
    assert headline([few, a_standing("a", above=0.79)]).startswith("Too early to say")
    assert headline([few, a_standing("a", above=0.8)]) == "Better than most: a."
    told = [a_standing("a", above=0.9), a_standing("b", above=0.85), a_standing("c", above=0.1)]
    assert headline(told) == "Better than most: a, b; worse than most: c."
    assert headline(told[2:]) == "Worse than most: c."


def test_what_was_explored_is_what_was_proposed_beside_the_best() -> None:
    draw = a_draw(
        ("new", 0.0, 0.5), ("best", 0.6, 0.2), ("good", 0.3, 0.2), ("bad", -1, 0.2), top_n=2
    )
    assert [one.source for one in explored(draw)] == ["new"]
    assert [reason_for(one, draw) for one in draw.candidates[:2]] == [
        "tried because little is known",
        "among the best estimates",
    ]


def test_a_trial_of_a_source_that_is_known_is_called_chance() -> None:
    draw = a_draw(("good", 0.3, 0.2), ("best", 0.6, 0.2), ("bad", -1, 0.2), top_n=1)
    assert reason_for(draw.candidates[0], draw) == "tried by chance, to keep comparing"


def test_a_proposal_of_all_or_none_explores_nothing() -> None:
    sources = ("a", 0.0, 0.5), ("b", 0.6, 0.2)
    assert explored(a_draw(*sources, top_n=0)) == []
    assert explored(a_draw(*sources, top_n=5)) == []
