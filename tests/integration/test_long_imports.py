"""Imports that are committed by the million, and what is left of one that is broken off."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from observed_tables import everything, rows, standing, start_anew

from noktvrn_ai_artist.analytics import observation_columns, observation_landing
from noktvrn_ai_artist.analytics.performance_db_service import get_imports, undo_import
from noktvrn_ai_artist.analytics.release_registry import list_releases
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile, ImportRefused
from noktvrn_ai_artist.ingest import csv_blocks
from noktvrn_ai_artist.ingest.ingest_service import ingest_file

HOURS = [f"2026-03-01T{hour:02}:00:00Z" for hour in range(24)]
LONG = "artist,title,platform,metric_type,metric_value,recorded_at\n" + "".join(
    f"Nova,Song,YouTube,views,{place},{hour}\n" for place, hour in enumerate(HOURS)
)


class Broken(Exception):
    """The plug was pulled."""


@pytest.fixture
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of four rows or so is a batch, and a batch is worth a commit."""
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 200)
    monkeypatch.setattr(observation_columns, "BATCH_ROWS", 4)
    monkeypatch.setattr(observation_landing, "COMMIT_ROWS", 1)


def broken_off(after: int) -> None:
    """An import whose client is gone after some observations of the second reading."""

    def progress(read: int) -> None:
        if read >= after:
            raise Broken

    with pytest.raises(Broken):
        ingest_file(io.BytesIO(LONG.encode()), label="long", on_progress=progress)


@pytest.mark.usefixtures("in_small_steps")
def test_what_is_broken_off_has_stored_its_beginning_and_is_finished_by_the_same_file(
    database: Database,
) -> None:
    start_anew(database, releases=0)
    broken_off(after=12)
    (begun,) = get_imports()
    stored = standing(database)
    assert 0 < begun.stored < len(HOURS)
    assert begun.read == begun.stored == len(stored)
    assert [release.title for release in list_releases(database)] == ["Song"]
    rest = ingest_file(io.BytesIO(LONG.encode()), label="long")
    assert rest.counts.duplicate == begun.stored
    assert rest.counts.stored == len(HOURS) - begun.stored
    assert rest.releases == 0
    finished = standing(database)
    start_anew(database, releases=0)
    ingest_file(io.BytesIO(LONG.encode()), label="whole")
    assert [one[1:] for one in standing(database)] == [one[1:] for one in finished]


@pytest.mark.usefixtures("in_small_steps")
def test_what_is_broken_off_can_be_taken_back(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    broken_off(after=12)
    (begun,) = get_imports()
    assert undo_import(begun.batch_id).removed == begun.stored
    assert everything(database) == before


def test_an_import_of_less_than_a_million_is_broken_off_without_a_trace(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_anew(database)
    before = everything(database)
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 200)
    monkeypatch.setattr(observation_columns, "BATCH_ROWS", 4)
    broken_off(after=12)
    assert everything(database) == before
    assert get_imports() == []


@pytest.mark.usefixtures("in_small_steps")
def test_a_dry_run_commits_nothing_however_long_it_is(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    report = ingest_file(io.BytesIO(LONG.encode()), label="dry", dry_run=True)
    assert report.counts.stored == len(HOURS)
    assert everything(database) == before
    assert get_imports() == []


@pytest.mark.usefixtures("in_small_steps")
def test_a_file_that_is_refused_at_its_end_has_stored_nothing(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    refused = []
    with pytest.raises(ImportRefused, match="1 observation was refused"):
        ingest_file(
            io.BytesIO(f"{LONG}Nova,Song,YouTube,views,many,{HOURS[0]}\n".encode()),
            label="bad",
            on_rejection=refused.append,
        )
    assert [one.row for one in refused] == [len(HOURS) + 2]
    assert everything(database) == before
    assert get_imports() == []


@pytest.mark.usefixtures("in_small_steps")
def test_a_file_that_changes_between_its_readings_is_refused(database: Database) -> None:
    file = io.BytesIO(LONG.encode())

    def change(read: int) -> None:
        if read == len(HOURS):
            file.seek(0)
            file.write(LONG.replace("Nova", "Bobo").encode())

    start_anew(database)
    before = everything(database)
    with pytest.raises(BadFile, match="changed while it was read"):
        ingest_file(file, label="changing", on_survey=change)
    assert everything(database) == before


def test_an_import_does_without_pandas(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text(LONG, encoding="utf-8")
    settings = database.settings
    place = {"NOKTVRN_DATA_DIR": str(settings.data_dir), "NOKTVRN_DATABASE": settings.database}
    program = (
        "import sys\n"
        "from noktvrn_ai_artist.cli.app import app\n"
        "assert 'pyarrow' not in sys.modules\n"
        "app(standalone_mode=False)\n"
        "assert 'pyarrow' in sys.modules\n"
        "assert 'pandas' not in sys.modules\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, "ingest", str(file)],
        env={**os.environ, **place},
        text=True,
        capture_output=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert rows(database, "select count(*) from content_performance") == [(len(HOURS),)]
