"""The TikTok client, against a faked account whose refresh tokens rotate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import tiktok_world
from client_cases import NOW, accounts
from direct_calls import ask
from fault_scripts import Fault, FaultKind
from pydantic import SecretStr

from noktvrn_ai_artist.collectors import tiktok
from noktvrn_ai_artist.collectors.messages import Outcome, Request, Response
from noktvrn_ai_artist.collectors.readings import Found, Trail
from noktvrn_ai_artist.errors import BadAnswer

METRICS = ("views", "likes", "comments", "shares")


def test_every_counter_is_the_platforms_own_and_the_gone_are_missing() -> None:
    own = accounts()
    world, token = own.world.tiktok, own.tiktok()
    read, missing, hidden = {}, set(), set()
    for batch in tiktok.video_batches([*world.works, "404", "no id"]):
        response = ask(own.world, tiktok.query_videos(batch, token=token))
        answer = tiktok.read_counters(response, asked=batch, recorded_at=NOW)
        read |= {
            (each.external_id, each.metric_type): each.metric_value for each in answer.readings
        }
        missing, hidden = missing | answer.missing, hidden | answer.hidden
    truth = {(w.external_id, m): w.count(m, NOW) for w in world.listed() for m in METRICS}
    assert read == {place: count for place, count in truth.items() if count is not None}
    assert hidden == {place for place, count in truth.items() if count is None}
    assert missing == {work.external_id for work in world.works.values() if work.gone} | {"404"}


def walked(fault: Fault | None = None) -> tuple[list[Found], int]:
    """All that a walk over the account names; every page after the first meets the fault."""
    own = accounts()
    request: Request | None = tiktok.list_videos(token=own.tiktok())
    trail, named, calls = Trail(), [], 0
    while request is not None:
        response = ask(own.world, request, fault=fault if calls else None)
        page = tiktok.read_listing(response, request=request, trail=trail)
        named += page.found
        request, trail, calls = page.follow_up, page.trail, calls + 1
    return named, calls


def test_an_account_names_all_its_videos() -> None:
    named, calls = walked()
    works = accounts().world.tiktok.listed()
    assert {(f.external_id, f.published_at) for f in named} == {
        (work.external_id, work.published_at) for work in works
    }
    assert calls == 3


def test_overlapping_pages_name_nothing_twice() -> None:
    assert walked(Fault(kind=FaultKind.OVERLAPPING_PAGE)) == walked()


def test_pages_that_repeat_are_refused() -> None:
    with pytest.raises(BadAnswer, match="circle"):
        walked(Fault(kind=FaultKind.REPEATED_PAGE))


def test_more_to_come_from_nowhere_is_refused() -> None:
    reply = tiktok_world.good({"videos": [], "has_more": True})
    response = Response(status=200, headers={}, body=reply.body)
    with pytest.raises(BadAnswer, match="from where"):
        tiktok.read_listing(response, request=tiktok.list_videos(token=SecretStr("t")))


def test_a_refresh_token_is_good_for_one_exchange() -> None:
    own = accounts()
    request = own.tiktok_request()
    first = tiktok.read_grant(ask(own.world, request), asked_at=NOW)
    assert first.expires_at == NOW + timedelta(hours=2)
    assert first.refresh_token is not None
    assert first.refresh_token.get_secret_value() == own.world.tiktok.alive
    again = ask(own.world, request)
    assert again.status == 200
    verdict = tiktok.judge_grant(again, now=NOW)
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, "invalid_grant (status 200)")
    assert "canary" not in repr(request)


def test_an_exchange_without_the_next_refresh_token_is_refused() -> None:
    body = b'{"access_token": "a", "expires_in": 7200}'
    with pytest.raises(BadAnswer, match="no new refresh token"):
        tiktok.read_grant(Response(status=200, headers={}, body=body), asked_at=NOW)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (429, "rate_limit_exceeded", Outcome.TRY_LATER),
        (200, "rate_limit_exceeded", Outcome.TRY_LATER),
        (500, "internal_error", Outcome.TRY_LATER),
        (401, "access_token_invalid", Outcome.REFUSED),
        (401, "scope_not_authorized", Outcome.REFUSED),
        (400, "invalid_params", Outcome.REFUSED),
        (403, "ok", Outcome.REFUSED),
        (403, "canary! in a code", Outcome.REFUSED),
    ],
)
def test_refusals_are_told_apart_by_their_code(status: int, code: str, outcome: Outcome) -> None:
    response = Response(status=status, headers={}, body=tiktok_world.refusal(status, code).body)
    verdict = tiktok.judge(response, now=NOW)
    assert verdict.outcome is outcome
    assert "canary" not in verdict.reason


def test_an_answer_that_does_not_say_that_all_is_well_is_unreadable() -> None:
    response = Response(status=200, headers={}, body=b'{"data": {"videos": []}}')
    assert tiktok.judge(response, now=NOW).outcome is Outcome.UNREADABLE


def test_times_are_seconds_since_1970() -> None:
    named, _ = walked()
    by_title = {found.title: found.published_at for found in named}
    assert by_title["Work 1"] == datetime(2026, 10, 1, 13, tzinfo=UTC)
