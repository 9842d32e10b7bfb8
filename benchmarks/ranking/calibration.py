"""Whether intervals and probabilities mean what they say: counted while a policy plays.

The truth of a source in the units of a policy's beliefs, which are normal scores, is its log
quality of the moment less a centre, over the robust standard deviation (1.4826 times the median
absolute deviation) of the final log scores of the releases reported so far. The centre is 0, the
mean of the population sources are drawn from, or the mean of the sources available now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import erf
from statistics import NormalDist
from typing import Self

import numpy as np

from benchmarks.ranking.measures import Floats
from benchmarks.ranking.policy import Beliefs
from benchmarks.ranking.worlds import World

LEVELS = (0.5, 0.9)
CENTRES = ("population", "available")
EDGES = np.array([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0])
BEST_EDGES = np.linspace(0, 1, 11)
FEWEST_REPORTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Counts that add up over worlds and seeds.

    `covered` is by level and centre, `intervals` is how many were checked; `better` and `best` hold
    for each bin of stated probability how often it was stated, the sum stated, and how often it was
    so: that one source is better than another, and that a source is the best of all that were used.
    """

    covered: Floats
    intervals: float
    better: Floats
    best: Floats

    @classmethod
    def nothing(cls) -> Self:
        """Before the first check."""
        return cls(
            covered=np.zeros((len(LEVELS), len(CENTRES))),
            intervals=0.0,
            better=np.zeros((len(EDGES) - 1, 3)),
            best=np.zeros((len(BEST_EDGES) - 1, 3)),
        )

    def __add__(self, other: Self) -> Self:
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return type(self)(**sums)


class Check:
    """Holds a policy's beliefs against the truth of one world as it goes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._final: dict[int, float] = {}
        self._reported: dict[int, float] = {}
        self._sum = Checked.nothing()

    def chose(self, release: int, clips: Sequence[int]) -> None:
        """Note what the release will come to."""
        self._final[release] = self._world.final_log_score(release, clips)

    def reported(self, release: int) -> None:
        """Note that the log now holds a score of this release."""
        self._reported[release] = self._final[release]

    def hold_against(self, release: int, available: Sequence[int], beliefs: Beliefs | None) -> None:
        """Count what of the beliefs is so when this release is cut."""
        if beliefs is None or len(self._reported) < FEWEST_REPORTED:
            return
        known = [source for source in available if np.isfinite(beliefs.mean[source])]
        if not known:
            return
        quality = self._world.qualities[release]
        unit = robust_sd(np.array(list(self._reported.values())))
        centres = np.array([0.0, float(np.mean(quality[list(available)]))])
        truth = (quality[known, None] - centres) / unit
        mean, sd = beliefs.mean[known], beliefs.sd[known]
        best = Checked.nothing().best
        if beliefs.probability_best is not None:
            is_best = quality[known] >= np.max(quality[known])
            best = _binned(beliefs.probability_best[known], is_best, BEST_EDGES)
        self._sum += Checked(
            covered=np.array([_covered(mean, sd, truth, level) for level in LEVELS]),
            intervals=float(len(known)),
            better=_pairs(mean, sd, quality[known]),
            best=best,
        )

    def result(self) -> Checked:
        """All that was counted."""
        return self._sum


def robust_sd(values: Floats) -> float:
    """1.4826 times the median absolute deviation: the standard deviation of a normal sample.

    >>> round(robust_sd(np.random.default_rng(1).normal(size=10_000)), 1)
    1.0
    """
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _covered(mean: Floats, sd: Floats, truth: Floats, level: float) -> Floats:
    """How many true values lie within the central interval of this level, by centre."""
    half = NormalDist().inv_cdf((1 + level) / 2) * sd
    return np.sum(np.abs(truth - mean[:, None]) <= half[:, None], axis=0).astype(float)


def _pairs(mean: Floats, sd: Floats, quality: Floats) -> Floats:
    """The likelier winner of each pair, as if the two beliefs were independent normals."""
    one, two = np.triu_indices(len(mean), 1)
    distance = (mean[one] - mean[two]) / np.hypot(sd[one], sd[two])
    stated = np.array([0.5 * (1 + erf(abs(d) / np.sqrt(2))) for d in distance])
    true = (quality[one] > quality[two]) == (distance > 0)
    return _binned(stated, true, EDGES)


def _binned(stated: Floats, true: Floats, edges: Floats) -> Floats:
    place = np.clip(np.searchsorted(edges, stated, side="right") - 1, 0, len(edges) - 2)
    counts = np.zeros((len(edges) - 1, 3))
    np.add.at(counts, place, np.column_stack([np.ones(len(stated)), stated, true]))
    return counts
