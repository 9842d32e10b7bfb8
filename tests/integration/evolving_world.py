"""Releases of two artists whose numbers go with what they were made with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import numpy as np
from observed_tables import NOON, start_anew
from scored_world import curve

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import (
    ArtistEvolutionService,
    Evolution,
)
from noktvrn_ai_artist.artist_evolution.profiles import checked_traits
from noktvrn_ai_artist.artist_evolution.style_adaptor import GenerationParameters
from noktvrn_ai_artist.artist_evolution.vocabulary import FIRST, Trait
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import PerformanceDbError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ARTIST, OTHER = 2, 1
RELEASES = 40
OWN = range(1, RELEASES, 2)
"""The artist's releases: the odd ones."""


def parameters(
    genre: str, *, artist_id: int = ARTIST, terms: Mapping[str, float] | None = None
) -> GenerationParameters:
    """Of one genre, alike in everything else but the terms that are named."""
    alike = {trait: {values[0]: 1.0} for trait, values in FIRST.items()}
    alike[Trait.SEARCH_TERM] = dict(terms or alike[Trait.SEARCH_TERM])
    return GenerationParameters(
        artist_id=artist_id,
        profile_version=0,
        traits=checked_traits({**alike, Trait.GENRE: {genre: 1.0}}),
    )


def genre_of(release_id: int) -> str:
    """Every other of the artist's releases is house, the rest ambient."""
    return "house" if release_id % 4 == 1 else "ambient"


def published(database: Database, *, platforms: tuple[str, ...] = ("YouTube",)) -> None:
    """One release a day; house gets four times the views, and the other artist one thousand."""
    start_anew(database, releases=RELEASES)
    with database.transaction() as connection:
        connection.execute(
            b"update approved_releases set published_at = %s + release_id * interval '1 day'",
            [NOON],
        )
    add_performance_metrics(
        observation
        for platform in platforms
        for release_id in range(1, RELEASES + 1)
        for observation in curve(
            release_id,
            level=4.0 if release_id in OWN and genre_of(release_id) == "house" else 1.0,
            platform=platform,
        )
    )


def remembered(service: ArtistEvolutionService) -> None:
    """What the artist's releases were made with is known."""
    for release_id in OWN:
        service.record_parameters(release_id, parameters(genre_of(release_id)), now=NOW)


def evolve(service: ArtistEvolutionService, **more: object) -> Evolution:
    """Once, with dice of its own."""
    asked: dict[str, object] = {"now": NOW, "rng": np.random.default_rng(5), **more}
    return service.evolve_artist(ARTIST, **asked)  # type: ignore[arg-type]


def all_at_once(work: Callable[[], object], *, times: int) -> list[object]:
    """What several threads that begin together got, or how they ended."""
    begin, got = threading.Barrier(times), list[object]()

    def run() -> None:
        begin.wait()
        try:
            got.append(work())
        except PerformanceDbError as error:
            got.append(error)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got
