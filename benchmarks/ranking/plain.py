"""What needs no library: chance, the fading mean, and the discounted bandits of the literature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.ranking.learners import fading, means_by_source
from benchmarks.ranking.measures import Floats
from benchmarks.ranking.rewards import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Random:
    """No order at all."""

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """Noise."""
        return rng.random(evidence.sources)

    def estimates(self, evidence: Evidence) -> Floats:
        """The same noise for the same number of scores: no better, no worse than any order."""
        return np.random.default_rng(len(evidence.rewards)).random(evidence.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class FadingMean:
    """The mean score of a source's releases with a half-life in days.

    An unseen source has no mean: a list of means leaves it out, so it is tried last, unless
    `unseen_first`.
    """

    half_life: float | None
    unseen_first: bool

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """The estimates: it is greedy."""
        return self.estimates(evidence)

    def estimates(self, evidence: Evidence) -> Floats:
        """Weighted means."""
        unseen = np.inf if self.unseen_first else -np.inf
        return means_by_source(evidence, fading(evidence, self.half_life), unseen=unseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountedUcb:
    """D-UCB: Garivier and Moulines, On Upper-Confidence Bound Policies for Switching Bandits, 2011.

    A release counts for a source by its share; the bonus is
    `width` * sqrt(log(sum of all counts) / count).
    """

    half_life: float | None
    width: float

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """Discounted mean and bonus; an unseen source first."""
        weights = fading(evidence, self.half_life)
        counts = weights @ evidence.shares
        horizon = np.log(max(float(np.sum(counts)), np.e))
        with np.errstate(divide="ignore"):
            return means_by_source(evidence, weights) + self.width * np.sqrt(horizon / counts)

    def estimates(self, evidence: Evidence) -> Floats:
        """Discounted means."""
        return means_by_source(evidence, fading(evidence, self.half_life))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountedThompson:
    """Raj and Kalyani, Taming Non-stationary Bandits: A Bayesian Approach, 2017.

    In the Gaussian form, as our rewards are normal scores: a prior that weighs `prior` releases,
    draws `scale` times as wide as the posterior.
    """

    half_life: float | None
    scale: float
    prior: float = 1.0

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """A draw from each source's posterior."""
        counts = fading(evidence, self.half_life) @ evidence.shares + self.prior
        return self.estimates(evidence) + self.scale * rng.normal(size=len(counts)) / np.sqrt(
            counts
        )

    def estimates(self, evidence: Evidence) -> Floats:
        """Posterior means."""
        weights = fading(evidence, self.half_life)
        total = (weights * evidence.rewards) @ evidence.shares
        return total / (weights @ evidence.shares + self.prior)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountedLinearUcb:
    """D-LinUCB: Russac, Vernade and Cappé, Weighted Linear Bandits, NeurIPS 2019, on our shares.

    The bonus is `width` times the norm of the source in V^-1 W V^-1, where V discounts once and W
    twice.
    """

    half_life: float
    ridge: float
    width: float

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """Posterior mean and bonus."""
        weights, shares = fading(evidence, self.half_life), evidence.shares
        once = self._ridged(shares, weights)
        twice = self._ridged(shares, weights**2)
        inverse = np.linalg.inv(once)
        bonus = np.sqrt(np.diag(inverse @ twice @ inverse))
        return self.estimates(evidence) + self.width * bonus

    def estimates(self, evidence: Evidence) -> Floats:
        """The discounted ridge regression's effects."""
        weights, shares = fading(evidence, self.half_life), evidence.shares
        return np.linalg.solve(
            self._ridged(shares, weights), shares.T @ (weights * evidence.rewards)
        )

    def _ridged(self, shares: Floats, weights: Floats) -> Floats:
        return (shares.T * weights) @ shares + self.ridge * np.eye(shares.shape[1])
