"""Whose days a number is cut into: its platform's for daily amounts, else the shown zone's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pandas as pd

from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_questions import DailyGain
from streamlit_app import resources
from streamlit_app.analytics.periods import Period, shown_day
from streamlit_app.analytics.wording import plain, shown_time
from streamlit_app.components.measure_chooser import Measure
from streamlit_app.components.time_zone import shown_zone


def is_daily(measure: Measure) -> bool:
    """Whether the number stands for a whole day, and is stamped with that day's midnight."""
    return resources.catalogue().metric(*measure).kind is MetricKind.DAILY


def zone_of(measure: Measure) -> ZoneInfo:
    """The zone that a number's days are in, whatever zone it is looked at from."""
    if is_daily(measure):
        return ZoneInfo(resources.catalogue().platform(measure[0]).day_zone)
    return shown_zone()


def day_of(measure: Measure, when: datetime) -> date:
    """The day that a value counts for."""
    return when.astimezone(zone_of(measure)).date()


def by_own_day(measure: Measure, gains: Sequence[DailyGain]) -> list[DailyGain]:
    """Gains under the days they are of: the database tells daily amounts by UTC days.

    A UTC day holds the midnight that begins the platform's day, and ends within that day.
    """
    if not is_daily(measure):
        return list(gains)
    ends = (datetime.combine(gain.day, time.max, tzinfo=UTC) for gain in gains)
    return [replace(g, day=day_of(measure, end)) for g, end in zip(gains, ends, strict=True)]


def shown_stamp(measure: Measure, when: datetime) -> str:
    """The day that a daily amount stands for; the instant of any other number."""
    if is_daily(measure):
        return shown_day(day_of(measure, when))
    return shown_time(when, shown_zone())


def days_of_their_own(measures: Iterable[Measure]) -> str:
    """A sentence for each platform whose days are not those of the shown zone; mostly none."""
    apart = {m[0]: zone_of(m).key for m in measures if zone_of(m) != shown_zone()}
    return " ".join(
        f"{plain(platform)}’s daily amounts are of its own {zone} days."
        for platform, zone in apart.items()
    )


def first_and_last_day(numbers: pd.DataFrame) -> tuple[date, date]:
    """The days of the oldest and of the newest of (at least one) observations."""
    days = [
        day_of(measure, when)
        for measure, rows in _by_measure(numbers)
        for when in (rows["recorded_at"].min(), rows["recorded_at"].max())
    ]
    return min(days), max(days)


def observations_within(numbers: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The observations of a period's days, in their order."""
    kept = pd.Series(False, index=numbers.index)
    for measure, rows in _by_measure(numbers):
        days, times = period.in_zone(zone_of(measure)), rows["recorded_at"]
        kept[rows.index] = (times >= days.start) & (times < days.end)
    return numbers[kept]


def _by_measure(numbers: pd.DataFrame) -> Iterable[tuple[Measure, pd.DataFrame]]:
    for (platform, metric), rows in numbers.groupby(["platform", "metric_type"], observed=True):
        yield (str(platform), str(metric)), rows
