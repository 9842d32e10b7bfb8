"""The SoundCloud client, against a faked user; its pages are followed at home only."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import soundcloud_world
from client_cases import NOW, accounts
from direct_calls import ask
from fault_scripts import Fault, FaultKind
from pydantic import SecretStr

from noktvrn_ai_artist.collectors import soundcloud
from noktvrn_ai_artist.collectors.messages import Outcome, Request, Response
from noktvrn_ai_artist.collectors.readings import Found, Trail
from noktvrn_ai_artist.errors import BadAnswer

METRICS = ("plays", "likes", "reposts", "comments", "downloads")
LISTING = soundcloud.list_tracks("soundcloud:users:42", token=SecretStr("t"))


def test_every_counter_is_the_platforms_own_and_the_gone_are_missing() -> None:
    own = accounts()
    world, token = own.world.soundcloud, own.soundcloud()
    read, missing, hidden = {}, set(), set()
    for batch in soundcloud.track_batches([*world.works, "404", "soundcloud:users:3"]):
        response = ask(own.world, soundcloud.query_tracks(batch, token=token))
        answer = soundcloud.read_counters(response, asked=batch, recorded_at=NOW)
        read |= {
            (each.external_id, each.metric_type): each.metric_value for each in answer.readings
        }
        missing, hidden = missing | answer.missing, hidden | answer.hidden
    truth = {(w.external_id, m): w.count(m, NOW) for w in world.listed() for m in METRICS}
    assert read == {place: count for place, count in truth.items() if count is not None}
    assert hidden == {place for place, count in truth.items() if count is None}
    assert missing == {work.external_id for work in world.works.values() if work.gone} | {"404"}


def test_a_track_is_told_under_the_id_it_was_asked_for_with() -> None:
    own = accounts()
    ids = ["900001", "soundcloud:tracks:900002"]
    response = ask(own.world, soundcloud.query_tracks(ids, token=own.soundcloud()))
    answer = soundcloud.read_counters(response, asked=ids, recorded_at=NOW)
    assert {reading.external_id for reading in answer.readings} == set(ids)


def test_a_track_told_by_number_and_by_urn_is_asked_for_once_and_told_under_both() -> None:
    ids = ["17", *(str(number) for number in range(100, 160)), "soundcloud:tracks:17"]
    first, second = soundcloud.track_batches(ids)
    assert sorted([*first, *second]) == sorted(ids)
    assert first[:2] == ("17", "soundcloud:tracks:17")
    request = soundcloud.query_tracks(first, token=SecretStr("t"))
    urns = request.params["urns"].split(",")
    assert len(urns) == len(set(urns)) == soundcloud.MOST_IDS
    told = answer(collection=[{"urn": "soundcloud:tracks:17", "playback_count": 5}])
    both = soundcloud.read_counters(told, asked=first[:2], recorded_at=NOW)
    assert {(each.external_id, each.metric_value) for each in both.readings} == {
        ("17", 5.0),
        ("soundcloud:tracks:17", 5.0),
    }
    none = soundcloud.read_counters(answer(collection=[]), asked=first[:2], recorded_at=NOW)
    assert none.missing == {"17", "soundcloud:tracks:17"}


def walked(fault: Fault | None = None) -> tuple[list[Found], int]:
    """All that a walk over the user names; every page after the first meets the fault."""
    own = accounts()
    request: Request | None = soundcloud.list_tracks("soundcloud:users:42", token=own.soundcloud())
    trail, named, calls = Trail(), [], 0
    while request is not None:
        response = ask(own.world, request, fault=fault if calls else None)
        page = soundcloud.read_listing(response, request=request, trail=trail)
        named += page.found
        request, trail, calls = page.follow_up, page.trail, calls + 1
    return named, calls


def test_a_user_names_all_tracks_with_their_times() -> None:
    named, calls = walked()
    works = accounts().world.soundcloud.listed()
    assert {(f.external_id, f.published_at) for f in named} == {
        (work.external_id, work.published_at) for work in works
    }
    assert calls == 3


def test_overlapping_pages_name_nothing_twice() -> None:
    assert walked(Fault(kind=FaultKind.OVERLAPPING_PAGE)) == walked()


def test_pages_that_repeat_are_refused() -> None:
    with pytest.raises(BadAnswer, match="circle"):
        walked(Fault(kind=FaultKind.REPEATED_PAGE))


def answer(**content: object) -> Response:
    return Response(status=200, headers={}, body=json.dumps(content).encode())


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/users/soundcloud:users:42/tracks?cursor=1",
        "http://api.soundcloud.com/users/soundcloud:users:42/tracks?cursor=1",
        "https://api.soundcloud.com:444/users/soundcloud:users:42/tracks?cursor=1",
        "https://api.soundcloud.com@evil.example/users/soundcloud:users:42/tracks?cursor=1",
        "https://api.soundcloud.com.evil.example/users/soundcloud:users:42/tracks?cursor=1",
        "//evil.example/users/soundcloud:users:42/tracks",
        "https://[",
    ],
)
def test_a_next_page_elsewhere_is_refused(href: str) -> None:
    with pytest.raises(BadAnswer, match="elsewhere"):
        soundcloud.read_listing(answer(collection=[], next_href=href), request=LISTING)


@pytest.mark.parametrize(
    "time", ["2026-10-01T13:00:00Z", "2026/10/01", "2026/13/01 13:00:00 +0000"]
)
def test_a_time_in_another_format_is_refused(time: str) -> None:
    track = {"urn": "soundcloud:tracks:1", "title": "t", "created_at": time}
    with pytest.raises(BadAnswer, match="created_at"):
        soundcloud.read_listing(answer(collection=[track]), request=LISTING)


def test_a_limit_that_names_its_end_is_spent_until_then() -> None:
    reply = soundcloud_world.too_many("2026/11/20 13:30:00 +0000")
    verdict = soundcloud.judge(Response(status=429, headers={}, body=reply.body), now=NOW)
    assert verdict.outcome is Outcome.QUOTA_SPENT
    assert verdict.until == datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
    for body in (soundcloud_world.too_many("2026/11/20 11:00:00 +0000").body, b"", b"<html>"):
        again = soundcloud.judge(Response(status=429, headers={}, body=body), now=NOW)
        assert again.outcome is Outcome.TRY_LATER


def test_a_dead_token_is_refused_and_nothing_shows_it() -> None:
    request = soundcloud.query_tracks(["1"], token=SecretStr("canary-dead"))
    verdict = soundcloud.judge(ask(accounts().world, request), now=NOW)
    assert verdict.outcome is Outcome.REFUSED
    assert "canary" not in f"{request!r} {verdict.reason}"
