"""Usages and scores to log, the clock they are told by, and places to log them in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

Place = Callable[..., StockSuccessTracker]
NewPlace = Callable[[], Place]


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def use(source: str = "pexels", release_id: int = 1, **fields: object) -> ClipUsage:
    given_fields = {"clip_id": "clip", "used_at": NOON - DAY, **fields}
    return ClipUsage(source_name=source, release_id=release_id, **given_fields)


def report(release_id: int = 1, score: float = 1.0, **fields: object) -> ScoreReport:
    return ScoreReport(release_id=release_id, score=score, **{"reported_at": NOON, **fields})
