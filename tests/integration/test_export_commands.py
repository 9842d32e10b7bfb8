"""A platform's export on the command line: what it asks, what it says, what is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from platform_files import AUDIENCE, MARK, SONG_DAYS, SONGS, VIDEO_DAYS, VIDEO_TABLE
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics.performance_db_service import get_imports
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import NoktvrnError

MADE = ["--exported-at", "2026-11-10T08:00:00Z"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Exports as they were downloaded, under the names that a browser gave them."""
    files = {
        "First Light-timeline (1).csv": SONG_DAYS,
        "Nova-songs-28day.csv": SONGS,
        "Table data.csv": VIDEO_TABLE,
        "Chart data.csv": VIDEO_DAYS,
        "x-audience-timeline.csv": AUDIENCE,
        "only header.csv": "date,streams\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(MARK + content.encode())
    (tmp_path / "empty.csv").touch()
    return tmp_path


def said(file: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["ingest", str(file), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refusal(file: Path, *options: str) -> str:
    with pytest.raises(NoktvrnError) as error:
        said(file, *options)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "options", "stored"),
    [
        ("First Light-timeline (1).csv", [], 2),
        ("Nova-songs-28day.csv", MADE, 5),
        ("Table data.csv", ["--window", "lifetime", *MADE], 6),
        ("Chart data.csv", [], 3),
    ],
)
def test_an_export_is_stored_once(
    database: Database, folder: Path, name: str, options: list[str], stored: int
) -> None:
    first = said(folder / name, "--artist", "Nova", *options)
    assert f"stored {stored} of {stored} observations" in first
    again = said(folder / name, "--artist", "Nova", *options)
    assert f"stored 0 of {stored} observations" in again
    assert len(get_imports()) == 2


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("First Light-timeline (1).csv", [], "--artist"),
        ("Nova-songs-28day.csv", ["--artist", "Nova"], "--exported-at"),
        ("Nova-songs-28day.csv", ["--artist", "Nova", "--exported-at", "today"], "--exported-at"),
        ("Table data.csv", ["--artist", "Nova"], "--window"),
        ("Chart data.csv", [], "--artist"),
        ("Chart data.csv", ["--artist", " "], "--artist"),
        ("Chart data.csv", ["--release", "x"], "--release"),
        ("x-audience-timeline.csv", [], "export the timeline of each song"),
        ("empty.csv", [], "is empty"),
    ],
)
def test_what_is_missing_is_one_line_that_names_it(
    database: Database, folder: Path, name: str, options: list[str], says: str
) -> None:
    assert says in refusal(folder / name, *options)
    assert get_imports() == []


def test_a_header_alone_stores_nothing_and_is_no_fault(database: Database, folder: Path) -> None:
    output = said(folder / "only header.csv")
    assert "stored 0 of 0 observations (Spotify song timeline form)" in output


def test_columns_that_are_read_over_are_named(database: Database, folder: Path) -> None:
    output = said(
        folder / "Table data.csv", "--artist", "Nova", "--window", "lifetime", *MADE, "--dry-run"
    )
    assert "read over, for there is no metric: Watch time (hours), Subscribers" in output
