"""River's bandits (https://riverml.xyz): a new policy is told every reward of the log, in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from river import bandit, preprocessing, proba

from benchmarks.ranking.measures import Floats
from benchmarks.ranking.rewards import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class River:
    """UCB with the reward scaler its documentation asks for, or Thompson sampling of a Gaussian.

    `window` is in days; `once` feeds a source's reward once a release and not once a clip.
    """

    kind: str
    delta: float = 1.0
    window: float | None = None
    once: bool = False

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """Sources in the order in which the policy would pull them, each taken out once pulled."""
        policy, rest = (
            self._taught(evidence, int(rng.integers(2**31))),
            list(range(evidence.sources)),
        )
        values = np.zeros(evidence.sources)
        while rest:
            pulled = policy.pull(rest)
            values[pulled] = len(rest)
            rest.remove(pulled)
        return values

    def estimates(self, evidence: Evidence) -> Floats:
        """The mean reward of each source."""
        evidence = evidence.recent(self.window)
        rows, sources = evidence.by_clip(once=self.once)
        count = np.bincount(sources, minlength=evidence.sources)
        total = np.bincount(sources, weights=evidence.rewards[rows], minlength=evidence.sources)
        middle = float(np.mean(evidence.rewards)) if len(evidence.rewards) else 0.0
        return np.where(count > 0, total / np.maximum(count, 1), middle)

    def _taught(self, evidence: Evidence, seed: int) -> bandit.base.Policy:
        evidence = evidence.recent(self.window)
        policy = self._new(seed)
        rows, sources = evidence.by_clip(once=self.once)
        for source, reward in zip(sources.tolist(), evidence.rewards[rows].tolist(), strict=True):
            policy.update(source, reward)
        return policy

    def _new(self, seed: int) -> bandit.base.Policy:
        if self.kind == "thompson":
            return bandit.ThompsonSampling(reward_obj=proba.Gaussian(), burn_in=2, seed=seed)
        scaler = preprocessing.TargetStandardScaler(None)
        return bandit.UCB(delta=self.delta, reward_scaler=scaler, seed=seed)
