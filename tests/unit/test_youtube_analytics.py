"""The YouTube Analytics client, against its discovery document and faked daily amounts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from client_cases import NOW, Accounts, accounts
from direct_calls import ask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from noktvrn_ai_artist.analytics.growth_curves import DAY
from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.collectors import google_oauth, youtube_analytics
from noktvrn_ai_artist.collectors.due import Watched
from noktvrn_ai_artist.collectors.messages import Outcome, Request, Response
from noktvrn_ai_artist.collectors.readings import Reading
from noktvrn_ai_artist.errors import BadAnswer

PACIFIC = ZoneInfo("America/Los_Angeles")
OWN_NAMES = {"daily_views": "views", "engaged_views": "engagedViews", "shares": "shares"}
Walk = tuple[list[Reading], frozenset[str], int]


def walk(own: Accounts, ids: list[str], *, rows: int, now: datetime = NOW) -> Walk:
    """All pages of a report: what is read, what is missing, and how many pages there were."""
    span = youtube_analytics.last_days(now)
    first = youtube_analytics.query_report(ids, span=span, token=own.google())
    request: Request | None = replace(first, params={**first.params, "maxResults": str(rows)})
    read: list[Reading] = []
    missing, pages = frozenset(ids), 0
    while request is not None:
        response = ask(own.world, request)
        answer = youtube_analytics.read_report(response, request=request, asked=missing, now=now)
        read += answer.readings
        request, missing, pages = answer.follow_up, answer.missing, pages + 1
    return read, missing, pages


def test_every_amount_is_the_platforms_own_at_the_start_of_its_day() -> None:
    own = accounts()
    ids = list(own.world.youtube.works)[:30]
    read, missing, _ = walk(own, ids, rows=2000)
    assert missing == {each for each in ids if own.world.youtube.works[each].gone}
    assert {reading.metric_type for reading in read} <= set(KNOWN.platform("YouTube").metrics)
    seen = {(r.external_id, r.metric_type, r.recorded_at): r.metric_value for r in read}
    assert len(seen) == len(read) == 29 * 6 * 10  # the last of the seven days is not complete yet
    for (video, metric, start), value in seen.items():
        local = start.astimezone(PACIFIC)
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
        if metric in OWN_NAMES:
            assert value == own.world.analytics.amount(video, local.date(), OWN_NAMES[metric])
        if metric == "watch_time":
            minutes = own.world.analytics.amount(video, local.date(), "estimatedMinutesWatched")
            assert minutes is not None
            assert value == 60 * minutes


def test_pages_add_up_to_the_whole() -> None:
    own = accounts()
    ids = list(own.world.youtube.works)[:10]
    whole, missing, pages = walk(own, ids, rows=2000)
    assert pages == 1
    for rows in (1, 7, 10, 54, 60, 70):
        read, still_missing, pages = walk(own, ids, rows=rows)
        assert (sorted(read), still_missing) == (sorted(whole), missing)
        assert pages <= 54 // rows + 1


@given(st.timedeltas(timedelta(0), timedelta(days=730)))
def test_the_window_is_the_seven_days_before_today_in_pacific_time(later: timedelta) -> None:
    now = NOW + later
    span = youtube_analytics.last_days(now)
    assert span.days == 7
    assert span.last == now.astimezone(PACIFIC).date() - DAY


moments = st.timedeltas(timedelta(days=-400), timedelta(0)).map(lambda ago: NOW + ago)
videos = st.builds(
    Watched,
    release_id=st.just(1),
    external_id=st.integers(0, 2000).map(str),
    published_at=st.none() | moments,
    asked_at=st.none() | moments,
)


def pacific(moment: datetime) -> date:
    return moment.astimezone(PACIFIC).date()


@given(st.lists(videos, min_size=1, max_size=20))
def test_no_day_since_it_was_last_asked_for_is_left_out_and_none_is_over_90_days_old(
    watched: list[Watched],
) -> None:
    span = youtube_analytics.days_of(watched, at=NOW)
    usual = youtube_analytics.last_days(NOW)
    assert span.last == usual.last
    assert 7 <= span.days <= 90
    for video in watched:
        # The days that were young when it was asked for have been revised since.
        known = video.asked_at or video.published_at
        back = 6 * DAY if video.asked_at else timedelta(0)
        first = usual.first if known is None else pacific(known) - back
        assert span.first <= max(first, span.last - 89 * DAY)
    oldest = min((one.asked_at or one.published_at or NOW - 400 * DAY) for one in watched)
    assert span.first >= min(usual.first, pacific(oldest) - 6 * DAY)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=25)), max_size=20))
def test_whoever_asks_daily_asks_for_seven_or_eight_days(ago: list[timedelta]) -> None:
    watched = [Watched(release_id=1, external_id="a", asked_at=NOW - each) for each in ago]
    assert youtube_analytics.days_of(watched, at=NOW).days in {7, 8}


@given(st.lists(videos, max_size=60, unique_by=lambda one: one.external_id), st.integers(1, 40))
def test_batches_hold_every_video_once_and_no_more_rows_than_are_read_at_once(
    watched: list[Watched], copies: int
) -> None:
    many = [
        replace(video, external_id=f"{video.external_id}-{copy}")
        for video in watched
        for copy in range(copies)
    ]
    batches = youtube_analytics.video_batches(many, at=NOW)
    ids = [video.external_id for batch in batches for video in batch]
    assert sorted(ids) == sorted(video.external_id for video in many)
    for batch in batches:
        assert len(batch) <= youtube_analytics.MOST_IDS
        days = youtube_analytics.days_of(batch, at=NOW).days
        assert len(batch) * days <= youtube_analytics.MOST_ROWS_TOGETHER
    assert youtube_analytics.video_batches([Watched(release_id=1, external_id="a,b")], at=NOW) == []


def test_young_days_are_provisional_and_revised() -> None:
    own = accounts()
    read, _, _ = walk(own, ["video000001"], rows=2000)
    days = {r.recorded_at.astimezone(PACIFIC).date(): r.provisional for r in read}
    assert days == {date(2026, 11, day): day >= 17 for day in range(13, 19)}
    later = NOW + timedelta(days=3)
    own.world.clock.move(timedelta(days=3))
    revised = {
        (r.recorded_at, r.metric_type): r
        for r in walk(own, ["video000001"], rows=2000, now=later)[0]
    }
    before = {(r.recorded_at, r.metric_type): r for r in read if r.provisional}
    assert all(
        revised[place].metric_value >= reading.metric_value for place, reading in before.items()
    )
    assert any(
        revised[place].metric_value > reading.metric_value for place, reading in before.items()
    )


def test_a_day_of_the_clocks_change_starts_at_its_own_midnight() -> None:
    now = datetime(2026, 11, 6, 12, tzinfo=UTC)
    read, _, _ = walk(accounts(now), ["video000001"], rows=2000, now=now)
    starts = sorted({reading.recorded_at for reading in read})
    assert [start.hour for start in starts] == [7, 7, 7, 8, 8, 8]


def test_every_metric_of_a_report_is_in_the_catalogue_by_day() -> None:
    read, _, _ = walk(accounts(), ["video000001"], rows=2000)
    kinds = {KNOWN.metric("YouTube", r.metric_type).kind for r in read}
    assert kinds == {MetricKind.DAILY, MetricKind.RATIO}


def report(content: object) -> Response:
    return Response(status=200, headers={}, body=json.dumps(content).encode())


def test_no_rows_are_no_data() -> None:
    own = accounts()
    span = youtube_analytics.last_days(NOW)
    request = youtube_analytics.query_report(["a"], span=span, token=own.google())
    response = ask(own.world, request)
    assert "rows" not in json.loads(response.body)
    answer = youtube_analytics.read_report(response, request=request, asked=["a"], now=NOW)
    assert (answer.readings, answer.missing) == ((), {"a"})


def test_rows_of_deleted_videos_have_no_id_and_tell_nothing() -> None:
    own = accounts()
    span = youtube_analytics.last_days(NOW)
    request = youtube_analytics.query_report(["video000001"], span=span, token=own.google())
    content = json.loads(ask(own.world, request).body)
    column = [header["name"] for header in content["columnHeaders"]].index("video")
    for row in content["rows"]:
        row[column] = ""
    answer = youtube_analytics.read_report(
        report(content), request=request, asked=["video000001"], now=NOW
    )
    assert (answer.readings, answer.missing) == ((), {"video000001"})


def test_a_day_that_was_not_asked_for_is_refused() -> None:
    own = accounts()
    span = youtube_analytics.last_days(NOW)
    request = youtube_analytics.query_report(["video000001"], span=span, token=own.google())
    content = json.loads(ask(own.world, request).body)
    column = [header["name"] for header in content["columnHeaders"]].index("day")
    for wrong in ("2026-11-12", "2026-11-20", "20261118", "2026-11-31", "2026-W47-3", ""):
        changed = json.loads(json.dumps(content))
        changed["rows"][0][column] = wrong
        with pytest.raises(BadAnswer, match="day"):
            youtube_analytics.read_report(
                report(changed), request=request, asked=["video000001"], now=NOW
            )


def test_more_rows_than_there_can_be_are_refused() -> None:
    own = accounts()
    span = youtube_analytics.last_days(NOW)
    first = youtube_analytics.query_report(["video000001"], span=span, token=own.google())
    request = replace(first, params={**first.params, "maxResults": "6", "startIndex": "7"})
    response = ask(own.world, replace(first, params={**first.params, "maxResults": "6"}))
    with pytest.raises(BadAnswer, match="more rows"):
        youtube_analytics.read_report(response, request=request, asked=[], now=NOW)


def test_a_table_in_error_is_no_empty_table() -> None:
    passing = {"errors": {"code": "SERVICE_UNAVAILABLE"}}
    lasting = {"errors": {"code": "FORBIDDEN", "error": [{"code": "insufficientPermissions"}]}}
    assert youtube_analytics.judge(report(passing), now=NOW).outcome is Outcome.TRY_LATER
    verdict = youtube_analytics.judge(report(lasting), now=NOW)
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, "insufficientPermissions")


def test_googles_tokens_last_as_long_as_it_says() -> None:
    own = accounts()
    grant = google_oauth.read_grant(ask(own.world, own.google_request()), asked_at=NOW)
    assert grant.expires_at == NOW + timedelta(seconds=3599)
    assert grant.refresh_token is None
    revoked = google_oauth.refresh_token(
        SecretStr("revoked"),
        client_id=SecretStr("canary-client-77"),
        client_secret=SecretStr("canary-secret-77"),
    )
    verdict = google_oauth.judge_grant(ask(own.world, revoked), now=NOW)
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, "invalid_grant (status 400)")
    assert "canary" not in repr(revoked)
    stale = youtube_analytics.query_report(
        ["a"], span=youtube_analytics.last_days(NOW), token=SecretStr("old")
    )
    assert youtube_analytics.judge(ask(own.world, stale), now=NOW).outcome is Outcome.REFUSED
