"""Bad inputs and the answer each must get: one table, whatever door it comes in by."""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from noktvrn_ai_artist.errors import (
    BadFile,
    BadTrackerInput,
    BadValue,
    ImportRefused,
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


VALUES = (
    value("NaN", FINITE, math.nan, "nan", written_rule=PLAIN),
    value("infinity", FINITE, math.inf, "inf", written_rule=PLAIN),
    value("minus infinity", FINITE, -math.inf, "-inf", written_rule=PLAIN),
    value("1e400", FINITE, float("1e400"), "1e400"),
    value("-1e400", FINITE, float("-1e400"), "-1e400"),
    value("minus one", BELOW, -1, "-1"),
    value("minus a half", BELOW, -0.5, "-0.5"),
    value("the least below zero", BELOW, -5e-324, "-5e-324"),
    value("true", NUMBER, True, "True", written_rule=PLAIN),
    value("false", NUMBER, False, "False", written_rule=PLAIN),
    value("2**53 + 1", SIZE, 2**53 + 1, str(2**53 + 1)),
    value("-(2**53) - 1", SIZE, -(2**53) - 1, str(-(2**53) - 1)),
    value("1e16", SIZE, 1e16, "1e16"),
    value("2**53 + 1 with a point", SIZE, written="9007199254740993.0"),
    value("just above 2**53", SIZE, Fraction(2**54 + 1, 2), "9007199254740992.5"),
    value("5,000 digits", SIZE, 10**5000 - 1, HUGE),
    value("5,000 digits below zero", SIZE, -(10**5000) + 1, f"-{HUGE}"),
    value("5,000 digits and a point", SIZE, Fraction(10**5000, 3), f"{HUGE}.5"),
    value("an exponent of five digits", written="1e99999"),
    value("nothing", NUMBER, None, "", written_rule=PLAIN),
    value("a space", NUMBER, " ", " ", written_rule=PLAIN),
    value("text in Python", NUMBER, "5"),
    value("bytes", NUMBER, b"5"),
    value("a list", NUMBER, [5]),
    value("a complex number", NUMBER, 5 + 0j),
    value("a decimal", NUMBER, Decimal(5)),
    value("a decimal NaN", NUMBER, Decimal("NaN")),
    value("a missing value of pandas", NUMBER, pd.NA),
    value("numpy's NaN", FINITE, np.float64("nan")),
    value("numpy's small infinity", FINITE, np.float32("inf")),
    value("numpy's least integer", SIZE, np.iinfo(np.int64).min),
    value("numpy's greatest integer", SIZE, np.uint64(2**64 - 1)),
    value("numpy's true", NUMBER, np.bool_(True)),
    value("numpy's duration", NUMBER, np.timedelta64(5, "s")),
    value("numpy's missing duration", NUMBER, np.timedelta64("NaT")),
    value("an array of one", NUMBER, np.array([5.0])),
    value("1_000", written="1_000"),
    value("1,000", written="1,000"),
    value("1.000,5", written="1.000,5"),
    value("Arabic digits", written="١٢٣"),
    value("full-width digits", written="１２３"),
    value("a superscript", written="²"),
    value("a fraction sign", written="½"),
    value("hexadecimal", written="0x10"),
    value("a bare exponent", written="1e"),
    value("no digit before the point", written=".5"),
    value("no digit after the point", written="5."),
    value("a plus sign", written="+5"),
    value("two minus signs", written="--5"),
    value("a typographic minus", written="−5"),
    value("a space within", written="1 000"),
    value("a narrow space within", written="1\u202f000"),
    value("twelve thousand, shortened", written="12k"),
    value("a percentage", written="5%"),
    value("null", written="null"),
    value("a spreadsheet's error", written="#REF!"),
    value("a formula", written="=1+1"),
    value("a formula by @", written="@SUM(1)"),
    value("SQL", written=f"5{SQL}"),
    value("NUL", written="5\0"),
    value("a line break within", written="5\n6"),
)

RELEASES = (
    release("one and a half", WHOLE, 1.5, "1.5"),
    release("one, as a float", WHOLE, 1.0, "1.0"),
    release("one, by numpy", WHOLE, np.float64(1)),
    release("one second", WHOLE, np.timedelta64(1, "s")),
    release("zero", IDS, 0, "0"),
    release("minus one", IDS, -1, "-1"),
    release("2**63", IDS, 2**63, str(2**63)),
    release("2**64 + 1", IDS, 2**64 + 1, str(2**64 + 1)),
    release("5,000 digits", IDS, 10**5000 - 1, HUGE),
    release("true", WHOLE, True, "True"),
    release("text", WHOLE, "1"),
    release("nothing", WHOLE, None, ""),
    release("NaN", WHOLE, math.nan, "nan"),
    release("a decimal", WHOLE, Decimal(1)),
    release("an unknown one", "there is no release 999999", 999_999, "999999"),
    release("the greatest", f"there is no release {2**63 - 1}", 2**63 - 1, str(2**63 - 1)),
    release("an exponent", written="1e0"),
    release("hexadecimal", written="0x1"),
    release("a plus sign", written="+1"),
    release("an underscore", written="1_0"),
    release("Arabic digits", written="١"),
    release("SQL", written=f"1{SQL}"),
)

_TWO_HOURS = timezone(timedelta(hours=2))
TIMES = (
    moment("naive", OFFSET, datetime(2026, 1, 1), "2026-01-01T00:00:00"),  # noqa: DTZ001
    moment("six minutes ahead", AHEAD, *[FromNow(by=timedelta(minutes=6))] * 2),
    moment("a day ahead", AHEAD, *[FromNow(by=timedelta(days=1))] * 2),
    moment("the year 2100", AHEAD, datetime(2100, 1, 1, tzinfo=UTC), "2100-01-01T00:00:00Z"),
    moment("the last year", AHEAD, datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59Z"),
    moment("2004", EARLY, datetime(2004, 12, 31, 23, 59, tzinfo=UTC), "2004-12-31T23:59:59.999Z"),
    moment(
        "2005, but not yet in UTC",
        EARLY,
        datetime(2005, 1, 1, 1, tzinfo=_TWO_HOURS),
        "2005-01-01T01:00:00+02:00",
    ),
    moment("the year 1", EARLY, datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    moment(
        "the year 1 east of UTC",
        YEARS,
        datetime(1, 1, 1, tzinfo=_TWO_HOURS),
        "0001-01-01T00:00:00+02:00",
    ),
    moment(
        "the year 9999 west of UTC",
        YEARS,
        datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=2))),
        "9999-12-31T23:00:00-02:00",
    ),
    moment("infinity", INSTANT, "infinity", "infinity", written_rule=ISO),
    moment("minus infinity", INSTANT, "-infinity", "-infinity", written_rule=ISO),
    moment("now", INSTANT, "now", "now", written_rule=ISO),
    moment("epoch", INSTANT, "epoch", "epoch", written_rule=ISO),
    moment("01/02/2026", INSTANT, "01/02/2026", "01/02/2026", written_rule=ISO),
    moment("text in Python", INSTANT, "2026-01-01T00:00:00Z"),
    moment("a date", INSTANT, date(2026, 1, 1), "2026-01-01", written_rule=ISO),
    moment("a time of day", INSTANT, time(12, tzinfo=UTC), "12:00:00Z", written_rule=ISO),
    moment("Unix seconds", INSTANT, 1767225600, "1767225600", written_rule=ISO),
    moment("Unix seconds with a point", INSTANT, 1767225600.0, "1767225600.0", written_rule=ISO),
    moment("true", INSTANT, True, "True", written_rule=ISO),
    moment("pandas' missing time", INSTANT, pd.NaT, "NaT", written_rule=ISO),
    moment("numpy's time, which has no zone", INSTANT, np.datetime64("2026-01-01")),
    moment("nothing", written=""),
    moment("a thirteenth month", written="2026-13-01T00:00:00Z"),
    moment("the 30th of February", written="2026-02-30T00:00:00Z"),
    moment("a leap second", written="2016-12-31T23:59:60Z"),
    moment("an offset of 25 hours", written="2026-01-01T00:00:00+25:00"),
    moment("a zone by name", written="2026-01-01T00:00:00 Europe/Berlin"),
    moment("without its separators", written="20260101T000000Z"),
    moment("a week", written="2026-W01-1T00:00:00Z"),
    moment("Arabic digits", written="٢٠٢٦-01-01T00:00:00Z"),
    moment("Arabic seconds", written="2026-01-01T00:00:٠٠Z"),
    moment("NUL", written="2026-01-01T00:00:00\0Z"),
    moment("SQL", written=f"2026-01-01T00:00:00Z{SQL}"),
    moment("5,000 digits", written=HUGE),
)

PLATFORMS = (
    text("platform", "an unknown one", "MySpace", "unknown platform"),
    text("platform", "full-width letters", "ＹｏｕＴｕｂｅ", "unknown platform"),
    text("platform", "a Cyrillic look-alike", "YоuTubе", "unknown platform"),
    text("platform", "another Cyrillic look-alike", "Ѕpotify", "unknown platform"),
    text("platform", "an invisible letter", "You\u200bTube", "unknown platform"),
    text("platform", "a letter that writes backwards", "\u202eYouTube", "unknown platform"),
    text("platform", "SQL", SQL, "unknown platform"),
    text("platform", "what a terminal would colour", "[bold red]x[/]", "unknown platform"),
    text("platform", "a formula", "=cmd|' /C calc'!A0", "unknown platform"),
    text("platform", "64 letters", "x" * 64, "unknown platform"),
    text("platform", "65 letters", "x" * 65, "must be at most 64 characters long"),
    text("platform", "5,000 letters", "x" * 5000, "must be at most 64 characters long"),
    text("platform", "empty", "", EMPTY),
    text("platform", "spaces", "   ", EMPTY),
    text("platform", "NUL", "You\0Tube", NUL),
    text("platform", "half of a surrogate pair", "You\ud800Tube", HALF),
    text("platform", "a line break", "You\nTube", CONTROL),
    text("platform", "a line separator", "You\u2028Tube", CONTROL),
    text("platform", "a terminal's escape", "\x1b[31mYouTube", CONTROL),
    untyped("platform", "nothing", None, EMPTY),
    untyped("platform", "a number", 5),
    untyped("platform", "bytes", b"YouTube"),
)

METRICS = (
    text("metric_type", "an unknown one", "claps", "has no metric"),
    text("metric_type", "one of another platform", "reach", "has no metric"),
    text("metric_type", "full-width letters", "ｖｉｅｗｓ", "has no metric"),
    text("metric_type", "a Cyrillic look-alike", "viеws", "has no metric"),
    text("metric_type", "SQL", SQL, "has no metric"),
    text("metric_type", "65 letters", "x" * 65, "must be at most 64 characters long"),
    text("metric_type", "5,000 letters", "x" * 5000, "must be at most 64 characters long"),
    text("metric_type", "empty", "", EMPTY),
    text("metric_type", "NUL", "vie\0ws", NUL),
    text("metric_type", "half of a surrogate pair", "views\udc00", HALF),
    text("metric_type", "a line break", "views\r\nlikes", CONTROL),
    untyped("metric_type", "nothing", None, EMPTY),
    untyped("metric_type", "a number", 5),
)

FREE_TEXTS = (
    text("notes", "4,001 letters", "x" * 4001, "must be at most 4000 characters long"),
    text("notes", "NUL", "a\0b", NUL),
    text("notes", "half of a surrogate pair", "a\ud83db", HALF),
    untyped("notes", "a number", 5),
    text("source_url", "2,049 letters", "x" * 2049, "must be at most 2048 characters long"),
    text("source_url", "NUL", "https://example.org/\0", NUL),
    untyped("source_url", "bytes", b"https://example.org/"),
    text("source", "65 letters", "x" * 65, "must be at most 64 characters long"),
    text("source", "empty", "", EMPTY),
    text("source", "spaces", "  ", EMPTY),
    text("source", "NUL", "a\0b", NUL),
    text("source", "a line break", "a\nb", CONTROL),
    untyped("source", "nothing", None, EMPTY),
    untyped("source", "a number", 5),
)

ENTRIES = (
    text("artist", "empty", "", EMPTY),
    text("artist", "257 letters", "x" * 257, "must be at most 256 characters long"),
    text("artist", "NUL", "No\0kt", NUL),
    text("artist", "a line break", "No\nkt", CONTROL),
    untyped("artist", "a number", 5),
    text("title", "empty", "", EMPTY),
    text("title", "513 letters", "x" * 513, "must be at most 512 characters long"),
    text("title", "NUL", "First\0Light", NUL),
    text("title", "half of a surrogate pair", "First\ud800Light", HALF),
    untyped("title", "nothing", None, EMPTY),
    text("external_id", "257 letters", "x" * 257, "must be at most 256 characters long"),
    text("external_id", "empty", "", EMPTY),
    text("external_id", "NUL", "ab\0c", NUL),
    text("external_id", "a line break", "ab\nc", CONTROL),
    text("url", "2,049 letters", "x" * 2049, "must be at most 2048 characters long"),
    moment(
        "published without an offset",
        OFFSET,
        datetime(2026, 1, 1),  # noqa: DTZ001
        "2026-01-01T00:00:00",
        column="published_at",
    ),
    moment("published at infinity", written="infinity", column="published_at"),
    moment("published 01/02/2026", written="01/02/2026", column="published_at"),
    moment(
        "published in 1899",
        "must lie between 1900 and 2200",
        datetime(1899, 12, 31, tzinfo=UTC),
        "1899-12-31T00:00:00Z",
        column="published_at",
    ),
    moment(
        "published in 2200",
        "must lie between 1900 and 2200",
        datetime(2200, 1, 1, tzinfo=UTC),
        "2200-01-01T00:00:00Z",
        column="published_at",
    ),
)

INPUTS = (*VALUES, *RELEASES, *TIMES, *PLATFORMS, *METRICS, *FREE_TEXTS, *ENTRIES)

GOOD_ROW: Mapping[str, object] = {
    "release_id": 1,
    "platform": "YouTube",
    "metric_type": "views",
    "metric_value": 7,
    "recorded_at": datetime(2025, 6, 1, tzinfo=UTC),
}
ROWS = (
    BadRow(name="row: nothing", row=None, column="row", rule="must be an observation"),
    BadRow(name="row: a list", row=[1, "YouTube"], column="row", rule="must be an observation"),
    BadRow(
        name="row: an unknown column",
        row={**GOOD_ROW, "colour": "red"},
        column="colour",
        rule="is not a column of an observation",
    ),
    BadRow(
        name="row: SQL as a column",
        row={**GOOD_ROW, SQL * 9: "red"},
        column=(SQL * 9)[:64],
        rule="is not a column of an observation",
    ),
    BadRow(
        name="row: both names of the metric",
        row={**GOOD_ROW, "metric_name": "likes"},
        column="metric_type",
        rule="is given twice",
    ),
    *(
        BadRow(
            name=f"row: without {missing}",
            row={name: value for name, value in GOOD_ROW.items() if name != missing},
            column=missing,
            rule="is missing",
        )
        for missing in GOOD_ROW
    ),
)

LONG = b"release_id,platform,metric_type,metric_value,recorded_at\n"
GOOD = b"1,YouTube,views,7,2025-06-01T00:00:00Z\n"
WIDE = b"release_id,platform,recorded_at,views,likes\n"
GOOD_WIDE = b"1,YouTube,2025-06-01T00:00:00Z,7,8\n"
CELL_LIMIT = 128 * 1024


def table(name: str, content: bytes, rule: str, **more: int | str) -> BadTable:
    row, platform = more.get("row"), more.get("platform")
    return BadTable(
        name=f"file: {name}",
        content=content,
        rule=rule,
        row=row if isinstance(row, int) else None,
        platform=str(platform) if platform else None,
        error=UnknownPlatform if "platform '" in rule else BadFile,
    )


def misfit(name: str, content: bytes, rule: str, row: int) -> BadTable:
    return BadTable(name=f"file: {name}", content=content, rule=rule, error=ImportRefused, row=row)


TABLES = (
    table("empty", b"", "is empty"),
    table("only line breaks", b"\n\n", "has no header in its first row"),
    table("only a byte order mark", b"\xef\xbb\xbf", "has no header in its first row"),
    table("nothing in its header", b",,,\n" + GOOD, "has no header in its first row"),
    table("UTF-16", (LONG + GOOD).decode().encode("utf-16"), "save as UTF-8"),
    table("UTF-16, unmarked", (LONG + GOOD).decode().encode("utf-16-be"), "save as UTF-8"),
    table("Windows-1252", LONG + GOOD.replace(b"YouTube", b"Caf\xe9"), "save as UTF-8"),
    table("a surrogate in UTF-8", LONG + GOOD.replace(b"You", b"\xed\xa0\x80"), "save as UTF-8"),
    table("Windows-1252, deep inside", LONG + GOOD * 9000 + b"\xe9\n", "save as UTF-8"),
    table("gzip", gzip.compress(LONG + GOOD), "is compressed"),
    table("bzip2", bz2.compress(LONG + GOOD), "is compressed"),
    table("xz", lzma.compress(LONG + GOOD), "is compressed"),
    table("zip or a spreadsheet", b"PK\x03\x04" + bytes(60), "is compressed"),
    table("zstandard", b"\x28\xb5\x2f\xfd" + bytes(60), "is compressed"),
    table("semicolons", (LONG + GOOD).replace(b",", b";"), "is not separated by commas"),
    table("tabs", (LONG + GOOD).replace(b",", b"\t"), "is not separated by commas"),
    table("a column twice", b"release_id," + LONG + b"1," + GOOD, "two columns for 'release_id'"),
    table("a column in two spellings", b"value," + LONG, "two columns for 'metric_value'"),
    table("a metric in two spellings", b"viewCount,video_id,artist,title,recorded_at,views\n",
          "two columns for 'views'"),
    table("a huge column twice", b"x" * 5000 + b"," + b"x" * 5000 + b"," + LONG, "two columns"),
    table("no value", LONG.replace(b"metric_value,", b""), "has no column for metric_value"),
    table("no time", LONG.replace(b",recorded_at", b""), "has no column for recorded_at"),
    table("no release", LONG.replace(b"release_id,", b""), "has no column for artist, title"),
    table("no platform", WIDE.replace(b"platform,", b""), "has no column for platform"),
    table("no metric", WIDE.replace(b",views,likes", b""), "has no metric column"),
    table("an extra column", b"colour," + LONG, "has a column 'colour' that is no metric"),
    table("a misspelt metric", WIDE.replace(b"views", b"veiws"), "has a column 'veiws'"),
    table("SQL as a column", b"drop table artists," + WIDE, "has a column 'drop_table_artists'"),
    table("a look-alike metric", WIDE.replace(b"views", "viеws".encode()), "has a column"),
    table("NUL in the header", LONG + b"\0", "save as UTF-8"),
    table("an unknown platform given", WIDE.replace(b"platform,", b""),
          "unknown platform 'MySpace'", platform="MySpace"),
    table("an unterminated quote", LONG + GOOD + b'1,"YouTube\n' + GOOD * 3, "quote that never",
          row=3),
    table("a stray quote", LONG + b'1,"You"Tube,views,7,2025-06-01T00:00:00Z\n', "stray quotes",
          row=2),
    table("an unterminated quote in the header", b'"release_id,' + LONG, "quote that never", row=1),
    table("a cell above 128 KiB", LONG + GOOD + b"x" * (CELL_LIMIT + 1), "above 128 KiB", row=3),
    misfit("a row too short", LONG + GOOD + b"1,YouTube\n", "has 2 cells", 3),
    misfit("a row too long", LONG + b"x," + GOOD, "has 6 cells where the header has 5", 2),
    misfit("a row of one space", LONG + b" \n" + GOOD, "has 1 cells", 2),
    misfit(
        "one metric twice in a row of a wide file",
        WIDE.replace(b"likes", b"view_count") + GOOD_WIDE,
        "view_count: says views a second time",
        2,
    ),
    misfit(
        "a metric that is another platform's",
        WIDE.replace(b"likes", b"reach") + GOOD_WIDE,
        "reach: YouTube has no metric 'reach'",
        2,
    ),
)  # fmt: skip


def asked(name: str, rule: str, *written: str, **filters: object) -> BadFilter:
    error = UnknownPlatform if rule.startswith("unknown") else BadValue
    return BadFilter(
        name=f"filter: {name}", filters=filters, rule=rule, error=error, written=written
    )


FILTERS = (
    asked("release one and a half", f"release_id: {WHOLE}", release_id=1.5),
    asked("release true", f"release_id: {WHOLE}", release_id=True),
    asked("release zero", f"release_id: {IDS}", "--release", "0", release_id=0),
    asked("release 2**63", f"release_id: {IDS}", "--release", str(2**63), release_id=2**63),
    asked("release in 5,000 digits", f"release_id: {IDS}", release_id=10**5000),
    asked("artist as text", f"artist_id: {WHOLE}", artist_id="1 or 1=1"),
    asked("artist minus one", f"artist_id: {IDS}", "--artist=-1", artist_id=-1),
    asked("unknown platform", "unknown platform", "--platform", "MySpace", platform="MySpace"),
    asked("SQL as platform", "unknown platform", "--platform", SQL, platform=SQL),
    asked("platform in full-width letters", "unknown platform", platform="ＹｏｕＴｕｂｅ"),
    asked("long platform", "platform: must be at most 64", platform="x" * 5000),
    asked("a number as platform", f"platform: {TEXT}", platform=5),
    asked("start is a date", f"start_date: {INSTANT}", start_date=date(2026, 1, 1)),
    asked("start is naive", f"start_date: {OFFSET}", start_date=datetime(2026, 1, 1)),  # noqa: DTZ001
    asked("end is text", f"end_date: {INSTANT}", end_date="infinity"),
    asked(
        "end out of the calendar",
        f"end_date: {YEARS}",
        end_date=datetime(1, 1, 1, tzinfo=_TWO_HOURS),
    ),
    asked("since is naive", f"since: {OFFSET}", "--since", "2026-01-01T00:00:00"),
    asked("until is a date", f"until: {ISO}", "--until", "2026-01-01"),
    asked("until is infinity", f"until: {ISO}", "--until", "infinity"),
)

USAGES = (
    BadUsage(name="clip of 257 letters", column="clip_id", rule="longer than 256", clip="x" * 257),
    BadUsage(name="clip of 5,000", column="clip_id", rule="longer than 256", clip="x" * 5000),
    BadUsage(name="clip empty", column="clip_id", rule=EMPTY, clip=" "),
    BadUsage(name="clip with NUL", column="clip_id", rule="cannot be stored", clip="a\0b"),
    BadUsage(name="clip half", column="clip_id", rule="cannot be stored", clip="a\ud800"),
    BadUsage(name="source long", column="source_name", rule="longer than 64", source="x" * 65),
    BadUsage(name="source empty", column="source_name", rule=EMPTY, source=""),
    BadUsage(
        name="source with a line break",
        column="source_name",
        rule="cannot be printed",
        source="pex\nels",
    ),
    BadUsage(name="source with NUL", column="source_name", rule="printed", source="pex\0els"),
)

NAME_CHECK = "content_performance_{}_check"
STATEMENTS = tuple(
    BadStatement(
        name=f"schema: {column} {sql[:24]}",
        column=column,
        sql=sql,
        constraint=NAME_CHECK.format(column),
    )
    for column, sql in (
        ("metric_value", "'NaN'"),
        ("metric_value", "'Infinity'"),
        ("metric_value", "'-Infinity'"),
        ("metric_value", "9007199254740994"),
        ("recorded_at", "'infinity'"),
        ("recorded_at", "'-infinity'"),
        ("recorded_at", "'2004-12-31 23:59:59+00'"),
        ("recorded_at", "'2200-01-01 00:00:00+00'"),
        ("release_id", "-1"),
        ("release_id", "0"),
        ("platform", f"'{'x' * 65}'"),
        ("platform", "''"),
        ("metric_type", f"'{'x' * 65}'"),
        ("metric_type", "''"),
        ("source", f"'{'x' * 65}'"),
        ("source", "''"),
        ("revision", "-1"),
    )
)

TABLE = (*INPUTS, *ROWS, *TABLES, *FILTERS, *USAGES, *STATEMENTS)
