"""The SoundCloud interface: counters of tracks, and what a user has published.

https://developers.soundcloud.com/docs/api/guide
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BeforeValidator, SecretStr

from noktvrn_ai_artist.collectors import oauth_tokens, verdicts
from noktvrn_ai_artist.collectors.answer_fields import Body, plain_word, read_body, read_if_possible
from noktvrn_ai_artist.collectors.base_urls import BASE_URLS
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
    "ask_for_token",
    "judge",
    "judge_grant",
    "list_tracks",
    "query_tracks",
    "read_counters",
    "read_grant",
    "read_listing",
    "track_batches",
    "urn",
    "user_urn",
]

SOURCE = "soundcloud-api"
# A page holds up to 200; with 50 URNs the address stays short.
MOST_IDS = 50
_PROVIDER = Provider.SOUNDCLOUD
_ID = re.compile(r"(soundcloud:tracks:)?[0-9]{1,20}")
_USER = re.compile(r"(soundcloud:users:)?[0-9]{1,20}")
_TIME = re.compile(r"\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}", re.ASCII)
_PAGING = {"linked_partitioning": "true", "limit": "200"}
# Otherwise tracks that are blocked where we are would not be counted.
_ACCESS = {"access": "playable,preview,blocked"}


def _instant(value: object) -> datetime:
    """SoundCloud's own format of a time."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("must be written as YYYY/MM/DD HH:MM:SS +0000")
    return datetime.strptime(value, "%Y/%m/%d %H:%M:%S %z").astimezone(UTC)


class _Counted(Body):
    urn: str
    playback_count: int | None = None
    favoritings_count: int | None = None
    reposts_count: int | None = None
    comment_count: int | None = None
    download_count: int | None = None


class _CountedTracks(Body):
    collection: tuple[_Counted, ...]


class _Titled(Body):
    urn: str
    title: str
    created_at: Annotated[datetime, BeforeValidator(_instant)]
    permalink_url: str | None = None


class _TitledTracks(Body):
    collection: tuple[_Titled, ...]
    next_href: str | None = None


class _Limit(Body):
    group: str | None = None


class _Meta(Body):
    rate_limit: _Limit | None = None
    reset_time: Annotated[datetime, BeforeValidator(_instant)] | None = None


class _Fault(Body):
    meta: _Meta | None = None


class _TooMany(Body):
    errors: tuple[_Fault, ...] = ()


class _Refusal(Body):
    code: int | str | None = None


def urn(external_id: str, *, kind: str = "tracks") -> str:
    """The id as the interface writes it.

    >>> urn("17"), urn("soundcloud:tracks:17"), urn("3", kind="users")
    ('soundcloud:tracks:17', 'soundcloud:tracks:17', 'soundcloud:users:3')
    """
    return f"soundcloud:{kind}:{external_id}" if external_id.isdecimal() else external_id


def user_urn(user: str) -> str | None:
    """A user told by number or URN, as the interface writes it; None if it cannot be one.

    >>> user_urn("3"), user_urn("soundcloud:users:3"), user_urn("someone")
    ('soundcloud:users:3', 'soundcloud:users:3', None)
    """
    return urn(user, kind="users") if _USER.fullmatch(user) else None


def track_batches(ids: Iterable[str]) -> list[tuple[str, ...]]:
    """The ids as `query_tracks` takes them; what cannot be a track's id is in none.

    A track's number and its URN stand in one batch.
    """
    names = _by_urn(each for each in ids if _ID.fullmatch(each))
    return [
        tuple(name for each in batch for name in names[each])
        for batch in batches(names, size=MOST_IDS, form=_ID)
    ]


def _by_urn(ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids that mean each track, both in the order in which they are first told."""
    names: dict[str, list[str]] = {}
    for each in dict.fromkeys(ids):
        names.setdefault(urn(each), []).append(each)
    return names


def query_tracks(ids: Sequence[str], *, token: SecretStr) -> Request:
    """Ask for up to 50 tracks, by number or URN: https://developers.soundcloud.com/docs/api"""
    urns = ",".join(_by_urn(ids))
    return _get("/tracks", {"urns": urns, **_ACCESS, **_PAGING}, token)


def list_tracks(user: str, *, token: SecretStr) -> Request:
    """Ask for the first page of a user's tracks; the user is told by URN: see `user_urn`."""
    return _get(f"/users/{user}/tracks", {**_ACCESS, **_PAGING}, token)


def _get(path: str, params: Mapping[str, str], token: SecretStr) -> Request:
    return Request(
        provider=_PROVIDER,
        method="GET",
        path=path,
        params=params,
        secret_headers={"Authorization": SecretStr(f"OAuth {token.get_secret_value()}")},
    )


def ask_for_token(*, client_id: SecretStr, client_secret: SecretStr) -> Request:
    """Ask for an access token of the app itself; there are 50 in 12 hours.

    https://developers.soundcloud.com/docs/api/guide#authentication
    """
    return oauth_tokens.ask_for_token(
        Provider.SOUNDCLOUD_ACCOUNTS,
        "/oauth/token",
        grant_type="client_credentials",
        secrets={},
        authorization=oauth_tokens.basic(client_id, client_secret),
    )


def read_grant(response: Response, *, asked_at: datetime) -> TokenGrant:
    """The access token. The next one is had by the app's own name, not by a refresh token."""
    grant = oauth_tokens.read_grant(
        response, provider=Provider.SOUNDCLOUD_ACCOUNTS, asked_at=asked_at
    )
    return replace(grant, refresh_token=None)


# https://developers.soundcloud.com/docs/api/rate-limits
def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means; a limit that names the time of its end is spent until then."""
    if response.status == verdicts.OK:
        return verdicts.good_if_an_object(response, _PROVIDER)
    if response.status == verdicts.TOO_MANY:
        return _too_many(response, now)
    refusal = read_if_possible(_Refusal, response, provider=_PROVIDER)
    code = None if refusal is None or refusal.code is None else str(refusal.code)
    return verdicts.not_good(response, code)


def _too_many(response: Response, now: datetime) -> Verdict:
    told = read_if_possible(_TooMany, response, provider=_PROVIDER)
    metas = [fault.meta for fault in (told.errors if told else ()) if fault.meta is not None]
    ends = [meta.reset_time for meta in metas if meta.reset_time is not None]
    if not ends or max(ends) <= now:
        return verdicts.not_good(response, "too_many_requests")
    group = next((meta.rate_limit.group for meta in metas if meta.rate_limit is not None), None)
    reason = f"the limit is reached ({plain_word(group)})"
    return Verdict(outcome=Outcome.QUOTA_SPENT, reason=reason, until=max(ends))


# https://developers.soundcloud.com/blog/soundclouds-new-api-track-object
def read_counters(response: Response, *, asked: Iterable[str], recorded_at: datetime) -> Answer:
    """The counters of the tracks that were asked for, under every id they were asked for with.

    Counters that the owner does not show are hidden; tracks that are private are missing.
    """
    tracks = read_body(_CountedTracks, response, provider=_PROVIDER).collection
    names = _by_urn(asked)
    missing = missing_from(names, (track.urn for track in tracks), _PROVIDER)
    return answer_of(
        (
            number
            for track in tracks
            for name in names[track.urn]
            for number in _counters(track, name, recorded_at)
        ),
        provider=_PROVIDER,
        missing=frozenset(name for each in missing for name in names[each]),
    )


def _counters(track: _Counted, external_id: str, recorded_at: datetime) -> Iterator[Given]:
    named = {
        "plays": track.playback_count,
        "likes": track.favoritings_count,
        "reposts": track.reposts_count,
        "comments": track.comment_count,
        "downloads": track.download_count,
    }
    for metric, value in named.items():
        yield Given(
            external_id=external_id, metric_type=metric, value=value, recorded_at=recorded_at
        )


# https://developers.soundcloud.com/docs/api/guide#pagination
def read_listing(response: Response, *, request: Request, trail: Trail | None = None) -> Page:
    """The tracks that a page of a user's names first, and how the next page is asked for.

    `request` is what was asked; `trail` that of the page before, None on the first one.
    """
    page = read_body(_TitledTracks, response, provider=_PROVIDER)
    return page_of(
        (_found(track) for track in page.collection),
        trail=trail or Trail(),
        cursor=page.next_href or None,
        follow_up=_onward(page.next_href, request) if page.next_href else None,
        provider=_PROVIDER,
    )


def _onward(href: str, request: Request) -> Request:
    """The same question at the address of the next page, which must be at home."""
    home = f"{BASE_URLS[_PROVIDER]}/"
    if not href.startswith(home):
        raise BadAnswer(_PROVIDER, "its next page is elsewhere")
    path, _, query = href.removeprefix(home).partition("?")
    params = dict(parse_qsl(query, keep_blank_values=True))
    return replace(request, path=f"/{path}", params=params)


def _found(track: _Titled) -> Found:
    return Found(
        external_id=track.urn,
        title=track.title,
        published_at=track.created_at,
        url=track.permalink_url,
        other_id=track.urn.removeprefix("soundcloud:tracks:"),
    )
