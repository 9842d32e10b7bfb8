"""Our tracker as a policy: only its public methods, over a state file, by a simulated clock."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.ranking.policy import Beliefs
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

START = datetime(2026, 1, 1, tzinfo=UTC)
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder without a disk, where there is one


class Ours:
    """Scores wait for the next question and are logged in one write, as the feedback loop does."""

    def __init__(self, *, sources: int) -> None:
        self._sources = sources
        parent = MEMORY if MEMORY.is_dir() else None
        self._folder = tempfile.TemporaryDirectory(dir=parent)
        self._now = START
        path = Path(self._folder.name) / "source_stats.json"
        self._tracker = StockSuccessTracker(path, clock=lambda: self._now)
        self._waiting: list[ScoreReport] = []
        self._artists: dict[int, int | None] = {}

    def chose(self, release: int, time: float, clips: Sequence[int], artist: int | None) -> None:
        """Log the clips of a release in one write."""
        self._now = _instant(time)
        self._artists[release] = artist
        self._tracker.log_clip_usages(
            ClipUsage(
                source_name=_name(source),
                clip_id=f"clip {place}",
                release_id=release + 1,
                used_at=self._now,
            )
            for place, source in enumerate(clips)
        )

    def reported(self, release: int, time: float, score: float) -> None:
        """Keep a score until the next question."""
        self._waiting.append(
            ScoreReport(
                release_id=release + 1,
                score=score,
                reported_at=_instant(time),
                artist_id=self._artists[release],
            )
        )

    def order(
        self, time: float, available: Sequence[int], rng: np.random.Generator
    ) -> Sequence[int]:
        """As proposed among those available, of which the tracker may not know all yet."""
        self._catch_up(time)
        selection = self._tracker.propose_sources(
            len(available), rng=rng, among=[_name(source) for source in available]
        )
        return [_number(source) for source in selection.proposed]

    def ranking(self, time: float, available: Sequence[int]) -> Sequence[int]:
        """By mean; a source that was never used stands at the average source's 0."""
        self._catch_up(time)
        means = {_number(standing.source): standing.mean for standing in self._tracker.standings()}
        return sorted(available, key=lambda source: -means.get(source, 0.0))

    def beliefs(self, time: float) -> Beliefs:
        """What the standings show."""
        self._catch_up(time)
        mean, sd, best = (np.full(self._sources, np.nan) for _ in range(3))
        for standing in self._tracker.standings():
            source = _number(standing.source)
            mean[source], sd[source] = standing.mean, standing.sd
            best[source] = standing.probability_best
        return Beliefs(mean=mean, sd=sd, probability_best=best)

    def _catch_up(self, time: float) -> None:
        self._now = _instant(time)
        if self._waiting:
            self._tracker.log_release_performances(self._waiting)
            self._waiting = []


def _instant(time: float) -> datetime:
    return START + timedelta(days=time)


def _name(source: int) -> str:
    return f"source {source:02}"


def _number(name: str) -> int:
    return int(name.removeprefix("source "))
