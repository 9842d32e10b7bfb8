"""What was usual on a platform and for an artist, as each release came out: only looking back."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The platform's usual: median and quartiles over this many releases before; the first ones are held
# against one another, and where fewer than a handful are known nothing is usual yet.
WINDOW, FOUNDERS, FEWEST = 200, 20, 5
# The artist's usual: over this many releases before. Their mean is drawn to the platform's usual as
# if so many releases had been seen exactly there: the variance within an artist over that between
# artists, measured on real releases (docs/scores.md).
RECENT, PULL = 10, 0.5
# How far one release can pull its artist's usual, in the platform's spread.
_FARTHEST, _FARTHEST_FROM_MEDIAN, _LEAST_SPREAD = 3.0, 1.0, 0.5
QUARTILES_IN_SD, _MEDIAN_ERROR = 1.349, 1.2533

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlatformUsual:
    """What was usual on the platform when each release came out, a column for each milestone."""

    location: Floats
    spread: Floats
    releases: Ints


def platform_usual(logs: Floats) -> PlatformUsual:
    """Median and spread at each age of the releases before each; rows are in the order of release.

    NaN where a release is not known at an age, or fewer than five others are.
    """
    location, spread = np.full(logs.shape, np.nan), np.full(logs.shape, np.nan)
    releases = np.zeros(logs.shape, dtype=np.int64)
    for place in range(logs.shape[1]):
        known = np.flatnonzero(~np.isnan(logs[:, place]))
        for row, others in zip(known, _earlier(logs[known, place].tolist()), strict=True):
            if len(others) >= FEWEST:
                low, middle, high = (_quantile(others, quarter / 4) for quarter in (1, 2, 3))
                location[row, place] = middle
                spread[row, place] = max((high - low) / QUARTILES_IN_SD, _LEAST_SPREAD)
                releases[row, place] = len(others)
    return PlatformUsual(location=location, spread=spread, releases=releases)


def artist_usual(
    lifts: Floats, artist_ids: Ints, at: tuple[Ints, Ints], spread: Floats
) -> tuple[Floats, Ints]:
    """How far above the platform's an artist's usual lies, and over how many releases.

    Each earlier release counts with its lift at the same age, or else at the oldest younger one.
    The mean is Huber's, by one step from the median, so that a wild release pulls it only so far.
    """
    earlier = _earlier_of_artist(artist_ids)[at[0]]
    reached = _last_known(lifts)[earlier, at[1][:, None]]
    limit = _FARTHEST * spread[:, None]
    reached = np.sort(np.where(earlier < 0, np.nan, np.clip(reached, -limit, limit)), axis=1)
    known = ~np.isnan(reached)
    releases = known.sum(axis=1)
    rows = np.arange(len(reached))
    half = np.maximum(releases - 1, 0) // 2, np.minimum(releases // 2, RECENT - 1)
    middle = np.where(releases > 0, (reached[rows, half[0]] + reached[rows, half[1]]) / 2, 0.0)
    near = _FARTHEST_FROM_MEDIAN * spread[:, None]
    offsets = np.where(known, np.clip(reached - middle[:, None], -near, near), 0.0)
    mean = middle + offsets.sum(axis=1) / np.maximum(releases, 1)
    return mean * releases / (releases + PULL), releases


def _last_known(lifts: Floats) -> Floats:
    """At each age the lift there, or the one at the oldest younger age."""
    filled = lifts.copy()
    for place in range(1, lifts.shape[1]):
        unknown = np.isnan(filled[:, place])
        filled[unknown, place] = filled[unknown, place - 1]
    return filled


def _earlier_of_artist(artist_ids: Ints) -> Ints:
    """The rows of the artist's `RECENT` releases before each; -1 where there are fewer."""
    order = np.argsort(artist_ids, kind="stable")
    back = np.arange(len(order))[:, None] - np.arange(1, RECENT + 1)
    rows = order[np.maximum(back, 0)]
    same = (back >= 0) & (artist_ids[rows] == artist_ids[order][:, None])
    earlier: Ints = np.empty_like(rows)
    earlier[order] = np.where(same, rows, -1)
    return earlier


def noise_of_usual(spread: Floats, others: Ints, own: Ints) -> Floats:
    """The variance of the platform's median, and of the artist's mean around it."""
    within = spread**2 * PULL / (1 + PULL)
    return (_MEDIAN_ERROR * spread) ** 2 / others + within / (own + PULL)


def _earlier(values: Sequence[float]) -> Iterator[list[float]]:
    """What each value is held against, sorted: the `WINDOW` before it, or its fellow founders.

    The list is good until the next one is asked for.
    """
    founders, window = sorted(values[:FOUNDERS]), list[float]()
    for place, value in enumerate(values):
        if place < FOUNDERS:
            own = bisect_left(founders, value)
            yield founders[:own] + founders[own + 1 :]
        else:
            yield window
        insort(window, value)
        if place >= WINDOW:
            del window[bisect_left(window, values[place - WINDOW])]


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
