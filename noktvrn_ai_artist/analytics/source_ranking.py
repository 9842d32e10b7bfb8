"""From a joint belief to standings: intervals, chances, verdicts, and which releases made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics.score_maturing import (
    AGE_GROUPS,
    Floats,
    normal_scores,
    unit_of,
)
from noktvrn_ai_artist.analytics.source_belief import QUALITY_SD, Belief, believe
from noktvrn_ai_artist.analytics.source_evidence import Evidence, evidence_of
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import Contribution, Explanation, Standing
from noktvrn_ai_artist.errors import UnknownSource

CREDIBLE_LEVEL = 0.9
HALF_WIDTH = NormalDist().inv_cdf((1 + CREDIBLE_LEVEL) / 2)
"""How many standard deviations an interval of CREDIBLE_LEVEL reaches to each side."""
_DRAWS = 2000
_FREEDOM = 4
_TOP = 3
DECIMALS = 9
"""To so many decimals two means are told apart; beyond them it is rounding, and names decide."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The evidence of one instant and what it lets us believe."""

    evidence: Evidence
    belief: Belief

    @property
    def order(self) -> NDArray[np.intp]:
        """The sources from the best mean down, ties (but for rounding) by name."""
        return np.argsort(-self.belief.mean.round(DECIMALS), kind="stable")


def ranked(history: SourceHistory, *, as_of: datetime, half_life: timedelta) -> Ranking:
    """What a history that has nothing later than `as_of` says at that instant."""
    evidence = evidence_of(history, as_of=as_of)
    return Ranking(evidence=evidence, belief=believe(evidence, half_life=half_life))


def standings_of(ranking: Ranking) -> list[Standing]:
    """Every source, the best mean first, ties by name."""
    evidence, belief = ranking.evidence, ranking.belief
    chances = chances_of(belief.mean, belief.covariance)
    used = evidence.shares > 0
    scored = evidence.scored
    maturing = scored & (evidence.groups < AGE_GROUPS - 1)
    counted = [used[rows].sum(axis=0) for rows in (scored, maturing, ~scored)]
    unit = _ScoreUnit(evidence)
    standings = []
    for place in ranking.order.tolist():
        mean, sd = float(belief.mean[place]), float(belief.sd[place])
        low, high = mean - HALF_WIDTH * sd, mean + HALF_WIDTH * sd
        standings.append(
            Standing(
                source=belief.sources[place],
                mean=mean,
                sd=sd,
                low=low,
                high=high,
                expected_score=unit.score_at(mean),
                low_score=unit.score_at(low),
                high_score=unit.score_at(high),
                probability_best=float(chances.best[place]),
                probability_top_three=float(chances.top_three[place]),
                probability_above_median=float(chances.above_median[place]),
                releases=int(counted[0][place]),
                effective_releases=_effective_releases(belief.noise, sd),
                maturing=int(counted[1][place]),
                awaiting=int(counted[2][place]),
                usages=int(evidence.usages[place]),
                last_used=datetime.fromtimestamp(float(evidence.last_used[place]), UTC),
            )
        )
    return standings


def explanation_of(ranking: Ranking, history: SourceHistory, source: str) -> Explanation:
    """What each scored release adds to a source's mean, the strongest first.

    Raises:
        UnknownSource: no clip of the source was used.
    """
    evidence = ranking.evidence
    if source not in evidence.sources:
        raise UnknownSource(source)
    place = evidence.sources.index(source)
    effects = ranking.belief.influence[place] * np.nan_to_num(evidence.worth)
    rows = [row for row in np.argsort(-np.abs(effects), kind="stable") if evidence.scored[row]]
    standing = next(one for one in standings_of(ranking) if one.source == source)
    return Explanation(
        standing=standing,
        contributions=tuple(
            Contribution(
                release_id=(release_id := int(evidence.releases[row])),
                score=history.releases[release_id].reports[-1].score,
                worth=float(evidence.worth[row]),
                share=float(evidence.shares[row, place]),
                effect=float(effects[row]),
            )
            for row in rows
        ),
    )


def median_score_of(ranking: Ranking) -> float | None:
    """What a median release comes to, in the unit of the scores; None if none was seen."""
    return _ScoreUnit(ranking.evidence).score_at(0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chances:
    """How likely each source is the best, one of the best three, and above the median of all."""

    best: Floats
    top_three: Floats
    above_median: Floats


def chances_of(mean: Floats, covariance: Floats) -> Chances:
    """The chances by 2,000 draws around the joint posterior, the same ones every time.

    The draws are Student's with 4 degrees of freedom: what a normal posterior is all but sure of
    came true less often than it said (docs/ranking-benchmark.md), for worlds jump and have heavy
    tails. Being the median itself counts half.
    """
    draws = mean + _tails() * normal_draws(len(mean)) @ root_of(covariance).T
    median = np.median(draws, axis=1, keepdims=True) if len(mean) else draws
    places = (-draws).argsort(axis=1).argsort(axis=1)
    return Chances(
        best=(places == 0).mean(axis=0),
        top_three=(places < _TOP).mean(axis=0),
        above_median=((draws > median) + 0.5 * (draws == median)).mean(axis=0),
    )


@lru_cache(maxsize=8)
def normal_draws(dimensions: int) -> Floats:
    """2,000 standard normal draws (draws, dimensions), the same ones every time."""
    return Generator(PCG64(0)).standard_normal((_DRAWS, dimensions))


@lru_cache(maxsize=1)
def _tails() -> Floats:
    """What makes 2,000 normal draws Student's (draws, 1), the same every time."""
    squares = Generator(PCG64(1)).chisquare(_FREEDOM, (_DRAWS, 1))
    return np.sqrt(_FREEDOM / squares)


def root_of(covariance: Floats) -> Floats:
    """The symmetric square root; `root @ root` is the covariance, singular by rounding or not.

    Of all roots it is the one that moves little when the covariance does: eigenvectors alone turn
    at will where sources are believed to be alike.
    """
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


class _ScoreUnit:
    """From a release's worth back to the unit of the scores, by the scores seen."""

    def __init__(self, evidence: Evidence) -> None:
        settled = np.sort(evidence.settled[evidence.scored])
        # Equal scores share one worth; here each keeps the place it would have had.
        self._worth = normal_scores(np.arange(len(settled), dtype=np.float64))
        self._unit = unit_of(settled)  # in it no two scores differ by more than a float holds
        self._scores = settled / self._unit

    def score_at(self, worth: float) -> float | None:
        """The score of that worth, at most the highest seen; None if none was."""
        if not len(self._worth):
            return None
        return self._unit * float(np.interp(worth, self._worth, self._scores))


def _effective_releases(noise: float, sd: float) -> float:
    """How many fresh releases of one source alone would narrow the prior as much."""
    return max(0.0, noise * (sd**-2 - QUALITY_SD**-2))
