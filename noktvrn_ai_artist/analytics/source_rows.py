"""Usages, reports and selections as rows of JSON and back, each way in one place.

A usage is [release, source, clip, time, event, search term, creator, selection], a report [release,
score, time, event, artist], a selection [selection, time, top_n, [[source, mean, sd, probability],
...]]. Empty places at the end of a row are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import dropwhile

from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)

_USAGE_PLACES, _SCORE_PLACES = 8, 5
_MOST_SELECTIONS = 20_000


def usages_text(usages: Iterable[ClipUsage]) -> str:
    """The usages' rows as JSON, without the brackets around them."""
    return _text([_usage_row(usage) for usage in usages])


def reports_text(reports: Iterable[ScoreReport]) -> str:
    """The reports' rows as JSON, without the brackets around them."""
    return _text([_report_row(report) for report in reports])


@lru_cache(maxsize=_MOST_SELECTIONS)
def selection_text(selection: Selection) -> str:
    """The selection's row as JSON; it never changes, so it is made once."""
    return _text([_selection_row(selection)])


def _text(rows: list[list[object]]) -> str:
    text = json.dumps(rows, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text[1:-1]


def _row(*places: object) -> list[object]:
    """The places without the empty ones at the end."""
    return list(dropwhile(lambda place: place is None, reversed(places)))[::-1]


def _padded(row: object, places: int) -> object:
    return [*row, *[None] * (places - len(row))] if isinstance(row, list) else row


def _usage_row(usage: ClipUsage) -> list[object]:
    return _row(
        usage.release_id,
        usage.source_name,
        usage.clip_id,
        usage.used_at.isoformat(),
        usage.event_id,
        usage.search_term,
        usage.creator,
        usage.selection_id,
    )


def usage_from(row: object) -> ClipUsage:
    """The usage of such a row.

    Raises:
        ValueError: it is not one of a usage.
    """
    match _padded(row, _USAGE_PLACES):
        case [
            int(release_id),
            str(source),
            str(clip),
            str(time),
            str() | None as event_id,
            str() | None as search_term,
            str() | None as creator,
            str() | None as selection_id,
        ]:
            return ClipUsage(
                source_name=source,
                clip_id=clip,
                release_id=release_id,
                used_at=datetime.fromisoformat(time),
                event_id=event_id,
                search_term=search_term,
                creator=creator,
                selection_id=selection_id,
            )
    raise ValueError("a usage in it is not [release, source, clip, time, ...]")


def _report_row(report: ScoreReport) -> list[object]:
    return _row(
        report.release_id,
        report.score,
        report.reported_at.isoformat(),
        report.event_id,
        report.artist_id,
    )


def report_from(row: object) -> ScoreReport:
    """The score of such a row.

    Raises:
        ValueError: it is not one of a score.
    """
    match _padded(row, _SCORE_PLACES):
        case [
            int(release_id),
            int() | float() as score,
            str(time),
            str() | None as event_id,
            int() | None as artist_id,
        ]:
            return ScoreReport(
                release_id=release_id,
                score=score,
                reported_at=datetime.fromisoformat(time),
                event_id=event_id,
                artist_id=artist_id,
            )
    raise ValueError("a score in it is not [release, score, time, ...]")


def _selection_row(selection: Selection) -> list[object]:
    return [
        selection.selection_id,
        selection.drawn_at.isoformat(),
        selection.top_n,
        candidate_rows(selection),
    ]


def candidate_rows(selection: Selection) -> list[list[object]]:
    """What a selection was drawn from, as [source, mean, sd, probability] in the order drawn."""
    return [[c.source, c.mean, c.sd, c.probability] for c in selection.candidates]


def selection_from(row: object) -> Selection:
    """The selection of such a row.

    Raises:
        ValueError: it is not one of a selection.
    """
    match row:
        case [str(name), str(time), int(top_n), [*candidates]]:
            return Selection(
                selection_id=name,
                drawn_at=datetime.fromisoformat(time),
                top_n=top_n,
                candidates=candidates_from(candidates),
            )
    raise ValueError("a selection in it is not [selection, time, top_n, candidates]")


def candidates_from(rows: Iterable[object]) -> tuple[Candidate, ...]:
    """The candidates of such rows.

    Raises:
        ValueError: a row is not one of a candidate.
    """
    return tuple(_candidate(row) for row in rows)


def _candidate(row: object) -> Candidate:
    match row:
        case [str(source), int() | float() as mean, int() | float() as sd, int() | float() as p]:
            return Candidate(source=source, mean=mean, sd=sd, probability=p)
    raise ValueError("a candidate in it is not [source, mean, sd, probability]")
