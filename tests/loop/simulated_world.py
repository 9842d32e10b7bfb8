"""SIMULATED: what the loop demo's world holds true, and the platform and libraries that play it.

The world ties sources of footage and genres to views; the loop is to find that out from what the
faked interfaces answer, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import youtube_world
from fake_clock import FakeClock
from faked_works import Work
from local_server import Asked, Reply
from numpy.random import Generator
from pydantic import SecretStr
from stock_worlds import KEYS, StockWorld, many_clips
from youtube_world import YouTubeWorld

from noktvrn_ai_artist.settings import Settings

# Long gone, so that no real clock finds the simulated days in the future.
BEGINNING = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOURCE_TIES: Mapping[str, float] = {"coverr": 1.6, "pexels": 0.0, "pixabay": -1.2}
"""How many doublings of the views come with footage of a source, in this world."""
GENRE_TIES: Mapping[str, float] = {"house": 1.5, "ambient": -0.5}
ARTISTS: Mapping[str, float] = {"Simulated North": 0.0, "Simulated South": 2.0}
"""The artists, and by how many doublings they are followed more than the first."""
_PACE, _NOISE = 60.0, 0.35
_CLIPS = 240
_WORDS = (
    "abstract particles clouds timelapse concert lights forest fog neon city ocean waves walk"
    " slow motion"
)


def best(ties: Mapping[str, float]) -> str:
    """What this world favours."""
    return max(ties, key=lambda name: ties[name])


@dataclass(slots=True)
class SimulatedWorld:
    """One faked video platform and three faked libraries, behind one address."""

    clock: FakeClock
    youtube: YouTubeWorld = field(init=False)
    stock: StockWorld = field(init=False)

    def __post_init__(self) -> None:
        self.youtube = YouTubeWorld(self.clock, works={})
        clips = many_clips(_WORDS, _CLIPS, first=100)
        self.stock = StockWorld(dict.fromkeys(SOURCE_TIES, clips))

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.startswith("/youtube/v3/"):
            return self.youtube(asked)
        return self.stock(asked)

    def publish(
        self, title: str, *, artist: str, sources: Iterable[str], genre: str, rng: Generator
    ) -> Work:
        """A new video, whose views this world ties to what it was made of."""
        used = [SOURCE_TIES[source] for source in sources]
        tied = sum(used) / len(used) + GENRE_TIES[genre] + ARTISTS[artist]
        number = len(self.youtube.works)
        work = Work(
            external_id=f"simulated-{number:03d}",
            title=title,
            published_at=self.clock(),
            pace=_PACE * 2 ** (tied + rng.normal(0, _NOISE)),
            hidden=frozenset({"likes"} if number % 5 == 0 else ()),
        )
        self.youtube.works[work.external_id] = work
        return work


def simulated_settings(settings: Settings, url: str) -> Settings:
    """The same database, with every provider at one address."""
    providers = ("youtube", *SOURCE_TIES)
    keys = {f"{name}_api_key": SecretStr(KEYS[name]) for name in SOURCE_TIES}
    told = {"youtube_api_key": SecretStr(youtube_world.KEY), **keys}
    return settings.model_copy(
        update={"base_urls": dict.fromkeys(providers, url), "quotas": {}, **told}
    )
