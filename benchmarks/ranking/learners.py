"""How a formula or a library becomes a policy: it is refitted to the log before every choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from benchmarks.ranking.measures import Floats
from benchmarks.ranking.policy import Beliefs
from benchmarks.ranking.rewards import Evidence, ReleaseLog

Fed = Literal["raw", "matured"]


class Learner(Protocol):
    """Makes of the evidence what each source is worth trying, and what it is worth."""

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """By source; the higher, the sooner it is tried."""

    def estimates(self, evidence: Evidence) -> Floats:
        """By source; the higher, the better it is believed to be."""


class LearnerPolicy:
    """A policy that keeps the log and asks its learner anew every time.

    Every peer is refitted to the latest scores: fed one by one it could not take back the early
    report that a later one replaces, which no careful user would do to it.
    """

    def __init__(self, learner: Learner, *, sources: int, fed: Fed) -> None:
        self._learner = learner
        self._log = ReleaseLog(sources)
        self._fed = fed
        self._sources = sources

    def chose(self, release: int, time: float, clips: Sequence[int], artist: int | None) -> None:
        """Log a release; they come numbered from 0."""
        self._log.chose(time, clips, artist)

    def reported(self, release: int, time: float, score: float) -> None:
        """Log a score."""
        self._log.reported(release, time, score)

    def order(
        self, time: float, available: Sequence[int], rng: np.random.Generator
    ) -> Sequence[int]:
        """By promise; at random before the first score."""
        evidence = self._evidence(time)
        if not len(evidence.rewards):
            return rng.permutation(available).tolist()
        return best_first(self._learner.promises(evidence, rng), available)

    def ranking(self, time: float, available: Sequence[int]) -> Sequence[int]:
        """By estimate."""
        evidence = self._evidence(time)
        if not len(evidence.rewards):
            return available
        return best_first(self._learner.estimates(evidence), available)

    def beliefs(self, time: float) -> Beliefs | None:
        """Peers are not asked how sure they are."""
        return None

    def _evidence(self, time: float) -> Evidence:
        return self._log.raw(time) if self._fed == "raw" else self._log.matured(time)


def best_first(values: Floats, available: Sequence[int]) -> list[int]:
    """The available sources by falling value, ties by number."""
    return sorted(available, key=lambda source: -float(values[source]))


def fading(evidence: Evidence, half_life: float | None) -> Floats:
    """What each release still weighs: half after each half-life in days, all of it for None."""
    if half_life is None:
        return np.ones(len(evidence.ages))
    return 2.0 ** (-evidence.ages / half_life)


def means_by_source(evidence: Evidence, weights: Floats, *, unseen: float = 0.0) -> Floats:
    """The weighted mean reward by source; `unseen` where no release used it."""
    mass = weights @ evidence.shares
    total = (weights * evidence.rewards) @ evidence.shares
    return np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), unseen)
