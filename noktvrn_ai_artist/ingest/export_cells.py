"""The cells of platforms' exports, rewritten as the cells of an ordinary table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from noktvrn_ai_artist.analytics.observation_rules import PLAIN_NUMBER
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.ingest.export_layouts import Written

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SPOKEN_DAY = re.compile(r"(?P<month>[A-Z][a-z]{2}) (?P<day>[0-9]{1,2}), (?P<year>[0-9]{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = re.compile(r"(?:(?P<hours>[0-9]{1,4}):)?(?P<minutes>[0-9]{1,2}):(?P<seconds>[0-5][0-9])")
# Other programs write whole numbers beside empty cells with a nought behind the point.
_COUNT = re.compile(r"-?[0-9]+(?:\.0)?")
_SECONDS = 3600


def day_from(text: str, *, column: str) -> date:
    """A day as exports write it.

    >>> day_from("2026-11-01", column="date").isoformat()
    '2026-11-01'

    Raises:
        BadValue: it is none, naming the column.
    """
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
        spoken = _SPOKEN_DAY.fullmatch(text)
        if spoken:
            month = _MONTHS.index(spoken["month"]) + 1
            return date(int(spoken["year"]), month, int(spoken["day"]))
    except ValueError as error:
        raise BadValue("must be a day of the calendar", column=column) from error
    raise BadValue("must be a day such as 2026-11-01", column=column)


def start_of(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a zone, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def number_cell(text: str, written: Written, *, column: str) -> str:
    """A number in the metric's own unit; what is no plain number stays as it is.

    >>> number_cell("0:03:25", Written.CLOCK, column="Average view duration")
    '205'
    >>> number_cell("1.5", Written.HOURS, column="Watch time (hours)")
    '5400.0'

    Raises:
        BadValue: it is no time on a clock, or no whole count, naming the column.
    """
    if written is Written.CLOCK and text:
        return _seconds(text, column=column)
    if written is Written.PLAIN or not PLAIN_NUMBER.fullmatch(text):
        return text
    if written is Written.COUNT:
        return _count(text, column=column)
    number = Decimal(text)
    return str(number * _SECONDS if written is Written.HOURS else number / 100)


def _count(text: str, *, column: str) -> str:
    """A count is whole: 1.203 may have been 1,203, and 1.2E+06 was rounded."""
    if not _COUNT.fullmatch(text):
        raise BadValue("must be a whole number written out", column=column)
    return text


def _seconds(text: str, *, column: str) -> str:
    clock = _CLOCK.fullmatch(text)
    if not clock:
        raise BadValue("must be a time such as 0:03:25", column=column)
    minutes = int(clock["hours"] or 0) * 60 + int(clock["minutes"])
    return str(minutes * 60 + int(clock["seconds"]))
