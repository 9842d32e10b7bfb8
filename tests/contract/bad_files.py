"""Rows that are no observation, and files that are no table of numbers."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Mapping
from datetime import UTC, datetime

from bad_cases import SQL, BadRow, BadTable

from noktvrn_ai_artist.errors import BadFile, ImportRefused, UnknownPlatform

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
