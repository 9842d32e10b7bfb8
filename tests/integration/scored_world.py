"""A few dated releases with curves, a tracker in a folder, and the loop between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from observed_tables import NOON, rows, seen, start_anew

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.analytics.source_records import ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.feedback_loop import LoopReport, run_feedback
from noktvrn_ai_artist.records import Observation

DAY = timedelta(days=1)
RELEASES = 12
SCORING = ["scored_metrics", "curves_to_score", "release_milestones"]
KEPT = (
    "select release_id, platform, metric_type, age_hours, metric_value, observed_at"
    " from release_milestones order by 1, 2, 3, 4"
)
_ticks = count()


def tick() -> datetime:
    """A later instant each time, as of a clock."""
    return datetime(2026, 6, 1, tzinfo=UTC) + next(_ticks) * timedelta(seconds=1)


def published(release_id: int) -> datetime:
    """When a release came out: one a day."""
    return NOON + release_id * DAY


def curve(
    release_id: int, *, level: float = 1.0, days: int = 4, platform: str = "YouTube"
) -> list[Observation]:
    """Half-daily totals of a release, and something that is not scored."""
    return [
        seen(
            value,
            release_id=release_id,
            platform=platform,
            metric_type=metric,
            recorded_at=published(release_id) + half * DAY / 2,
        )
        for half in range(2 * days + 1)
        for metric, value in (("views", round(1000.0 * level * half)), ("likes", 7.0 * half))
    ]


def world(database: Database) -> None:
    """Empty tables, dated releases of two artists, and their numbers."""
    with database.transaction() as connection:
        for table in SCORING:
            connection.execute(f"delete from {table}".encode())
    start_anew(database, releases=RELEASES)
    with database.transaction() as connection:
        connection.execute(
            b"update approved_releases set published_at = %s + release_id * interval '1 day'",
            [NOON],
        )
    add_performance_metrics(
        observation
        for release_id in range(1, RELEASES + 1)
        for observation in curve(release_id, level=1 + release_id % 5)
    )


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop between a database and a tracker."""

    database: Database
    tracker: StockSuccessTracker

    def run(self, **more: object) -> LoopReport:
        """Run it once."""
        return run_feedback(self.database, self.tracker, now=tick(), **more)  # type: ignore[arg-type]

    def standing(self) -> dict[int, ScoreReport]:
        """The reports that stand in the tracker."""
        return {report.release_id: report for report in self.tracker.reports()}

    def told(self) -> dict[int, float]:
        """The scores that stand in the tracker."""
        return {release_id: report.score for release_id, report in self.standing().items()}

    def kept(self) -> list[tuple[object, ...]]:
        """The milestones."""
        return rows(self.database, KEPT)

    def anew(self, folder: Path) -> dict[int, float]:
        """What the scores would be if all numbers had only just come in, to another tracker."""
        with self.database.transaction() as connection:
            for table in SCORING:
                connection.execute(f"delete from {table}".encode())
        other = Loop(self.database, StockSuccessTracker(folder / f"anew-{tick():%H%M%S}.json"))
        other.run()
        return other.told()
