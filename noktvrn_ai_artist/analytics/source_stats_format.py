"""A history of usages and scores as JSON text and back; the same history is the same bytes.

The file is one line of this shape, where empty places at the end of a row are left out:

    {"format": "noktvrn source stats", "version": 2,
     "usages": [[release, source, clip, time, event, search term, creator, selection], ...],
     "scores": [[release, score, time, event, artist], ...],
     "selections": [[selection, time, top_n, [[source, mean, sd, probability], ...]], ...]}

A file of version 1, without what came later, is read too. Where the history was moved to
PostgreSQL, a pointer to its ledger stands in the file's place:

    {"format": "noktvrn source stats", "version": 2, "moved_to": ledger}
"""

from __future__ import annotations

import json
from typing import NoReturn

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_rows import (
    report_from,
    selection_from,
    selection_text,
    usage_from,
)

FORMAT = "noktvrn source stats"
VERSION = 2
_KEYS = {
    1: {"format", "version", "usages", "scores"},
    2: {"format", "version", "usages", "scores", "selections"},
}
_POINTER_KEYS = {"format", "version", "moved_to"}


def encoded(history: SourceHistory) -> bytes:
    """The history as one compact line of UTF-8."""
    told = [history.releases[release_id] for release_id in sorted(history.releases)]
    selections = [selection_text(history.selections[name]) for name in sorted(history.selections)]
    text = (
        f'{{"format":"{FORMAT}"'
        f',"scores":[{",".join(one.reports_text for one in told if one.reports)}]'
        f',"selections":[{",".join(selections)}]'
        f',"usages":[{",".join(one.usages_text for one in told if one.usages)}]'
        f',"version":{VERSION}}}\n'
    )
    return text.encode()


def encoded_pointer(ledger_id: str) -> bytes:
    """What stands in the file's place when its history is in a ledger."""
    pointer = {"format": FORMAT, "version": VERSION, "moved_to": ledger_id}
    text = json.dumps(pointer, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode() + b"\n"


def ledger_pointed_at(data: bytes) -> str | None:
    """The ledger that a pointer names, or None where there is a history.

    Raises:
        ValueError: it is neither.
    """
    match _document(data).get("moved_to"):
        case None:
            return None
        case str(ledger_id):
            return ledger_id
    raise ValueError("it does not say which ledger its history was moved to")


def decoded(data: bytes) -> SourceHistory:
    """The history that `encoded` wrote.

    Raises:
        ValueError: it did not write this, or a newer version did; the message says which.
    """
    document = _document(data)
    if "moved_to" in document:
        raise ValueError(
            "its history was moved to PostgreSQL, where the command noktvrn and"
            " tracker_place.open_tracker find it"
        )
    usages = [usage_from(row) for row in _rows(document, "usages")]
    reports = [report_from(row) for row in _rows(document, "scores")]
    selections = [selection_from(row) for row in _rows(document, "selections")]
    history, known_usages = SourceHistory().with_usages(usages, selections)
    history, known_reports = history.with_reports(reports)
    if (known_usages, known_reports) != (len(usages), len(reports)):
        raise ValueError("an event id stands in it twice")
    if len(history.selections) != len(selections):
        raise ValueError("a selection stands in it twice, or no usage names it")
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
    if type(version) is int and document.keys() == _POINTER_KEYS:
        return document
    if type(version) is not int or document.keys() != _KEYS.get(version):
        raise ValueError("its version or its keys are not those of a state file")
    return {"selections": [], **document}


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
