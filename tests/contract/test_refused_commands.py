"""A command that is refused answers in one line with exit code 1, and repeats no content."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from answers import line_faults
from bad_files import GOOD, LONG
from refusals import Refusal, refused_command
from world_of_inputs import contents, rows_stored

from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.ingest_service import ingest_file

pytestmark = pytest.mark.usefixtures("own_settings")


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
