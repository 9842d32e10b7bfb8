"""Every bad input gets its one-line answer through every door, and nothing of it is stored."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from answers import faults_of, faults_through, line_faults, named, row_faults
from bad_cases import UNSAYABLE, BadFilter, BadInput, BadRow, BadStatement, BadTable, BadUsage
from bad_files import ROWS, TABLES
from bad_inputs import INPUTS, TABLE
from bad_questions import FILTERS, STATEMENTS, USAGES
from doors import by_bulk, by_file, by_insert, good_rows, is_sayable_in_a_file
from refusals import Refusal, Refused, refused_call, refused_command
from world_of_inputs import contents

from noktvrn_ai_artist.analytics import observation_rules
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import ImportRefused, PerformanceDbError
from noktvrn_ai_artist.ingest.ingest_service import ingest_file

pytestmark = pytest.mark.usefixtures("own_settings")


@named(INPUTS)
def test_a_bad_value_is_refused_through_every_door_and_nothing_is_stored(
    world: Database, tmp_path: Path, case: BadInput
) -> None:
    before = contents(world)
    assert faults_through(case, tmp_path) == []
    assert contents(world) == before


@named(ROWS)
def test_a_row_that_is_no_observation_refuses_the_whole_bulk(world: Database, case: BadRow) -> None:
    before, (first, last) = contents(world), good_rows()
    with pytest.raises(ImportRefused) as refused:
        service.add_performance_metrics([first, case.row, last])  # type: ignore[list-item]
    (found,) = refused.value.rejections
    assert (found.row, found.column) == (2, case.column)
    assert case.rule in found.rule
    assert not list(line_faults(Refusal(error=None, lines=(str(refused.value),))))
    assert contents(world) == before


@named(TABLES)
def test_a_bad_file_is_refused_by_the_function_and_by_the_command(
    world: Database, tmp_path: Path, case: BadTable
) -> None:
    before, file = contents(world), tmp_path / "bad.csv"
    file.write_bytes(case.content)
    options = [f"--platform={case.platform}"] if case.platform else []
    for skip_bad in (False, True) if case.error is not ImportRefused else (False,):
        with pytest.raises(case.error) as refused:
            ingest_file(
                io.BytesIO(case.content), label="bad", platform=case.platform, skip_bad=skip_bad
            )
        flags = ["--skip-bad"] if skip_bad else []
        told = refused_command("ingest", str(file), *options, *flags)
        assert isinstance(told, Refusal), told
        assert not list(line_faults(told))
        assert told.lines[0] == str(refused.value)
        assert case.rule in told.lines[0]
        assert case.row is None or f"row {case.row}" in told.lines[0]
        assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]
        assert contents(world) == before


@named(FILTERS)
def test_a_bad_filter_is_refused_by_every_question(world: Database, case: BadFilter) -> None:
    questions: list[Callable[..., object]] = [
        service.get_performance_data,
        service.iter_performance_data,
        service.get_performance_frame,
    ]
    if set(case.filters) == {"release_id"}:
        questions += [service.get_performance_metrics_for_release, service.get_corrections]
    before, answers = contents(world), list[Refused]()
    if case.filters:
        answers += [refused_call(partial(question, **case.filters)) for question in questions]
    if case.written:
        answers.append(refused_command("performance", *case.written))
    assert answers
    for answer in answers:
        assert isinstance(answer, Refusal), answer
        assert [*line_faults(answer), *row_faults(answer, set(), "")] == []
        assert case.rule in answer.lines[0]
        assert answer.error is None or type(answer.error) is case.error
    assert contents(world) == before


@named(USAGES)
def test_a_bad_usage_is_refused_by_the_tracker_and_its_command(
    tmp_path: Path, case: BadUsage
) -> None:
    state = tmp_path / "source_stats.json"
    values: Any = (case.source, case.clip, case.release)
    answers = [refused_call(lambda: StockSuccessTracker(state).log_clip_usage(*values))]
    words = [str(value) for value in values]
    if not any("\0" in word for word in words):
        answers.append(refused_command("tracker", "log-usage", *words))
    for answer in answers:
        assert isinstance(answer, Refusal), answer
        assert not list(line_faults(answer))
        assert answer.lines[0].startswith(f"{case.column}: ")
        assert case.rule in answer.lines[0]
        assert answer.error is None or type(answer.error) is case.error
    assert not state.exists()


@named(STATEMENTS)
def test_the_schema_refuses_what_passed_every_door(world: Database, case: BadStatement) -> None:
    good = {
        "release_id": "1",
        "recorded_at": "'2025-06-01 00:00:00+00'",
        "platform": "'YouTube'",
        "metric_type": "'views'",
        "metric_value": "1",
        "revision": "0",
        "source": "'manual'",
        "stored_at": "now()",
    }
    row = {**good, case.column: case.sql}
    statement = f"insert into content_performance ({', '.join(row)}) values ({{}})"
    before = contents(world)
    with pytest.raises(PerformanceDbError) as refused, world.transaction() as connection:
        connection.execute(statement.format(", ".join(row.values())).encode())
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.errors.CheckViolation)
    assert cause.diag.constraint_name == case.constraint
    assert contents(world) == before
    with world.transaction() as connection:  # the control: without the bad value it is taken
        connection.execute(statement.format(", ".join(good.values())).encode())
        connection.rollback()


def test_what_is_stored_shows_in_the_digest(empty: Database) -> None:
    before = contents(empty)
    service.insert_performance_record(1, "YouTube", "views", 3, datetime(2025, 1, 1, tzinfo=UTC))
    corrected = contents(empty)
    with empty.transaction() as connection:
        connection.execute("alter table annotations add constraint canary check (kind <> 'x')")
    altered = contents(empty)
    with empty.transaction() as connection:
        connection.execute("alter table annotations drop constraint canary")
    assert before[0] != corrected[0]
    assert corrected[1] != altered[1]
    assert contents(empty) == corrected


def test_the_table_has_what_was_promised() -> None:
    names = [case.name for case in TABLE]
    assert len(names) == len(set(names))
    assert len(TABLE) >= 120


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("metric_value", "checked_value"),
        ("recorded_at", "checked_time"),
        ("release_id", "checked_release_id"),
        ("platform", "checked_name"),
        ("notes", "checked_text"),
    ],
)
def test_without_a_rule_the_table_reports_differences(
    empty: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    column: str,
    rule: str,
) -> None:
    monkeypatch.setattr(observation_rules, rule, lambda value, **_: value)
    cases = [case for case in INPUTS if case.column == column and case.given is not UNSAYABLE]
    for door in (by_insert, by_bulk):
        assert [fault for case in cases for fault in faults_of(case, "Python", door(case))]
    in_files = [case for case in cases if case.written and is_sayable_in_a_file(case, wide=False)]
    for case in in_files[:12]:
        if faults_of(case, "a long file", by_file(case, wide=False)):
            return
    pytest.fail("no file went wrong")
