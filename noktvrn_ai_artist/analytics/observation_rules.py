"""What a well-formed observation is: one rule per kind of value, the same at every door."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from numbers import Integral, Rational, Real

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.records import Observation

LARGEST_ID = 2**63 - 1
LARGEST_VALUE = 2**53
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
EARLIEST_PUBLICATION = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)
LONGEST_NAME, LONGEST_EXTERNAL_ID = 64, 256
LONGEST_TITLE, LONGEST_NOTE, LONGEST_URL = 512, 4000, 2048

PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?", re.ASCII)
_PLAIN_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_LONGEST_WHOLE = 20
_HALF_OF_A_PAIR = re.compile(r"[\ud800-\udfff]")
# What follows the minutes is kept to these characters: fromisoformat() reads over a NUL.
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.,+\-Z]*", re.ASCII)


def checked_observation(
    observation: Observation, *, catalogue: Catalogue, now: datetime
) -> Observation:
    """The observation under its catalogue names and in UTC, if every value keeps its rule.

    Raises:
        BadValue: naming the column and the rule.
        UnknownPlatform, UnknownMetric: with the nearest known names.
    """
    platform = catalogue.platform(checked_name(observation.platform, column="platform"))
    metric = platform.metric(checked_name(observation.metric_type, column="metric_type"))
    return Observation(
        release_id=checked_release_id(observation.release_id),
        platform=platform.name,
        metric_type=metric.name,
        metric_value=checked_value(observation.metric_value, signed=metric.signed),
        recorded_at=checked_time(observation.recorded_at, now=now),
        source=checked_name(observation.source, column="source"),
        source_url=checked_text(observation.source_url, column="source_url", longest=LONGEST_URL),
        notes=checked_text(observation.notes, column="notes", longest=LONGEST_NOTE),
    )


def checked_release_id(value: object, *, column: str = "release_id") -> int:
    """An id between 1 and 2**63 - 1; booleans and fractions are no ids."""
    number = checked_whole(value, column=column)
    if not 1 <= number <= LARGEST_ID:
        raise BadValue("must be between 1 and 2**63 - 1", column=column)
    return number


def checked_filter_id(value: object, *, column: str = "release_id") -> int | None:
    """An id, or None, which lets all pass."""
    return None if value is None else checked_release_id(value, column=column)


def checked_whole(value: object, *, column: str) -> int:
    """A whole number of any size; booleans, durations and floats are none."""
    if isinstance(value, bool) or not isinstance(value, Integral) or _is_duration(value):
        raise BadValue("must be a whole number", column=column)
    return int(value)


def checked_value(value: object, *, signed: bool = False, column: str = "metric_value") -> float:
    """A finite number that a double holds exactly enough: at most 2**53, not below 0 unless signed.

    >>> checked_value(-0.0)
    0.0
    """
    number = checked_number(value, column=column)
    if abs(number) > LARGEST_VALUE:
        raise BadValue("must be at most 2**53 in size", column=column)
    if number < 0 and not signed:
        raise BadValue("must not be negative", column=column)
    return number


def checked_number(value: object, *, column: str) -> float:
    """A finite number; one given exactly, whole or a fraction, is at most 2**53 in size."""
    if type(value) is float and math.isfinite(value):  # the usual case, and the only quick one
        return value + 0.0
    if isinstance(value, bool) or not isinstance(value, Real) or _is_duration(value):
        raise BadValue("must be a number", column=column)
    if isinstance(value, Rational) and _is_too_large(value):  # float() rounds, and may overflow
        raise BadValue("must be at most 2**53 in size", column=column)
    number = float(value) + 0.0  # -0.0 becomes 0.0
    if not math.isfinite(number):
        raise BadValue("must be a finite number", column=column)
    return number


def checked_time(value: object, *, now: datetime, column: str = "recorded_at") -> datetime:
    """An aware instant, in UTC, from 2005 on and at most five minutes ahead of the clock."""
    instant = checked_since_2005(value, column=column)
    if instant - CLOCK_SKEW > now:
        raise BadValue("must not be more than 5 minutes in the future", column=column)
    return instant


def checked_since_2005(value: object, *, column: str) -> datetime:
    """An aware instant, in UTC, from 2005 on."""
    instant = checked_instant(value, column=column)
    if instant < EARLIEST:
        raise BadValue("must not be before 2005", column=column)
    return instant


def checked_publication_time(value: object, *, column: str = "published_at") -> datetime:
    """An aware instant, in UTC, between 1900 and 2200: a release may be announced ahead."""
    instant = checked_instant(value, column=column)
    if not EARLIEST_PUBLICATION <= instant < LATEST:
        raise BadValue("must lie between 1900 and 2200", column=column)
    return instant


def checked_instant(value: object, *, column: str) -> datetime:
    """An aware instant in UTC; a time without an offset is refused, whatever it may have meant."""
    # The NaT of pandas calls itself a datetime, of the year nan.
    if not isinstance(value, datetime) or not isinstance(value.year, int):
        raise BadValue("must be a date and time", column=column)
    if value.utcoffset() is None:
        raise BadValue("needs a UTC offset", column=column)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise BadValue("is outside the years 1 to 9999 in UTC", column=column) from error


def checked_name(value: object, *, column: str, longest: int = LONGEST_NAME) -> str:
    """A name that is there, on one line and not too long, without the spaces around it."""
    text = checked_label(value, column=column, longest=longest)
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in text):
        raise BadValue("must not contain control characters or line breaks", column=column)
    return text.strip()


def checked_label(value: object, *, column: str, longest: int = LONGEST_EXTERNAL_ID) -> str:
    """Text that is there and not too long, kept to the letter."""
    text = checked_text(value, column=column, longest=longest)
    if text is None or not text.strip():
        raise BadValue("must not be empty", column=column)
    return text


def checked_text(value: object, *, column: str, longest: int) -> str | None:
    """Free text, kept to the letter; PostgreSQL cannot hold NUL, nor UTF-8 a lone surrogate."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadValue("must be text", column=column)
    if len(value) > longest:
        raise BadValue(f"must be at most {longest} characters long", column=column)
    if "\0" in value:
        raise BadValue("must not contain a NUL character", column=column)
    if _HALF_OF_A_PAIR.search(value):
        raise BadValue("must not contain half of a surrogate pair", column=column)
    return value


def number_from(text: str, *, column: str = "metric_value") -> float:
    """A number written plainly: ASCII digits, a point, perhaps an exponent; nothing else.

    >>> number_from("1e3")
    1000.0
    """
    if not PLAIN_NUMBER.fullmatch(text):
        raise BadValue("must be a plain number such as 1234 or 0.5", column=column)
    number = float(text)
    if math.isinf(number) and "e" in text.lower():
        return number  # 1e400 is infinity at every door
    # The first numbers above the limit are rounded down to it, so there the text itself decides.
    if abs(number) >= LARGEST_VALUE and Decimal(text).copy_abs() > LARGEST_VALUE:
        raise BadValue("must be at most 2**53 in size", column=column)
    return number


def release_id_from(text: str, *, column: str = "release_id") -> int:
    """An id written with ASCII digits alone."""
    if not _PLAIN_WHOLE.fullmatch(text):
        raise BadValue("must be a whole number", column=column)
    if len(text) > _LONGEST_WHOLE:  # int() of thousands of digits is slow, or refuses
        raise BadValue("must be between 1 and 2**63 - 1", column=column)
    return checked_release_id(int(text), column=column)


def instant_from(text: str, *, column: str = "recorded_at") -> datetime:
    """An ISO 8601 date and time with an offset, such as 2026-11-20T08:00:00Z.

    >>> instant_from("2026-11-20T08:00:00+02:00").isoformat()
    '2026-11-20T06:00:00+00:00'
    """
    rule = "must be an ISO 8601 date and time such as 2026-11-20T08:00:00Z"
    if not _ISO_TIME.fullmatch(text):
        raise BadValue(rule, column=column)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue(rule, column=column) from error
    return checked_instant(instant, column=column)


def _is_too_large(value: Rational) -> bool:
    # As Python's integers: numpy's overflow.
    return abs(int(value.numerator)) > LARGEST_VALUE * int(value.denominator)


def _is_duration(value: object) -> bool:
    """The durations of numpy call themselves integers."""
    return type(value).__name__ == "timedelta64"
