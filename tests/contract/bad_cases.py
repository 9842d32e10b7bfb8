"""What a bad input is, the rules that refuse it, and short ways to write one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone

from noktvrn_ai_artist.errors import (
    BadFile,
    BadTrackerInput,
    BadValue,
    NoktvrnError,
    UnknownMetric,
    UnknownPlatform,
    UnknownRelease,
)

UNSAYABLE = object()  # no Python value says this; only text does
PLAIN, SIZE = "must be a plain number such as 1234 or 0.5", "must be at most 2**53 in size"
NUMBER, FINITE, BELOW = "must be a number", "must be a finite number", "must not be negative"
WHOLE, IDS = "must be a whole number", "must be between 1 and 2**63 - 1"
ISO = "must be an ISO 8601 date and time such as 2026-11-20T08:00:00Z"
INSTANT, OFFSET, EARLY = "must be a date and time", "needs a UTC offset", "must not be before 2005"
AHEAD = "must not be more than 5 minutes in the future"
YEARS = "is outside the years 1 to 9999 in UTC"
EMPTY, CONTROL = "must not be empty", "must not contain control characters or line breaks"
NUL, HALF, TEXT = "must not contain a NUL", "must not contain half of a surrogate", "must be text"
SQL = "'; drop table content_performance; --"
HUGE = "9" * 5000
ENTRY_COLUMNS = ("artist", "title", "external_id", "url", "published_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class FromNow:
    """An instant that is only known when the case is run."""

    by: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BadInput:
    """One column of an observation given a value that breaks a rule.

    `given` is the value in Python, `written` what a person types or a file holds; each with its
    rule where they differ.
    """

    name: str
    column: str
    rule: str
    given: object = UNSAYABLE
    written: str | FromNow | None = None
    written_rule: str | None = None
    error: type[NoktvrnError] = BadValue


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """One row of a bulk that is no observation at all."""

    name: str
    row: object
    column: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadTable:
    """A file that is no table of numbers, or has a row that does not fit it."""

    name: str
    content: bytes
    rule: str
    error: type[NoktvrnError] = BadFile
    row: int | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadFilter:
    """A filter of a question that cannot match anything; `written` is the same on a command."""

    name: str
    filters: Mapping[str, object]
    rule: str
    error: type[NoktvrnError] = BadValue
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadUsage:
    """A clip usage that the tracker refuses."""

    name: str
    column: str
    rule: str
    source: object = "pexels"
    clip: object = "8512"
    release: object = 1
    error: type[NoktvrnError] = field(default=BadTrackerInput)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadStatement:
    """A value, as SQL, that the schema itself refuses, by the name of its constraint."""

    name: str
    column: str
    sql: str
    constraint: str


def value(
    name: str, rule: str = PLAIN, given: object = UNSAYABLE, written: str | None = None, **more: str
) -> BadInput:
    spelled = more.get("written_rule")
    return BadInput(
        name=f"value: {name}",
        column="metric_value",
        rule=rule,
        given=given,
        written=written,
        written_rule=spelled,
    )


def release(
    name: str, rule: str = WHOLE, given: object = UNSAYABLE, written: str | None = None
) -> BadInput:
    error = UnknownRelease if rule.startswith("there is no") else BadValue
    return BadInput(
        name=f"release: {name}",
        column="release_id",
        rule=rule,
        given=given,
        written=written,
        error=error,
    )


def moment(
    name: str,
    rule: str = ISO,
    given: object = UNSAYABLE,
    written: str | FromNow | None = None,
    **more: str,
) -> BadInput:
    return BadInput(
        name=f"time: {name}",
        column=more.get("column", "recorded_at"),
        rule=rule,
        given=given,
        written=written,
        written_rule=more.get("written_rule"),
    )


def text(column: str, name: str, content: str, rule: str) -> BadInput:
    errors = {"unknown platform": UnknownPlatform, "has no metric": UnknownMetric}
    return BadInput(
        name=f"{column}: {name}",
        column=column,
        rule=rule,
        given=content,
        written=content,
        error=errors.get(rule, BadValue),
    )


def untyped(column: str, name: str, given: object, rule: str = TEXT) -> BadInput:
    return BadInput(name=f"{column}: {name}", column=column, rule=rule, given=given)


TWO_HOURS = timezone(timedelta(hours=2))
