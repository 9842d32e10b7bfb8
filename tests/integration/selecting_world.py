"""Three stock libraries on loopback, a tracker and a transport, for tests of the Video Selector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from fake_clock import FakeClock
from local_server import LocalServer
from numpy.random import default_rng
from pydantic import SecretStr
from stock_worlds import KEYS, StockWorld, many_clips

from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.artist_evolution.profiles import ArtistProfile, neutral_profile
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.transport import Patience, Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.settings import Settings
from noktvrn_ai_artist.video_processing.audio_features import AudioFeatures
from noktvrn_ai_artist.video_processing.clip_records import Orientation
from noktvrn_ai_artist.video_processing.clip_supply import StockAccess
from noktvrn_ai_artist.video_processing.diversity_guard import GuardRules
from noktvrn_ai_artist.video_processing.video_selector import ClipSelection, select_clips

SONG = AudioFeatures(tempo=128, energy=0.8, keywords=("neon", "city"))
PROFILE = neutral_profile(1)
SOURCES = ("coverr", "pexels", "pixabay")


@dataclass(slots=True)
class Footage:
    """The libraries' servers by name, their world, and what the selector needs."""

    servers: dict[str, LocalServer]
    world: StockWorld
    tracker: StockSuccessTracker
    transport: Transport
    clock: FakeClock

    def select(
        self,
        *,
        release: int = 1,
        count: int = 6,
        seed: int = 1,
        song: AudioFeatures = SONG,
        profile: ArtistProfile = PROFILE,
        artist_releases: frozenset[int] = frozenset(range(1, 100)),
        sources: tuple[str, ...] = SOURCES,
        orientation: Orientation = Orientation.LANDSCAPE,
        cooldown: int = 5,
        dry_run: bool = False,
        more: bool = False,
    ) -> ClipSelection:
        return select_clips(
            song,
            artist_profile=profile,
            release_id=release,
            number_of_clips=count,
            artist_releases=artist_releases,
            tracker=self.tracker,
            access=StockAccess(
                transport=self.transport,
                keys={name: SecretStr(KEYS[name]) for name in sources},
            ),
            rng=default_rng(seed),
            orientation=orientation,
            guard=GuardRules(cooldown=cooldown),
            dry_run=dry_run,
            more=more,
        )

    def asked(self) -> dict[str, int]:
        """How many requests each library got."""
        return {name: len(server.asked) for name, server in self.servers.items()}


def full_world() -> StockWorld:
    """Clips enough for many videos, under keywords and terms alike."""
    words = "neon city timelapse ocean waves"
    return StockWorld({name: many_clips(words, 60, first=100) for name in SOURCES})


@contextmanager
def footage(database: Database, folder: Path) -> Iterator[Footage]:
    """All of it, in working order."""
    clock, world = FakeClock(), full_world()
    with ExitStack() as stack:
        servers = {name: stack.enter_context(LocalServer(world, clock=clock)) for name in SOURCES}
        transport = stack.enter_context(
            Transport(
                Settings(base_urls={name: server.url for name, server in servers.items()}),
                quota=QuotaLedger(database),
                answers=KeptAnswers(database),
                clock=clock,
                sleep=clock.sleep,
                patience=Patience(silence=timedelta(seconds=5)),
                rng=Random(1),
            )
        )
        tracker = StockSuccessTracker(folder / "stats.json", clock=clock)
        yield Footage(servers, world, tracker, transport, clock)
