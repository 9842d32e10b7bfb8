"""Names and texts that no observation and no release may have."""

from __future__ import annotations

from datetime import UTC, datetime

from bad_cases import CONTROL, EMPTY, HALF, NUL, OFFSET, SQL, moment, text, untyped

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
