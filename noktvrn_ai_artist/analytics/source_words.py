"""What is believed of sources, put in words that say no more than is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from noktvrn_ai_artist.analytics.source_records import (
    RELEASES_FOR_EVIDENCE,
    SURE_ENOUGH,
    Candidate,
    Selection,
    Standing,
    Verdict,
)

ASSOCIATION = (
    "This is association, not proof of cause: a source may only have been used where releases do "
    "well anyway."
)
GATE = (
    f"A source is judged from {RELEASES_FOR_EVIDENCE} scored releases on, and called better or "
    f"worse than most only where that is at least {SURE_ENOUGH:.0%} likely."
)
_TEN, _THOUSAND = 10, 1_000
_LARGEST_POWER = 64.0
_LITTLE_KNOWN = 1.2  # times the middle doubt of all candidates


class ScoreUnit(StrEnum):
    """What a difference between two scores means."""

    AMOUNT = "amount"
    DIFFERENCE = "difference"
    DOUBLING = "doubling"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreScale:
    """What effects are measured against: a median release's score (None without one), in a unit."""

    median: float | None
    unit: ScoreUnit

    def effect(self, score: float | None) -> str | None:
        """A score against the median release's, in words; None where there is nothing to compare.

        >>> ScoreScale(median=200.0, unit=ScoreUnit.AMOUNT).effect(236.0)
        '+18 %'
        >>> ScoreScale(median=0.5, unit=ScoreUnit.DIFFERENCE).effect(0.25)
        '-0.25'
        >>> ScoreScale(median=0.5, unit=ScoreUnit.DOUBLING).effect(1.5)
        '+100 %'
        """
        if score is None or self.median is None:
            return None
        if self.unit is ScoreUnit.DOUBLING:
            return _growth(2 ** min(score - self.median, _LARGEST_POWER))
        if self.unit is ScoreUnit.DIFFERENCE or self.median == 0:
            return _difference(score - self.median)
        return _growth(score / self.median)

    def effect_of(self, standing: Standing) -> str | None:
        """What a source goes with, and its interval, against a median release."""
        effect, low, high = (
            self.effect(score)
            for score in (standing.expected_score, standing.low_score, standing.high_score)
        )
        return None if effect is None else f"{effect} ({low} to {high})"


def headline(standings: Sequence[Standing]) -> str:
    """Which sources stand out, or why none is named.

    >>> headline([])
    'Too little data: no source has 3 scored releases yet.'
    """
    if not any(standing.enough_evidence for standing in standings):
        return f"Too little data: no source has {RELEASES_FOR_EVIDENCE} scored releases yet."
    found = {
        verdict: [standing.source for standing in standings if standing.verdict is verdict]
        for verdict in (Verdict.ABOVE, Verdict.BELOW)
    }
    said = [f"{verdict}: {', '.join(sources)}" for verdict, sources in found.items() if sources]
    if not said:
        return "Too early to say: no source is told apart from the median one yet."
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def explored(selection: Selection) -> list[Candidate]:
    """The proposed sources whose estimate was not among the best `top_n`."""
    by_mean = sorted(selection.candidates, key=lambda one: (-one.mean, one.source))
    best = {one.source for one in by_mean[: selection.top_n]}
    return [one for one in selection.candidates[: selection.top_n] if one.source not in best]


def reason_for(candidate: Candidate, selection: Selection) -> str:
    """Why a source was or would be proposed: as one of the best, to learn of it, or by chance."""
    if candidate not in explored(selection):
        return "among the best estimates"
    doubts = sorted(one.sd for one in selection.candidates)
    if candidate.sd > _LITTLE_KNOWN * doubts[(len(doubts) - 1) // 2]:
        return "tried because little is known"
    return "tried by chance, to keep comparing"


def _growth(factor: float) -> str:
    share = factor - 1
    return f"{factor:,.0f} times" if share >= _TEN else f"{round(100 * share):+d} %"


def _difference(change: float) -> str:
    return f"{change:+,.0f}" if abs(change) >= _THOUSAND else f"{change:+.3g}"
