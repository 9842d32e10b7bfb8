"""Filters, clip usages and statements that are refused."""

from __future__ import annotations

from datetime import date, datetime

from bad_cases import (
    EMPTY,
    HALF,
    IDS,
    INSTANT,
    ISO,
    NUL,
    OFFSET,
    SQL,
    TEXT,
    TWO_HOURS,
    WHOLE,
    YEARS,
    BadFilter,
    BadStatement,
    BadUsage,
)

from noktvrn_ai_artist.errors import BadValue, UnknownPlatform


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
        end_date=datetime(1, 1, 1, tzinfo=TWO_HOURS),
    ),
    asked("since is naive", f"since: {OFFSET}", "--since", "2026-01-01T00:00:00"),
    asked("until is a date", f"until: {ISO}", "--until", "2026-01-01"),
    asked("until is infinity", f"until: {ISO}", "--until", "infinity"),
)

USAGES = (
    BadUsage(name="clip of 257 letters", column="clip_id", rule="at most 256", clip="x" * 257),
    BadUsage(name="clip of 5,000", column="clip_id", rule="at most 256", clip="x" * 5000),
    BadUsage(name="clip empty", column="clip_id", rule=EMPTY, clip=" "),
    BadUsage(name="clip with NUL", column="clip_id", rule=NUL, clip="a\0b"),
    BadUsage(name="clip half", column="clip_id", rule=HALF, clip="a\ud800"),
    BadUsage(name="source long", column="source_name", rule="at most 64", source="x" * 65),
    BadUsage(name="source empty", column="source_name", rule=EMPTY, source=""),
    BadUsage(
        name="source with a line break",
        column="source_name",
        rule="cannot be printed",
        source="pex\nels",
    ),
    BadUsage(name="source with NUL", column="source_name", rule=NUL, source="pex\0els"),
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
