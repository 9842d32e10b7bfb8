"""How well an order of sources agrees with the true one, and how sure a mean is."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def kendall_tau(ranked: Sequence[int], quality: Floats) -> float:
    """Pairs in the right order less pairs in the wrong one, over all pairs: 1 is the true order.

    >>> kendall_tau([1, 0, 2], np.array([2.0, 3.0, 1.0]))
    1.0
    """
    along = quality[list(ranked)]
    above, below = np.triu_indices(len(along), 1)
    if not len(above):
        return 0.0
    return float(np.mean(np.sign(along[above] - along[below])))


def precision_at(count: int, ranked: Sequence[int], quality: Floats) -> float:
    """The part of the first `count` that belongs to the true first `count`."""
    count = min(count, len(ranked))
    best = sorted(ranked, key=lambda source: -quality[source])[:count]
    return len(set(ranked[:count]) & set(best)) / count


def ndcg_at(count: int, ranked: Sequence[int], quality: Floats) -> float:
    """Normalised discounted cumulative gain; the gain is the quality above the worst source's.

    >>> ndcg_at(5, [0, 1, 2], np.array([3.0, 2.0, 1.0]))
    1.0
    """
    gains = quality[list(ranked)] - np.min(quality[list(ranked)])
    weights = 1 / np.log2(np.arange(2, min(count, len(gains)) + 2))
    best = float(np.sort(gains)[::-1][: len(weights)] @ weights)
    return float(gains[: len(weights)] @ weights) / best if best else 1.0


def half_width(values: Sequence[float] | Floats, *, level: float = 0.95) -> float:
    """How far the mean's interval reaches to either side, by Student's t.

    The quantile is Cornish and Fisher's expansion, right to 0.1 % from 10 values on.
    """
    count = len(values)
    if count < 2:
        return float("nan")
    z, free = NormalDist().inv_cdf((1 + level) / 2), count - 1
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    return float(t * np.std(values, ddof=1) / np.sqrt(count))
