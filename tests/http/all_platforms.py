"""All faked platforms behind one address: `Settings(base_urls=dict.fromkeys(Provider, url))`."""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics_world import AnalyticsWorld
from fake_clock import FakeClock
from local_server import AgainstSpecification, Asked, Reply
from soundcloud_world import SoundCloudWorld
from spotify_world import SpotifyWorld
from tiktok_world import TikTokWorld
from youtube_world import YouTubeWorld


@dataclass(slots=True)
class AllPlatforms:
    """Passes each request to the platform whose path it asks for."""

    clock: FakeClock
    youtube: YouTubeWorld = field(init=False)
    analytics: AnalyticsWorld = field(init=False)
    tiktok: TikTokWorld = field(init=False)
    soundcloud: SoundCloudWorld = field(init=False)
    spotify: SpotifyWorld = field(init=False)

    def __post_init__(self) -> None:
        self.youtube, self.tiktok = YouTubeWorld(self.clock), TikTokWorld(self.clock)
        # The same videos, seen by another interface.
        self.analytics = AnalyticsWorld(self.clock, works=self.youtube.works)
        self.soundcloud, self.spotify = SoundCloudWorld(self.clock), SpotifyWorld(self.clock)

    def __call__(self, asked: Asked) -> Reply:
        homes = {
            "/youtube/v3/": self.youtube,
            "/v2/reports": self.analytics,
            "/token": self.analytics,
            "/v2/": self.tiktok,
            "/tracks": self.soundcloud,
            "/users/": self.soundcloud,
            "/oauth/token": self.soundcloud,
            "/v1/tracks/": self.spotify,
            "/api/token": self.spotify,
        }
        for start, world in homes.items():
            if asked.path.startswith(start):
                return world(asked)
        raise AgainstSpecification(f"no platform has the path {asked.path}")
