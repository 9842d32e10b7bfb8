"""How scores mature: what an early report of a release would be worth once it has settled.

A release that reports again at a greater age shows by how much scores still grow between the two
ages. Over all releases these steps are an actuary's development factors (the chain ladder: Mack,
ASTIN Bulletin 23(2), 1993), here fitted by least squares, so that a release may skip ages.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

AGE_EDGES = tuple(timedelta(days=days) for days in (0.6, 2, 5, 10, 20))
"""A report is of the age group between two edges; in one, a later report replaces an earlier."""
AGE_GROUPS = len(AGE_EDGES) + 1

_SMALLEST_PART = 0.01  # of the median amount: below it, amounts are as good as nothing
_DOUBT_STEPS = 3.0  # how many steps of size 0 are believed before the first is seen
_UNKNOWN_STEP = 0.35  # how far a step may go before any is seen, in spreads of the scores
_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST = float(np.finfo(np.float64).tiny)
_WILD = 3.0  # typical deviations beyond which a step counts for less (Huber)
_SMALLEST_DEVIATION = 0.03  # in spreads: where most steps are alike, the others still count
_TO_SD = 1 / NormalDist().inv_cdf(0.75)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaturedScores:
    """What each release's latest report would be worth once settled; NaN where there is none.

    `values` are in the unit of the scores. `variances` say how far the rest of the way may still
    move them, in the squared spread of all on an additive scale; 0 in the last age group. `groups`
    are the age groups of the latest reports.
    """

    values: Floats
    variances: Floats
    groups: NDArray[np.int64]


def age_group(age: timedelta) -> int:
    """Which group an age falls into; an age below 0 is as young as can be.

    >>> [age_group(timedelta(days=days)) for days in (-1, 0.25, 1, 30)]
    [0, 0, 1, 5]
    """
    return sum(age >= edge for edge in AGE_EDGES)


def matured(reported: Floats, *, differences: bool = False) -> MaturedScores:
    """Lift every release's latest report to what it will be in the last age group.

    `reported` is (releases, AGE_GROUPS), NaN where there is no report. Scores of which none is
    negative are amounts (views, ratings), and grow by factors; with a negative one among them, or
    told to be `differences` (lifts), they grow by sums. So a positive constant that multiplies all
    scores multiplies the values, and changes nothing else.
    """
    unit = unit_of(reported)
    amounts = reported / unit
    offset = None if differences else _offset(amounts)
    scores = amounts if offset is None else np.log(amounts + offset)
    known = ~np.isnan(scores)
    some = known.any(axis=1)
    last = AGE_GROUPS - 1 - np.argmax(known[:, ::-1], axis=1)
    latest = np.arange(len(scores)), last
    steps, variances = _development(scores, known, _spread(scores[latest][some]))
    values = _grown(amounts[latest], _rest_of_the_way(steps)[last], offset)
    return MaturedScores(
        values=_in_unit(values, unit),
        variances=np.where(some, _rest_of_the_way(variances)[last], 0.0),
        groups=last,
    )


def normal_scores(values: Sequence[float] | Floats) -> Floats:
    """Each value's normal score: Phi^-1((rank - 3/8) / (n + 1/4)); ties share their mean rank.

    What a normal sample of this size would be expected to hold in this place (Blom, Statistical
    Estimates and Transformed Beta-Variables, 1958). Only order counts, so any growing function of
    all values, such as a positive factor that neither overflows nor rounds two of them into one,
    changes nothing.

    >>> normal_scores([10.0, 1e9, 3.0]).tolist()[0]
    0.0
    """
    numbers = np.asarray(values, dtype=np.float64)
    quantile, count = NormalDist().inv_cdf, len(numbers)
    score_of, below = [], 0
    ordered = np.sort(numbers)
    for _, ties in groupby(ordered.tolist()):
        many = sum(1 for _ in ties)
        rank = below + (many + 1) / 2
        score_of.extend([quantile((rank - 3 / 8) / (count + 1 / 4))] * many)
        below += many
    return np.array(score_of)[np.searchsorted(ordered, numbers)] if count else numbers


def unit_of(reported: Floats) -> float:
    """A power of two near the largest score, so that squares neither overflow nor vanish."""
    largest = float(np.nanmax(np.abs(reported), initial=0.0))
    return math.ldexp(1.0, math.frexp(largest)[1] - 1)


def _in_unit(amounts: Floats, unit: float) -> Floats:
    """The amounts in their unit again, the largest float at most."""
    with np.errstate(over="ignore"):
        limited: Floats = np.clip(unit * amounts, -_LARGEST, _LARGEST)
    return limited


def _offset(reported: Floats) -> float | None:
    """What is added to amounts before their logarithm; None where they are differences."""
    positive = reported[reported > 0]
    if not len(positive) or np.any(reported < 0):
        return None
    return max(_SMALLEST_PART * float(np.median(positive)), _SMALLEST)


def _grown(latest: Floats, rest: Floats, offset: float | None) -> Floats:
    """The latest scores after the rest of the way: as they are, to the last bit, if that is 0."""
    if offset is None:
        return latest + rest
    with np.errstate(over="ignore"):
        return np.maximum(latest + (latest + offset) * np.expm1(rest), 0.0)


def _development(scores: Floats, known: NDArray[np.bool_], spread: float) -> tuple[Floats, Floats]:
    """The mean step from each age group to the next; its variance over releases, in spreads."""
    spans, jumps = _jumps(scores, known)
    steps: Floats = np.zeros(AGE_GROUPS - 1)
    for _ in range(2 if len(jumps) else 0):
        weighted = spans * _believed(jumps - spans @ steps, spread)[:, None]
        steps = np.linalg.solve(
            weighted.T @ spans + _DOUBT_STEPS * np.eye(AGE_GROUPS - 1), weighted.T @ jumps
        )
    if not spread:
        return steps, np.zeros(AGE_GROUPS - 1)
    off = np.minimum(np.abs(jumps - spans @ steps), spread) / spread
    seen = spans / np.maximum(spans.sum(axis=1, keepdims=True), 1.0)
    return steps, (seen.T @ off**2 + _UNKNOWN_STEP**2) / (spans.sum(axis=0) + 1.0)


def _believed(off: Floats, spread: float) -> Floats:
    """How much each jump counts: the less, the wilder it is (Huber's weights).

    The first round, when no step is known yet, already bounds what a slip of the pen can do.
    """
    off = np.abs(off)
    typical = max(_TO_SD * float(np.median(off)), _SMALLEST_DEVIATION * spread)
    wild = max(_WILD * typical, _SMALLEST)
    return wild / np.maximum(off, wild)


def _jumps(scores: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Which steps lie between each two successive reports of a release, and how far they went."""
    spans, jumps = [np.zeros((0, AGE_GROUPS - 1))], [np.zeros(0)]
    before = np.full(len(scores), -1)
    for group in range(AGE_GROUPS):
        again = np.flatnonzero(known[:, group] & (before >= 0))
        steps = np.arange(AGE_GROUPS - 1)
        spans.append(((steps >= before[again, None]) & (steps < group)).astype(np.float64))
        jumps.append(scores[again, group] - scores[again, before[again]])
        before = np.where(known[:, group], group, before)
    return np.concatenate(spans), np.concatenate(jumps)


def _rest_of_the_way(steps: Floats) -> Floats:
    """The sum of the steps from each age group to the last."""
    return np.append(np.cumsum(steps[::-1])[::-1], 0.0)


def _spread(values: Floats) -> float:
    """A standard deviation that a few wild values do not move: from the quartiles."""
    if not len(values):
        return 0.0
    low, high = np.percentile(values, [25, 75])
    return float(high - low) * _TO_SD / 2
