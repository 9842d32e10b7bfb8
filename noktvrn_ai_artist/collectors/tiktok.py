"""The TikTok Display interface: counters and titles of an account's own videos.

https://developers.tiktok.com/doc/display-api-overview
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, SecretStr

from noktvrn_ai_artist.collectors import oauth_tokens, verdicts
from noktvrn_ai_artist.collectors.answer_fields import Body, read_body, read_if_possible
from noktvrn_ai_artist.collectors.messages import (
    Outcome,
    Provider,
    Request,
    Response,
    Verdict,
)
from noktvrn_ai_artist.collectors.oauth_tokens import judge_grant
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
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.errors import BadAnswer

__all__ = [
    "MOST_IDS",
    "SOURCE",
    "judge",
    "judge_grant",
    "list_videos",
    "query_videos",
    "read_counters",
    "read_grant",
    "read_listing",
    "refresh_token",
    "video_batches",
]

SOURCE = "tiktok-api"
MOST_IDS = 20
_PROVIDER = Provider.TIKTOK
_ID = re.compile(r"[0-9]{1,32}")
_PASSING = frozenset({"rate_limit_exceeded", "internal_error"})
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_2200 = 7_258_118_400
# https://developers.tiktok.com/doc/tiktok-api-v2-video-object: only fields that are named come.
_COUNTERS = "id,view_count,like_count,comment_count,share_count"
_TITLES = "id,title,video_description,create_time,share_url"


class _Error(Body):
    code: str


class _Envelope(Body):
    # Every answer has it; where all is well its code is "ok".
    error: _Error


class _Counted(Body):
    id: str
    view_count: int | None = None
    like_count: int | None = None
    comment_count: int | None = None
    share_count: int | None = None


class _CountedVideos(Body):
    videos: tuple[_Counted, ...]


class _Queried(Body):
    data: _CountedVideos


class _Titled(Body):
    id: str
    title: str | None = None
    video_description: str | None = None
    create_time: Annotated[int, Field(ge=0, lt=_YEAR_2200)]
    share_url: str | None = None


class _TitledVideos(Body):
    videos: tuple[_Titled, ...]
    has_more: bool
    cursor: int | None = None


class _Listed(Body):
    data: _TitledVideos


def video_batches(ids: Iterable[str]) -> list[tuple[str, ...]]:
    """The ids as `query_videos` takes them; what cannot be a video's id is in none."""
    return batches(ids, size=MOST_IDS, form=_ID)


def query_videos(ids: Sequence[str], *, token: SecretStr) -> Request:
    """Ask for up to 20 of the account's videos.

    https://developers.tiktok.com/doc/tiktok-api-v2-video-query
    """
    return _post("query", _COUNTERS, {"filters": {"video_ids": list(ids)}}, token)


def list_videos(*, token: SecretStr) -> Request:
    """Ask for the first page of the account's videos, the newest first.

    https://developers.tiktok.com/doc/tiktok-api-v2-video-list
    """
    return _post("list", _TITLES, {"max_count": MOST_IDS}, token)


def _post(name: str, fields: str, json: Mapping[str, Any], token: SecretStr) -> Request:
    return Request(
        provider=_PROVIDER,
        method="POST",
        path=f"/v2/video/{name}/",
        params={"fields": fields},
        json=json,
        secret_headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")},
    )


def refresh_token(token: SecretStr, *, client_key: SecretStr, client_secret: SecretStr) -> Request:
    """Ask for an access token; the old refresh token is dead from then on.

    https://developers.tiktok.com/doc/oauth-user-access-token-management
    """
    secrets = {"refresh_token": token, "client_key": client_key, "client_secret": client_secret}
    return oauth_tokens.ask_for_token(
        _PROVIDER, "/v2/oauth/token/", grant_type="refresh_token", secrets=secrets
    )


def read_grant(response: Response, *, asked_at: datetime) -> TokenGrant:
    """The access token, and the refresh token that takes the old one's place.

    Raises:
        BadAnswer: also where there is no new refresh token: the account would be lost.
    """
    grant = oauth_tokens.read_grant(response, provider=_PROVIDER, asked_at=asked_at)
    if grant.refresh_token is None:
        raise BadAnswer(_PROVIDER, "gives no new refresh token")
    return grant


# https://developers.tiktok.com/doc/tiktok-api-v2-error-handling
def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means: by the code of its error, which is "ok" where there is none."""
    envelope = read_if_possible(_Envelope, response, provider=_PROVIDER)
    code = None if envelope is None else envelope.error.code
    if response.status != verdicts.OK or code not in {None, "ok"}:
        return verdicts.not_good(response, code, passing=code in _PASSING)
    if code is None:
        return Verdict(outcome=Outcome.UNREADABLE, reason="it does not say whether all is well")
    return Verdict(outcome=Outcome.GOOD)


# https://developers.tiktok.com/doc/tiktok-api-v2-video-object
def read_counters(response: Response, *, asked: Iterable[str], recorded_at: datetime) -> Answer:
    """The counters of the videos that were asked for, as they were at `recorded_at`.

    Videos that are private, deleted or another account's are missing.
    """
    videos = read_body(_Queried, response, provider=_PROVIDER).data.videos
    return answer_of(
        (number for video in videos for number in _counters(video, recorded_at)),
        provider=_PROVIDER,
        missing=missing_from(asked, (video.id for video in videos), _PROVIDER),
    )


def _counters(video: _Counted, recorded_at: datetime) -> Iterator[Given]:
    named = {
        "views": video.view_count,
        "likes": video.like_count,
        "comments": video.comment_count,
        "shares": video.share_count,
    }
    for metric, value in named.items():
        yield Given(external_id=video.id, metric_type=metric, value=value, recorded_at=recorded_at)


# https://developers.tiktok.com/doc/tiktok-api-v2-video-list
def read_listing(response: Response, *, request: Request, trail: Trail | None = None) -> Page:
    """The videos that a page of the account names first, and how the next page is asked for.

    `request` is what was asked; `trail` that of the page before, None on the first one.
    """
    data = read_body(_Listed, response, provider=_PROVIDER).data
    if data.has_more and data.cursor is None:
        raise BadAnswer(_PROVIDER, "more is said to come, but not from where")
    onward = replace(request, json={**(request.json or {}), "cursor": data.cursor})
    return page_of(
        (_found(video) for video in data.videos),
        trail=trail or Trail(),
        cursor=str(data.cursor) if data.has_more else None,
        follow_up=onward,
        provider=_PROVIDER,
    )


def _found(video: _Titled) -> Found:
    told = (video.title or "", video.video_description or "")
    return Found(
        external_id=video.id,
        title=next((text for text in told if text.strip()), ""),
        published_at=_1970 + timedelta(seconds=video.create_time),
        url=video.share_url,
    )
