"""The platforms' clients over real HTTP: whatever goes wrong, nothing is read that is not so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest
from all_platforms import AllPlatforms
from client_cases import KEY, Accounts
from fake_clock import FakeClock
from fault_scripts import Fault, FaultKind, fault_script, status
from local_server import LocalServer
from youtube_world import UPLOADS

from noktvrn_ai_artist.collectors import soundcloud, spotify_web, tiktok, youtube_data
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.messages import Provider, Request
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.readings import Answer, Trail
from noktvrn_ai_artist.collectors.transport import Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import ProviderError, QuotaSpent
from noktvrn_ai_artist.settings import Settings

SCRIPTS = 60


@dataclass(slots=True)
class Web:
    """The faked platforms, served, and a transport that asks them."""

    server: LocalServer
    world: AllPlatforms
    transport: Transport


@pytest.fixture
def web(database: Database) -> Iterator[Web]:
    clock = FakeClock()
    world = AllPlatforms(clock)
    with (
        LocalServer(world, clock=clock) as server,
        Transport(
            Settings(base_urls=dict.fromkeys(Provider, server.url)),
            quota=QuotaLedger(database),
            answers=KeptAnswers(database),
            clock=clock,
            sleep=clock.sleep,
            rng=Random(1),
        ) as transport,
    ):
        yield Web(server, world, transport)


def counters(web: Web, ids: list[str]) -> Answer:
    start = web.server.clock()
    response = web.transport.send(youtube_data.list_videos(ids, key=KEY), judge=youtube_data.judge)
    return youtube_data.read_counters(response, asked=ids, recorded_at=start)


def test_whatever_goes_wrong_counters_are_right_or_an_error(web: Web) -> None:
    ids = [*list(web.world.youtube.works)[:49], "unknown"]
    outcomes = set()
    for seed in range(SCRIPTS):
        rng = Random(seed)
        # Later than any pause that was asked for, and early in an hour: counters stand still.
        now = web.server.clock()
        web.server.clock.move(timedelta(days=2) - timedelta(minutes=now.minute, seconds=now.second))
        web.server.play(fault_script(rng, length=6, rate=rng.choice([0.3, 0.8])))
        try:
            answer = counters(web, ids)
        except ProviderError as error:
            outcomes.add(type(error).__name__)
            continue
        outcomes.add("answered")
        at = web.server.clock()
        for reading in answer.readings:
            work = web.world.youtube.works[reading.external_id]
            assert reading.metric_value == work.count(reading.metric_type, at)
        assert len(answer.readings) == 48 * 3 - len(answer.hidden)
        assert answer.missing == {"unknown", "video000005"}
    assert {"answered", "ProviderUnavailable", "QuotaSpent", "BadAnswer"} <= outcomes


def test_pages_that_overlap_or_come_late_name_each_upload_once(web: Web) -> None:
    overlap = Fault(kind=FaultKind.OVERLAPPING_PAGE)
    web.server.play([None, status(503), overlap, status(429, "1"), overlap])
    request: Request | None = youtube_data.list_uploads(UPLOADS, key=KEY)
    trail, named = Trail(), []
    while request is not None:
        response = web.transport.send(request, judge=youtube_data.judge)
        page = youtube_data.read_uploads(response, request=request, trail=trail)
        named += [found.external_id for found in page.found]
        request, trail = page.follow_up, page.trail
    assert sorted(named) == sorted(work.external_id for work in web.world.youtube.listed())


def test_a_quota_the_platform_calls_spent_is_not_asked_again_that_day(web: Web) -> None:
    web.world.youtube.units_a_day = 1
    counters(web, ["video000001"])
    for _ in range(3):
        with pytest.raises(QuotaSpent):
            counters(web, ["video000001"])
    assert len(web.server.asked) == 2
    web.server.clock.move(timedelta(days=1))
    assert counters(web, ["video000001"]).readings


def test_the_other_platforms_answer_over_http_too(web: Web) -> None:
    own, send, now = Accounts(web.world), web.transport.send, web.server.clock()
    token = tiktok.read_grant(send(own.tiktok_request(), judge=tiktok.judge_grant), asked_at=now)
    ids = list(web.world.tiktok.works)[:3]
    got = send(tiktok.query_videos(ids, token=token.access_token), judge=tiktok.judge)
    assert tiktok.read_counters(got, asked=ids, recorded_at=now).readings
    page = soundcloud.list_tracks("soundcloud:users:42", token=own.soundcloud())
    first = soundcloud.read_listing(send(page, judge=soundcloud.judge), request=page)
    assert first.follow_up is not None
    got = send(first.follow_up, judge=soundcloud.judge)
    second = soundcloud.read_listing(got, request=first.follow_up, trail=first.trail)
    assert len(first.found) == len(second.found) == 200
    for track, there in (("1".zfill(22), True), ("z" * 22, False)):
        got = send(spotify_web.get_track(track, token=own.spotify()), judge=spotify_web.judge)
        assert (spotify_web.read_track(got) is not None) == there
