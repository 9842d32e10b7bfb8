"""The Spotify Web client, against development mode: what a track is, and nothing of its numbers."""

from __future__ import annotations

import json
from datetime import date

import pytest
import spotify_world
from client_cases import NOW, accounts
from direct_calls import ask
from pydantic import SecretStr

from noktvrn_ai_artist.collectors import spotify_web
from noktvrn_ai_artist.collectors.messages import Outcome, Response
from noktvrn_ai_artist.collectors.spotify_web import Track
from noktvrn_ai_artist.errors import BadAnswer

TRACK_ID = "1".zfill(22)


def response(content: object, status: int = 200) -> Response:
    return Response(status=status, headers={}, body=json.dumps(content).encode())


def test_a_track_is_its_title_day_and_isrc() -> None:
    own = accounts()
    got = ask(own.world, spotify_web.get_track(TRACK_ID, token=own.spotify()))
    assert spotify_web.read_track(got) == Track(
        title="Work 1",
        released_on=date(2026, 10, 1),
        isrc="QZES72600001",
    )


def test_a_track_that_is_not_there_is_an_answer() -> None:
    own = accounts()
    got = ask(own.world, spotify_web.get_track("z" * 22, token=own.spotify()))
    assert spotify_web.judge(got, now=NOW).outcome is Outcome.GOOD
    assert spotify_web.read_track(got) is None


@pytest.mark.parametrize("wrong", ["../../evil?x=1", "", "1" * 21, "1" * 23, "1" * 22 + "\n"])
def test_what_cannot_be_an_id_is_told_apart(wrong: str) -> None:
    assert spotify_web.TRACK_ID.fullmatch(TRACK_ID)
    assert not spotify_web.TRACK_ID.fullmatch(wrong)


@pytest.mark.parametrize(
    ("written", "precision", "day"),
    [("2026", "year", None), ("2026-10", "month", None), ("2026-10-02", "day", date(2026, 10, 2))],
)
def test_only_a_whole_day_is_a_day(written: str, precision: str, day: date | None) -> None:
    own = accounts()
    content = spotify_world.track(own.world.spotify.works[TRACK_ID])
    album = {"release_date": written, "release_date_precision": precision}
    track = spotify_web.read_track(response({**content, "album": album}))
    assert track is not None
    assert track.released_on == day
    for wrong in (f"{written}-1", "", "2026-13-01", "2026-02-30"):
        with pytest.raises(BadAnswer, match="release_date"):
            spotify_web.read_track(response({**content, "album": {**album, "release_date": wrong}}))


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        (429, "QUOTA_EXCEEDED", Outcome.QUOTA_SPENT),
        (429, None, Outcome.TRY_LATER),
        (502, None, Outcome.TRY_LATER),
        (401, None, Outcome.REFUSED),
        (403, None, Outcome.REFUSED),
    ],
)
def test_refusals_are_told_apart(status: int, reason: str | None, outcome: Outcome) -> None:
    reply = spotify_world.refusal(status, reason)
    verdict = spotify_web.judge(Response(status=status, headers={}, body=reply.body), now=NOW)
    assert verdict.outcome is outcome
    assert "canary" not in verdict.reason


def test_a_wrong_secret_is_refused_and_nothing_shows_it() -> None:
    request = spotify_web.ask_for_token(
        client_id=SecretStr("canary-id"), client_secret=SecretStr("canary-secret")
    )
    verdict = spotify_web.judge_grant(ask(accounts().world, request), now=NOW)
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, "invalid_client (status 400)")
    assert "canary" not in repr(request)


@pytest.mark.parametrize(
    "grant",
    [
        {"access_token": "", "expires_in": 3600},
        {"access_token": "a\nb", "expires_in": 3600},
        {"access_token": "a", "expires_in": 0},
        {"access_token": "a", "expires_in": 10**12},
        {"access_token": "a", "expires_in": "3600"},
        {"access_token": "a"},
        {},
    ],
)
def test_a_grant_that_cannot_be_used_is_refused(grant: dict[str, object]) -> None:
    with pytest.raises(BadAnswer):
        spotify_web.read_grant(response(grant), asked_at=NOW)
