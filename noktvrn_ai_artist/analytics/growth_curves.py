"""How a release grew with its age, and how its artist's releases usually do at that age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind

AGES = (timedelta(hours=24), timedelta(days=7), timedelta(days=28))
DAY = timedelta(days=1)
_LONGEST_DAY = timedelta(hours=25)  # where clocks are set back

_WIDEST_GAP, _WIDEST_SHARE = timedelta(hours=36), 0.5


class Maturity(StrEnum):
    """Whether a value at an age is known, and if not, why not."""

    KNOWN = "known"
    NOT_YET_MATURE = "not yet mature"
    NOT_OBSERVED = "not observed that early"
    IN_A_GAP = "in a gap"
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GrowthCurve:
    """One metric of one release by age.

    `ages` are days since publication, ascending, each 0 or more; `values` are the totals at those
    ages. `falls` are indexes of totals below the one before; `before_publication` counts snapshots
    that were left out because they are stamped before the release was published; `ends_in_gap` says
    that daily amounts go on after a day that is missing, so that their total is not known.
    """

    release_id: int
    ages: NDArray[np.float64]
    values: NDArray[np.float64]
    falls: tuple[int, ...]
    before_publication: int
    ends_in_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeValue:
    """The total at an age, or why there is none."""

    value: float | None
    maturity: Maturity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """The usual total at each age: median and quartiles over releases, NaN where too few are known.

    `ages` are days; all arrays have the same length.
    """

    ages: NDArray[np.float64]
    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]
    releases: NDArray[np.int64]


def growth_curve(
    release_id: int,
    *,
    published_at: datetime,
    times: Sequence[datetime],
    values: Sequence[float],
    kind: MetricKind = MetricKind.COUNTER,
) -> GrowthCurve:
    """The curve of a release from its snapshots, in any order.

    Counters are taken as they are. Daily amounts (each stamped with the start of its day) are
    added up from the day of publication, and end at the first day that is missing.

    Raises:
        ValueError: the metric is of a kind that has no total (a gauge, a ratio, unique people).
    """
    if kind not in {MetricKind.COUNTER, MetricKind.DAILY}:
        raise ValueError(f"a {kind} has no total that grows with age")
    order = sorted(range(len(times)), key=lambda index: times[index])
    stamped = [(times[index], float(values[index])) for index in order]
    last = stamped[-1][0] if stamped else published_at
    if kind is MetricKind.DAILY:
        stamped = _added_up(stamped, published_at)
    aged = [((time - published_at) / DAY, value) for time, value in stamped]
    kept = [(age, value) for age, value in aged if age >= 0]
    totals = [value for _, value in kept]
    return GrowthCurve(
        release_id=release_id,
        ages=np.array([age for age, _ in kept], dtype=np.float64),
        values=np.array(totals, dtype=np.float64),
        falls=tuple(i for i, (a, b) in enumerate(pairwise(totals), start=1) if b < a),
        before_publication=len(aged) - len(kept),
        ends_in_gap=bool(stamped) and stamped[-1][0] < last,
    )


def widest_gap(span: timedelta) -> timedelta:
    """How far apart two snapshots may lie and still tell what lay between them, in such a span.

    >>> widest_gap(timedelta(days=1)), widest_gap(timedelta(days=28))
    (datetime.timedelta(days=1, seconds=43200), datetime.timedelta(days=14))
    """
    return max(_WIDEST_GAP, _WIDEST_SHARE * span)


def value_at(curve: GrowthCurve, age: timedelta) -> AgeValue:
    """The total at an age, by a straight line between the snapshots around it; never beyond them.

    Nothing is read across a gap wider than 36 hours or half the age, whichever is more.
    """
    days = age / DAY
    if not curve.ages.size:
        return AgeValue(value=None, maturity=Maturity.NO_DATA)
    if days > curve.ages[-1]:
        beyond = Maturity.IN_A_GAP if curve.ends_in_gap else Maturity.NOT_YET_MATURE
        return AgeValue(value=None, maturity=beyond)
    if days < curve.ages[0]:
        return AgeValue(value=None, maturity=Maturity.NOT_OBSERVED)
    after = int(np.searchsorted(curve.ages, days))
    if curve.ages[after] == days:
        return AgeValue(value=float(curve.values[after]), maturity=Maturity.KNOWN)
    if curve.ages[after] - curve.ages[after - 1] > widest_gap(age) / DAY:
        return AgeValue(value=None, maturity=Maturity.IN_A_GAP)
    value = float(np.interp(days, curve.ages, curve.values))
    return AgeValue(value=value, maturity=Maturity.KNOWN)


def usual_band(
    curves: Sequence[GrowthCurve], ages_in_days: NDArray[np.float64], *, fewest: int = 3
) -> Band:
    """Median and quartiles of the curves at equal age, where at least `fewest` are known."""
    known = [_known_at(curves, float(days)) for days in ages_in_days]
    quartiles = np.full((len(known), 3), np.nan)
    for row, values in enumerate(known):
        if len(values) >= fewest:
            quartiles[row] = np.percentile(values, [25, 50, 75])
    return Band(
        ages=np.asarray(ages_in_days, dtype=np.float64),
        low=quartiles[:, 0],
        median=quartiles[:, 1],
        high=quartiles[:, 2],
        releases=np.array([len(values) for values in known], dtype=np.int64),
    )


def _known_at(curves: Sequence[GrowthCurve], days: float) -> list[float]:
    found = (value_at(curve, timedelta(days=days)) for curve in curves)
    return [at.value for at in found if at.value is not None]


def _added_up(
    amounts: Sequence[tuple[datetime, float]], published_at: datetime
) -> list[tuple[datetime, float]]:
    """Totals at the end of each day without a missing one; none if the first day is missing."""
    begun = sum(day <= published_at for day, _ in amounts)
    if not begun or published_at - amounts[begun - 1][0] >= _LONGEST_DAY:
        return []
    totals: list[tuple[datetime, float]] = []
    total, expected = 0.0, None
    for day, amount in amounts[begun - 1 :]:
        if expected is not None and day - expected >= DAY / 2:
            break
        total, expected = total + amount, day + DAY
        totals.append((expected, total))
    return totals
