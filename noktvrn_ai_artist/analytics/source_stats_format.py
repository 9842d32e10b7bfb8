"""A history of usages and scores as JSON text and back; the same history is the same bytes.

The file is one line of this shape:

    {"format": "noktvrn source stats", "version": 1,
     "usages": [[release, source, clip, time, event or null], ...],
     "scores": [[release, score, time, event or null], ...]}
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NoReturn

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport

FORMAT = "noktvrn source stats"
VERSION = 1
_KEYS = {"format", "version", "usages", "scores"}


def encoded(history: SourceHistory) -> bytes:
    """The history as one compact line of UTF-8."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "usages": [
            [use.release_id, use.source_name, use.clip_id, use.used_at.isoformat(), use.event_id]
            for use in history.usages
        ],
        "scores": [
            [report.release_id, report.score, report.reported_at.isoformat(), report.event_id]
            for report in history.reports
        ],
    }
    text = json.dumps(
        document, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return text.encode() + b"\n"


def decoded(data: bytes) -> SourceHistory:
    """The history that `encoded` wrote.

    Raises:
        ValueError: it did not write this, or a newer version did; the message says which.
    """
    document = _document(data)
    usages = [_usage(row) for row in _rows(document, "usages")]
    reports = [_report(row) for row in _rows(document, "scores")]
    history, known_usages = SourceHistory().with_usages(usages)
    history, known_reports = history.with_reports(reports)
    if (known_usages, known_reports) != (len(usages), len(reports)):
        raise ValueError("an event id stands in it twice")
    return history


def _document(data: bytes) -> dict[str, object]:
    """The top of the file, its format, version and keys as they must be."""
    if not data:
        raise ValueError("it is empty")
    try:
        document = json.loads(
            data.decode(), object_pairs_hook=_without_doubles, parse_constant=_refused_constant
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("it is not a state file of the stock success tracker")
    version = document.get("version")
    if type(version) is int and version > VERSION:
        raise ValueError(f"it is of version {version}, this program reads up to {VERSION}")
    if type(version) is not int or version != VERSION or document.keys() != _KEYS:
        raise ValueError("its version or its keys are not those of a state file")
    return document


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _refused_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")


def _rows(document: dict[str, object], key: str) -> list[object]:
    match document[key]:
        case list(rows):
            return rows
    raise ValueError(f"its {key} are not a list")


def _usage(row: object) -> ClipUsage:
    match row:
        case [int(release_id), str(source), str(clip), str(time), str() | None as event_id]:
            return ClipUsage(
                source_name=source,
                clip_id=clip,
                release_id=release_id,
                used_at=datetime.fromisoformat(time),
                event_id=event_id,
            )
    raise ValueError("a usage in it is not [release, source, clip, time, event]")


def _report(row: object) -> ScoreReport:
    match row:
        case [int(release_id), int() | float() as score, str(time), str() | None as event_id]:
            return ScoreReport(
                release_id=release_id,
                score=score,
                reported_at=datetime.fromisoformat(time),
                event_id=event_id,
            )
    raise ValueError("a score in it is not [release, score, time, event]")
