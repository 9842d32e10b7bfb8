"""Exports: what went out comes in again, whole or not at all, and no cell is a formula."""

from __future__ import annotations

import csv
import errno
import io
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import DAY, HOUR, NOON, few_examples, rows, seen, start_anew
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics import performance_files
from noktvrn_ai_artist.analytics.performance_db_service import (
    RECORD_KEYS,
    add_performance_metrics,
    get_performance_table,
    iter_performance_batches,
)
from noktvrn_ai_artist.analytics.performance_files import FileFormat, write_file, write_stream
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile, BadValue, NoktvrnError
from noktvrn_ai_artist.records import Observation

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
KEY = itemgetter("release_id", "recorded_at", "platform", "metric_type")
COPYING = (
    "select from pg_stat_activity where datname = current_database() and state = 'active'"
    " and query like '%copy (%' and pid <> pg_backend_pid()"
)

anything = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12
)
apostrophes = st.sampled_from(["", "'", "''"])
# What a CSV file tells to the letter: it cannot say that a text is there and empty.
plain = st.from_regex(r"[a-z][a-z0-9 ,\"'\n;=+@-]{0,10}[a-z]", fullmatch=True)


def told(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[Observation]]:
    """Observations of a few keys, and of any values and texts."""
    one = st.builds(
        seen,
        st.floats(0, 2**53),
        release_id=st.integers(1, 4),
        platform=st.sampled_from(["YouTube", "TikTok"]),
        metric_type=st.sampled_from(["likes", "shares"]),
        recorded_at=st.timedeltas(-10 * DAY, 0 * DAY).map(lambda age: NOON + age),
        source=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        source_url=st.none() | texts,
        notes=st.none() | texts,
    )
    key = lambda o: (o.release_id, o.recorded_at, o.platform, o.metric_type)  # noqa: E731
    return st.lists(one, max_size=20, unique_by=key)


def ignore(written: int) -> None:
    """Nobody watches."""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def in_order() -> list[dict[str, Any]]:
    """Every observation, in the order of its key."""
    return sorted(get_performance_table().to_pylist(), key=KEY)


@pytest.fixture
def stored(database: Database) -> Database:
    start_anew(database)
    add_performance_metrics([seen(n / 4, recorded_at=NOON + n * HOUR) for n in range(30)])
    return database


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """A file's place in a folder where nothing else may be left."""
    yield tmp_path / "numbers.csv"
    assert {path.name for path in tmp_path.iterdir()} <= {"numbers.csv", "kept"}


@few_examples
@given(told(anything))
def test_what_goes_out_as_parquet_comes_in_again_to_the_letter(
    database: Database, tmp_path_factory: pytest.TempPathFactory, given_: list[Observation]
) -> None:
    start_anew(database)
    add_performance_metrics(given_)
    before, file = in_order(), tmp_path_factory.mktemp("out") / "numbers.parquet"
    assert f"wrote {len(given_)} " in run("export", str(file))
    start_anew(database)
    assert add_performance_metrics(file).stored == len(given_)
    assert in_order() == before


@few_examples
@given(told(plain))
def test_what_goes_out_as_csv_comes_in_again(
    database: Database, tmp_path_factory: pytest.TempPathFactory, given_: list[Observation]
) -> None:
    start_anew(database)
    add_performance_metrics(given_)
    before, file = in_order(), tmp_path_factory.mktemp("out") / "numbers.csv"
    run("export", str(file))
    start_anew(database)
    run("ingest", str(file))
    assert in_order() == before


@few_examples
@given(
    st.lists(
        st.builds("{}{}x{}y".format, apostrophes, st.sampled_from("=+-@"), anything), max_size=8
    )
)
def test_an_apostrophe_against_formulas_is_gone_when_the_file_comes_in_again(
    database: Database, tmp_path_factory: pytest.TempPathFactory, notes: list[str]
) -> None:
    start_anew(database)
    notes = ["-" * 4000, *notes]
    add_performance_metrics(
        [seen(n, recorded_at=NOON + n * HOUR, notes=text) for n, text in enumerate(notes)]
    )
    before, file = in_order(), tmp_path_factory.mktemp("out") / "numbers.csv"
    run("export", str(file))
    start_anew(database)
    run("ingest", str(file))
    assert in_order() == before


def test_an_apostrophe_in_a_file_of_ones_own_stays(database: Database, tmp_path: Path) -> None:
    start_anew(database)
    file = tmp_path / "numbers.csv"
    header = "release_id,platform,metric_type,metric_value,recorded_at,notes\n"
    file.write_text(f"{header}1,YouTube,views,5,2026-01-01T00:00:00Z,'=x\n", "utf-8")
    run("ingest", str(file))
    assert get_performance_table()["notes"].to_pylist() == ["'=x"]


@few_examples
@given(
    st.lists(
        st.builds("{}{}{}".format, apostrophes, st.sampled_from(["", *FORMULA_STARTS]), anything),
        max_size=8,
    )
)
def test_no_text_cell_begins_a_formula_and_none_is_lost(
    database: Database, notes: list[str]
) -> None:
    start_anew(database)
    add_performance_metrics(
        [seen(n, recorded_at=NOON + n * HOUR, notes=text) for n, text in enumerate(notes)]
    )
    out = io.BytesIO()
    write_stream(out, iter_performance_batches(), file_format=FileFormat.CSV, on_progress=ignore)
    table = list(csv.DictReader(io.StringIO(out.getvalue().decode(), newline="")))
    assert len(table) == len(notes)
    for row in table:
        text = notes[int(row["metric_value"])]
        formula = text.lstrip("'").startswith(FORMULA_STARTS)
        assert row["notes"] == (f"'{text}" if formula else text)
        assert not row["notes"].startswith(FORMULA_STARTS)


@few_examples
@given(st.lists(st.floats(-(2**53), 2**53), max_size=8))
def test_numbers_and_times_are_told_exactly(database: Database, values: list[float]) -> None:
    start_anew(database)
    kept = {NOON + n * (DAY + HOUR / 7): value + 0.0 for n, value in enumerate(values)}
    with database.transaction() as connection:
        for at, value in kept.items():
            connection.execute(
                b"insert into content_performance (release_id, recorded_at, platform, metric_type,"
                b" metric_value, source, stored_at) values (1, %s, 'x', 'y', %s, 'z', %s)",
                [at, value, NOON],
            )
    out = io.BytesIO()
    write_stream(out, iter_performance_batches(), file_format=FileFormat.CSV, on_progress=ignore)
    table = list(csv.DictReader(io.StringIO(out.getvalue().decode())))
    found = {row["recorded_at"]: float(row["metric_value"]) for row in table}
    assert found == {f"{at:%Y-%m-%dT%H:%M:%S}{fraction(at)}Z": kept[at] for at in kept}


def fraction(at: Any) -> str:  # noqa: ANN401 - a time
    return f".{at.microsecond:06}" if at.microsecond else ""


@pytest.mark.parametrize(
    ("name", "more", "kind"),
    [
        ("a.csv", [], "csv"),
        ("a.CSV", [], "csv"),
        ("a.parquet", [], "parquet"),
        ("a.csv", ["--format", "parquet"], "parquet"),
        ("a", ["--format", "csv"], "csv"),
    ],
)
def test_the_format_is_named_or_what_the_ending_says(
    stored: Database, own_state: Path, name: str, more: list[str], kind: str
) -> None:
    file = own_state / name
    run("export", str(file), *more)
    if kind == "parquet":
        assert pq.read_table(file).num_rows == 30
        assert tuple(pq.read_schema(file).names) == RECORD_KEYS
    else:
        assert len(list(csv.DictReader(io.StringIO(file.read_text("utf-8"))))) == 30


@pytest.mark.parametrize("arguments", [["numbers.xlsx"], ["numbers"], ["-", "--format", "parquet"]])
def test_what_cannot_be_told_is_refused(own_state: Path, arguments: list[str]) -> None:
    with pytest.raises(BadValue):
        CliRunner().invoke(app, ["export", *arguments], catch_exceptions=False)


def test_the_filters_are_those_of_the_other_doors(stored: Database, own_state: Path) -> None:
    since = ["--since", (NOON + 20 * HOUR).isoformat(), "--until", (NOON + 24 * HOUR).isoformat()]
    assert run("export", "-", *since).count("\n") == 1 + 4
    assert run("export", "-", "--release", "2").count("\n") == 1
    assert run("export", "-", "--platform", "youtube", "--artist", "2").count("\n") == 1 + 30
    assert run("export", "-").splitlines()[0] == ",".join(RECORD_KEYS)


def test_a_file_is_its_owners_and_replaces_what_was_there(stored: Database, target: Path) -> None:
    target.write_text("before")
    target.chmod(0o666)
    run("export", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "before" not in target.read_text()


def test_a_link_is_replaced_and_not_followed(stored: Database, target: Path) -> None:
    kept = target.with_name("kept")
    kept.write_text("mine")
    target.symlink_to(kept)
    run("export", str(target))
    assert kept.read_text() == "mine"
    assert not target.is_symlink()


@pytest.fixture
def special(tmp_path: Path) -> Path:
    """A pipe, which stands for whatever is no ordinary file."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    return pipe


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_ordinary_file_is_not_replaced(
    stored: Database, special: Path, linked: bool
) -> None:
    target = special
    if linked:
        target = special.with_name("link.csv")
        target.symlink_to(special)
    with pytest.raises(BadFile, match="it is no ordinary file"):
        CliRunner().invoke(app, ["export", str(target)], catch_exceptions=False)
    assert special.is_fifo()
    assert target.is_symlink() is linked


def test_the_link_to_standard_output_is_not_replaced(stored: Database, tmp_path: Path) -> None:
    link, behind = tmp_path / "stdout.csv", tmp_path / "behind"
    with behind.open("wb") as opened:
        link.symlink_to(f"/proc/self/fd/{opened.fileno()}")
        with pytest.raises(BadFile, match="it is no ordinary file"):
            CliRunner().invoke(app, ["export", str(link)], catch_exceptions=False)
    assert link.is_symlink()


def failing(change: Callable[[], None]) -> Iterator[pa.RecordBatch]:
    """Some batches, and then what happens."""
    yield from iter_performance_batches()
    change()


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted() -> None:
    raise KeyboardInterrupt


def unavailable() -> None:
    raise NoktvrnError("the connection was lost")


@pytest.mark.parametrize("happens", [interrupted, unavailable])
@pytest.mark.parametrize("kind", FileFormat)
def test_an_export_that_is_broken_off_leaves_what_was_there(
    stored: Database, target: Path, kind: FileFormat, happens: Callable[[], None]
) -> None:
    target.write_text("before")
    with pytest.raises((KeyboardInterrupt, NoktvrnError)):
        write_file(target, failing(happens), file_format=kind, on_progress=ignore)
    assert target.read_text() == "before"


@pytest.mark.parametrize("kind", FileFormat)
def test_a_full_disk_is_named_and_leaves_nothing(
    stored: Database, target: Path, monkeypatch: pytest.MonkeyPatch, kind: FileFormat
) -> None:
    monkeypatch.setattr(performance_files.os, "fsync", no_space)
    with pytest.raises(BadFile, match="No space left"):
        write_file(target, iter_performance_batches(), file_format=kind, on_progress=ignore)
    assert not target.exists()


def test_a_place_where_no_file_can_be_is_refused(stored: Database, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "no such folder" / "a.csv"):
        with pytest.raises(BadFile, match="cannot be written"):
            write_file(
                place,
                iter_performance_batches(),
                file_format=FileFormat.CSV,
                on_progress=ignore,
            )
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_every_observation_once(stored: Database, target: Path) -> None:
    counts: list[int] = []
    write_file(
        target, iter_performance_batches(), file_format=FileFormat.CSV, on_progress=counts.append
    )
    assert counts == sorted(set(counts))
    assert counts[-1] == 30


def heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_an_export_in_one_line_and_leaves_nothing(
    stored: Database, target: Path
) -> None:
    with stored.transaction() as connection:
        connection.execute(
            b"insert into content_performance (release_id, recorded_at, platform, metric_type,"
            b" metric_value, source, stored_at) select 1, %s::timestamptz + n * interval '1 s',"
            b" 'YouTube', 'views', n, 'made', %s from generate_series(1, 400000) n",
            [NOON + 10 * DAY, NOON],
        )
    settings = stored.settings
    place = {"NOKTVRN_DATA_DIR": str(settings.data_dir), "NOKTVRN_DATABASE": settings.database}
    process = subprocess.Popen(
        [sys.executable, "-m", "noktvrn_ai_artist", "export", str(target)],
        env={**os.environ, **place},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background lets their children ignore Ctrl+C.
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - no other thread holds a lock here
    )
    while process.poll() is None and not rows(stored, COPYING):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "stopped; nothing was written\n")
    assert not target.exists()
