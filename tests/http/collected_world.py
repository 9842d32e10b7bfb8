"""Collection against the faked platforms: publications, a service, and what to expect of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import analytics_world
import soundcloud_world
import spotify_world
import tiktok_world
import youtube_world
from all_platforms import AllPlatforms
from fake_clock import START, FakeClock
from faked_works import Work
from local_server import LocalServer
from pydantic import SecretStr

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_entries
from noktvrn_ai_artist.collectors.collection_service import CollectionService, Surroundings
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.transport import Patience
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.settings import Settings

METRICS = {
    FeedName.YOUTUBE: ("views", "likes", "comments"),
    FeedName.TIKTOK: ("views", "likes", "comments", "shares"),
    FeedName.SOUNDCLOUD: ("plays", "likes", "reposts", "comments", "downloads"),
}
# On a machine that stalls, no server must look silent.
CALM = Patience(silence=timedelta(seconds=10))

# External id, metric, instant, value.
Row = tuple[str, str, datetime, float]


def faked_settings(url: str, data_dir: Path, **more: object) -> Settings:
    """Every secret is one that the worlds expect, and a canary."""
    secrets = {
        "youtube_api_key": youtube_world.KEY,
        "google_client_id": analytics_world.CLIENT,
        "google_client_secret": analytics_world.SECRET,
        "google_refresh_token": analytics_world.REFRESH,
        "tiktok_client_key": tiktok_world.CLIENT,
        "tiktok_client_secret": tiktok_world.SECRET,
        "tiktok_refresh_token": tiktok_world.REFRESH,
        "soundcloud_client_id": soundcloud_world.CLIENT,
        "soundcloud_client_secret": soundcloud_world.SECRET,
        "spotify_client_id": spotify_world.CLIENT,
        "spotify_client_secret": spotify_world.SECRET,
    }
    told = {name: SecretStr(value) for name, value in secrets.items()}
    given = {"data_dir": data_dir, "base_urls": dict.fromkeys(Provider, url), **told, **more}
    return Settings.model_validate(given)


@dataclass(slots=True)
class Collected:
    """One database that collects from one server, by one clock."""

    database: Database
    server: LocalServer
    platforms: AllPlatforms
    settings: Settings
    clock: FakeClock
    rng: Random

    def service(self) -> CollectionService:
        """As it is outside, but for time and chance."""
        around = Surroundings(clock=self.clock, sleep=self.clock.sleep, patience=CALM, rng=self.rng)
        return CollectionService(self.database, self.settings, around)

    def works(self, name: FeedName) -> dict[str, Work]:
        """What the faked platform holds."""
        worlds = {
            FeedName.TIKTOK: self.platforms.tiktok.works,
            FeedName.SOUNDCLOUD: self.platforms.soundcloud.works,
        }
        return worlds.get(name, self.platforms.youtube.works)

    def register(self, name: FeedName, works: Iterable[Work] | None = None) -> None:
        """Make publications of works, by default of all."""
        register_works(self.database, name, works or self.works(name).values())

    def put(self, videos: Iterable[Work]) -> None:
        """Let these be all videos there are, and publications."""
        self.platforms.youtube.works.clear()
        self.platforms.youtube.works |= {work.external_id: work for work in videos}
        self.register(FeedName.YOUTUBE)

    def expected(self, name: FeedName, ids: Iterable[str], at: datetime) -> set[Row]:
        """What counters showed at a moment, where they were shown."""
        works = self.works(name)
        shown = [works[each] for each in ids if each in works and not works[each].gone]
        return {
            (work.external_id, metric, at, float(count))
            for work in shown
            for metric in METRICS[name]
            if (count := work.count(metric, at)) is not None
        }

    def stored(self, name: FeedName) -> list[Row]:
        """Every row that stands under the feed's source."""
        return stored_rows(self.database, name)


def aged(number: int, age: timedelta, *, form: str = "aged{:04d}") -> list[Work]:
    """So many works that are this old when the faked world begins."""
    return [
        Work(external_id=form.format(place), title=f"Aged {place}", published_at=START - age)
        for place in range(number)
    ]


def register_works(database: Database, name: FeedName, works: Iterable[Work]) -> None:
    """Make publications of works, one release each."""
    entries = [
        ReleaseEntry(
            artist="Faked",
            title=f"{work.title} on {name}",
            published_at=work.published_at,
            external_id=work.external_id,
        )
        for work in works
    ]
    with database.transaction() as connection:
        register_entries(connection, entries, platform=FEEDS[name].platform, batch_id=None)


def stored_rows(database: Database, name: FeedName) -> list[Row]:
    """Every row that stands under the feed's source, with the id of its publication."""
    with database.transaction() as connection:
        return connection.execute(
            "select u.external_id, p.metric_type, p.recorded_at, p.metric_value"
            " from content_performance p join publications u using (release_id, platform)"
            " where p.source = %s order by 1, 2, 3",
            [FEEDS[name].source],
        ).fetchall()


@contextmanager
def collecting_from(clock: FakeClock, *, database: Database, folder: Path) -> Iterator[Collected]:
    """A database that collects from the faked platforms by this clock, as long as it is wanted."""
    platforms = AllPlatforms(clock)
    with LocalServer(platforms, clock=clock) as server:
        settings = faked_settings(server.url, folder)
        yield Collected(database, server, platforms, settings, clock, Random(1))
