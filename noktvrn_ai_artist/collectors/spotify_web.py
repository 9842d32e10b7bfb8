"""The Spotify Web interface, for what a recording is: its name, day and ISRC.

No popularity, followers or audio features: their terms forbid to analyse them, and new apps do not
get them. Numbers come from Spotify for Artists' exports instead.
https://developer.spotify.com/documentation/web-api
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import SecretStr

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
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.errors import BadAnswer

__all__ = [
    "TRACK_ID",
    "Track",
    "ask_for_token",
    "get_track",
    "judge",
    "judge_grant",
    "read_grant",
    "read_track",
]

# https://developer.spotify.com/documentation/web-api/concepts/spotify-uris-ids
TRACK_ID = re.compile(r"[0-9A-Za-z]{22}")
_PROVIDER = Provider.SPOTIFY
_FORMS = {
    "year": re.compile(r"[0-9]{4}"),
    "month": re.compile(r"[0-9]{4}-[0-9]{2}"),
    "day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What a track is; `released_on` is None where only its month or year is known."""

    title: str
    released_on: date | None
    isrc: str | None


class _ExternalIds(Body):
    isrc: str | None = None


class _Album(Body):
    release_date: str
    release_date_precision: Literal["year", "month", "day"]


class _Track(Body):
    name: str
    album: _Album
    external_ids: _ExternalIds = _ExternalIds()


class _Error(Body):
    reason: str | None = None


class _Refusal(Body):
    error: _Error


def get_track(track_id: str, *, token: SecretStr) -> Request:
    """Ask for one track, whose id has the form of `TRACK_ID`.

    https://developer.spotify.com/documentation/web-api/reference/get-track
    """
    return Request(
        provider=_PROVIDER,
        method="GET",
        path=f"/v1/tracks/{track_id}",
        secret_headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")},
    )


def ask_for_token(*, client_id: SecretStr, client_secret: SecretStr) -> Request:
    """Ask for an access token of the app itself.

    https://developer.spotify.com/documentation/web-api/tutorials/client-credentials-flow
    """
    return oauth_tokens.ask_for_token(
        Provider.SPOTIFY_ACCOUNTS,
        "/api/token",
        grant_type="client_credentials",
        secrets={},
        authorization=oauth_tokens.basic(client_id, client_secret),
    )


def read_grant(response: Response, *, asked_at: datetime) -> TokenGrant:
    """The access token; there is no refresh token."""
    return oauth_tokens.read_grant(response, provider=Provider.SPOTIFY_ACCOUNTS, asked_at=asked_at)


# https://developer.spotify.com/documentation/web-api/concepts/rate-limits
def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means; that there is no such track, or can be none, is an answer too."""
    if response.status in {verdicts.NOT_FOUND, verdicts.BAD_REQUEST}:
        return Verdict(outcome=Outcome.GOOD)
    if response.status == verdicts.OK:
        return verdicts.good_if_an_object(response, _PROVIDER)
    refusal = read_if_possible(_Refusal, response, provider=_PROVIDER)
    reason = None if refusal is None else refusal.error.reason
    if response.status == verdicts.TOO_MANY and reason == "QUOTA_EXCEEDED":
        return Verdict(outcome=Outcome.QUOTA_SPENT, reason="the developer account's quota is spent")
    return verdicts.not_good(response, reason)


# https://developer.spotify.com/documentation/web-api/reference/get-track
def read_track(response: Response) -> Track | None:
    """What the track is; None if there is none of the id that was asked for."""
    if response.status == verdicts.NOT_FOUND:
        return None
    found = read_body(_Track, response, provider=_PROVIDER)
    return Track(
        title=found.name,
        released_on=_released_on(found.album),
        isrc=found.external_ids.isrc or None,
    )


def _released_on(album: _Album) -> date | None:
    if not _FORMS[album.release_date_precision].fullmatch(album.release_date):
        raise BadAnswer(_PROVIDER, "album.release_date is not written as documented")
    if album.release_date_precision != "day" or album.release_date.startswith("0000"):
        return None
    try:
        return date.fromisoformat(album.release_date)
    except ValueError:
        raise BadAnswer(_PROVIDER, "album.release_date is not in the calendar") from None
