"""`noktvrn select` and `noktvrn materials` as people and programs use them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_runs import run
from local_server import LocalServer
from numpy.random import default_rng
from selecting_world import SOURCES, full_world
from stock_worlds import KEYS, StockWorld, many_clips

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import get_release, register_release
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker, utc_now
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.artist_evolution.profiles import TraitWeight
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
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
    assert "reuse: 0% of the video's clips were used before, 50% come from one source" in told
    assert "noted: 4 clips" in told
    assert len(tracker().usages(int(release))) == 4
    assert not [key for key in KEYS.values() if key in told]


def test_each_release_is_searched_with_the_terms_it_is_made_with(
    database: Database, release: str, libraries: LocalServer
) -> None:
    second = register_release(database, ReleaseEntry(artist="Kora", title="Day Drive"))
    evolution, searched = ArtistEvolutionService(database), dict[int, set[str]]()
    for release_id, names in ((int(release), ("neon city",)), (second, ("ocean waves", "crowds"))):
        drawn = evolution.next_parameters(
            get_release(database, release_id).artist_id, rng=default_rng(1)
        )
        others = [one for one in drawn.traits if one.trait is not Trait.SEARCH_TERM]
        terms = [TraitWeight(trait=Trait.SEARCH_TERM, value=name, weight=1.0) for name in names]
        made_with = replace(drawn, traits=(*others, *terms))
        evolution.record_parameters(release_id, made_with, now=utc_now())
        told = json.loads(run("select", "--release", str(release_id), "--energy", "0.9", "--json"))
        searched[release_id] = set(told["terms"])
    assert searched == {
        int(release): {"neon city", "timelapse"},
        second: {"ocean waves", "crowds", "timelapse"},
    }


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


def test_a_source_that_was_not_proposed_is_said_to_have_taken_over(
    release: str, libraries: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("select", "--release", release, "--energy", "0.9", "--seed", "1", "--dry-run")
    proposed = {one["source"] for one in json.loads(run(*words, "--json"))["clips"]}
    (other,) = set(SOURCES) - proposed
    with LocalServer(StockWorld({other: many_clips("timelapse", 9)})) as server:
        monkeypatch.setenv("NOKTVRN_BASE_URLS", json.dumps(dict.fromkeys(SOURCES, server.url)))
        # Other words: answers to the same ones are kept.
        other_words = (*words, "--keywords", "timelapse,waves")
        told, said = json.loads(run(*other_words, "--json")), run(*other_words)
    assert {one["source"] for one in told["clips"]} == {other}
    assert all(one["took_over"] and one["propensity"] is None for one in told["clips"])
    assert f"{other} took over for 6 of 6 clips: proposed were " in said


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
