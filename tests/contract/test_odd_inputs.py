"""What looks odd but is good is stored as what it means."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from answers import named
from bad_cases import SQL, BadInput, FromNow
from bad_files import GOOD, GOOD_WIDE, LONG, WIDE
from doors import by_bulk, by_file, by_insert, by_record_command
from refusals import Refused, command
from world_of_inputs import NOON, rows_stored

from noktvrn_ai_artist.analytics import observation_rules
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.declared_names import declare_metric
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.ingest.ingest_service import ingest_file

pytestmark = pytest.mark.usefixtures("own_settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What is accepted although it looks odd: what is given, and what is stored."""

    name: str
    column: str
    given: object
    written: str
    stored: object


LINES, FULL = "🎵\nb", "é" * 4000
EDGES = (
    Edge(name="-0.0", column="metric_value", given=-0.0, written="-0.0", stored=0.0),
    Edge(name="-0", column="metric_value", given=0, written="-0", stored=0.0),
    Edge(name="2**53", column="metric_value", given=2**53, written=str(2**53), stored=2.0**53),
    Edge(name="an exponent", column="metric_value", given=1e3, written="1e3", stored=1000.0),
    Edge(name="tiny", column="metric_value", given=5e-324, written="5e-324", stored=5e-324),
    Edge(
        name="4,000 digits that are small",
        column="metric_value",
        given=0.5,
        written=f"0.5{'0' * 4000}",
        stored=0.5,
    ),
    Edge(
        name="another offset",
        column="recorded_at",
        given=datetime.fromisoformat("2026-01-01T17:30:00+05:30"),
        written="2026-01-01T17:30:00+05:30",
        stored=NOON,
    ),
    Edge(
        name="the first instant of 2005",
        column="recorded_at",
        given=datetime(2005, 1, 1, tzinfo=UTC),
        written="2004-12-31T19:00:00-05:00",
        stored=datetime(2005, 1, 1, tzinfo=UTC),
    ),
    Edge(
        name="a platform in its own case",
        column="platform",
        given=" you-tube ",
        written="YOUTUBE",
        stored="YouTube",
    ),
    Edge(
        name="a spelling", column="metric_type", given="viewCount", written="view", stored="views"
    ),
    Edge(name="SQL in a note", column="notes", given=SQL, written=SQL, stored=SQL),
    Edge(name="a formula", column="notes", given="=1+1", written="=1+1", stored="=1+1"),
    Edge(
        name="an emoji and a line break", column="notes", given=LINES, written=LINES, stored=LINES
    ),
    Edge(name="a full note", column="notes", given=FULL, written=FULL, stored=FULL),
)


@named(EDGES)
@pytest.mark.parametrize("door", ["insert", "bulk", "command", "long", "wide"])
def test_an_odd_but_good_value_is_stored_as_what_it_means(
    empty: Database, case: Edge, door: str
) -> None:
    as_input = BadInput(
        name=case.name, column=case.column, rule="", given=case.given, written=case.written
    )
    doors: dict[str, Callable[[BadInput], Refused]] = {
        "insert": by_insert,
        "bulk": by_bulk,
        "command": by_record_command,
        "long": partial(by_file, wide=False),
        "wide": partial(by_file, wide=True),
    }
    if door == "wide" and case.column == "metric_type":
        return  # there a metric is a column
    answer = doors[door](as_input)
    assert isinstance(answer, str), answer
    stored = [row[case.column] for row in service.get_performance_data(release_id=1)]
    assert case.stored in stored
    assert "-0.0" not in map(repr, stored)


def test_five_minutes_ahead_is_accepted_and_a_microsecond_more_is_not() -> None:
    ahead = NOON + timedelta(minutes=5)
    assert observation_rules.checked_time(ahead, now=NOON) == ahead
    with pytest.raises(BadValue, match="5 minutes in the future"):
        observation_rules.checked_time(ahead + timedelta(microseconds=1), now=NOON)


def test_nearly_five_minutes_ahead_is_stored_through_every_door(empty: Database) -> None:
    soon = FromNow(by=timedelta(minutes=4))
    case = BadInput(name="soon", column="recorded_at", rule="", given=soon, written=soon)
    doors = (by_insert, by_bulk, by_record_command)
    answers = [door(case) for door in doors] + [by_file(case, wide=w) for w in (False, True)]
    assert all(isinstance(answer, str) for answer in answers), answers
    newest = service.get_performance_data(release_id=1, start_date=datetime.now(UTC))
    assert len(newest) == len(answers)


def test_a_metric_declared_signed_takes_negative_values(empty: Database) -> None:
    declare_metric(
        empty, "YouTube", "net_subscribers", kind=MetricKind.DAILY, unit="people", signed=True
    )
    assert service.insert_performance_record(1, "YouTube", "net_subscribers", -3, NOON)
    assert command("record", "1", "YouTube", "net_subscribers", "-4").code == 0
    with pytest.raises(BadValue, match=r"at most 2\*\*53"):
        service.insert_performance_record(1, "YouTube", "net_subscribers", -1e300, NOON)
    content = LONG + b"1,YouTube,net_subscribers,-5,2025-06-01T00:00:00Z\n"
    assert ingest_file(io.BytesIO(content), label="signed").counts.stored == 1
    stored = {row["metric_value"] for row in service.get_performance_data(release_id=1)}
    assert {-3.0, -4.0, -5.0} <= stored


@pytest.mark.parametrize("content", [LONG, WIDE, LONG + b"\n\n"], ids=["long", "wide", "blank"])
def test_a_header_alone_is_a_success_of_no_rows(
    empty: Database, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "header.csv"
    file.write_bytes(content)
    told = command("ingest", str(file), "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["counts"]["read"] == 0
    assert "stored 0 of 0 observations" in command("ingest", str(file)).out
    assert rows_stored(empty) == 1


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_a_byte_order_mark_and_any_line_ending_are_accepted(empty: Database, ending: bytes) -> None:
    content = b"\xef\xbb\xbf" + (LONG + GOOD).replace(b"\n", ending)
    assert ingest_file(io.BytesIO(content), label="marked").counts.stored == 1


def test_an_empty_cell_of_a_wide_file_is_hidden_and_not_zero(empty: Database) -> None:
    content = WIDE + GOOD_WIDE.replace(b",7,", b", ,")
    assert ingest_file(io.BytesIO(content), label="hidden").counts.read == 1
    stored = service.get_performance_data(release_id=1, start_date=datetime(2025, 2, 1, tzinfo=UTC))
    assert [(row["metric_type"], row["metric_value"]) for row in stored] == [("likes", 8.0)]
