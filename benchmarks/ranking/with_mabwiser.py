"""MABWiser (https://github.com/fidelity/mabwiser): one arm for each source, refitted to the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from mabwiser.mab import MAB, LearningPolicy

from benchmarks.ranking.measures import Floats
from benchmarks.ranking.rewards import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCount:
    """Context-free policies; `window` is in days, `once` feeds a source's reward once a release."""

    kind: str
    alpha: float = 1.0
    window: float | None = None
    once: bool = False

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """The library's expectations, which for its own order hold bonus or draw."""
        evidence = evidence.recent(self.window)
        if self.kind == "epsilon" and rng.random() < self.alpha:
            return rng.random(evidence.sources)
        decisions, rewards = self._fed(evidence)
        if not len(rewards):
            return rng.random(evidence.sources)
        values = _expected(
            MAB(self._arms(evidence), self._policy(rewards), seed=_seed(rng)), decisions, rewards
        )
        if self.kind != "thompson":  # an arm without a pull keeps the library's expectation of 0
            values[np.setdiff1d(np.arange(evidence.sources), decisions)] = np.inf
        return values

    def estimates(self, evidence: Evidence) -> Floats:
        """The mean reward the library learned for each arm."""
        decisions, rewards = self._fed(evidence.recent(self.window))
        mab = MAB(self._arms(evidence), LearningPolicy.EpsilonGreedy(epsilon=0.0))
        return _expected(mab, decisions, rewards) if len(rewards) else np.zeros(evidence.sources)

    def _fed(self, evidence: Evidence) -> tuple[Floats, Floats]:
        rows, sources = evidence.by_clip(once=self.once)
        return sources, evidence.rewards[rows]

    def _policy(self, rewards: Floats) -> Any:  # noqa: ANN401
        if self.kind == "ucb1":
            return LearningPolicy.UCB1(alpha=self.alpha)
        if self.kind == "thompson":
            middle = float(np.median(rewards))
            return LearningPolicy.ThompsonSampling(lambda _, reward: int(reward > middle))
        return LearningPolicy.EpsilonGreedy(epsilon=0.0)

    def _arms(self, evidence: Evidence) -> list[int]:
        return list(range(evidence.sources))


@dataclass(frozen=True, slots=True, kw_only=True)
class ByContext:
    """LinTS and LinUCB: the context is a constant, and with `artist_context` the artist as well.

    Sources are asked about for no artist, as what an artist adds is the same for every source.
    """

    kind: str
    alpha: float
    ridge: float = 1.0
    window: float | None = None
    once: bool = False
    artist_context: bool = False

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """The library's expectations: with a bonus or drawn."""
        policy = LearningPolicy.LinTS if self.kind == "thompson" else LearningPolicy.LinUCB
        return self._asked(evidence, policy(alpha=self.alpha, l2_lambda=self.ridge), _seed(rng))

    def estimates(self, evidence: Evidence) -> Floats:
        """The same regressions without exploration."""
        policy = LearningPolicy.LinGreedy(epsilon=0.0, l2_lambda=self.ridge)
        return self._asked(evidence, policy, 0)

    def _asked(self, evidence: Evidence, policy: Any, seed: int) -> Floats:  # noqa: ANN401
        evidence = evidence.recent(self.window)
        rows, sources = evidence.by_clip(once=self.once)
        contexts = np.ones((len(rows), 1))
        if self.artist_context and evidence.artists is not None and len(rows):
            known = np.unique(evidence.artists)
            mine = evidence.artists[rows][:, None] == known
            contexts = np.hstack([contexts, mine.astype(float)])
        if not len(rows):
            return np.zeros(evidence.sources)
        mab = MAB(list(range(evidence.sources)), policy, seed=seed)
        asked = np.zeros((1, contexts.shape[1]))
        asked[0, 0] = 1.0
        return _expected(mab, sources, evidence.rewards[rows], contexts, asked)


def _expected(
    mab: MAB,
    decisions: Floats,
    rewards: Floats,
    contexts: Floats | None = None,
    asked: Floats | None = None,
) -> Floats:
    mab.fit(decisions, rewards, contexts)
    expectations = mab.predict_expectations(asked)
    return np.array([expectations[arm] for arm in mab.arms], dtype=float)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
