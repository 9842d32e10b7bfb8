"""The interfaces that numbers are collected from, each as one plain value; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import SecretStr

from noktvrn_ai_artist.collectors import soundcloud, tiktok, youtube_analytics, youtube_data
from noktvrn_ai_artist.collectors.due import COUNTERS, DAILY_AMOUNTS, Rhythm
from noktvrn_ai_artist.collectors.messages import Provider, Request, Response, Verdict
from noktvrn_ai_artist.collectors.readings import Answer


class FeedName(StrEnum):
    """What an operator calls an interface."""

    YOUTUBE = "youtube"
    YOUTUBE_ANALYTICS = "youtube-analytics"
    TIKTOK = "tiktok"
    SOUNDCLOUD = "soundcloud"


class Judge(Protocol):
    """What an answer of this interface means."""

    def __call__(self, response: Response, *, now: datetime) -> Verdict:
        """The verdict."""


class Read(Protocol):
    """What an answer tells of the ids that it was asked for."""

    def __call__(
        self, response: Response, *, request: Request, asked: Iterable[str], at: datetime
    ) -> Answer:
        """The numbers; counters are of the moment `at`, the start of the run."""


class Ask(Protocol):
    """How the interface is asked for a batch of ids."""

    def __call__(self, ids: Sequence[str], *, secret: SecretStr, at: datetime) -> Request:
        """The request of a run that began at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One interface: whose numbers it has, how often and with what it is asked.

    `platform` is the catalogue's name, `source` what is noted beside every number.
    """

    name: FeedName
    platform: str
    provider: Provider
    source: str
    rhythm: Rhythm
    batches: Callable[[Iterable[str]], list[tuple[str, ...]]]
    ask: Ask
    judge: Judge
    read: Read


class _ReadCounters(Protocol):
    def __call__(
        self, response: Response, *, asked: Iterable[str], recorded_at: datetime
    ) -> Answer: ...


def _counters(read: _ReadCounters) -> Read:
    """Counters need not know what was asked: there is one page, and it is of now."""

    def read_now(
        response: Response, *, request: Request, asked: Iterable[str], at: datetime
    ) -> Answer:
        _ = request
        return read(response, asked=asked, recorded_at=at)

    return read_now


def _ask_youtube(ids: Sequence[str], *, secret: SecretStr, at: datetime) -> Request:
    _ = at
    return youtube_data.list_videos(ids, key=secret)


def _ask_analytics(ids: Sequence[str], *, secret: SecretStr, at: datetime) -> Request:
    return youtube_analytics.query_report(ids, span=youtube_analytics.last_days(at), token=secret)


def _read_analytics(
    response: Response, *, request: Request, asked: Iterable[str], at: datetime
) -> Answer:
    return youtube_analytics.read_report(response, request=request, asked=asked, now=at)


def _ask_tiktok(ids: Sequence[str], *, secret: SecretStr, at: datetime) -> Request:
    _ = at
    return tiktok.query_videos(ids, token=secret)


def _ask_soundcloud(ids: Sequence[str], *, secret: SecretStr, at: datetime) -> Request:
    _ = at
    return soundcloud.query_tracks(ids, token=secret)


_YOUTUBE = Feed(
    name=FeedName.YOUTUBE,
    platform="YouTube",
    provider=Provider.YOUTUBE,
    source=youtube_data.SOURCE,
    rhythm=COUNTERS,
    batches=youtube_data.video_batches,
    ask=_ask_youtube,
    judge=youtube_data.judge,
    read=_counters(youtube_data.read_counters),
)
_ANALYTICS = Feed(
    name=FeedName.YOUTUBE_ANALYTICS,
    platform="YouTube",
    provider=Provider.YOUTUBE_ANALYTICS,
    source=youtube_analytics.SOURCE,
    rhythm=DAILY_AMOUNTS,
    batches=youtube_analytics.video_batches,
    ask=_ask_analytics,
    judge=youtube_analytics.judge,
    read=_read_analytics,
)
_TIKTOK = Feed(
    name=FeedName.TIKTOK,
    platform="TikTok",
    provider=Provider.TIKTOK,
    source=tiktok.SOURCE,
    rhythm=COUNTERS,
    batches=tiktok.video_batches,
    ask=_ask_tiktok,
    judge=tiktok.judge,
    read=_counters(tiktok.read_counters),
)
_SOUNDCLOUD = Feed(
    name=FeedName.SOUNDCLOUD,
    platform="SoundCloud",
    provider=Provider.SOUNDCLOUD,
    source=soundcloud.SOURCE,
    rhythm=COUNTERS,
    batches=soundcloud.track_batches,
    ask=_ask_soundcloud,
    judge=soundcloud.judge,
    read=_counters(soundcloud.read_counters),
)
FEEDS: Mapping[FeedName, Feed] = {
    feed.name: feed for feed in (_YOUTUBE, _ANALYTICS, _TIKTOK, _SOUNDCLOUD)
}
