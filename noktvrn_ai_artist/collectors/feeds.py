"""The interfaces that numbers are collected from, each as one plain value; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import SecretStr

from noktvrn_ai_artist.collectors import soundcloud, tiktok, youtube_analytics, youtube_data
from noktvrn_ai_artist.collectors.due import COUNTERS, DAILY_AMOUNTS, Rhythm, Watched
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
    """How the interface is asked for a batch of publications."""

    def __call__(self, batch: Sequence[Watched], *, secret: SecretStr, at: datetime) -> Request:
        """The request of a run that began at this moment."""


class Batches(Protocol):
    """How publications are put into batches; what is no id of the platform is in none."""

    def __call__(self, ready: Iterable[Watched], *, at: datetime) -> list[tuple[Watched, ...]]:
        """The batches of a run that began at this moment."""


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
    batches: Batches
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


def _batches(by_ids: Callable[[Iterable[str]], list[tuple[str, ...]]]) -> Batches:
    """Of counters the ids alone say what is asked for together."""

    def put_together(ready: Iterable[Watched], *, at: datetime) -> list[tuple[Watched, ...]]:
        _ = at
        named = {one.external_id: one for one in ready}
        return [tuple(named[each] for each in batch) for batch in by_ids(named)]

    return put_together


def _by_ids(request: Callable[[list[str], SecretStr], Request]) -> Ask:
    """Counters are asked for by the ids alone, whenever the run began."""

    def ask(batch: Sequence[Watched], *, secret: SecretStr, at: datetime) -> Request:
        _ = at
        return request(ids_of(batch), secret)

    return ask


def ids_of(batch: Iterable[Watched]) -> list[str]:
    """Their ids on the platform."""
    return [one.external_id for one in batch]


def _ask_analytics(batch: Sequence[Watched], *, secret: SecretStr, at: datetime) -> Request:
    span = youtube_analytics.days_of(batch, at=at)
    return youtube_analytics.query_report(ids_of(batch), span=span, token=secret)


def _read_analytics(
    response: Response, *, request: Request, asked: Iterable[str], at: datetime
) -> Answer:
    return youtube_analytics.read_report(response, request=request, asked=asked, now=at)


_YOUTUBE = Feed(
    name=FeedName.YOUTUBE,
    platform="YouTube",
    provider=Provider.YOUTUBE,
    source=youtube_data.SOURCE,
    rhythm=COUNTERS,
    batches=_batches(youtube_data.video_batches),
    ask=_by_ids(lambda ids, secret: youtube_data.list_videos(ids, key=secret)),
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
    batches=_batches(tiktok.video_batches),
    ask=_by_ids(lambda ids, secret: tiktok.query_videos(ids, token=secret)),
    judge=tiktok.judge,
    read=_counters(tiktok.read_counters),
)
_SOUNDCLOUD = Feed(
    name=FeedName.SOUNDCLOUD,
    platform="SoundCloud",
    provider=Provider.SOUNDCLOUD,
    source=soundcloud.SOURCE,
    rhythm=COUNTERS,
    batches=_batches(soundcloud.track_batches),
    ask=_by_ids(lambda ids, secret: soundcloud.query_tracks(ids, token=secret)),
    judge=soundcloud.judge,
    read=_counters(soundcloud.read_counters),
)
FEEDS: Mapping[FeedName, Feed] = {
    feed.name: feed for feed in (_YOUTUBE, _ANALYTICS, _TIKTOK, _SOUNDCLOUD)
}
