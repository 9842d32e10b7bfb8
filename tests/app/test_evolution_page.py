"""The page of artist evolution: neutral, evolved, and what its tables and chart say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from app_world import OpenPage, grow, song, words

from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.artist_evolution.profiles import checked_traits
from noktvrn_ai_artist.artist_evolution.style_adaptor import GenerationParameters
from noktvrn_ai_artist.artist_evolution.vocabulary import FIRST, Trait
from noktvrn_ai_artist.database.connection_manager import Database
from streamlit_app.components.places import EVOLUTION
from streamlit_app.evolution.charts import progression_chart
from streamlit_app.evolution.frames import (
    changed_keys,
    changes_frame,
    profile_frame,
    weight_course,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def evolved(database: Database) -> ArtistEvolutionService:
    """Ada: set once by the operator, then evolved; house goes with four times the views."""
    service = ArtistEvolutionService(database)
    for place in range(16):
        genre = "house" if place % 2 else "ambient"
        release_id = song("Ada", f"Song {place}", out=NOW - timedelta(days=60 - place))
        daily = 4_000.0 if place % 2 else 1_000.0
        grow(release_id, days=9, daily=daily, out=NOW - timedelta(days=60 - place))
        alike = {trait: {values[0]: 1.0} for trait, values in FIRST.items()}
        made = GenerationParameters(
            artist_id=1,
            profile_version=0,
            traits=checked_traits({**alike, Trait.GENRE: {genre: 1.0}}),
        )
        service.record_parameters(release_id, made, now=NOW)
    service.set_profile(
        1, {Trait.SEARCH_TERM: {"neon_city*": 2, "crowds": 0}}, now=NOW - timedelta(days=1)
    )
    service.evolve_artist(1, now=NOW, rng=np.random.default_rng(1), platform="youtube")
    return service


def test_before_anything_is_registered_the_page_says_what_to_do(open_page: OpenPage) -> None:
    app = open_page(EVOLUTION)
    assert not app.exception
    assert "Nothing here yet" in words(app)


def test_a_new_artist_stands_at_the_neutral_profile(open_page: OpenPage, world: list[int]) -> None:
    app = open_page(EVOLUTION)
    assert not app.exception
    said = words(app)
    assert "The neutral profile." in said
    assert "Nothing changed yet" in said
    assert "noktvrn evolve" in said
    assert set(app.dataframe[0].value["Weight"]) == {1.0}


def test_the_page_says_what_changed_and_why(
    open_page: OpenPage, evolved: ArtistEvolutionService
) -> None:
    app = open_page(EVOLUTION)
    assert not app.exception
    said = words(app)
    assert "Version 2." in said
    assert "evolved by 16 releases scored by YouTube views" in said
    assert "**house** (genre): reinforced; goes with better releases: 8 releases with it" in said
    assert "**ambient** (genre): reduced" in said
    assert "association, not proof of cause" in said
    assert r"neon\_city" not in said
    changes = app.dataframe[-1].value
    assert set(changes["Version"]) == {1, 2}
    assert changes["Version"].is_monotonic_decreasing
    app.multiselect(key="evolving_values").set_value([]).run()
    assert "Choose a value to see how its weight went" in words(app)


def test_the_artist_is_kept_in_the_address(
    open_page: OpenPage, evolved: ArtistEvolutionService
) -> None:
    song("Bob", "Alone")
    app = open_page(EVOLUTION, evolving_artist="Bob")
    assert "The neutral profile." in words(app)


def test_the_tables_hold_every_value_and_every_change(evolved: ArtistEvolutionService) -> None:
    profile, entries = evolved.profile(1), evolved.progression(1)
    table = profile_frame(profile)
    assert len(table) == len(profile.traits)
    unwanted = table[table["Wanted"] == "never"]
    assert list(unwanted["Value"]) == ["crowds"]
    changes = changes_frame(entries, UTC)
    assert len(changes) == sum(len(entry.changes) for entry in entries)
    dropped = changes[changes["Change"] == "dropped"]
    assert set(dropped["Value"]) == set(FIRST[Trait.SEARCH_TERM])
    assert dropped["To"].isna().all()


def test_the_chart_says_where_each_value_came_from_and_stands(
    evolved: ArtistEvolutionService,
) -> None:
    entries = evolved.progression(1)
    labels = changed_keys(entries)
    house = evolved.profile(1).weights(Trait.GENRE)["house"]
    courses = {
        label: weight_course(entries, key)
        for key, label in labels.items()
        if key in {(Trait.GENRE, "house"), (Trait.SEARCH_TERM, "crowds")}
    }
    chart = progression_chart(courses, UTC)
    assert len(chart.figure.data) == 2
    assert f"house (genre): weight 1.00 before 28 Feb 2026, weight {house:.2f} since" in chart.says
    assert "crowds (search term): not in the profile before 28 Feb 2026, weight 0.00" in chart.says
