"""Which stretch of time is looked at, and the stretch before it: pure arithmetic, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)


class Preset(StrEnum):
    """The stretches people ask for, under the names they are shown with."""

    WEEK = "7 days"
    FOUR_WEEKS = "28 days"
    QUARTER = "90 days"
    YEAR = "365 days"
    MONTH_TO_DATE = "Month to date"
    YEAR_TO_DATE = "Year to date"
    ALL = "All"
    CUSTOM = "Custom"


_DAYS = {Preset.WEEK: 7, Preset.FOUR_WEEKS: 28, Preset.QUARTER: 90, Preset.YEAR: 365}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days of one zone, from `start` (inclusive) to `end` (exclusive), both aware."""

    start: datetime
    end: datetime

    @property
    def days(self) -> int:
        """How many calendar days it has."""
        return (self.end.date() - self.start.date()).days

    @property
    def first(self) -> date:
        """Its first day."""
        return self.start.date()

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.end - timedelta(microseconds=1)).date()

    def __str__(self) -> str:
        first, last = self.first, self.last
        if first == last:
            return shown_day(last)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{shown_day(last)}"
        if first.year == last.year:
            return f"{first.day} {first:%b} – {shown_day(last)}"
        return f"{shown_day(first)} – {shown_day(last)}"


def shown_day(day: date) -> str:
    """A day as people write it, without doubt about its order.

    >>> shown_day(date(2018, 1, 5))
    '5 Jan 2018'
    """
    return f"{day.day} {day:%b %Y}"


def period_of(
    preset: Preset,
    *,
    oldest: datetime,
    newest: datetime,
    zone: tzinfo,
    custom: tuple[date, date] | None = None,
) -> Period:
    """The stretch a preset means, counted back from the day of the newest number.

    A custom stretch names its first and its last day; without one, everything is meant.
    """
    last = newest.astimezone(zone).date()
    if preset is Preset.CUSTOM and custom is not None:
        return _of_days(*custom, zone=zone)
    if preset in _DAYS:
        return _of_days(last - DAY * (_DAYS[preset] - 1), last, zone=zone)
    if preset is Preset.MONTH_TO_DATE:
        return _of_days(last.replace(day=1), last, zone=zone)
    if preset is Preset.YEAR_TO_DATE:
        return _of_days(last.replace(month=1, day=1), last, zone=zone)
    return _of_days(oldest.astimezone(zone).date(), last, zone=zone)


def period_before(period: Period) -> Period:
    """The stretch of as many days that ends where this one starts."""
    start = datetime.combine(period.first - DAY * period.days, time(), tzinfo=period.start.tzinfo)
    return Period(start=start, end=period.start)


def _of_days(first: date, last: date, *, zone: tzinfo) -> Period:
    start = datetime.combine(first, time(), tzinfo=zone)
    return Period(start=start, end=datetime.combine(last + DAY, time(), tzinfo=zone))
