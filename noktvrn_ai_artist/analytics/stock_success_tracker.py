"""Which stock footage goes with releases that do well: log uses and scores, ask for the ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_ranking import rank_sources
from noktvrn_ai_artist.analytics.source_records import (
    ClipUsage,
    ScoreReport,
    Standing,
    refused_as_tracker_input,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.errors import BadTrackerInput


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


class StockSuccessTracker:
    """Clip usages and release scores, kept in a file, and what they say about the sources.

    When a logging call has returned, what it logged is stored for good, exactly once. An exception
    means maybe: repeat the call with the same event id, and nothing doubles. Several processes may
    log at once. What the ranking shows is association, not proof of cause.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tracker = StockSuccessTracker(Path(folder) / "source_stats.json")
    ...     for release, source, views in [(1, "Pexels", 900.0), (2, "Coverr", 20.0)]:
    ...         tracker.log_clip_usage(source, "a clip", release)
    ...         tracker.log_release_performance(release, views)
    ...     tracker.get_top_sources()
    ['pexels', 'coverr']

    Raises, from every method:
        BadTrackerInput: a value breaks a rule; nothing was stored.
        StateFileUnreadable: the state file is damaged or foreign; it was left as it is.
        StateFileNotWritten: a change could not be stored.
    """

    def __init__(
        self,
        state_file: Path | str = "source_stats.json",
        *,
        half_life: timedelta = timedelta(days=45),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if half_life <= timedelta(0):
            raise BadTrackerInput("must be longer than no time", column="half_life")
        self._store = SourceStatsFile(state_file)
        self._half_life = half_life
        self._clock = clock

    def log_clip_usage(
        self, source_name: str, clip_id: str, release_id: int, *, event_id: str | None = None
    ) -> None:
        """Note that a release uses a clip; every call is one use, unless its event id is known."""
        usage = ClipUsage(
            source_name=source_name,
            clip_id=clip_id,
            release_id=release_id,
            used_at=self._now(),
            event_id=event_id,
        )
        self._store.add_usages([usage])

    def log_clip_usages(self, usages: Iterable[ClipUsage]) -> int:
        """Note many uses in one write, all or none; says how many were new."""
        noted = tuple(usages)
        self._refuse_the_future((usage.used_at for usage in noted), column="used_at")
        return self._store.add_usages(noted)

    def log_release_performance(
        self, release_id: int, performance_score: float, *, event_id: str | None = None
    ) -> None:
        """Note how well a release does now: raw views or a lift, the same unit for every release.

        It replaces what was reported of the release before. By the clock: a report of a later
        instant stands, and of the same instant the one that came later.
        """
        report = ScoreReport(
            release_id=release_id,
            score=performance_score,
            reported_at=self._now(),
            event_id=event_id,
        )
        self._store.add_reports([report])

    def log_release_performances(self, reports: Iterable[ScoreReport]) -> int:
        """Note many scores in one write, all or none; says how many were not repetitions."""
        noted = tuple(reports)
        self._refuse_the_future((report.reported_at for report in noted), column="reported_at")
        return self._store.add_reports(noted)

    def get_top_sources(self, top_n: int = 3) -> list[str]:
        """The names of the best sources by today's estimate, ties by name; nothing is drawn."""
        with refused_as_tracker_input():
            wanted = rules.checked_whole(top_n, column="top_n")
        if wanted < 0:
            raise BadTrackerInput("must not be negative", column="top_n")
        return [standing.source for standing in self.standings()[:wanted]]

    @refused_as_tracker_input()
    def standings(self, *, as_of: datetime | None = None) -> list[Standing]:
        """What is believed about every source, the best first.

        As of an instant: releases have the age they had then and later uses are left out, but the
        scores are those known today.
        """
        history = self._store.read()
        if as_of is None:
            instant = self._latest(history)
        else:
            instant = rules.checked_since_2005(as_of, column="as_of")
        return rank_sources(
            history.usages, history.scores, as_of=instant, half_life=self._half_life
        )

    @refused_as_tracker_input()
    def forget_release(self, release_id: int) -> bool:
        """Drop a release as if nothing had been logged of it, event ids included."""
        return self._store.forget_release(rules.checked_release_id(release_id))

    @refused_as_tracker_input()
    def usages(self, release_id: int | None = None) -> list[ClipUsage]:
        """The clip uses of one release or of all, by release and time."""
        usages = self._store.read().usages
        if release_id is None:
            return list(usages)
        wanted = rules.checked_release_id(release_id)
        return [usage for usage in usages if usage.release_id == wanted]

    @refused_as_tracker_input()
    def _now(self) -> datetime:
        return rules.checked_since_2005(self._clock(), column="clock")

    def _latest(self, history: SourceHistory) -> datetime:
        """Now, or the latest use if another machine's clock is a little ahead of this one's."""
        return max([self._now(), *(usage.used_at for usage in history.usages)])

    @refused_as_tracker_input()
    def _refuse_the_future(self, instants: Iterable[datetime], *, column: str) -> None:
        now = self._now()
        for instant in instants:
            rules.checked_time(instant, now=now, column=column)
