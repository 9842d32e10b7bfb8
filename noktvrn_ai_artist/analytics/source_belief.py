"""What scores and usages let us believe about each source: a joint posterior, by pure arithmetic.

A release's worth (the normal score of its matured score) is taken to be

    worth = level + drift + artist + sum over sources of share * quality(source, then) + noise,
    quality(source, then) = lasting + 2^(-age / half_life) * form,

all of it jointly normal: what is lasting of a source; its present form, which fades into the past;
the level of all releases and its drift; and every artist who was told. What the form was back then
and is no longer adds to the noise by a known part. So credit is shared over the sources of a
release, a good artist or a good season is not taken for a good source, and of a source of which
little is known we believe that it is average. The answer is the exact posterior of this model:
Bayesian linear regression, the form being a Gaussian process seen through one inducing point, the
present (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, 2.1 and 8.3). It
costs O(n K^2) for n releases and K sources, and is computed anew at each question, so that nothing
can drift away from the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics.growth_curves import DAY
from noktvrn_ai_artist.analytics.score_maturing import Floats
from noktvrn_ai_artist.analytics.source_evidence import UNTOLD, Evidence

QUALITY_SD = 0.5
"""How far sources are believed to differ, in standard deviations of release performance."""
LASTING = 0.3
"""The part of the variance between sources that does not fade."""
LEVEL_SD, DRIFT_SD, ARTIST_SD = 1.0, 0.5, 0.7
"""How far the level, its course in time, and the artists who were told are believed to go."""
AWAITED = timedelta(days=28)
"""How long after it was cut a release without a score is believed to get one."""

_DRIFT_KNOTS = np.array([0.0, 1 / 3, 1.0, 2.0, 4.0, 8.0, 16.0])  # half-lives before the present
_NOISES = np.geomspace(0.15, 1.35, 12)
_USUAL_NOISE, _NOISE_DOUBT = 0.7, 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Belief:
    """The joint posterior of the present qualities, in standard deviations of performance.

    `mean` (sources,) and `covariance` (sources, sources): 0 is the average source. `awaiting` is
    for choosing: the covariance there will be when the releases still without a score have one, for
    how much they will tell is known before it is known what; and were the level known, for it moves
    all sources alike and no order depends on it. `influence` (sources, releases) times the worth,
    NaN taken as 0, is `mean`. `residual` (releases,) is what of the worth is not explained, and
    `variance` (releases,) what its noise was taken to be, NaN without a score; `noise` is its
    variance for a fresh release.
    """

    sources: tuple[str, ...]
    mean: Floats
    covariance: Floats
    awaiting: Floats
    influence: Floats
    residual: Floats
    variance: Floats
    noise: float

    @property
    def sd(self) -> Floats:
        """Each source's own standard deviation."""
        return np.sqrt(np.diagonal(self.covariance))

    def among(self, sources: Sequence[str]) -> Belief:
        """What is believed of these sources; one that is not known is as the prior says."""
        known = {source: place for place, source in enumerate(self.sources)}
        new = [place for place, source in enumerate(sources) if source in known]
        old = [known[source] for source in sources if source in known]
        mean, influence = np.zeros(len(sources)), np.zeros((len(sources), self.influence.shape[1]))
        mean[new], influence[new] = self.mean[old], self.influence[old]
        covariance, awaiting = (QUALITY_SD**2 * np.eye(len(sources)) for _ in range(2))
        covariance[np.ix_(new, new)] = self.covariance[np.ix_(old, old)]
        awaiting[np.ix_(new, new)] = self.awaiting[np.ix_(old, old)]
        return replace(
            self,
            sources=tuple(sources),
            mean=mean,
            influence=influence,
            covariance=covariance,
            awaiting=awaiting,
        )


def believe(evidence: Evidence, *, half_life: timedelta) -> Belief:
    """The posterior of every source of the evidence, at the instant that its ages count from.

    Without a scored release it is the prior: mean 0, standard deviation QUALITY_SD.
    """
    scored = evidence.scored
    rows = _rows(evidence, scored, half_life=half_life)
    regression = _Regression(rows, len(evidence.sources))
    noise = regression.likeliest_noise()
    precision, target = regression.normal_equations(noise)
    now = regression.now
    spread: Floats = np.linalg.solve(precision, now.T)
    effects: Floats = np.linalg.solve(precision, target)
    influence = np.zeros((len(evidence.sources), len(scored)))
    influence[:, scored] = regression.influence(spread, noise)
    residual, variance = np.full(len(scored), np.nan), np.full(len(scored), np.nan)
    residual[scored] = regression.residual(effects, noise)
    variance[scored] = noise / rows.weights
    awaited = ~scored & (evidence.ages < AWAITED / DAY)
    still_to_come = _rows(evidence, awaited, half_life=half_life)
    later = precision + still_to_come.gram / noise
    apart = 1 + len(_DRIFT_KNOTS)  # the level and its drift, which are no source's
    qualities = now[:, apart:]
    return Belief(
        sources=evidence.sources,
        mean=target @ spread,
        covariance=_symmetric(now @ spread),
        awaiting=_symmetric(qualities @ np.linalg.solve(later[apart:, apart:], qualities.T)),
        influence=influence,
        residual=residual,
        variance=variance,
        noise=noise,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Some releases as rows of the regression; a row's noise is the common one over its weight."""

    columns: Floats
    weights: Floats
    worth: Floats
    artists: NDArray[np.int64]

    @property
    def gram(self) -> Floats:
        """The columns' weighted products."""
        return (self.columns * self.weights[:, None]).T @ self.columns


def _rows(evidence: Evidence, which: NDArray[np.bool_], *, half_life: timedelta) -> _Rows:
    """These releases as rows: the level, its drift, each source lasting, each source's form."""
    shares = evidence.shares[which]
    halves = np.maximum(evidence.ages[which], 0.0) / (half_life / DAY)
    present = 2.0**-halves
    place = np.interp(halves, _DRIFT_KNOTS, np.arange(len(_DRIFT_KNOTS)))
    drift = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(len(_DRIFT_KNOTS))))
    artists = evidence.artists[which]
    unknown = (
        QUALITY_SD**2 * (1 - LASTING) * (1 - present**2) * (shares**2).sum(axis=1)
        + ARTIST_SD**2 * ((artists == UNTOLD) & (evidence.artists != UNTOLD).any())
        + evidence.unsettled[which]
    )
    return _Rows(
        columns=np.hstack([np.ones((len(shares), 1)), drift, shares, shares * present[:, None]]),
        weights=1 / (1 + unknown / _USUAL_NOISE),
        worth=evidence.worth[which],
        artists=artists,
    )


class _Regression:
    """Rows against their prior; the artists' effects, one column each, are eliminated first."""

    def __init__(self, rows: _Rows, sources: int) -> None:
        self._rows = rows
        self._prior = np.concatenate(
            [
                [LEVEL_SD**-2],
                np.full(len(_DRIFT_KNOTS), DRIFT_SD**-2),
                np.full(sources, QUALITY_SD**-2 / LASTING),
                np.full(sources, QUALITY_SD**-2 / (1 - LASTING)),
            ]
        )
        self.now = np.hstack(
            [np.zeros((sources, 1 + len(_DRIFT_KNOTS))), np.eye(sources), np.eye(sources)]
        )
        weighted = rows.columns * rows.weights[:, None]
        self._gram = rows.gram
        self._target = weighted.T @ rows.worth
        self._square = float(rows.weights @ rows.worth**2)
        self._told = rows.artists != UNTOLD
        _, self._artist = np.unique(rows.artists[self._told], return_inverse=True)
        self._artist_weight = _summed(rows.weights[self._told], self._artist)
        self._artist_worth = _summed((rows.weights * rows.worth)[self._told], self._artist)
        self._artist_columns = _summed(weighted[self._told], self._artist)

    def normal_equations(self, noise: float) -> tuple[Floats, Floats]:
        """The posterior's precision, and the precision times the mean."""
        kept = self._kept(noise)
        columns = self._artist_columns / noise
        precision = (
            np.diag(self._prior) + self._gram / noise - (columns * kept[:, None]).T @ columns
        )
        return precision, self._target / noise - columns.T @ (self._artist_worth / noise * kept)

    def likeliest_noise(self) -> float:
        """The noise under which the worth seen is likeliest, leaning to what is usual."""
        doubts = (np.log(_NOISES / _USUAL_NOISE) / _NOISE_DOUBT) ** 2 / 2
        likely = [self._log_evidence(noise) for noise in _NOISES.tolist()]
        return float(_NOISES[np.argmax(likely - doubts)])

    def influence(self, spread: Floats, noise: float) -> Floats:
        """What each row's worth counts in each source's mean: (sources, rows)."""
        seen = self._rows.columns.copy()
        by_artist = self._artist_columns * (self._kept(noise) / noise)[:, None]
        seen[self._told] -= by_artist[self._artist]
        return (seen @ spread).T * (self._rows.weights / noise)

    def residual(self, coefficients: Floats, noise: float) -> Floats:
        """What the posterior means leave of each row's worth."""
        left = self._rows.worth - self._rows.columns @ coefficients
        by_artist = self._artist_worth - self._artist_columns @ coefficients
        left[self._told] -= (by_artist / noise * self._kept(noise))[self._artist]
        return left

    def _kept(self, noise: float) -> Floats:
        """The posterior variance of each artist's effect if all else were known."""
        return 1 / (self._artist_weight / noise + ARTIST_SD**-2)

    def _log_evidence(self, noise: float) -> float:
        """The logarithm of the likelihood of all worth, but for a constant."""
        precision, target = self.normal_equations(noise)
        kept = self._kept(noise)
        root = np.linalg.cholesky(precision)
        explained = np.linalg.solve(root, target)
        return -0.5 * float(
            len(self._rows.worth) * np.log(noise)
            + 2 * np.log(np.diagonal(root)).sum()
            - np.log(kept).sum()
            + self._square / noise
            - (self._artist_worth / noise) ** 2 @ kept
            - explained @ explained
        )


def _summed(values: Floats, places: NDArray[np.intp]) -> Floats:
    """The sums of the values (rows) of each place, 0 to the largest, none of them empty."""
    order = np.argsort(places, kind="stable")
    if not len(order):
        return values
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    return np.add.reduceat(values[order], starts, axis=0)


def _symmetric(matrix: Floats) -> Floats:
    return (matrix + matrix.T) / 2
