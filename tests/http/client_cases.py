"""One good answer of every kind that a platform's client reads, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import analytics_world
import soundcloud_world
import spotify_world
import tiktok_world
import youtube_world
from all_platforms import AllPlatforms
from direct_calls import ask
from fake_clock import START, FakeClock
from pydantic import SecretStr

from noktvrn_ai_artist.collectors import (
    google_oauth,
    soundcloud,
    spotify_web,
    tiktok,
    youtube_analytics,
    youtube_data,
)
from noktvrn_ai_artist.collectors.messages import Outcome, Request, Response
from noktvrn_ai_artist.collectors.transport import Judge
from noktvrn_ai_artist.errors import BadAnswer

KEY = SecretStr(youtube_world.KEY)
NOW = START


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request, its good answer, who judges and reads it, and the fields that are read of it."""

    name: str
    request: Request
    content: Any
    judge: Judge
    read: Callable[[Response], Any]
    fields: frozenset[str]
    # Where the rows stand in the content, if their order does not matter.
    rows: tuple[str, ...] = ()

    def outcome(self, body: bytes) -> Any:  # noqa: ANN401 - what the reader gives, or its refusal
        """What is read of a body, or BadAnswer where judge or reader does not take it."""
        response = Response(status=200, headers={}, body=body)
        if self.judge(response, now=NOW).outcome is not Outcome.GOOD:
            return BadAnswer
        try:
            return self.read(response)
        except BadAnswer as error:
            return _without_secrets(error)

    def of(self, content: object) -> Any:  # noqa: ANN401
        """The outcome of a body with this content."""
        return self.outcome(json.dumps(content).encode())

    @property
    def good(self) -> Any:  # noqa: ANN401
        """What is read of the good answer."""
        return self.of(self.content)


def _without_secrets(error: BadAnswer) -> type[BadAnswer]:
    assert "canary" not in f"{error!r} {error.__cause__!r}"
    return type(error)


@dataclass(slots=True)
class Accounts:
    """All platforms, and a token for each that asks for one."""

    world: AllPlatforms

    def google(self) -> SecretStr:
        """An access token for YouTube Analytics."""
        response = ask(self.world, self.google_request())
        return google_oauth.read_grant(response, asked_at=NOW).access_token

    def google_request(self) -> Request:
        """What it is asked for with."""
        return google_oauth.refresh_token(
            SecretStr(analytics_world.REFRESH),
            client_id=SecretStr(analytics_world.CLIENT),
            client_secret=SecretStr(analytics_world.SECRET),
        )

    def tiktok_request(self, token: str = tiktok_world.REFRESH) -> Request:
        """What TikTok's tokens are asked for with."""
        return tiktok.refresh_token(
            SecretStr(token),
            client_key=SecretStr(tiktok_world.CLIENT),
            client_secret=SecretStr(tiktok_world.SECRET),
        )

    def tiktok(self) -> SecretStr:
        """An access token for TikTok."""
        response = ask(self.world, self.tiktok_request(self.world.tiktok.alive))
        return tiktok.read_grant(response, asked_at=NOW).access_token

    def soundcloud(self) -> SecretStr:
        """An access token for SoundCloud."""
        request = soundcloud.ask_for_token(
            client_id=SecretStr(soundcloud_world.CLIENT),
            client_secret=SecretStr(soundcloud_world.SECRET),
        )
        return soundcloud.read_grant(ask(self.world, request), asked_at=NOW).access_token

    def spotify(self) -> SecretStr:
        """An access token for Spotify."""
        request = spotify_web.ask_for_token(
            client_id=SecretStr(spotify_world.CLIENT),
            client_secret=SecretStr(spotify_world.SECRET),
        )
        return spotify_web.read_grant(ask(self.world, request), asked_at=NOW).access_token


def accounts(now: datetime = NOW) -> Accounts:
    """New worlds, at this time."""
    return Accounts(AllPlatforms(FakeClock(now)))


def cases() -> list[Case]:
    """All of them; their worlds are small, so that every byte and field can be tried."""
    own = accounts()
    return [
        *_youtube(own),
        *_youtube_channel(own),
        _analytics(own),
        *_tiktok(own),
        *_soundcloud(own),
        *_others(own),
    ]


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _case(own: Accounts, request: Request, **rest: Any) -> Case:  # noqa: ANN401
    return Case(request=request, content=json.loads(ask(own.world, request).body), **rest)


def _youtube(own: Accounts) -> list[Case]:
    ids = ["video000000", "video000001", "video000005", "unknown"]
    return [
        _case(
            own,
            youtube_data.list_videos(ids, key=KEY),
            name="YouTube counters",
            judge=youtube_data.judge,
            read=lambda got: youtube_data.read_counters(got, asked=ids, recorded_at=NOW),
            fields=_fields("items id statistics viewCount likeCount commentCount"),
            rows=("items",),
        ),
    ]


def _youtube_channel(own: Accounts) -> list[Case]:
    listed = youtube_data.list_uploads(youtube_world.UPLOADS, key=KEY)
    small = replace(listed, params={**listed.params, "maxResults": "3"})
    return [
        _case(
            own,
            youtube_data.find_channel(youtube_world.HANDLE, key=KEY),
            name="YouTube channel",
            judge=youtube_data.judge,
            read=youtube_data.read_channel,
            fields=_fields("items snippet title contentDetails relatedPlaylists uploads"),
        ),
        _case(
            own,
            small,
            name="YouTube uploads",
            judge=youtube_data.judge,
            read=lambda got: youtube_data.read_uploads(got, request=small),
            fields=_fields(
                "items snippet title contentDetails videoId videoPublishedAt nextPageToken"
            ),
        ),
    ]


def _analytics(own: Accounts) -> Case:
    ids = ["video000000", "video000005", "unknown"]
    span = youtube_analytics.last_days(NOW, days=4)
    request = youtube_analytics.query_report(ids, span=span, token=own.google())
    return _case(
        own,
        request,
        name="YouTube Analytics report",
        judge=youtube_analytics.judge,
        read=lambda got: youtube_analytics.read_report(got, request=request, asked=ids, now=NOW),
        fields=_fields("columnHeaders name dataType rows"),
        rows=("rows",),
    )


def _tiktok(own: Accounts) -> list[Case]:
    token = own.tiktok()
    ids = [*list(own.world.tiktok.works)[:3], "404"]
    listed = tiktok.list_videos(token=token)
    small = replace(listed, json={"max_count": 3})
    counts = _fields("view_count like_count comment_count share_count")
    envelope = _fields("error code data videos id")
    titles = _fields("title video_description create_time share_url cursor has_more")
    return [
        _case(
            own,
            tiktok.query_videos(ids, token=token),
            name="TikTok counters",
            judge=tiktok.judge,
            read=lambda got: tiktok.read_counters(got, asked=ids, recorded_at=NOW),
            fields=envelope | counts,
            rows=("data", "videos"),
        ),
        _case(
            own,
            small,
            name="TikTok listing",
            judge=tiktok.judge,
            read=lambda got: tiktok.read_listing(got, request=small),
            fields=envelope | titles,
        ),
    ]


def _soundcloud(own: Accounts) -> list[Case]:
    token = own.soundcloud()
    ids = [*list(own.world.soundcloud.works)[:3], "404"]
    listed = soundcloud.list_tracks("soundcloud:users:42", token=token)
    small = replace(listed, params={**listed.params, "limit": "3"})
    counts = "playback_count favoritings_count reposts_count comment_count download_count"
    return [
        _case(
            own,
            soundcloud.query_tracks(ids, token=token),
            name="SoundCloud counters",
            judge=soundcloud.judge,
            read=lambda got: soundcloud.read_counters(got, asked=ids, recorded_at=NOW),
            fields=_fields(f"collection urn {counts}"),
            rows=("collection",),
        ),
        _case(
            own,
            small,
            name="SoundCloud listing",
            judge=soundcloud.judge,
            read=lambda got: soundcloud.read_listing(got, request=small),
            fields=_fields("collection urn title created_at permalink_url next_href"),
        ),
    ]


def _others(own: Accounts) -> list[Case]:
    grants = _fields("access_token expires_in")
    return [
        _case(
            own,
            spotify_web.get_track("1".zfill(22), token=own.spotify()),
            name="Spotify track",
            judge=spotify_web.judge,
            read=spotify_web.read_track,
            fields=_fields("name album release_date release_date_precision external_ids isrc"),
        ),
        _case(
            own,
            own.google_request(),
            name="Google token",
            judge=google_oauth.judge_grant,
            read=lambda got: google_oauth.read_grant(got, asked_at=NOW),
            fields=grants,
        ),
        _case(
            own,
            own.tiktok_request(own.world.tiktok.alive),
            name="TikTok token",
            judge=tiktok.judge_grant,
            read=lambda got: tiktok.read_grant(got, asked_at=NOW),
            fields=grants | {"refresh_token"},
        ),
    ]
