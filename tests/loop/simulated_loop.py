"""The whole loop over SIMULATED days: make, publish, collect, score, rank, evolve, choose again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from collected_world import CALM
from fake_clock import FakeClock
from local_server import LocalServer
from numpy.random import Generator, default_rng
from pydantic import SecretStr
from repeated_steps import STATE_FILE, Repeater
from simulated_world import (
    ARTISTS,
    BEGINNING,
    GENRE_TIES,
    SimulatedWorld,
    simulated_settings,
)
from stock_worlds import KEYS

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import (
    get_release,
    list_releases,
    register_release,
)
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import (
    ArtistEvolutionService,
    Evolution,
)
from noktvrn_ai_artist.artist_evolution.style_adaptor import GenerationParameters
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.collectors.collection_service import CollectionService, Surroundings
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.run_ledger import Run
from noktvrn_ai_artist.collectors.transport import Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.feedback_loop import LoopReport, run_feedback
from noktvrn_ai_artist.settings import Settings
from noktvrn_ai_artist.video_processing.audio_features import AudioFeatures
from noktvrn_ai_artist.video_processing.clip_supply import StockAccess
from noktvrn_ai_artist.video_processing.video_selector import (
    ClipSelection,
    log_selection,
    select_clips,
)

PLATFORM = "YouTube"
EVERY = timedelta(hours=6)
CLIPS = 6


@dataclass(slots=True)
class SimulatedLoop:
    """Everything the loop is made of, on one database and one simulated clock."""

    database: Database
    settings: Settings
    world: SimulatedWorld
    clock: FakeClock
    tracker: StockSuccessTracker
    transport: Transport
    repeat: Repeater
    rng: Generator
    artist_ids: dict[str, int] = field(default_factory=dict)
    genres: dict[int, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    @property
    def evolution(self) -> ArtistEvolutionService:
        """The profiles in the database."""
        return ArtistEvolutionService(self.database)

    def make(self, artist: str, title: str) -> int:
        """Register a release, draw what it is made with, choose its clips; the release's id."""
        entry = ReleaseEntry(artist=artist, title=title)
        release_id = self.repeat.step("register", lambda: register_release(self.database, entry))
        self.repeat.again("register", lambda: register_release(self.database, entry))
        self._know(artist, release_id)
        parameters = self.evolution.next_parameters(self.artist_ids[artist], rng=self.rng)
        self._remember(release_id, parameters)
        self.choose(artist, release_id, parameters)
        return release_id

    def choose(
        self, artist: str, release_id: int, parameters: GenerationParameters
    ) -> ClipSelection:
        """Select the clips of a release from the libraries, and log their use."""
        chosen = self.repeat.step("select", lambda: self._selected(artist, release_id, parameters))

        def once_more() -> None:
            log_selection(self.tracker, chosen)
            try:
                self._selected(artist, release_id, parameters)
            except BadValue:
                return
            raise AssertionError("a release was given clips twice")

        self.repeat.again("select", once_more)
        return chosen

    def publish(self, release_id: int) -> None:
        """Put a release on the platform, where the world decides how it does."""
        release = get_release(self.database, release_id)
        usages = self.tracker.usages(release_id)
        work = self.world.publish(
            release.title,
            artist=release.artist,
            sources=[usage.source_name for usage in usages],
            genre=self.genres[release_id],
            rng=self.rng,
        )
        entry = ReleaseEntry(
            artist=release.artist,
            title=release.title,
            published_at=work.published_at,
            external_id=work.external_id,
        )

        def register() -> int:
            return register_release(self.database, entry, platform=PLATFORM)

        self.repeat.step("publish", register)
        self.repeat.again("publish", register)

    def collect(self, *, twice: bool = False) -> None:
        """Ask the platform for what is due."""
        run = self.repeat.step("collect", lambda: self._service().collect(FeedName.YOUTUBE))
        if run is not None:
            self.runs.append(run)
        if twice:
            self.repeat.again("collect", lambda: self._service().collect(FeedName.YOUTUBE))

    def score(self) -> LoopReport:
        """Score the releases, and tell the tracker."""
        report = self.repeat.step("score", self._scored)
        self.repeat.again("score", self._scored)
        return report

    def evolve(self, artist: str) -> Evolution:
        """Move an artist's profile by its scores."""
        found = self.repeat.step("evolve", lambda: self._evolved(artist))
        self.repeat.again("evolve", lambda: self._evolved(artist))
        return found

    def rank(self) -> list[str]:
        """The sources, the best first."""
        top = self.repeat.step("rank", lambda: self.tracker.get_top_sources(len(KEYS)))
        self.repeat.again("rank", self.tracker.standings)
        return top

    def _know(self, artist: str, release_id: int) -> None:
        """Of a new artist the operator says which genres are to be compared."""
        if artist in self.artist_ids:
            return
        self.artist_ids[artist] = get_release(self.database, release_id).artist_id
        genres = {Trait.GENRE: dict.fromkeys(GENRE_TIES, 1.0)}
        self.evolution.set_profile(self.artist_ids[artist], genres, now=self.clock())

    def _remember(self, release_id: int, parameters: GenerationParameters) -> None:
        def record() -> bool:
            return self.evolution.record_parameters(release_id, parameters, now=self.clock())

        self.repeat.step("parameters", record)
        self.repeat.again("parameters", record)
        self.genres[release_id] = next(
            one.value for one in parameters.traits if one.trait is Trait.GENRE
        )

    def _selected(
        self, artist: str, release_id: int, parameters: GenerationParameters
    ) -> ClipSelection:
        artist_id = self.artist_ids[artist]
        own = list_releases(self.database, artist_id=artist_id)
        return select_clips(
            AudioFeatures(tempo=sum(parameters.tempo) / 2, energy=sum(parameters.energy) / 2),
            artist_profile=self.evolution.footage_taste(release_id),
            release_id=release_id,
            number_of_clips=CLIPS,
            artist_releases={one.release_id for one in own},
            tracker=self.tracker,
            access=StockAccess(
                transport=self.transport,
                keys={name: SecretStr(key) for name, key in KEYS.items()},
            ),
            rng=self.rng,
        )

    def _service(self) -> CollectionService:
        around = Surroundings(
            clock=self.clock, sleep=self.clock.sleep, patience=CALM, rng=Random(1)
        )
        return CollectionService(self.database, self.settings, around)

    def _scored(self) -> LoopReport:
        return run_feedback(self.database, self.tracker, now=self.clock(), platform=PLATFORM)

    def _evolved(self, artist: str) -> Evolution:
        return self.evolution.evolve_artist(
            self.artist_ids[artist], now=self.clock(), rng=default_rng(7), platform=PLATFORM
        )


@contextmanager
def simulated_loop(database: Database, folder: Path, *, seed: int) -> Iterator[SimulatedLoop]:
    """A loop over a migrated, empty database; the tracker's file is in the folder."""
    clock = FakeClock(BEGINNING)
    world = SimulatedWorld(clock)
    with LocalServer(world, clock=clock) as server:
        settings = simulated_settings(database.settings, server.url)
        with Transport(
            settings,
            quota=QuotaLedger(database),
            answers=KeptAnswers(database),
            clock=clock,
            sleep=clock.sleep,
            patience=CALM,
            rng=Random(1),
        ) as transport:
            yield SimulatedLoop(
                database=database,
                settings=settings,
                world=world,
                clock=clock,
                tracker=StockSuccessTracker(folder / STATE_FILE, clock=clock),
                transport=transport,
                repeat=Repeater(database, folder / STATE_FILE),
                rng=default_rng(seed),
            )


def live(loop: SimulatedLoop, *, releases: int, days: int) -> None:
    """Each artist publishes once a day; numbers are collected four times a day, scored weekly."""
    for day in range(days):
        if day < releases:
            for artist in ARTISTS:
                loop.publish(loop.make(artist, f"SIMULATED release {day + 1} of {artist}"))
        for _ in range(timedelta(days=1) // EVERY):
            loop.clock.move(EVERY)
            loop.collect(twice=loop.clock().hour == BEGINNING.hour)
        if (day + 1) % 7 == 0:
            loop.score()
