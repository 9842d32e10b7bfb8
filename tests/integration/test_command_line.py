"""The command line as people and programs use it."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.database.connection_manager import Database

ROOT = Path(__file__).parents[2]
SAMPLE = files("noktvrn_ai_artist.demo") / "youtube_trending_us_music.csv"
READING = {
    "imports": [],
    "performance": ["--platform", "YouTube"],
    "growth": ["1"],
    "corrections": ["1"],
    "freshness": [],
    "artists": [],
    "releases": [],
    "metrics": ["YouTube"],
    "sources": [],
    "db status": [],
}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own for what commands read from the settings."""
    monkeypatch.setenv("NOKTVRN_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def ingested(database: Database, own_state: Path) -> Database:
    run("ingest", str(SAMPLE))
    return database


def commands() -> dict[str, Any]:
    """Every command by the words that call it."""
    found: dict[str, Any] = {}
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            found |= {f"{name} {sub}": one for sub, one in command.commands.items()}
        else:
            found[name] = command
    return found


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in commands().items() if not command.help] == []


def test_every_reading_command_offers_json() -> None:
    offering = {
        name
        for name, command in commands().items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert offering == READING.keys() | {"ingest"}


@pytest.mark.parametrize("name", READING)
def test_json_is_json_and_the_table_is_not_empty(name: str, ingested: Database) -> None:
    arguments = [*name.split(), *READING[name]]
    assert json.loads(run(*arguments, "--json")) is not None
    assert run(*arguments).strip()


def test_ingest_counts_and_undo_takes_back(database: Database, own_state: Path) -> None:
    first = json.loads(run("ingest", str(SAMPLE), "--json"))
    assert (first["artists"], first["releases"], first["counts"]["stored"]) == (251, 362, 7464)
    again = json.loads(run("ingest", str(SAMPLE), "--json"))
    assert (again["counts"]["stored"], again["counts"]["duplicate"]) == (0, 7464)
    run("undo", str(first["counts"]["batch_id"]))
    assert json.loads(run("releases", "--json")) == []
    assert json.loads(run("performance", "--json")) == []


def test_a_dry_run_stores_nothing(database: Database, own_state: Path) -> None:
    report = json.loads(run("ingest", str(SAMPLE), "--dry-run", "--json"))
    assert report["counts"]["stored"] == 7464
    assert json.loads(run("releases", "--json")) == []


def test_a_release_is_registered_recorded_and_shown(database: Database, own_state: Path) -> None:
    release = run("register", "An Artist", "A Song", "--published", "2026-01-01T00:00Z").strip()
    assert run("record", release, "youtube", "viewCount", "12").strip() == "stored"
    (row,) = json.loads(run("performance", "--release", release, "--json"))
    assert (row["platform"], row["metric_type"], row["metric_value"]) == ("YouTube", "views", 12)


def test_a_declared_metric_is_known_from_then_on(database: Database, own_state: Path) -> None:
    run("declare", "Bandcamp", "--day-zone", "UTC")
    run("declare", "Bandcamp", "refunds", "--signed", "--kind", "daily", "--unit", "refunds")
    release = run("register", "An Artist", "A Song").strip()
    assert run("record", release, "bandcamp", "refunds", "-3").strip() == "stored"


def test_the_tracker_is_told_and_asked(own_state: Path) -> None:
    run("tracker", "log-usage", "Pexels", "clip 1", "7", "--event-id", "once")
    run("tracker", "log-usage", "Pexels", "clip 1", "7", "--event-id", "once")
    run("tracker", "log-performance", "7", "-0.5")
    (standing,) = json.loads(run("sources", "--json"))
    assert (standing["source"], standing["usages"], standing["releases"]) == ("pexels", 1, 1)
    assert standing["enough_evidence"] is False
    assert "too little data" in run("sources")


def test_the_readme_lists_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"noktvrn ((?:db|tracker) [a-z-]+|[a-z]+)", readme))
    assert commands().keys() - named == set()
    groups = {"db", "tracker"}
    assert {name for name in named if name not in groups} - commands().keys() == set()
