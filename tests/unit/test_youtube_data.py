"""The YouTube Data client, against its discovery document and a faked channel."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from client_cases import KEY, NOW, accounts
from direct_calls import ask
from fault_scripts import Fault, FaultKind
from google_specification import check_answer
from jsonschema import ValidationError
from local_server import AgainstSpecification
from pydantic import SecretStr
from youtube_world import CHANNEL, HANDLE, UPLOADS, refusal

from noktvrn_ai_artist.collectors import youtube_data
from noktvrn_ai_artist.collectors.messages import Outcome, Request, Response
from noktvrn_ai_artist.collectors.readings import Found, Trail
from noktvrn_ai_artist.errors import BadAnswer


def test_every_counter_is_the_platforms_own_and_the_gone_are_missing() -> None:
    world = accounts().world
    read, missing, hidden = {}, set(), set()
    for batch in youtube_data.video_batches([*world.youtube.works, "unknown", "not,an,id"]):
        response = ask(world, youtube_data.list_videos(batch, key=KEY))
        answer = youtube_data.read_counters(response, asked=batch, recorded_at=NOW)
        read |= {
            (each.external_id, each.metric_type): each.metric_value for each in answer.readings
        }
        missing, hidden = missing | answer.missing, hidden | answer.hidden
        assert {each.recorded_at for each in answer.readings} == {NOW}
    shown = world.youtube.listed()
    truth = {
        (w.external_id, m): w.count(m, NOW) for w in shown for m in ("views", "likes", "comments")
    }
    assert read == {place: count for place, count in truth.items() if count is not None}
    assert hidden == {place for place, count in truth.items() if count is None}
    assert missing == {w.external_id for w in world.youtube.works.values() if w.gone} | {"unknown"}
    assert world.youtube.units.total() == 3


def walked(fault: Fault | None = None) -> tuple[list[Found], int]:
    """All that a walk over the uploads names; every page after the first meets the fault."""
    world = accounts().world
    request: Request | None = youtube_data.list_uploads(UPLOADS, key=KEY)
    trail, named, calls = Trail(), [], 0
    while request is not None:
        response = ask(world, request, fault=fault if calls else None)
        page = youtube_data.read_uploads(response, request=request, trail=trail)
        named += page.found
        request, trail, calls = page.follow_up, page.trail, calls + 1
    return named, calls


def test_a_channel_leads_to_all_it_uploaded() -> None:
    world = accounts().world
    for name in (CHANNEL, HANDLE):
        channel = youtube_data.read_channel(ask(world, youtube_data.find_channel(name, key=KEY)))
        assert channel is not None
        assert (channel.title, channel.uploads) == ("A faked channel", UPLOADS)
    nobody = ask(world, youtube_data.find_channel("@nobody", key=KEY))
    assert youtube_data.read_channel(nobody) is None
    named, calls = walked()
    assert {found.external_id for found in named} == {w.external_id for w in world.youtube.listed()}
    assert calls == 3


def test_overlapping_pages_name_nothing_twice() -> None:
    assert walked(Fault(kind=FaultKind.OVERLAPPING_PAGE)) == walked()


def test_pages_that_repeat_are_refused() -> None:
    with pytest.raises(BadAnswer, match="circle"):
        walked(Fault(kind=FaultKind.REPEATED_PAGE))


def test_an_answer_about_something_else_is_refused() -> None:
    response = ask(accounts().world, youtube_data.list_videos(["video000001"], key=KEY))
    with pytest.raises(BadAnswer, match="not asked for"):
        youtube_data.read_counters(response, asked=["video000002"], recorded_at=NOW)


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        (403, "quotaExceeded", Outcome.QUOTA_SPENT),
        (403, "dailyLimitExceeded", Outcome.QUOTA_SPENT),
        (403, "rateLimitExceeded", Outcome.TRY_LATER),
        (403, "userRateLimitExceeded", Outcome.TRY_LATER),
        (429, "unknown", Outcome.TRY_LATER),
        (503, "backendError", Outcome.TRY_LATER),
        (400, "keyInvalid", Outcome.REFUSED),
        (403, "accessNotConfigured", Outcome.REFUSED),
        (404, "playlistNotFound", Outcome.REFUSED),
    ],
)
def test_refusals_are_told_apart_by_their_reason(
    status: int, reason: str, outcome: Outcome
) -> None:
    body = refusal(status, reason).body
    verdict = youtube_data.judge(Response(status=status, headers={}, body=body), now=NOW)
    assert verdict.outcome is outcome
    assert "canary" not in verdict.reason
    assert verdict.until is None or outcome is Outcome.QUOTA_SPENT


def test_a_spent_quota_is_there_again_at_midnight_pacific_time() -> None:
    body = refusal(403, "quotaExceeded").body
    response = Response(status=403, headers={}, body=body)
    assert youtube_data.judge(response, now=NOW).until == datetime(2026, 11, 21, 8, tzinfo=UTC)
    summer = datetime(2026, 7, 1, 6, 59, tzinfo=UTC)
    assert youtube_data.judge(response, now=summer).until == summer + timedelta(minutes=1)


def test_a_reason_that_is_no_code_is_not_repeated() -> None:
    body = refusal(403, "see https://x/?key=canary").body
    verdict = youtube_data.judge(Response(status=403, headers={}, body=body), now=NOW)
    assert verdict.outcome is Outcome.REFUSED
    assert "canary" not in verdict.reason


def test_a_wrong_key_is_refused_and_no_request_shows_it() -> None:
    request = youtube_data.list_videos(["a"], key=SecretStr("canary-wrong"))
    verdict = youtube_data.judge(ask(accounts().world, request), now=NOW)
    assert verdict.outcome is Outcome.REFUSED
    assert "canary" not in repr(request)


def test_the_specification_notices_what_it_does_not_know() -> None:
    world = accounts().world
    for params in (
        {"id": "a"},
        {"part": "id", "id": "a", "ids": "b"},
        {"part": "id", "maxResults": "51"},
    ):
        request = Request(
            provider=youtube_data.list_videos([], key=KEY).provider,
            method="GET",
            path="/youtube/v3/videos",
            params=params,
        )
        with pytest.raises(AgainstSpecification):
            ask(world, request)
    for content in (
        {"items": [{"id": 5}]},
        {"items": [{"statistics": {"viewCount": 5}}]},
        {"item": []},
    ):
        with pytest.raises(ValidationError):
            check_answer(content, name="youtube.v3", schema="VideoListResponse")


def test_counters_that_are_not_there_are_hidden() -> None:
    body = json.dumps({"items": [{"id": "a"}, {"id": "b", "statistics": {"viewCount": "0"}}]})
    response = Response(status=200, headers={}, body=body.encode())
    answer = youtube_data.read_counters(response, asked=["a", "b"], recorded_at=NOW)
    assert [(r.external_id, r.metric_type, r.metric_value) for r in answer.readings] == [
        ("b", "views", 0)
    ]
    assert len(answer.hidden) == 5
