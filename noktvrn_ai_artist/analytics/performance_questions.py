"""The questions a dashboard asks of all releases at once, each one query of the database.

Newest values and sums by day are read where a digest keeps them (see `change_digest`); what changed
since is worked out in the same query, so an answer is that of the observations at this moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from psycopg.rows import class_row

from noktvrn_ai_artist.analytics.declared_names import with_known_names
from noktvrn_ai_artist.analytics.growth_curves import widest_gap
from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue, Metric, MetricKind
from noktvrn_ai_artist.analytics.observation_rules import (
    EARLIEST,
    checked_filter_id,
    checked_instant,
    checked_release_id,
)
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestValue:
    """The newest value of one metric of one release; the unit is the metric's own."""

    release_id: int
    artist: str
    title: str
    published_at: datetime | None
    metric_value: float
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """The newest value of one metric of a release that is known; the unit is the metric's own."""

    platform: str
    metric_type: str
    metric_value: float
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """One value of one metric of one release, and when that release came out."""

    release_id: int
    published_at: datetime | None
    recorded_at: datetime
    metric_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How much is known of one metric of one platform, and up to when."""

    platform: str
    metric_type: str
    releases: int
    observations: int
    complete_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodGain:
    """What a release gained in a period; `gain` is None where no value shortly before is known.

    Shortly is within 36 hours or half the period, whichever is more.

    `value` is the total at the end of the period for a counter, the sum for daily amounts.
    """

    release_id: int
    artist: str
    title: str
    gain: float | None
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyGain:
    """What releases gained together on one UTC day.

    `releases` says of how many: of a counter those seen on this day and the one before. Of daily
    amounts it is how many observations were added up, and a release may have told several.
    """

    day: date
    gain: float
    releases: int


def latest_values(
    *, platform: str, metric_type: str, artist_id: int | None = None
) -> list[LatestValue]:
    """The newest value of a metric of every release, or of one artist's, by release."""
    names = _asked(platform, metric_type).names
    return _rows(LatestValue, "latest_values", names, artist_id=_artist(artist_id))


def latest_of_release(release_id: int) -> list[MetricValue]:
    """The newest value of each metric of a release, by platform and metric."""
    checked = checked_release_id(release_id)
    return _rows(MetricValue, "latest_of_release", {"release_id": checked})


def recent_values(
    *, platform: str, metric_type: str, start: datetime, artist_id: int | None = None
) -> dict[int, list[float]]:
    """The values of a metric from `start` on by release, the oldest first; none where none are."""
    since = {"start": checked_instant(start, column="start"), "artist_id": _artist(artist_id)}
    values = {**_asked(platform, metric_type).names, **since}
    with shared_database().transaction() as connection:
        found = connection.cursor(binary=True).execute(query("recent_values"), values)
        return dict(found.fetchall())


def metric_history(
    *,
    platform: str,
    metric_type: str,
    artist_id: int | None = None,
    release_id: int | None = None,
) -> list[HistoryPoint]:
    """Every value of a metric, by release and then oldest first."""
    names = _asked(platform, metric_type).names
    about = {"artist_id": _artist(artist_id), "release_id": checked_filter_id(release_id)}
    return _rows(HistoryPoint, "metric_history", names, **about)


def freshness() -> list[Freshness]:
    """How far the numbers of each platform and metric reach."""
    return _rows(Freshness, "freshness", {})


def period_gains(
    *,
    platform: str,
    metric_type: str,
    start: datetime,
    end: datetime,
    artist_id: int | None = None,
) -> list[PeriodGain]:
    """What each release gained from `start` (inclusive) to `end` (exclusive), most first.

    Raises:
        BadValue: the metric is neither a counter nor a daily amount, so nothing is gained.
    """
    asked, period = _asked(platform, metric_type), _period(start, end)
    name = asked.by_kind(counter="counter_gains", daily="daily_amounts")
    # Nothing is stored from before the earliest, and dates have a beginning.
    oldest = start - min(widest_gap(end - start), max(start - EARLIEST, timedelta(0)))
    about = {**period, "oldest": oldest, "artist_id": _artist(artist_id)}
    return _rows(PeriodGain, name, asked.names, **about)


def daily_gains(
    *,
    platform: str,
    metric_type: str,
    start: datetime,
    end: datetime,
    artist_id: int | None = None,
) -> list[DailyGain]:
    """What all releases, or one artist's, gained on each UTC day of a period.

    A counter's day counts only releases that were also seen the day before; a day without any is
    not listed, for missing is not zero. Of a first day that `start` cuts off, what was seen before
    `start` is what stood: only what came after is gained.

    Raises:
        BadValue: the metric is neither a counter nor a daily amount, so nothing is gained.
    """
    asked, period = _asked(platform, metric_type), _period(start, end)
    name = asked.by_kind(counter="counter_gain_per_day", daily="amount_per_day")
    if artist_id is not None:
        name = asked.by_kind(counter="artists_counter_gain_per_day", daily="artists_amount_per_day")
    return _rows(DailyGain, name, asked.names, **period, artist_id=_artist(artist_id))


def _rows(record: type[R], name: str, values: dict[str, object], **more: object) -> list[R]:
    with shared_database().transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(record))
        return cursor.execute(query(name), {**values, **more}).fetchall()


def metric_of(platform: str, metric_type: str) -> Metric:
    """The metric of a platform by any of its spellings, declared ones included.

    Raises:
        UnknownPlatform, UnknownMetric: with the nearest known names.
    """
    return _asked(platform, metric_type).metric


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a question is about, as the catalogue knows it."""

    platform: str
    metric: Metric

    @property
    def names(self) -> dict[str, object]:
        return {"platform": self.platform, "metric_type": self.metric.name}

    def by_kind(self, *, counter: str, daily: str) -> str:
        """The query for a metric of this kind."""
        if self.metric.kind is MetricKind.COUNTER:
            return counter
        if self.metric.kind is MetricKind.DAILY:
            return daily
        rule = f"{self.metric.name} is a {self.metric.kind}: it does not add up"
        raise BadValue(rule, column="metric_type")


def _asked(platform: str, metric_type: str) -> _Asked:
    def resolved(catalogue: Catalogue) -> _Asked:
        known = catalogue.platform(platform)
        return _Asked(platform=known.name, metric=known.metric(metric_type))

    return with_known_names(shared_database(), resolved)


def _artist(artist_id: object) -> int | None:
    return checked_filter_id(artist_id, column="artist_id")


def _period(start: datetime, end: datetime) -> dict[str, object]:
    return {
        "start": checked_instant(start, column="start"),
        "end": checked_instant(end, column="end"),
    }
