"""Which stretch of time is looked at, and which it is compared with: pure arithmetic, no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)
_WEEK_DAYS, _YEAR_DAYS, _LONGEST_YEAR_DAYS = 7, 364, 371


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


class Comparison(StrEnum):
    """What a stretch may be compared with, under the names they are shown with."""

    PREVIOUS = "Previous period"
    LAST_YEAR = "Same weekdays last year"
    NONE = "Nothing"


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

    def in_zone(self, zone: tzinfo) -> Period:
        """The same calendar days in another zone."""
        return _of_days(self.first, self.last, zone=zone)

    def __str__(self) -> str:
        first, last = self.first, self.last
        if first == last:
            return shown_day(last)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{shown_day(last)}"
        if first.year == last.year:
            return f"{first.day} {first:%b} – {shown_day(last)}"
        return f"{shown_day(first)} – {shown_day(last)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A period, and what it is compared with."""

    period: Period
    comparison: Comparison

    @property
    def compared(self) -> Period | None:
        """The period to compare with, if any."""
        return compared_period(self.period, self.comparison)

    def in_zone(self, zone: tzinfo) -> Span:
        """The same calendar days in another zone, and so what they are compared with."""
        return replace(self, period=self.period.in_zone(zone))


def shown_day(day: date) -> str:
    """A day as people write it, without doubt about its order.

    >>> shown_day(date(2018, 1, 5))
    '5 Jan 2018'
    """
    return f"{day.day} {day:%b %Y}"


def period_of(
    preset: Preset,
    *,
    oldest_day: date,
    newest_day: date,
    zone: tzinfo,
    custom: tuple[date, date] | None = None,
) -> Period:
    """The stretch a preset means, counted back from the day of the newest number.

    A custom stretch names its first and its last day; without one, everything is meant.
    """
    last = newest_day
    if preset is Preset.CUSTOM and custom is not None:
        return _of_days(*custom, zone=zone)
    if preset in _DAYS:
        return _of_days(last - DAY * (_DAYS[preset] - 1), last, zone=zone)
    if preset is Preset.MONTH_TO_DATE:
        return _of_days(last.replace(day=1), last, zone=zone)
    if preset is Preset.YEAR_TO_DATE:
        return _of_days(last.replace(month=1, day=1), last, zone=zone)
    return _of_days(oldest_day, last, zone=zone)


def compared_period(period: Period, comparison: Comparison) -> Period | None:
    """The stretch to compare with: as many days, none of them shared; None where there is none.

    The previous one ends where the period starts. Last year's lies whole weeks back, so that its
    weekdays match: 52, or 53 where the period is longer than that. A longer one has none.
    """
    if comparison is Comparison.PREVIOUS:
        return _moved_back(period, days=period.days)
    if comparison is Comparison.LAST_YEAR and period.days <= _LONGEST_YEAR_DAYS:
        weeks = -(-max(_YEAR_DAYS, period.days) // _WEEK_DAYS)
        return _moved_back(period, days=weeks * _WEEK_DAYS)
    return None


def _moved_back(period: Period, *, days: int) -> Period | None:
    """The stretch so many days earlier; None before the year 1."""
    if (period.first - date.min).days < days:
        return None
    zone = period.start.tzinfo
    start = datetime.combine(period.first - DAY * days, time(), tzinfo=zone)
    end = datetime.combine(period.end.date() - DAY * days, time(), tzinfo=zone)
    return Period(start=start, end=end)


def _of_days(first: date, last: date, *, zone: tzinfo) -> Period:
    start = datetime.combine(first, time(), tzinfo=zone)
    return Period(start=start, end=datetime.combine(last + DAY, time(), tzinfo=zone))
