"""The model of `source_belief` written out as one dense normal distribution: slow, and apart.

Every covariance of two releases is added up term by term from the model's text, and what was seen
is conditioned on by solving the whole system. No column is eliminated, no precision kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import log

import numpy as np
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics import source_belief as model
from noktvrn_ai_artist.analytics.source_evidence import UNTOLD, Evidence

Floats = NDArray[np.floating]
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class DenseModel:
    """The evidence, and the half-life that its ages are seen through."""

    evidence: Evidence
    half_life: timedelta

    def fading(self, row: int) -> float:
        return float(2.0 ** -(max(self.evidence.ages[row], 0.0) / (self.half_life / DAY)))

    def drift(self, row: int) -> list[float]:
        """How much each knot of the level's course counts: a straight line between two of them."""
        place = max(float(self.evidence.ages[row]), 0.0) / (self.half_life / DAY)
        knots = model._DRIFT_KNOTS.tolist()
        counts = [0.0] * len(knots)
        if place >= knots[-1]:
            counts[-1] = 1.0
            return counts
        left = max(number for number, knot in enumerate(knots) if knot <= place)
        part = (place - knots[left]) / (knots[left + 1] - knots[left])
        counts[left], counts[left + 1] = 1.0 - part, part
        return counts

    def between(self, one: int, other: int) -> float:
        """The covariance of what is common to two releases: all but the noise."""
        shares, artists = self.evidence.shares, self.evidence.artists
        form = self.fading(one) * self.fading(other)
        total = model.LEVEL_SD**2
        for here, there in zip(self.drift(one), self.drift(other), strict=True):
            total += here * there * model.DRIFT_SD**2
        if artists[one] == artists[other] != UNTOLD:
            total += model.ARTIST_SD**2
        for mine, its in zip(shares[one], shares[other], strict=True):
            quality = model.QUALITY_SD**2 * (model.LASTING + (1 - model.LASTING) * form)
            total += mine * its * quality
        return float(total)

    def own(self, row: int, noise: float) -> float:
        """The variance of a release's noise."""
        evidence = self.evidence
        once = model.QUALITY_SD**2 * (1 - model.LASTING) * (1 - self.fading(row) ** 2)
        more = float(evidence.unsettled[row]) + sum(
            once * share**2 for share in evidence.shares[row]
        )
        if evidence.artists[row] == UNTOLD and any(each != UNTOLD for each in evidence.artists):
            more += model.ARTIST_SD**2
        return noise * (1 + float(more) / model._USUAL_NOISE)

    def of_level(self, rows: list[int]) -> Floats:
        """The part of their covariance that is the level's and its drift's."""
        knots = np.array([self.drift(row) for row in rows]).reshape(-1, len(model._DRIFT_KNOTS))
        return model.LEVEL_SD**2 + model.DRIFT_SD**2 * knots @ knots.T

    def of_worth(self, rows: list[int], noise: float) -> Floats:
        """The covariance of these releases' worth."""
        return np.array(
            [
                [self.between(one, other) + (one == other) * self.own(one, noise) for other in rows]
                for one in rows
            ]
        ).reshape(len(rows), len(rows))

    def with_qualities(self, rows: list[int]) -> Floats:
        """The covariance of every source's present quality with every release's worth."""
        prior, lasting = model.QUALITY_SD**2, model.LASTING
        return np.array(
            [
                [shares[row] * prior * (lasting + (1 - lasting) * self.fading(row)) for row in rows]
                for shares in self.evidence.shares.T
            ]
        ).reshape(len(self.evidence.sources), len(rows))

    def with_course(self, rows: list[int]) -> Floats:
        """The covariance of the level and its drift's knots with every release's worth."""
        level = np.full((1, len(rows)), model.LEVEL_SD**2)
        knots = np.array([self.drift(row) for row in rows]).reshape(-1, len(model._DRIFT_KNOTS))
        return np.vstack([level, knots.T * model.DRIFT_SD**2])

    def log_likelihood(self, noise: float) -> float:
        """How likely the worth seen is under a noise, with the lean to the usual noise."""
        rows = self.scored
        covariance, seen = self.of_worth(rows, noise), self.evidence.worth[rows]
        lean = (log(noise / model._USUAL_NOISE) / model._NOISE_DOUBT) ** 2 / 2
        _, size = np.linalg.slogdet(covariance)
        return float(-(size + seen @ np.linalg.solve(covariance, seen)) / 2 - lean)

    @property
    def scored(self) -> list[int]:
        return np.flatnonzero(self.evidence.scored).tolist()

    @property
    def awaited(self) -> list[int]:
        """The releases without a score that are young enough to get one."""
        return [
            row
            for row in range(len(self.evidence.releases))
            if row not in self.scored and self.evidence.ages[row] < model.AWAITED / DAY
        ]

    def influence(self, noise: float) -> Floats:
        """What each scored release's worth counts in each source's posterior mean."""
        rows = self.scored
        return np.linalg.solve(self.of_worth(rows, noise), self.with_qualities(rows).T).T

    def covariance(self, noise: float, *, rows: list[int], level_known: bool = False) -> Floats:
        """The posterior covariance of the qualities once these releases have been seen."""
        prior = model.QUALITY_SD**2 * np.eye(len(self.evidence.sources))
        cross, worth = self.with_qualities(rows), self.of_worth(rows, noise)
        if level_known:
            worth = worth - self.of_level(rows)
        return prior - cross @ np.linalg.solve(worth, cross.T)

    def residual(self, noise: float) -> Floats:
        """What of each worth the posterior leaves to the noise."""
        rows = self.scored
        own = np.array([self.own(row, noise) for row in rows])
        return own * np.linalg.solve(self.of_worth(rows, noise), self.evidence.worth[rows])

    def course(self, noise: float) -> tuple[Floats, Floats, Floats]:
        """The posterior mean and covariance of level and drift, and theirs with the qualities."""
        rows = self.scored
        cross, worth = self.with_course(rows), self.of_worth(rows, noise)
        solved = np.linalg.solve(worth, cross.T)
        prior = np.diag([model.LEVEL_SD**2] + [model.DRIFT_SD**2] * len(model._DRIFT_KNOTS))
        mean = solved.T @ self.evidence.worth[rows]
        return mean, prior - cross @ solved, -self.with_qualities(rows) @ solved
