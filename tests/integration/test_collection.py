"""Collection over the faked platforms: what is due, what is stored, and how each run ends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from all_platforms import AllPlatforms
from collected_world import Collected, aged, collecting_from
from fake_clock import START, FakeClock
from faked_works import Work
from fault_scripts import Fault, FaultKind, status
from local_server import LocalServer
from pydantic import SecretStr

from noktvrn_ai_artist.analytics.observation_batches import undo_batch
from noktvrn_ai_artist.analytics.release_registry import (
    list_releases,
    set_release_status,
)
from noktvrn_ai_artist.collectors.due import DAY, HOUR, SLACK, WEEK
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.run_ledger import (
    Run,
    RunLedger,
    collecting_alone,
    last_runs,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    AccessRefused,
    BadAnswer,
    CollectionUnderWay,
    NotConfigured,
    ProviderUnavailable,
)
from noktvrn_ai_artist.records import ReleaseStatus
from noktvrn_ai_artist.settings import Settings

YOUTUBE, ANALYTICS = FeedName.YOUTUBE, FeedName.YOUTUBE_ANALYTICS
# Counters of the faked works move on the hour.
BEGIN = START + timedelta(minutes=10)
COUNTING = [YOUTUBE, FeedName.TIKTOK, FeedName.SOUNDCLOUD]


@pytest.fixture
def collected(database: Database, tmp_path: Path) -> Iterator[Collected]:
    clock = FakeClock(BEGIN)
    with collecting_from(clock, database=database, folder=tmp_path) as found:
        yield found


def collect(collected: Collected, name: FeedName = YOUTUBE) -> Run:
    run = collected.service().collect(name)
    assert run is not None
    return run


@pytest.mark.parametrize("name", COUNTING)
def test_every_counter_is_stored_as_it_was_at_the_start_of_the_run(
    collected: Collected, name: FeedName
) -> None:
    collected.register(name)
    run = collect(collected, name)
    rows = collected.stored(name)
    assert set(rows) == collected.expected(name, collected.works(name), BEGIN)
    assert len(rows) == len(set(rows)) == run.stored
    gone = sum(work.gone for work in collected.works(name).values())
    assert (run.outcome, run.started_at, run.missing) == ("done", BEGIN, gone)
    assert run.due == run.asked == len(collected.works(name))
    hiding = [work for work in collected.works(name).values() if work.hidden and not work.gone]
    assert run.hidden == len(hiding)
    # SoundCloud counts its tokens elsewhere.
    assert run.units == sum(asked.path != "/oauth/token" for asked in collected.server.asked)


def test_a_second_run_at_once_finds_nothing_due(collected: Collected) -> None:
    collected.register(YOUTUBE)
    collect(collected)
    calls = len(collected.server.asked)
    assert collected.service().collect(YOUTUBE) is None
    assert len(collected.server.asked) == calls
    assert len(last_runs(collected.database)) == 1


def hourly_for_a_day(collected: Collected, videos: int) -> None:
    collected.put(aged(videos, timedelta(0)))
    for hour in range(24):
        # By the clock, but never on the second; from Pacific midnight on.
        jitter = timedelta(seconds=Random(hour).uniform(60, 120))
        collected.clock.move(START + (20 + hour) * HOUR + jitter - collected.clock())
        assert collect(collected).asked == videos
    assert sum(run.units for run in last_runs(collected.database)) == videos // 50 * 24
    assert len(collected.stored(YOUTUBE)) == 24 * 3 * videos


def test_a_hundred_videos_hourly_cost_48_units_a_day(collected: Collected) -> None:
    hourly_for_a_day(collected, 100)
    assert list(collected.platforms.youtube.units.values()) == [48]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_thousand_videos_hourly_cost_480_units_a_day_by_the_servers_own_count(
    collected: Collected,
) -> None:
    hourly_for_a_day(collected, 1000)
    assert list(collected.platforms.youtube.units.values()) == [480]


def test_within_the_quota_the_youngest_come_first(collected: Collected) -> None:
    old, young = aged(100, 3 * DAY, form="old{:04d}"), aged(100, DAY, form="young{:04d}")
    collected.put([*old, *young])
    collected.settings = collected.settings.model_copy(update={"quotas": {Provider.YOUTUBE: 3}})
    run = collect(collected)
    assert (run.outcome, run.due, run.asked, run.units) == ("quota spent", 200, 150, 3)
    assert run.reason is not None
    read = {row[0] for row in collected.stored(YOUTUBE)}
    assert {work.external_id for work in young} < read
    assert len(read) == 150
    collected.settings = collected.settings.model_copy(update={"quotas": {}})
    collected.clock.move(HOUR)
    collect(collected)
    assert {row[0] for row in collected.stored(YOUTUBE)} == read | {w.external_id for w in old}


def test_the_platforms_own_word_that_its_quota_is_spent_ends_the_run(collected: Collected) -> None:
    collected.register(YOUTUBE)
    collected.platforms.youtube.units_a_day = 1
    run = collect(collected)
    assert (run.outcome, run.asked, run.due) == ("quota spent", 50, 120)
    calls = len(collected.server.asked)
    assert collect(collected).outcome == "quota spent"
    assert len(collected.server.asked) == calls  # nothing is asked before its time


def test_what_is_missing_three_times_in_a_row_is_asked_for_weekly(collected: Collected) -> None:
    work = aged(1, 20 * DAY)[0]
    collected.put([replace(work, gone=True)])
    for misses in (1, 2, 3):
        assert collect(collected).missing == 1
        assert RunLedger(collected.database, FEEDS[YOUTUBE]).absences()[0].misses == misses
        collected.clock.move(DAY)
    assert collected.service().collect(YOUTUBE) is None
    collected.clock.move(WEEK)
    collected.platforms.youtube.works[work.external_id] = work
    assert collect(collected).missing == 0
    assert RunLedger(collected.database, FEEDS[YOUTUBE]).absences() == []


def test_one_bad_release_does_not_stop_the_rest(collected: Collected) -> None:
    bad = [
        Work(external_id="not an id!", title="No id"),
        Work(external_id="hiding", title="Hides", hidden=frozenset({"likes", "comments"})),
        Work(external_id="private", title="Private", gone=True),
    ]
    collected.put([*bad, *aged(2, DAY)])
    withdrawn = next(r for r in list_releases(collected.database) if "Aged 1" in r.title)
    set_release_status(collected.database, withdrawn.release_id, ReleaseStatus.WITHDRAWN)
    run = collect(collected)
    assert (run.due, run.asked, run.missing, run.hidden, run.refused) == (4, 3, 1, 2, 1)
    assert {row[0] for row in collected.stored(YOUTUBE)} == {"hiding", "aged0000"}
    assert run.outcome == "done"


def test_an_answer_that_cannot_be_read_fails_the_run_but_not_the_other_calls(
    collected: Collected,
) -> None:
    collected.register(YOUTUBE)
    collected.server.play([Fault(kind=FaultKind.CUT_JSON)])
    with pytest.raises(BadAnswer):
        collected.service().collect(YOUTUBE)
    failed = last_runs(collected.database)[0]
    assert (failed.outcome, failed.asked, failed.due) == ("failed", 70, 120)
    assert "1 answer could not be read" in (failed.reason or "")
    again = collect(collected)
    assert (again.due, again.asked, again.outcome) == (50, 50, "done")


@pytest.mark.parametrize(
    ("script", "error"),
    [([None, status(403)], AccessRefused), ([None, *[status(503)] * 5], ProviderUnavailable)],
)
def test_giving_up_is_an_error_and_what_was_told_before_is_kept(
    collected: Collected, script: list[Fault | None], error: type[Exception]
) -> None:
    collected.register(YOUTUBE)
    collected.server.play(script)
    with pytest.raises(error) as raised:
        collected.service().collect(YOUTUBE)
    failed = last_runs(collected.database)[0]
    assert (failed.outcome, failed.asked) == ("failed", 50)
    assert failed.reason == str(raised.value)
    assert failed.units == len(collected.server.asked)


def test_a_run_that_failed_is_told_and_what_it_stored_is_in_the_latest_values(
    collected: Collected,
) -> None:
    collected.register(YOUTUBE)
    collected.server.play([None, status(403)])
    ended = collected.service().attempt(YOUTUBE)
    assert isinstance(ended.error, AccessRefused)
    assert ended.run == last_runs(collected.database)[0]
    with collected.database.transaction() as connection:
        assert connection.execute("select from changed_curves").rowcount == 0


def test_a_token_that_is_refused_before_its_time_is_exchanged_once(collected: Collected) -> None:
    collected.register(FeedName.SOUNDCLOUD)
    world = collected.platforms.soundcloud
    collect(collected, FeedName.SOUNDCLOUD)
    collected.clock.move(timedelta(minutes=10))
    world.granted[-1] = "revoked"
    for _ in range(3):
        # It is too young for another one: whoever refuses it may refuse the next one too.
        forget_marks(collected)
        with pytest.raises(AccessRefused):
            collected.service().collect(FeedName.SOUNDCLOUD)
    assert len(world.granted) == 1
    collected.clock.move(timedelta(minutes=20))
    assert collect(collected, FeedName.SOUNDCLOUD).outcome == "done"
    assert len(world.granted) == 2


def test_a_new_token_that_is_refused_too_ends_the_run(collected: Collected) -> None:
    collected.register(FeedName.TIKTOK)
    collect(collected, FeedName.TIKTOK)
    collected.clock.move(HOUR)
    forget_marks(collected)
    collected.server.play([status(401), None, status(401)])
    before = len(collected.server.asked)
    with pytest.raises(AccessRefused, match="401"):
        collected.service().collect(FeedName.TIKTOK)
    paths = [asked.path for asked in collected.server.asked[before:]]
    assert paths == ["/v2/video/query/", "/v2/oauth/token/", "/v2/video/query/"]


def test_a_token_is_sent_to_the_place_and_for_the_app_that_it_was_granted_for(
    collected: Collected,
) -> None:
    collected.register(FeedName.TIKTOK)
    collect(collected, FeedName.TIKTOK)
    home, urls = collected.server, dict(collected.settings.base_urls)
    with LocalServer(AllPlatforms(collected.clock), clock=collected.clock) as other:
        elsewhere = {**urls, Provider.TIKTOK: other.url}
        collected.settings = collected.settings.model_copy(update={"base_urls": elsewhere})
        forget_marks(collected)
        collect(collected, FeedName.TIKTOK)
        assert other.asked[0].path == "/v2/oauth/token/"
    # What was granted there has not cost the refresh token that is good here.
    collected.settings = collected.settings.model_copy(update={"base_urls": urls})
    collected.clock.move(2 * DAY)
    assert collect(collected, FeedName.TIKTOK).outcome == "done"
    calls = len(home.asked)
    other_app = {"tiktok_client_key": SecretStr("canary-another-app")}
    collected.settings = collected.settings.model_copy(update=other_app)
    forget_marks(collected)
    with pytest.raises(AccessRefused, match="linked again"):
        collected.service().collect(FeedName.TIKTOK)
    assert [asked.path for asked in home.asked[calls:]] == ["/v2/oauth/token/"]


def forget_marks(collected: Collected) -> None:
    """So that everything is due again."""
    with collected.database.transaction() as connection:
        connection.execute("delete from collection_marks")


def test_one_track_registered_by_number_and_by_urn_counts_for_both_releases(
    collected: Collected,
) -> None:
    world = collected.platforms.soundcloud
    [(urn, work), *_] = world.works.items()
    number = urn.removeprefix("soundcloud:tracks:")
    named = replace(work, external_id=number, title="By number")
    collected.register(FeedName.SOUNDCLOUD, [work, named])
    run = collect(collected, FeedName.SOUNDCLOUD)
    assert (run.outcome, run.due, run.asked, run.missing, run.units) == ("done", 2, 2, 0, 1)
    plays = {row[0]: row[3] for row in collected.stored(FeedName.SOUNDCLOUD) if row[1] == "plays"}
    assert plays[number] == plays[urn] == work.count("plays", BEGIN)


def test_a_run_that_died_is_taken_up_with_its_own_start(collected: Collected) -> None:
    collected.register(YOUTUBE)
    died = RunLedger(collected.database, FEEDS[YOUTUBE]).begin(started_at=BEGIN, due=120)
    collected.clock.move(timedelta(minutes=20))
    run = collect(collected)
    assert (run.run_id, run.started_at, run.outcome) == (died.run_id, BEGIN, "done")
    assert set(collected.stored(YOUTUBE)) == collected.expected(
        YOUTUBE, collected.works(YOUTUBE), BEGIN
    )


def test_a_run_that_died_is_taken_up_by_an_hourly_timer_that_is_a_little_late(
    collected: Collected,
) -> None:
    collected.register(YOUTUBE)
    died = RunLedger(collected.database, FEEDS[YOUTUBE]).begin(started_at=BEGIN, due=120)
    collected.clock.move(HOUR + timedelta(seconds=30))
    assert collect(collected).run_id == died.run_id


def test_a_run_that_died_over_an_hour_ago_is_closed_as_abandoned(collected: Collected) -> None:
    collected.register(YOUTUBE)
    died = RunLedger(collected.database, FEEDS[YOUTUBE]).begin(started_at=BEGIN, due=120)
    collected.clock.move(HOUR + SLACK)
    run = collect(collected)
    closed = last_runs(collected.database)[1]
    assert (closed.run_id, closed.outcome) == (died.run_id, "abandoned")
    assert run.started_at == BEGIN + HOUR + SLACK


def test_of_two_runs_at_once_the_second_says_so_in_one_line(collected: Collected) -> None:
    collected.register(YOUTUBE)
    collected.register(FeedName.TIKTOK)
    with collecting_alone(collected.database, YOUTUBE):
        with pytest.raises(
            CollectionUnderWay, match=r"^another collection of youtube is under way$"
        ):
            collected.service().collect(YOUTUBE)
        assert collect(collected, FeedName.TIKTOK).outcome == "done"
    assert collect(collected).outcome == "done"


def test_however_many_collect_at_once_every_row_is_stored_once(collected: Collected) -> None:
    collected.register(YOUTUBE)

    def one(_: int) -> str:
        try:
            run = collected.service().collect(YOUTUBE)
        except CollectionUnderWay:
            return "under way"
        return "nothing due" if run is None else str(run.outcome)

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(one, range(4)))
    assert ends.count("done") == 1
    assert len(last_runs(collected.database)) == 1
    assert len(collected.server.asked) == 3
    assert set(collected.stored(YOUTUBE)) == collected.expected(
        YOUTUBE, collected.works(YOUTUBE), BEGIN
    )


def test_without_a_key_no_run_begins(collected: Collected) -> None:
    collected.register(YOUTUBE)
    collected.settings = Settings(data_dir=collected.settings.data_dir)
    with pytest.raises(NotConfigured, match=r"set NOKTVRN_YOUTUBE_API_KEY$"):
        collected.service().collect(YOUTUBE)
    assert last_runs(collected.database) == []


def test_a_run_can_be_undone_as_one_import(collected: Collected) -> None:
    collected.register(YOUTUBE)
    run = collect(collected)
    assert run.batch_id is not None
    assert undo_batch(collected.database, run.batch_id, now=collected.clock()).removed == run.stored
    assert collected.stored(YOUTUBE) == []


def test_the_plan_says_what_a_run_would_do(collected: Collected) -> None:
    collected.register(YOUTUBE)
    before = collected.service().plan(YOUTUBE)
    assert (before.watched, before.due, before.calls, before.units_left) == (120, 120, 3, 10_000)
    collect(collected)
    after = collected.service().plan(YOUTUBE)
    assert (after.due, after.calls, after.units_left) == (0, 0, 9_997)
    assert after.next_at is not None
    assert after.next_at > BEGIN
