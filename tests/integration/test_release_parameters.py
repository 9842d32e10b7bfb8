"""What a release is made with: remembered once, read again, and searched with."""

from __future__ import annotations

import numpy as np
import pytest
from evolving_world import (
    ARTIST,
    NOW,
    OTHER,
    all_at_once,
    evolve,
    parameters,
    published,
    remembered,
)
from observed_tables import rows

from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.artist_evolution.style_adaptor import GenerationParameters
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, UnknownRelease


@pytest.fixture
def service(database: Database) -> ArtistEvolutionService:
    """Over releases with numbers; nothing is known yet of what they were made with."""
    published(database)
    return ArtistEvolutionService(database)


def test_what_a_release_was_made_with_is_remembered_once(service: ArtistEvolutionService) -> None:
    assert service.record_parameters(1, parameters("house"), now=NOW)
    assert not service.record_parameters(1, parameters("house"), now=NOW)
    with pytest.raises(BadValue, match="was made with other parameters already"):
        service.record_parameters(1, parameters("ambient"), now=NOW)
    with pytest.raises(BadValue, match="is of artist 1, and these are parameters of 2"):
        service.record_parameters(2, parameters("house"), now=NOW)
    with pytest.raises(UnknownRelease):
        service.record_parameters(999, parameters("house"), now=NOW)
    assert len(rows(service.database, "select * from release_parameters")) == 1


def test_what_stands_already_is_not_drawn_anew(service: ArtistEvolutionService) -> None:
    first, other = parameters("house"), parameters("ambient")
    assert service.parameters_of(1) is None
    assert service.settle_parameters(1, first, now=NOW) == (first, True)
    assert service.settle_parameters(1, other, now=NOW) == (first, False)
    assert service.parameters_of(1) == first
    with pytest.raises(BadValue, match="is of artist 2, and these are parameters of 1"):
        service.settle_parameters(1, parameters("house", artist_id=OTHER), now=NOW)
    for ask in (service.parameters_of, service.footage_taste):
        with pytest.raises(UnknownRelease):
            ask(999)


def test_of_several_draws_at_once_all_are_told_the_one_that_is_kept(
    service: ArtistEvolutionService,
) -> None:
    numbers = iter(range(6))

    def settle() -> tuple[GenerationParameters, bool]:
        drawn = service.next_parameters(ARTIST, rng=np.random.default_rng(next(numbers)))
        return service.settle_parameters(1, drawn, now=NOW)

    got = all_at_once(settle, times=6)
    kept = service.parameters_of(1)
    assert sorted(is_new for _, is_new in got) == [False] * 5 + [True]  # type: ignore[misc, attr-defined]
    assert all(told == kept for told, _ in got)  # type: ignore[misc, attr-defined]


def test_a_release_is_searched_with_the_terms_it_is_made_with(
    service: ArtistEvolutionService,
) -> None:
    terms = {"forest fog": 2.0, "neon city": 1.0, "clouds timelapse": 1.0}
    service.set_profile(ARTIST, {Trait.SEARCH_TERM: {**terms, "gun": 0}}, now=NOW)
    for release_id, names in ((1, ("clouds timelapse", "forest fog")), (3, ("neon city",))):
        drawn = parameters("house", terms={name: terms[name] for name in names})
        service.record_parameters(release_id, drawn, now=NOW)
    tastes = [service.footage_taste(release_id) for release_id in (1, 3, 5)]
    assert [taste.search_terms for taste in tastes] == [
        ("forest fog", "clouds timelapse"),
        ("neon city",),
        ("forest fog", "clouds timelapse", "neon city"),
    ]
    assert {taste.avoided_terms for taste in tastes} == {("gun",)}


def test_what_is_drawn_from_the_profile_can_be_remembered_of_a_release(
    service: ArtistEvolutionService,
) -> None:
    remembered(service)
    evolve(service)
    drawn = service.next_parameters(OTHER, rng=np.random.default_rng(1))
    assert drawn == service.next_parameters(OTHER, rng=np.random.default_rng(1))
    assert service.record_parameters(2, drawn, now=NOW)
