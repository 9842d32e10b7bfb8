"""The rows of the tracker's ledger: how records are stored in them and come out of them again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from psycopg.rows import args_row, class_row

from noktvrn_ai_artist.analytics.source_history import Contents
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport, Selection
from noktvrn_ai_artist.analytics.source_rows import candidate_rows, candidates_from
from noktvrn_ai_artist.database.connection_manager import Connection
from noktvrn_ai_artist.database.queries import query

_USAGE_COLUMNS = (
    "release_id",
    "used_at",
    "source_name",
    "clip_id",
    "event_id",
    "search_term",
    "creator",
    "selection_id",
)
_REPORT_COLUMNS = ("release_id", "reported_at", "score", "event_id", "artist_id")


def usage_contents(connection: Connection, usages: Sequence[ClipUsage]) -> Contents:
    """What the event ids among these usages stand for already."""
    found = _usages(connection, "usages_of_events", names=_event_ids(usages))
    return {usage.event_id: usage.content for usage in found if usage.event_id is not None}


def report_contents(connection: Connection, reports: Sequence[ScoreReport]) -> Contents:
    """What the event ids among these scores stand for already."""
    found = _reports(connection, "reports_of_events", names=_event_ids(reports))
    return {report.event_id: report.content for report in found if report.event_id is not None}


def named_selections(
    connection: Connection, usages: Sequence[ClipUsage]
) -> Mapping[str, Selection]:
    """Of the selections that these usages name, those that are known."""
    named = {usage.selection_id for usage in usages if usage.selection_id is not None}
    found = _selections(connection, "selections_named", names=sorted(named)) if named else []
    return {selection.selection_id: selection for selection in found}


def selections_of_release(connection: Connection, release_id: int) -> set[str]:
    """The selections that a release's usages name."""
    rows = connection.execute(query("selections_of_release"), {"release_id": release_id})
    return {str(name) for (name,) in rows}


def usages_between(connection: Connection, known: int, last: int) -> list[ClipUsage]:
    """The usages after one row and up to another, in the order of their arrival."""
    return _usages(connection, "usages_after", known=known, last=last)


def reports_between(connection: Connection, known: int, last: int) -> list[ScoreReport]:
    """The scores after one row and up to another, in the order of their arrival."""
    return _reports(connection, "reports_after", known=known, last=last)


def selections_between(connection: Connection, known: int, last: int) -> list[Selection]:
    """The selections after one row and up to another."""
    return _selections(connection, "selections_after", known=known, last=last)


def store_usages(connection: Connection, usages: Sequence[ClipUsage], *, known: int) -> None:
    """Store usages under the numbers after `known`."""
    values = _columns(usages, _USAGE_COLUMNS)
    connection.execute(query("store_usages"), {**values, "known": known})


def store_reports(connection: Connection, reports: Sequence[ScoreReport], *, known: int) -> None:
    """Store scores under the numbers after `known`."""
    values = _columns(reports, _REPORT_COLUMNS)
    connection.execute(query("store_reports"), {**values, "known": known})


def store_selections(
    connection: Connection,
    usages: Sequence[ClipUsage],
    selections: Mapping[str, Selection],
    *,
    known: int,
) -> None:
    """Store the selections that usages name, for the release of each, unless they are there."""
    pairs = {
        (usage.release_id, usage.selection_id) for usage in usages if usage.selection_id is not None
    }
    if not pairs:
        return
    drawn = [selections[name] for _, name in sorted(pairs)]
    values = {
        **_columns(drawn, ("selection_id", "drawn_at", "top_n")),
        "release_ids": [release_id for release_id, _ in sorted(pairs)],
        "candidates": [json.dumps(candidate_rows(one), allow_nan=False) for one in drawn],
    }
    connection.execute(query("store_selections"), {**values, "known": known})


def forget(connection: Connection, release_id: int) -> bool:
    """Drop every row of a release; says whether there were any."""
    queries = (query("forget_usages"), query("forget_reports"), query("forget_selections"))
    gone = [connection.execute(each, {"release_id": release_id}).rowcount for each in queries]
    return any(gone)


def _usages(connection: Connection, name: str, **values: object) -> list[ClipUsage]:
    cursor = connection.cursor(binary=True, row_factory=class_row(ClipUsage))
    return cursor.execute(query(name), values).fetchall()


def _reports(connection: Connection, name: str, **values: object) -> list[ScoreReport]:
    cursor = connection.cursor(binary=True, row_factory=class_row(ScoreReport))
    return cursor.execute(query(name), values).fetchall()


def _selections(connection: Connection, name: str, **values: object) -> list[Selection]:
    cursor = connection.cursor(binary=True, row_factory=args_row(_selection))
    return cursor.execute(query(name), values).fetchall()


def _selection(
    selection_id: str, drawn_at: datetime, top_n: int, candidates: list[object]
) -> Selection:
    return Selection(
        selection_id=selection_id,
        drawn_at=drawn_at,
        top_n=top_n,
        candidates=candidates_from(candidates),
    )


def _event_ids(events: Sequence[ClipUsage | ScoreReport]) -> list[str]:
    return [event.event_id for event in events if event.event_id is not None]


def _columns(records: Sequence[object], names: Sequence[str]) -> dict[str, object]:
    return {f"{name}s": [*map(attrgetter(name), records)] for name in names}
