"""What a policy is asked and told: the same doors for our tracker and for every peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.ranking.measures import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Beliefs:
    """What a policy says it knows, in normal-score units; NaN where it says nothing of a source."""

    mean: Floats
    sd: Floats
    probability_best: Floats | None = None


class Policy(Protocol):
    """What decides the order in which sources are tried.

    Days are counted from the first release; an artist is None where artists are not told.
    """

    def chose(self, release: int, time: float, clips: Sequence[int], artist: int | None) -> None:
        """A release was cut of these sources, one for each clip."""

    def reported(self, release: int, time: float, score: float) -> None:
        """A release was seen to have this score; it replaces what was reported of it before."""

    def order(
        self, time: float, available: Sequence[int], rng: np.random.Generator
    ) -> Sequence[int]:
        """The available sources in the order in which slots should try them."""

    def ranking(self, time: float, available: Sequence[int]) -> Sequence[int]:
        """The available sources, the best estimate first; nothing is explored."""

    def beliefs(self, time: float) -> Beliefs | None:
        """Means and standard deviations of the sources, if the policy gives any."""
