"""A release's totals at fixed ages: the little that comparing releases at equal age needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics.growth_curves import DAY, GrowthCurve, value_at, widest_gap
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind

# Milestones are kept: whoever changes these ages must have them all read again by a migration.
MILESTONES = tuple(timedelta(days=days) for days in (0.25, 1, 2, 3, 5, 7, 10, 14, 28, 90))
# Nothing later can touch the last milestone: a total is read across no wider gap.
SPAN = MILESTONES[-1] + widest_gap(MILESTONES[-1]) + 2 * DAY
_PLACES = {age: place for place, age in enumerate(MILESTONES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """The total of a curve at one of `MILESTONES`, and the last observation it rests on."""

    age: timedelta
    value: float
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMilestone:
    """A milestone of a release of an artist."""

    release_id: int
    artist_id: int
    published_at: datetime
    age: timedelta
    value: float
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MilestoneTable:
    """Releases in the order they came out (then by id), one column for each of `MILESTONES`.

    `values` is NaN and `observed` None where a total is not known; missing is never zero.
    """

    release_ids: NDArray[np.int64]
    artist_ids: NDArray[np.int64]
    values: NDArray[np.float64]
    observed: NDArray[np.object_]


def milestones_of(
    curve: GrowthCurve, *, published_at: datetime, kind: MetricKind
) -> list[Milestone]:
    """The totals that a curve knows at the fixed ages, the youngest first."""
    found = []
    for age in MILESTONES:
        value = value_at(curve, age).value
        if value is not None:
            after = int(np.searchsorted(curve.ages, age / DAY))
            until = published_at + timedelta(days=float(curve.ages[after]))
            # A daily amount is stamped with the start of its day.
            observed_at = until - DAY if kind is MetricKind.DAILY else until
            found.append(Milestone(age=age, value=value, observed_at=observed_at))
    return found


def milestone_table(milestones: Iterable[KnownMilestone]) -> MilestoneTable:
    """All milestones of one metric as one table, whatever order they come in."""
    given = list(milestones)
    released = {one.release_id: (one.published_at, one.release_id, one.artist_id) for one in given}
    ordered = sorted(released.values())
    rows = {release_id: row for row, (_, release_id, _) in enumerate(ordered)}
    values = np.full((len(rows), len(MILESTONES)), np.nan)
    observed = np.full(values.shape, None, dtype=np.object_)
    places = [rows[one.release_id] for one in given], [_PLACES[one.age] for one in given]
    values[places] = [one.value for one in given]
    observed[places] = [one.observed_at for one in given]
    return MilestoneTable(
        release_ids=np.array(list(rows), dtype=np.int64),
        artist_ids=np.array([artist_id for _, _, artist_id in ordered], dtype=np.int64),
        values=values,
        observed=observed,
    )
