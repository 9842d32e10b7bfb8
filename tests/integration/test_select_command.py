"""`noktvrn select` and `noktvrn materials` as people and programs use them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_runs import run
from local_server import LocalServer
from selecting_world import SOURCES, full_world
from stock_worlds import KEYS

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    BadFile,
    BadValue,
    NoktvrnError,
    NotConfigured,
    SettingsError,
    UnknownRelease,
)
from noktvrn_ai_artist.settings import Settings

SONG = ("--tempo", "128", "--energy", "0.8", "--keywords", "neon,city")


@pytest.fixture
def release(database: Database, own_state: Path) -> str:
    entry = ReleaseEntry(artist="Kora", title="Night Drive", external_id=None)
    return str(register_release(database, entry))


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    with LocalServer(full_world()) as server:
        monkeypatch.setenv("NOKTVRN_BASE_URLS", json.dumps(dict.fromkeys(SOURCES, server.url)))
        for name in SOURCES:
            monkeypatch.setenv(f"NOKTVRN_{name.upper()}_API_KEY", KEYS[name])
        yield server


def tracker() -> StockSuccessTracker:
    return StockSuccessTracker(Settings.from_environment().source_stats_path)


@pytest.mark.parametrize("width", [60, 200])
def test_the_clips_are_shown_with_their_credit_and_noted(
    release: str, libraries: LocalServer, width: int
) -> None:
    told = run("select", "--release", release, *SONG, "--count", "4", "--seed", "1", width=width)
    assert f"Clips for release {release}, 3.8 s each" in told
    assert "searched for: neon city, neon, city, " in told
    assert "reuse: 0% of the clips were used before, 50% come from one source" in told
    assert "noted: 4 clips" in told
    assert len(tracker().usages(int(release))) == 4
    assert not [key for key in KEYS.values() if key in told]


def test_programs_get_what_was_chosen_and_how_likely_it_was(
    release: str, libraries: LocalServer
) -> None:
    told = json.loads(run("select", "--release", release, *SONG, "--seed", "1", "--json"))
    assert (len(told["clips"]), told["logged"], told["unfilled"]) == (6, 6, 0)
    likely = {one["source"]: one["probability"] for one in told["sources"]}
    assert all(one["propensity"] == likely[one["source"]] for one in told["clips"])
    assert all(one["file"]["link"].startswith("https://") for one in told["clips"])
    (selection,) = tracker().selections()
    assert selection.selection_id == told["selection_id"]


def test_a_dry_run_notes_nothing_and_more_is_asked_for_by_name(
    release: str, libraries: LocalServer
) -> None:
    assert "dry run: nothing was logged" in run("select", "--release", release, "--dry-run")
    assert tracker().usages() == []
    run("select", "--release", release, "--count", "2")
    with pytest.raises(BadValue, match="has its clips already"):
        run("select", "--release", release, "--count", "2")
    run("select", "--release", release, "--count", "2", "--more")
    assert len(tracker().usages(int(release))) == 4


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--release", "77"), UnknownRelease),
        (("--release", "x"), BadValue),
        (("--release", "1", "--tempo", "1_0"), BadValue),
        (("--release", "1", "--energy", "-1"), BadValue),
        (("--release", "1", "--energy", "1e400"), BadValue),
        (("--release", "1", "--keywords", "x" * 65), BadValue),
        (("--release", "1", "--mood", " "), BadValue),
    ],
)
def test_what_breaks_a_rule_is_refused_before_a_library_is_asked(
    release: str,
    libraries: LocalServer,
    arguments: tuple[str, ...],
    error: type[NoktvrnError],
) -> None:
    with pytest.raises(error):
        run("select", *arguments)
    assert libraries.asked == []


def test_without_a_key_it_says_which_to_set(release: str) -> None:
    with pytest.raises(NotConfigured, match="NOKTVRN_PEXELS_API_KEY"):
        run("select", "--release", release)


def test_without_the_extra_a_song_is_refused(
    release: str, libraries: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(SettingsError, match="audio"):
        run("select", "--release", release, "--audio", "song.wav")


def test_another_programs_record_is_taken_over_once(own_state: Path, tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    record = {"provider": "pexels", "local_file": "vid-1.mp4", "duration": 9, "asset_id": "8512"}
    file.write_text(json.dumps({"script": "", "material_sources": [record]}))
    assert "clips in the file: 1; new: 1" in run("materials", str(file), "--release", "5")
    assert "clips in the file: 1; new: 0" in run("materials", str(file), "--release", "5")
    (usage,) = tracker().usages(5)
    assert (usage.source_name, usage.clip_id) == ("pexels", "8512")
    file.write_text("{}")
    with pytest.raises(BadFile):
        run("materials", str(file), "--release", "5")
