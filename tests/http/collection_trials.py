"""One fault script against the whole collection, and what has to be true whatever happened."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from random import Random

from analytics_world import PACIFIC
from collected_world import Collected, Row
from fake_clock import START
from fault_scripts import ABSURD, LASTING, LONG_PAUSES, PASSING, fault_script
from tiktok_world import REFRESH

from noktvrn_ai_artist.collectors.due import DAY, Watched
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.run_ledger import Run, last_runs
from noktvrn_ai_artist.errors import NoktvrnError, ProviderError

# Of four kinds of trial the reports of Analytics have the most rows, so there are fewer of them.
FEED_OF = (*[FeedName.TIKTOK] * 4, *[FeedName.SOUNDCLOUD] * 2, *[FeedName.YOUTUBE] * 3)
FEED_OF = (*FEED_OF, FeedName.YOUTUBE_ANALYTICS)
# Every publication is due again, whatever its age; and no two windows of a week touch.
A_TRIAL = timedelta(days=8)
MOST_CALLS_PER_BATCH = 5
_MOSTLY_PASSING = (*PASSING, *PASSING, *PASSING, *LONG_PAUSES, *ABSURD, *LASTING)
_REPORTED = {
    "views": ("daily_views", 1),
    "engagedViews": ("engaged_views", 1),
    "estimatedMinutesWatched": ("watch_time", 60),
    "averageViewDuration": ("average_view_duration", 1),
    "averageViewPercentage": ("average_view_percentage", 1),
    "likes": ("daily_likes", 1),
    "comments": ("daily_comments", 1),
    "shares": ("shares", 1),
    "subscribersGained": ("subscribers_gained", 1),
    "subscribersLost": ("subscribers_lost", 1),
}


class CollectionTrials:
    """Collections one after the other, each under a script; `said` is all that was said."""

    def __init__(self, collected: Collected) -> None:
        self.collected = collected
        self.said: list[str] = []
        self.calls = self.rows = 0
        works = collected.platforms.youtube.works
        for external_id in list(works)[60:]:
            del works[external_id]
        for external_id in list(collected.platforms.soundcloud.works)[60:]:
            del collected.platforms.soundcloud.works[external_id]
        for name in (FeedName.YOUTUBE, FeedName.TIKTOK, FeedName.SOUNDCLOUD):
            collected.register(name)

    def run(self, seed: int) -> str:
        """One script; how the run ended. Any law that is broken fails the test."""
        collected, rng = self.collected, Random(seed)
        collected.rng.seed(seed)
        name = FEED_OF[seed % len(FEED_OF)]
        rate = rng.choice([0.1, 0.3, 0.5, 0.9])
        script = fault_script(rng, length=24, faults=_MOSTLY_PASSING, rate=rate)
        # Ten past the hour: the faked counters move on the hour, and no run lasts so long.
        begin = START + timedelta(minutes=10) + A_TRIAL * (seed + 1)
        collected.clock.move(begin - collected.clock())
        self._link_anew()
        if name is FeedName.YOUTUBE_ANALYTICS:
            self._asked_for_the_day_before(begin)
        collected.server.play(script)
        error = self._collect(name)
        [run] = last_runs(collected.database, most=1)
        self._check(name, run, begin, error)
        return str(run.outcome)

    def _collect(self, name: FeedName) -> ProviderError | None:
        try:
            self.collected.service().collect(name)
        except ProviderError as error:
            self.said += [str(error), repr(error), *traceback.format_exception(error)]
            return error
        return None

    def _check(self, name: FeedName, run: Run, begin: datetime, error: NoktvrnError | None) -> None:
        collected, feed = self.collected, FEEDS[name]
        assert (run.feed, run.started_at) == (name, begin)
        assert run.outcome == "failed" if error else run.outcome in {"done", "quota spent"}
        asked = self._marked(name, begin)
        rows = [row for row in self._new_rows(name, begin) if row[2] <= begin]
        assert len(rows) == len(set(rows))
        assert set(rows) == set(self._expected(name, asked, begin))
        assert (run.asked, run.stored) == (len(asked), len(rows))
        works = set(collected.works(name))
        if run.outcome == "done":
            assert asked == works
        watched = [Watched(release_id=1, external_id=each, asked_at=begin) for each in works]
        batches = len(feed.batches(watched, at=begin))
        # A token may be asked for before each batch, if none was granted.
        assert len(collected.server.asked) <= MOST_CALLS_PER_BATCH * batches * 2
        self.calls += len(collected.server.asked)
        self.rows += len(rows)

    def _expected(self, name: FeedName, ids: Iterable[str], at: datetime) -> Iterator[Row]:
        if name is not FeedName.YOUTUBE_ANALYTICS:
            yield from self.collected.expected(name, ids, at)
            return
        today = at.astimezone(PACIFIC).date()
        for video in ids:
            for day in (today - timedelta(days=n) for n in range(1, 8)):
                start = datetime.combine(day, time(), PACIFIC)
                for told, (metric, times) in _REPORTED.items():
                    amount = self.collected.platforms.analytics.amount(video, day, told)
                    if amount is not None:
                        yield video, metric, start, float(amount * times)

    def _marked(self, name: FeedName, at: datetime) -> set[str]:
        with self.collected.database.transaction() as connection:
            rows = connection.execute(
                "select external_id from collection_marks where feed = %s and asked_at = %s",
                [name, at],
            ).fetchall()
        return {external_id for (external_id,) in rows}

    def _new_rows(self, name: FeedName, begin: datetime) -> list[Row]:
        """What came in under the feed's source since the trial before."""
        with self.collected.database.transaction() as connection:
            return connection.execute(
                "select u.external_id, p.metric_type, p.recorded_at, p.metric_value"
                " from content_performance p join publications u using (release_id, platform)"
                " where p.source = %s and p.recorded_at > %s",
                [FEEDS[name].source, begin - A_TRIAL],
            ).fetchall()

    def _asked_for_the_day_before(self, begin: datetime) -> None:
        """Else a report would hold all days since the trial before."""
        name = FeedName.YOUTUBE_ANALYTICS
        with self.collected.database.transaction() as connection:
            connection.execute(
                "insert into collection_marks (feed, external_id, asked_at, misses, hidden)"
                " select %s, unnest(%s::text[]), %s, 0, ''"
                " on conflict (feed, external_id) do update set asked_at = excluded.asked_at",
                [name, list(self.collected.works(name)), begin - DAY],
            )

    def _link_anew(self) -> None:
        """A refresh token that was lost to a fault must not end all trials after it."""
        self.collected.platforms.tiktok.alive = REFRESH
        with self.collected.database.transaction() as connection:
            connection.execute("delete from kept_tokens")
