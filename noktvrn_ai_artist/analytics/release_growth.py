"""A release at fixed ages against its artist's other releases at the same ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.growth_curves import (
    AGES,
    DAY,
    GrowthCurve,
    Maturity,
    growth_curve,
    usual_band,
    value_at,
)
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_questions import HistoryPoint
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.records import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeComparison:
    """A release's total at one age; None with the reason in `maturity` where it is not known.

    The usual is the median of the artist's other releases at that age, between the quartiles; None
    where too few are known. `releases` counts those behind it.
    """

    age_hours: float
    value: float | None
    maturity: Maturity
    usual_median: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    releases: int


def growth_of(release: Release, *, platform: str, metric_type: str) -> list[AgeComparison]:
    """The release after 24 hours, 7 and 28 days, in the metric's own unit.

    Raises:
        BadValue: the release has no date of publication, or the metric does not add up.
        UnknownPlatform, UnknownMetric: with the nearest known names.
    """
    if release.published_at is None:
        raise BadValue("the release has no date of publication", column="published_at")
    metric = questions.metric_of(platform, metric_type)
    if metric.kind not in {MetricKind.COUNTER, MetricKind.DAILY}:
        named = metric.kind.replace("_", " ")
        raise BadValue(f"{metric.name} is a {named}, which does not add up", column="metric")
    history = questions.metric_history(
        platform=platform, metric_type=metric_type, artist_id=release.artist_id
    )
    curves = _curves(history, metric.kind)
    own = curves.pop(release.release_id, None) or growth_curve(
        release.release_id, published_at=release.published_at, times=[], values=[], kind=metric.kind
    )
    return _compared(own, list(curves.values()))


def _curves(history: Sequence[HistoryPoint], kind: MetricKind) -> dict[int, GrowthCurve]:
    points: dict[int, list[HistoryPoint]] = {}
    for point in history:
        points.setdefault(point.release_id, []).append(point)
    return {
        release_id: growth_curve(
            release_id,
            published_at=own[0].published_at,
            times=[point.recorded_at for point in own],
            values=[point.metric_value for point in own],
            kind=kind,
        )
        for release_id, own in points.items()
        if own[0].published_at is not None
    }


def _compared(own: GrowthCurve, others: Sequence[GrowthCurve]) -> list[AgeComparison]:
    band = usual_band(others, np.array([age / DAY for age in AGES]))
    found = []
    for place, age in enumerate(AGES):
        at = value_at(own, age)
        usual = [float(part[place]) for part in (band.median, band.low, band.high)]
        median, low, high = (None if np.isnan(each) else each for each in usual)
        found.append(
            AgeComparison(
                age_hours=age.total_seconds() / 3600,
                value=at.value,
                maturity=at.maturity,
                usual_median=median,
                lower_quartile=low,
                upper_quartile=high,
                releases=int(band.releases[place]),
            )
        )
    return found
