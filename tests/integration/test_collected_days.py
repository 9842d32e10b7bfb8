"""Daily amounts of YouTube Analytics: which days are asked for, and that none is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from analytics_world import PACIFIC
from collected_world import Collected, aged, collecting_from
from fake_clock import START, FakeClock

from noktvrn_ai_artist.analytics.observation_batches import undo_batch
from noktvrn_ai_artist.collectors import youtube_analytics
from noktvrn_ai_artist.collectors.due import DAY, HOUR
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.collectors.run_ledger import Run
from noktvrn_ai_artist.database.connection_manager import Database

YOUTUBE, ANALYTICS = FeedName.YOUTUBE, FeedName.YOUTUBE_ANALYTICS


@pytest.fixture
def collected(database: Database, tmp_path: Path) -> Iterator[Collected]:
    clock = FakeClock(START + timedelta(minutes=10))
    with collecting_from(clock, database=database, folder=tmp_path) as found:
        yield found


def collect(collected: Collected) -> Run:
    run = collected.service().collect(ANALYTICS)
    assert run is not None
    return run


def spans(collected: Collected) -> list[int]:
    """Over how many days each report was, one after the other."""
    asked = [asked.params for asked in collected.server.asked if asked.path == "/v2/reports"]
    days = [(date.fromisoformat(one["startDate"]), one["endDate"]) for one in asked]
    return [(date.fromisoformat(last) - first).days + 1 for first, last in days]


def days_stored(collected: Collected) -> list[date]:
    stored = {row[2].astimezone(PACIFIC).date() for row in collected.stored(ANALYTICS)}
    return sorted(stored)


@pytest.mark.parametrize("gap", [1, 7, 8, 12, 40])
def test_however_long_nobody_collected_analytics_leaves_no_day_out(
    collected: Collected, gap: int
) -> None:
    collected.put(aged(3, timedelta(0)))
    collect(collected)
    collected.clock.move(3 * DAY)
    collect(collected)
    collected.clock.move(gap * DAY)
    collect(collected)
    days = days_stored(collected)
    assert days[0] == START.date()
    assert days == [START.date() + n * DAY for n in range(len(days))]
    # The last day is not there yet.
    assert days[-1] == collected.clock().astimezone(PACIFIC).date() - 2 * DAY
    assert spans(collected)[-1] == 6 + gap


def test_analytics_reaches_90_days_back_and_no_further(collected: Collected) -> None:
    collected.put(aged(2, 200 * DAY))
    run = collect(collected)
    assert (spans(collected), run.outcome, run.units) == ([90], "done", 1)
    assert len(days_stored(collected)) == 89


def test_over_many_days_fewer_videos_are_asked_for_at_once(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(youtube_analytics, "MOST_ROWS_TOGETHER", 180)
    collected.put(aged(5, 200 * DAY))
    assert collected.service().plan(ANALYTICS).calls == 3
    run = collect(collected)
    assert (run.asked, run.missing, spans(collected)) == (5, 0, [90, 90, 90])
    collected.clock.move(DAY)
    collect(collected)
    assert spans(collected)[3:] == [7]


def test_analytics_reads_seven_days_from_day_to_day_and_revises_them(
    collected: Collected,
) -> None:
    collected.register(YOUTUBE)
    first = collect(collected)
    collected.clock.move(DAY)
    second = collect(collected)
    assert spans(collected)[-1] == 7
    assert first.corrected == 0
    assert second.corrected > 0
    assert second.duplicate > 0
    world = collected.platforms.analytics
    views = [row for row in collected.stored(ANALYTICS) if row[1] == "daily_views"]
    latest = [row for row in views if row[2] > collected.clock() - 5 * DAY]
    assert latest
    for video, _, at, value in latest:
        day = at.astimezone(PACIFIC).date()
        assert world.amount(video, day, "views") == value


def test_a_report_of_many_pages_is_stored_as_one_of_one_page(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected.register(YOUTUBE)
    whole = collect(collected)
    rows = collected.stored(ANALYTICS)
    assert whole.batch_id is not None
    undo_batch(collected.database, whole.batch_id, now=collected.clock())
    collected.clock.move(HOUR)
    with collected.database.transaction() as connection:
        connection.execute("delete from collection_marks")
    monkeypatch.setattr(youtube_analytics, "MOST_ROWS", 64)
    paged = collect(collected)
    assert paged.units == -(-len(rows) // 10 // 64)
    assert collected.stored(ANALYTICS) == rows
    assert (paged.missing, paged.asked) == (whole.missing, whole.asked)


def test_a_young_day_is_marked_as_provisional_and_an_older_one_is_not(
    collected: Collected,
) -> None:
    collected.register(YOUTUBE)
    collect(collected)
    with collected.database.transaction() as connection:
        marked = dict(
            connection.execute(
                "select recorded_at, min(notes) from content_performance group by recorded_at"
            ).fetchall()
        )
    by_age = [marked[at] for at in sorted(marked, reverse=True)]
    assert by_age[:2] == ["provisional when read on 2026-11-20"] * 2
    assert set(by_age[2:]) == {None}
