"""The YouTube Data interface: counters of videos, and what a channel uploaded; a call is a unit.

https://developers.google.com/youtube/v3/docs
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import SecretStr

from noktvrn_ai_artist.collectors.answer_fields import Body, Instant, WholeText, read_body
from noktvrn_ai_artist.collectors.google_answers import judge
from noktvrn_ai_artist.collectors.messages import Provider, Request, Response
from noktvrn_ai_artist.collectors.readings import (
    Answer,
    Found,
    Given,
    Page,
    Trail,
    answer_of,
    batches,
    missing_from,
    page_of,
)

__all__ = [
    "MOST_IDS",
    "SOURCE",
    "Channel",
    "find_channel",
    "judge",
    "list_uploads",
    "list_videos",
    "read_channel",
    "read_counters",
    "read_uploads",
    "video_batches",
]

SOURCE = "youtube-data-api"
MOST_IDS = 50
_PROVIDER = Provider.YOUTUBE
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel, and the playlist of all it uploaded."""

    title: str
    uploads: str


class _Statistics(Body):
    viewCount: WholeText | None = None  # noqa: N815 - the fields have their documented names
    likeCount: WholeText | None = None  # noqa: N815
    commentCount: WholeText | None = None  # noqa: N815


class _Counted(Body):
    id: str
    statistics: _Statistics = _Statistics()


class _CountedVideos(Body):
    items: tuple[_Counted, ...] = ()


class _ChannelTitle(Body):
    title: str


class _Playlists(Body):
    uploads: str


class _ChannelContent(Body):
    relatedPlaylists: _Playlists  # noqa: N815


class _OneChannel(Body):
    snippet: _ChannelTitle
    contentDetails: _ChannelContent  # noqa: N815


class _Channels(Body):
    items: tuple[_OneChannel, ...] = ()


class _UploadContent(Body):
    videoId: str  # noqa: N815
    # A video that is not out yet has none.
    videoPublishedAt: Instant | None = None  # noqa: N815


class _Upload(Body):
    snippet: _ChannelTitle
    contentDetails: _UploadContent  # noqa: N815


class _Uploads(Body):
    items: tuple[_Upload, ...] = ()
    nextPageToken: str | None = None  # noqa: N815


def video_batches(ids: Iterable[str]) -> list[tuple[str, ...]]:
    """The ids as `list_videos` takes them; what cannot be a video's id is in none."""
    return batches(ids, size=MOST_IDS, form=_ID)


def list_videos(ids: Sequence[str], *, key: SecretStr) -> Request:
    """Ask for up to 50 videos: https://developers.google.com/youtube/v3/docs/videos/list"""
    return _get("videos", {"part": "statistics", "id": ",".join(ids)}, key)


def find_channel(channel: str, *, key: SecretStr) -> Request:
    """Ask for a channel by its id (UC...) or its handle (@name).

    https://developers.google.com/youtube/v3/docs/channels/list
    """
    name = "forHandle" if channel.startswith("@") else "id"
    return _get("channels", {"part": "snippet,contentDetails", name: channel}, key)


def list_uploads(playlist: str, *, key: SecretStr) -> Request:
    """Ask for the first page of a channel's uploads, the newest first.

    https://developers.google.com/youtube/v3/docs/playlistItems/list
    """
    params = {"part": "snippet,contentDetails", "playlistId": playlist, "maxResults": "50"}
    return _get("playlistItems", params, key)


def _get(resource: str, params: Mapping[str, str], key: SecretStr) -> Request:
    return Request(
        provider=_PROVIDER,
        method="GET",
        path=f"/youtube/v3/{resource}",
        params=params,
        # As a parameter it would be part of the URL, and stand in logs along the way.
        secret_headers={"X-Goog-Api-Key": key},
    )


# https://developers.google.com/youtube/v3/docs/videos#resource
def read_counters(response: Response, *, asked: Iterable[str], recorded_at: datetime) -> Answer:
    """The counters of the videos that were asked for, as they were at `recorded_at`.

    Videos that are private, deleted or unknown are simply not in the answer: they are missing.
    """
    videos = read_body(_CountedVideos, response, provider=_PROVIDER).items
    return answer_of(
        (number for video in videos for number in _counters(video, recorded_at)),
        provider=_PROVIDER,
        missing=missing_from(asked, (video.id for video in videos), _PROVIDER),
    )


def _counters(video: _Counted, recorded_at: datetime) -> Iterator[Given]:
    counts = video.statistics
    named = {"views": counts.viewCount, "likes": counts.likeCount, "comments": counts.commentCount}
    for metric, value in named.items():
        yield Given(external_id=video.id, metric_type=metric, value=value, recorded_at=recorded_at)


# https://developers.google.com/youtube/v3/docs/channels#resource
def read_channel(response: Response) -> Channel | None:
    """The channel that was asked for; None if there is none of this id or handle."""
    channels = read_body(_Channels, response, provider=_PROVIDER).items
    if not channels:
        return None
    found = channels[0]
    uploads = found.contentDetails.relatedPlaylists.uploads
    return Channel(title=found.snippet.title, uploads=uploads)


# https://developers.google.com/youtube/v3/docs/playlistItems#resource
def read_uploads(response: Response, *, request: Request, trail: Trail | None = None) -> Page:
    """The videos that a page of uploads names first, and how the next page is asked for.

    `request` is what was asked; `trail` that of the page before, None on the first one.
    """
    page = read_body(_Uploads, response, provider=_PROVIDER)
    token = page.nextPageToken or None
    onward = replace(request, params={**request.params, "pageToken": token or ""})
    return page_of(
        (_upload(each) for each in page.items),
        trail=trail or Trail(),
        cursor=token,
        follow_up=onward,
        provider=_PROVIDER,
    )


def _upload(entry: _Upload) -> Found:
    video = entry.contentDetails.videoId
    return Found(
        external_id=video,
        title=entry.snippet.title,
        published_at=entry.contentDetails.videoPublishedAt,
        url=f"https://www.youtube.com/watch?v={video}",
    )
