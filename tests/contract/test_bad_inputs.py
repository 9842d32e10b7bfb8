"""Every bad input gets its one-line answer through every door, and nothing of it is stored."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import stamina
from bad_inputs import (
    ENTRY_COLUMNS,
    FILTERS,
    GOOD,
    GOOD_ROW,
    GOOD_WIDE,
    INPUTS,
    LONG,
    ROWS,
    SQL,
    STATEMENTS,
    TABLE,
    TABLES,
    UNSAYABLE,
    USAGES,
    WIDE,
    BadFilter,
    BadInput,
    BadRow,
    BadStatement,
    BadTable,
    BadUsage,
    FromNow,
)

from noktvrn_ai_artist.__main__ import main
from noktvrn_ai_artist.analytics import observation_rules, release_registry
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.declared_names import declare_metric
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database, first_value
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.errors import (
    BadFile,
    BadValue,
    ImportRefused,
    NoktvrnError,
    PerformanceDbError,
    Rejection,
)
from noktvrn_ai_artist.ingest.ingest_service import ingest_file
from noktvrn_ai_artist.records import Observation
from noktvrn_ai_artist.settings import Settings

TABLES_STORED_IN = (
    "content_performance",
    "performance_corrections",
    "approved_releases",
    "artists",
    "publications",
    "import_batches",
    "annotations",
    "declared_platforms",
    "declared_metrics",
)
LONGEST_ANSWER = 700
MANY_DIGITS = re.compile(r"\d{25}|x{65}")
OBSERVED = ("release_id", "platform", "metric_type", "metric_value", "recorded_at")
WIDE_NAMES = {"metric_value": "views"}
GOOD_ENTRY = {"artist": "New", "title": "Newer", "external_id": "xyz"}


@pytest.fixture(scope="module")
def world(server: PrivateServer, data_dir: Path) -> Iterator[Database]:
    """One release with one corrected observation, in a database where nothing more is stored."""
    name = f"bad_inputs_{os.getpid()}"
    database = Database(Settings(data_dir=data_dir, database=name)).open()
    connection_manager.use_database(database)
    apply_migrations(database)
    furnish(database)
    yield database
    connection_manager.use_database(None)
    connection_manager.drop_database(server, name)


@pytest.fixture
def empty(world: Database) -> Iterator[Database]:
    """The same database for a test that stores something: it is as it was afterwards."""
    yield world
    with world.transaction() as connection:
        tables = ", ".join(TABLES_STORED_IN)
        connection.execute(f"truncate {tables} restart identity cascade".encode())
    furnish(world)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands keep the tracker's file and the retries' log as the tests had them."""
    monkeypatch.setenv("NOKTVRN_SOURCE_STATS", str(tmp_path / "source_stats.json"))
    yield
    stamina.instrumentation.set_on_retry_hooks(None)


def furnish(database: Database) -> None:
    entry = ReleaseEntry(artist="Nokt", title="First Light", external_id="abc")
    assert release_registry.register_release(database, entry, platform="YouTube") == 1
    for views in (1.0, 2.0):
        service.insert_performance_record(
            1, "YouTube", "views", views, datetime(2025, 1, 1, tzinfo=UTC)
        )


def contents(database: Database) -> list[Any]:
    """A digest of every row and of the whole schema."""
    rows = " union all ".join(
        f"select '{table}', count(*), md5(string_agg(t::text, '|' order by t::text)) from {table} t"
        for table in TABLES_STORED_IN
    )
    schema = (
        "select c.relname::text, a.attnum::int8, md5(concat(a.attname, a.atttypid, a.attnotnull))"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace union all"
        " select conname::text, 0, md5(pg_get_constraintdef(oid)) from pg_constraint"
        " where connamespace = 'public'::regnamespace order by 1, 2"
    )
    with database.transaction() as connection:
        return [connection.execute(query.encode()).fetchall() for query in (rows, schema)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How a door said no: the error (None from a command), and the lines a person reads."""

    error: NoktvrnError | None
    lines: tuple[str, ...]
    row: int | None = None


Refused = Refusal | str  # text says how it was not refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command left behind."""

    code: object
    out: str
    err: str


def command(*arguments: str) -> Told:
    """The command line as it is started, in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["noktvrn", *arguments])
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code
        except Exception as error:  # noqa: BLE001 - a traceback is a finding, whatever it says
            code = f"of a traceback, {type(error).__name__}"
    return Told(code=code, out=out.getvalue(), err=err.getvalue())


def refused_call(call: Callable[[], object], *, row: int | None = None) -> Refused:
    try:
        result = call()
    except NoktvrnError as error:
        return Refusal(error=error, lines=(str(error),), row=row)
    except Exception as error:  # noqa: BLE001 - whatever else leaves a door is a finding
        return f"left by {type(error).__name__}"
    return f"accepted: {result!r}"


def refused_command(*arguments: str, row: int | None = None) -> Refused:
    told = command(*arguments)
    if told.code != 1 or told.out:
        return f"exit code {told.code}, {told.out!r}, {told.err[:300]!r}"
    if not told.err.startswith("error: "):
        return f"no error line in {told.err[:300]!r}"
    lines = told.err.removeprefix("error: ").removesuffix("\n").split("\n")
    return Refusal(error=None, lines=tuple(lines), row=row)


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


def faults_of(case: BadInput, door: str, refused: Refused) -> list[str]:
    """What is wrong with an answer; nothing, if it is the one promised."""
    if isinstance(refused, str):
        return [f"{door}: {refused}"]
    in_text = "file" in door or "noktvrn" in door or "command" in door
    rule = (case.written_rule if in_text else None) or case.rule
    places = {case.column, "published" if case.column == "published_at" else case.column}
    places |= {"at"} if case.column == "recorded_at" else set()
    if "wide" in door and case.column == "metric_value":
        places = {"views"}
    faults = [*line_faults(refused), *row_faults(refused, places, rule)]
    wanted = ImportRefused if refused.row is not None else case.error
    if refused.error is not None and type(refused.error) is not wanted:
        faults.append(f"{type(refused.error).__name__} instead of {wanted.__name__}")
    if rule not in refused.lines[0]:
        faults.append(f"no rule {rule!r} in {refused.lines[0]!r}")
    if case.error is BadValue and not any(f"{place}: " in refused.lines[0] for place in places):
        faults.append(f"no column {case.column!r} in {refused.lines[0]!r}")
    return [f"{door}: {fault}" for fault in faults]


def line_faults(refused: Refusal) -> Iterator[str]:
    for line in refused.lines:
        if len(line.splitlines()) != 1 or "Traceback" in line:
            yield f"not one line: {line!r}"
        if len(line) > LONGEST_ANSWER or MANY_DIGITS.search(line):
            yield f"repeats what was given: {line[:200]!r}…"


def row_faults(refused: Refusal, places: set[str], rule: str) -> Iterator[str]:
    if refused.row is None:
        if len(refused.lines) != 1:
            yield f"{len(refused.lines)} lines"
        return
    if f"row {refused.row}, " not in refused.lines[-1]:
        yield f"no row {refused.row} in {refused.lines[-1]!r}"
    error = refused.error
    if isinstance(error, ImportRefused):
        found = error.rejections[0]
        if error.rejected != 1 or found.row != refused.row:
            yield f"{error.rejected} rejections, the first in row {found.row}"
        if found.column not in places or rule not in found.rule:
            yield f"names {found.column!r}: {found.rule!r}"


def faults_through(case: BadInput, folder: Path) -> list[str]:
    doors = doors_of(case, folder)
    assert doors, "no door can express this"
    return [fault for name, door in doors.items() for fault in faults_of(case, name, door(case))]


def named(cases: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a mark is what pytest says it is
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What is accepted although it looks odd: what is given, and what is stored."""

    name: str
    column: str
    given: object
    written: str
    stored: object


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
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


def many(good: int, bad: int) -> list[dict[str, object]]:
    """Bad rows first, then good ones, one of them twice."""
    wrong: list[dict[str, object]] = [{**GOOD_ROW, "metric_value": -1} for _ in range(bad)]
    days = (datetime(2025, 6, 1, tzinfo=UTC) + timedelta(days=day) for day in range(good))
    right: list[dict[str, object]] = [{**GOOD_ROW, "recorded_at": day} for day in days]
    return [*wrong, *right, right[0]]


def many_as_file(rows: list[dict[str, object]]) -> bytes:
    lines = (",".join(as_text(row).values()) for row in rows)
    return LONG + "\n".join(lines).encode() + b"\n"


def test_the_first_hundred_refusals_of_a_bulk_are_listed(world: Database, tmp_path: Path) -> None:
    rows, before, heard = many(3, 250), contents(world), list[Rejection]()
    rows[1]["release_id"], rows[1]["metric_value"] = 999, 1  # known to be unknown only at the end
    with pytest.raises(ImportRefused) as refused:
        service.add_performance_metrics(rows, on_rejection=heard.append)
    assert refused.value.rejected == len(heard) == 250
    assert [one.row for one in refused.value.rejections] == list(range(1, 101))
    file = tmp_path / "many.csv"
    file.write_bytes(many_as_file(rows))
    told = refused_command("ingest", str(file))
    assert isinstance(told, Refusal), told
    assert told.lines[0].startswith("250 observations were refused and nothing was stored; ")
    assert [line.split(",")[0] for line in told.lines[1:-1]] == [
        f"  row {number}" for number in range(2, 102)
    ]
    assert told.lines[2] == "  row 3, release_id: there is no release 999"
    assert told.lines[-1] == "  … and 150 more"
    assert contents(world) == before


def test_skipping_bad_rows_stores_the_good_ones_and_every_row_is_accounted_for(
    empty: Database,
) -> None:
    heard = list[Rejection]()
    counts = service.add_performance_metrics(many(5, 120), skip_bad=True, on_rejection=heard.append)
    assert (counts.read, counts.stored, counts.duplicate, counts.rejected) == (126, 5, 1, 120)
    assert counts.read == counts.stored + counts.duplicate + counts.rejected
    assert [one.row for one in heard] == list(range(1, 121))
    assert len(service.get_performance_data(release_id=1)) == 1 + 5


def test_skipped_rows_of_a_file_can_be_mended_and_come_in_again(
    empty: Database, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "many.csv", tmp_path / "many.csv.rejects.csv"
    file.write_bytes(many_as_file(many(4, 2)))
    told = command("ingest", str(file), "--skip-bad", "--json")
    assert told.code == 0, told.err
    counts = json.loads(told.out)["counts"]
    assert (counts["read"], counts["stored"], counts["duplicate"], counts["rejected"]) == (
        7,
        4,
        1,
        2,
    )
    with rejects.open(encoding="utf-8") as lines:
        refused = list(csv.DictReader(lines))
    assert [(row["refused_column"], row["refused_rule"]) for row in refused] == [
        ("metric_value", "must not be negative")
    ] * 2
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, rejects.name]
    rejects.write_text(rejects.read_text().replace(",-1,", ",1,").replace("06-01", "05-01"))
    assert command("ingest", str(rejects)).code == 0
    assert rows_stored(empty) == 1 + 4 + 1


def rows_stored(database: Database) -> int:
    with database.transaction() as connection:
        return int(first_value(connection.execute("select count(*) from content_performance")))


def test_the_first_rule_a_wide_row_breaks_is_the_one_written_beside_it(
    empty: Database, tmp_path: Path
) -> None:
    file = tmp_path / "wide.csv"
    file.write_bytes(WIDE + b"1,YouTube,2025-06-01T00:00:00Z,-7,1_000\n" + GOOD_WIDE)
    assert command("ingest", str(file), "--skip-bad").code == 0
    with (tmp_path / "wide.csv.rejects.csv").open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["refused_column"], row["refused_rule"]) == ("views", "must not be negative")


@pytest.mark.parametrize("place", ["the file itself", "a folder", "no folder"])
def test_rejects_that_cannot_be_kept_are_said_before_anything_is_stored(
    world: Database, tmp_path: Path, place: str
) -> None:
    file, before = tmp_path / "bad.csv", contents(world)
    file.write_bytes(LONG + GOOD + b"x," * 4 + b"x\n")
    places = {"the file itself": file, "a folder": tmp_path, "no folder": tmp_path / "not" / "here"}
    told = refused_command("ingest", str(file), "--skip-bad", f"--rejects={places[place]}")
    assert isinstance(told, Refusal), told
    assert not list(line_faults(told))
    assert len(told.lines) == 1
    assert file.read_bytes().startswith(LONG)
    assert contents(world) == before


def test_rejects_replace_a_link_and_do_not_follow_it(empty: Database, tmp_path: Path) -> None:
    file, precious = tmp_path / "bad.csv", tmp_path / "precious"
    file.write_bytes(LONG + GOOD.replace(b"7", b"-7"))
    precious.write_text("do not touch")
    (tmp_path / "bad.csv.rejects.csv").symlink_to(precious)
    assert command("ingest", str(file), "--skip-bad").code == 0
    assert precious.read_text() == "do not touch"
    assert not (tmp_path / "bad.csv.rejects.csv").is_symlink()


@pytest.mark.parametrize("kind", ["missing", "a folder", "a pipe"])
def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path, kind: str, world: Database) -> None:
    before, reading, writing = contents(world), *os.pipe()
    os.write(writing, LONG + GOOD)
    os.close(writing)
    places = {
        "missing": tmp_path / "missing.csv",
        "a folder": tmp_path,
        "a pipe": Path(f"/dev/fd/{reading}"),
    }
    told = refused_command("ingest", str(places[kind]))
    os.close(reading)
    assert isinstance(told, Refusal), told
    assert len(told.lines) == 1
    assert told.lines[0].startswith(f"the file {places[kind]} can")
    assert contents(world) == before


@pytest.mark.parametrize(
    ("word", "rule"), [("1.5", "whole number"), ("-1", "between 1"), ("9" * 5000, "between 1")]
)
def test_a_bad_import_id_is_refused_in_one_line(world: Database, word: str, rule: str) -> None:
    before = contents(world)
    told = refused_command("undo", "--", word)
    assert isinstance(told, Refusal), told
    assert told.lines == (f"import: {told.lines[0].removeprefix('import: ')}",)
    assert rule in told.lines[0]
    assert not list(line_faults(told))
    assert contents(world) == before


def test_a_bulk_under_a_bad_source_or_label_is_refused(world: Database) -> None:
    before = contents(world)
    for bad, column in ({"source": "x" * 65}, "source"), ({"label": "a\0b"}, "label"):
        with pytest.raises(BadValue) as refused:
            service.add_performance_metrics([GOOD_ROW], **bad)  # type: ignore[arg-type]
        assert refused.value.column == column
    assert contents(world) == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["record", "1", "YouTube", "views", "-5"], "metric_value: must not be negative"),
        (["record", "1", "YouTube", "views", "9" * 5000], "metric_value: must be at most 2**53"),
        (["record", "1", b"You\xffTube", "views", "5"], "platform: must not contain half"),
        (["ingest", "file.csv"], "1 observation was refused and nothing was stored; first: row 2,"),
    ],
    ids=["negative", "5,000 digits", "no UTF-8", "file"],
)
def test_a_real_process_answers_in_one_line_with_exit_code_1(
    world: Database, tmp_path: Path, arguments: list[str | bytes], expected: str
) -> None:
    before = contents(world)
    (tmp_path / "file.csv").write_bytes(LONG + GOOD.replace(b"7", b"NaN"))
    place = {
        "NOKTVRN_DATA_DIR": str(world.settings.data_dir),
        "NOKTVRN_DATABASE": world.settings.database,
    }
    done = subprocess.run(
        [sys.executable, "-m", "noktvrn_ai_artist", *arguments],
        env={**os.environ, **place},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {expected}")
    lines = done.stderr.splitlines()
    assert len(lines) == (2 if arguments[0] == "ingest" else 1)
    assert not list(line_faults(Refusal(error=None, lines=tuple(lines))))
    assert contents(world) == before


def test_a_file_is_refused_by_class_and_without_its_content(world: Database) -> None:
    with pytest.raises(BadFile) as refused:
        ingest_file(io.BytesIO(b'canary-7f3a,"' + LONG), label="bad")
    assert "canary" not in str(refused.value)
    assert rows_stored(world) == 1
