"""Every door an observation or a release comes in by, each given one bad input."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bad_cases import ENTRY_COLUMNS, UNSAYABLE, BadInput, FromNow
from bad_files import GOOD_ROW
from refusals import Refused, refused_call, refused_command

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics import release_registry
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.ingest.ingest_service import ingest_file
from noktvrn_ai_artist.records import Observation

OBSERVED = ("release_id", "platform", "metric_type", "metric_value", "recorded_at")
WIDE_NAMES = {"metric_value": "views"}
GOOD_ENTRY = {"artist": "New", "title": "Newer", "external_id": "xyz"}


def given(case: BadInput, now: datetime) -> object:
    return now + case.given.by if isinstance(case.given, FromNow) else case.given


def written(case: BadInput, now: datetime) -> str:
    if isinstance(case.written, FromNow):
        return (now + case.written.by).isoformat()
    assert case.written is not None
    return case.written


def observed(case: BadInput) -> dict[str, Any]:
    return {**GOOD_ROW, case.column: given(case, datetime.now(UTC))}


def good_rows() -> Iterator[dict[str, object]]:
    for day in (2, 3):
        yield {**GOOD_ROW, "recorded_at": datetime(2025, 6, day, tzinfo=UTC)}


def by_insert(case: BadInput) -> Refused:
    values = observed(case)
    key = [values.pop(name) for name in OBSERVED]
    return refused_call(lambda: service.insert_performance_record(*key, **values))


def by_metric(case: BadInput) -> Refused:
    values = observed(case)
    key = [values.pop(name) for name in OBSERVED]
    return refused_call(lambda: service.add_performance_metric(*key, **values))


def by_bulk(case: BadInput) -> Refused:
    before, after = good_rows()
    rows = [before, observed(case), after]
    return refused_call(lambda: service.add_performance_metrics(rows), row=2)


def by_records(case: BadInput) -> Refused:
    before, after = good_rows()
    rows = [Observation(**row) for row in (before, observed(case), after)]
    return refused_call(lambda: service.add_performance_metrics(iter(rows)), row=2)


def by_register(case: BadInput) -> Refused:
    values: dict[str, Any] = {**GOOD_ENTRY, case.column: given(case, datetime.now(UTC))}
    database = connection_manager.shared_database()
    return refused_call(
        lambda: release_registry.register_release(
            database, ReleaseEntry(**values), platform="YouTube"
        )
    )


def by_record_command(case: BadInput) -> Refused:
    row = {**as_text(GOOD_ROW), case.column: written(case, datetime.now(UTC))}
    words = [row.pop(name) for name in OBSERVED[:-1]]
    row["at"] = row.pop("recorded_at")
    options = [f"--{name.replace('_', '-')}={text}" for name, text in row.items()]
    return refused_command("record", *options, "--", *words)


def by_register_command(case: BadInput) -> Refused:
    row = {**GOOD_ENTRY, "platform": "YouTube", case.column: written(case, datetime.now(UTC))}
    words = [row.pop("artist"), row.pop("title")]
    if "published_at" in row:
        row["published"] = row.pop("published_at")
    options = [f"--{name.replace('_', '-')}={text}" for name, text in row.items()]
    return refused_command("register", *options, "--", *words)


def as_text(row: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in row.items()
    }


def as_file(case: BadInput, *, wide: bool) -> bytes:
    """A file of three rows, the second of which has the bad cell."""
    rows = [as_text(row) for row in good_rows()]
    rows.insert(1, {**as_text(GOOD_ROW), case.column: written(case, datetime.now(UTC))})
    if case.column in ENTRY_COLUMNS:
        rows = [{**GOOD_ENTRY, **{k: v for k, v in r.items() if k != "release_id"}} for r in rows]
    if wide:
        rows = [{WIDE_NAMES.get(k, k): v for k, v in r.items() if k != "metric_type"} for r in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[1]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def by_file(case: BadInput, *, wide: bool) -> Refused:
    content = as_file(case, wide=wide)
    return refused_call(lambda: ingest_file(io.BytesIO(content), label="bad.csv"), row=3)


def by_ingest_command(case: BadInput, *, wide: bool, folder: Path) -> Refused:
    file = folder / "bad.csv"
    file.write_bytes(as_file(case, wide=wide))
    refused = refused_command("ingest", str(file), row=3)
    left = [path.name for path in folder.iterdir() if path != file]
    return f"left {left} behind" if left else refused


def is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def doors_of(case: BadInput, folder: Path) -> dict[str, Callable[[BadInput], Refused]]:
    """Every door that can express the case."""
    doors: dict[str, Callable[[BadInput], Refused]] = {}
    if case.given is not UNSAYABLE:
        if case.column in ENTRY_COLUMNS:
            doors["register_release"] = by_register
        else:
            doors |= {
                "insert_performance_record": by_insert,
                "add_performance_metric": by_metric,
                "add_performance_metrics": by_bulk,
                "add_performance_metrics, records": by_records,
            }
    if case.written is None:
        return doors
    # The operating system ends an argument at a NUL.
    if "\0" not in str(case.written) and case.column != "source":
        entry = case.column in ENTRY_COLUMNS
        doors["the command"] = by_register_command if entry else by_record_command
    for form in ("long", "wide"):
        wide = form == "wide"
        if is_sayable_in_a_file(case, wide=wide):
            doors[f"a {form} file"] = partial(by_file, wide=wide)
            command_door = partial(by_ingest_command, wide=wide, folder=folder)
            doors[f"noktvrn ingest, {form}"] = command_door
    return doors


def is_sayable_in_a_file(case: BadInput, *, wide: bool) -> bool:
    """A cell is UTF-8; where it may be empty, an empty one is no fault."""
    text = str(case.written)
    if not is_utf_8(text) or (wide and case.column == "metric_type"):
        return False
    needed = {"release_id", "platform", "recorded_at", "artist", "title"}
    return bool(text.strip()) or case.column in (
        needed if wide else needed | {"metric_type", "metric_value"}
    )
