"""`noktvrn evolve` and `noktvrn profile` as people and programs use them."""

from __future__ import annotations

import json

import pytest
from command_runs import run
from evolving_world import ARTIST, published, remembered
from observed_tables import rows

from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, NoktvrnError, UnknownArtist


@pytest.fixture
def world(database: Database) -> Database:
    published(database)
    return database


@pytest.fixture
def made(world: Database) -> Database:
    remembered(ArtistEvolutionService(world))
    return world


@pytest.mark.parametrize("width", [60, 80, 200])
def test_what_changed_is_told_with_its_reasons(made: Database, width: int) -> None:
    told = run("evolve", str(ARTIST), "--seed", "1", width=width)
    assert "20 releases with known parameters are scored by YouTube views" in told
    assert "the profile is now version 1:" in told
    assert "genre house: reinforced, 1." in told
    assert "genre ambient: reduced, 0." in told
    assert "This is association, not proof of cause" in told
    again = run("evolve", str(ARTIST))
    assert "nothing to do" in again
    assert "evolved by just this evidence already" in again


def test_a_dry_run_shows_what_would_be_written(made: Database) -> None:
    dry = json.loads(run("evolve", str(ARTIST), "--seed", "1", "--dry-run", "--json"))
    assert "would become version 1" in run("evolve", str(ARTIST), "--dry-run")
    assert rows(made, "select * from artist_progression_log") == []
    done = json.loads(run("evolve", str(ARTIST), "--seed", "1", "--json"))
    assert dry["dry_run"]
    assert {**dry, "dry_run": False} == done


def test_on_too_little_data_it_says_so(world: Database) -> None:
    told = run("evolve", str(ARTIST))
    assert "nothing changes: 0 releases with known parameters are scored" in told
    assert "too little data" in told
    assert "20 more scored releases count for nothing" in told


def test_the_profile_is_set_shown_and_its_history_told(made: Database) -> None:
    assert "Version 0: the neutral profile" in run("profile", "show", str(ARTIST))
    assert "the profile is the neutral one" in run("profile", "history", str(ARTIST))
    shown = run("profile", "set", str(ARTIST), "--genre", "House=2", "--genre", "ambient")
    assert "Version 1" in shown
    told = json.loads(run("profile", "show", str(ARTIST), "--json"))
    genres = {one["value"]: one["weight"] for one in told["traits"] if one["trait"] == "genre"}
    assert genres == {"ambient": 1.0, "house": 2.0}
    run("evolve", str(ARTIST))
    history = run("profile", "history", str(ARTIST))
    assert "version 1, " in history
    assert "set by the operator" in history
    assert "version 2, " in history
    assert "evolved by 20 releases scored by YouTube views" in history
    entries = json.loads(run("profile", "history", str(ARTIST), "--json"))
    assert [entry["version"] for entry in entries] == [1, 2]


def test_what_is_drawn_for_a_release_is_remembered_of_it(world: Database) -> None:
    drawn = run("profile", "next", str(ARTIST), "--seed", "4")
    assert run("profile", "next", str(ARTIST), "--seed", "4") == drawn
    assert " BPM, " in drawn
    noted = run("profile", "next", str(ARTIST), "--seed", "4", "--release", "1")
    assert noted == f"{drawn}noted: release 1 is made with these\n"
    told = json.loads(run("profile", "next", str(ARTIST), "--seed", "4", "--json"))
    ((traits,),) = rows(world, "select traits from release_parameters where release_id = 1")
    assert [[one["trait"], one["value"], one["weight"]] for one in told["traits"]] == traits


def test_what_is_noted_of_a_release_already_is_shown_and_not_drawn_anew(world: Database) -> None:
    first = run("profile", "next", str(ARTIST), "--seed", "4", "--release", "1")
    again = run("profile", "next", str(ARTIST), "--seed", "5", "--release", "1")
    assert again == first.replace("noted: ", "noted already: ")
    command = ("profile", "next", str(ARTIST), "--release")
    told = [json.loads(run(*command, release, "--seed", "5", "--json")) for release in "1133"]
    assert [one.pop("noted_already") for one in told] == [True, True, False, True]
    assert told[0] == told[1] != told[2] == told[3]
    assert told[0]["prompt"] in first
    assert len(rows(world, "select * from release_parameters")) == 2


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (UnknownArtist, ["evolve", "999"]),
        (BadValue, ["evolve", "x"]),
        (BadValue, ["evolve", "1", "--blend", "youtube"]),
        (BadValue, ["profile", "set", "1"]),
        (BadValue, ["profile", "set", "1", "--genre", "house=9"]),
        (BadValue, ["profile", "set", "1", "--genre", "house=many"]),
        (BadValue, ["profile", "set", "1", "--genre", "house", "--genre", "house=2"]),
        (BadValue, ["profile", "set", "1", "--tempo", "90-110"]),
        (BadValue, ["profile", "set", "1", "--term", "crowds=0"]),
        (BadValue, ["profile", "next", "2", "--release", "2"]),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_kept(
    world: Database, error: type[NoktvrnError], arguments: list[str]
) -> None:
    with pytest.raises(error) as refusal:
        run(*arguments)
    assert "\n" not in str(refusal.value)
    for table in ("artist_profiles", "artist_progression_log", "release_parameters"):
        assert rows(world, f"select * from {table}") == []
