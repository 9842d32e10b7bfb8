"""The bayesianbandits library (https://github.com/bayesianbandits/bayesianbandits)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bayesianbandits import (
    Agent,
    Arm,
    NormalInverseGammaRegressor,
    NormalRegressor,
    ThompsonSampling,
    UpperConfidenceBound,
)

from benchmarks.ranking.learners import fading
from benchmarks.ranking.measures import Floats
from benchmarks.ranking.rewards import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ByArm:
    """An agent with one Normal-Inverse-Gamma arm for each source, told every clip's reward.

    Decay is given as sample weights, which keeps the prior; `quantile` is that of its upper
    confidence bound, and None stands for Thompson sampling.
    """

    half_life: float | None
    quantile: float | None
    samples: int = 1000

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """The quantile of each arm's draws, or one draw."""
        agent = self._agent(evidence, rng)
        size = 1 if self.quantile is None else self.samples
        draws = np.array([arm.sample(np.ones((1, 1)), size=size).ravel() for arm in agent.arms])
        return np.quantile(draws, 0.5 if self.quantile is None else self.quantile, axis=1)

    def estimates(self, evidence: Evidence) -> Floats:
        """Posterior means."""
        agent = self._agent(evidence, np.random.default_rng(0))
        return np.array([float(arm.learner.predict(np.ones((1, 1)))[0]) for arm in agent.arms])

    def _agent(self, evidence: Evidence, rng: np.random.Generator) -> Agent[int]:
        policy = (
            ThompsonSampling() if self.quantile is None else UpperConfidenceBound(self.quantile)
        )
        arms = [Arm(s, learner=NormalInverseGammaRegressor()) for s in range(evidence.sources)]
        agent = Agent(arms, policy, random_seed=rng)
        rows, sources = evidence.by_clip()
        weights = fading(evidence, self.half_life)
        for source in np.unique(sources).tolist():
            mine = rows[sources == source]
            agent.select_for_update(source).update(
                evidence.rewards[mine], sample_weight=weights[mine]
            )
        return agent


@dataclass(frozen=True, slots=True, kw_only=True)
class OnShares:
    """Its linear regression on our shares, with decay: what a user of both would build.

    `quantile` as in `ByArm`; `scale` narrows Thompson's draws around the mean.
    """

    half_life: float | None
    ridge: float
    quantile: float | None = None
    scale: float = 1.0

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """A joint draw of all effects, or a quantile of many."""
        model = self._fitted(evidence, rng)
        sources = np.eye(evidence.sources)
        size = 1 if self.quantile is None else 1000
        draws = np.asarray(model.sample(sources, size=size)).reshape(size, evidence.sources)
        mean = model.predict(sources)
        if self.quantile is not None:
            return np.quantile(draws, self.quantile, axis=0)
        return mean + self.scale * (draws[0] - mean)

    def estimates(self, evidence: Evidence) -> Floats:
        """Posterior means."""
        return self._fitted(evidence, np.random.default_rng(0)).predict(np.eye(evidence.sources))

    def _fitted(self, evidence: Evidence, rng: np.random.Generator) -> NormalRegressor:
        model = NormalRegressor(alpha=self.ridge, beta=1.0, random_state=rng)
        return model.fit(
            evidence.shares, evidence.rewards, sample_weight=fading(evidence, self.half_life)
        )
