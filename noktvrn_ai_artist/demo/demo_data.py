"""The demo's contents: real releases from a CC0 sample, and SIMULATED clip usage over them.

The simulation ties nothing true to any stock source. It lets releases that did better be a little
more likely to use some sources than others, so that there is something for the ranking to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import groupby
from typing import BinaryIO, cast

import numpy as np

from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file

# The day after the sample's last snapshots: the demo's present.
DEMO_NOW = datetime(2018, 1, 22, tzinfo=UTC)
NOTICE = (
    "Real numbers of the CC0 sample “Trending YouTube Video Statistics”, November 2017 to January"
    " 2018; clip usage is simulated."
)
# How strongly the simulation ties each source to the score of the release, in log odds.
SIMULATED_TIES = {
    "pexels": 0.6,
    "pixabay": 0.0,
    "coverr": 0.3,
    "videvo": -0.4,
    "own footage": -0.1,
}
_SEED = 20180121
_MOST_CLIPS = 6
_CLIPS_PER_SOURCE = 120


def load_demo_numbers() -> IngestReport:
    """Store the sample in the shared database; a second time stores nothing."""
    sample = files("noktvrn_ai_artist.demo") / "youtube_trending_us_music.csv"
    with sample.open("rb") as file:
        return ingest_file(cast(BinaryIO, file), label=sample.name)


def simulate_clip_usage(tracker: StockSuccessTracker) -> int:
    """Tell a tracker of simulated clips of every demo release, and of its real views as score.

    The same every time, and every event carries an id: a second time changes nothing. Returns how
    many uses were new.
    """
    history = questions.metric_history(platform="YouTube", metric_type="views")
    latest = [list(points)[-1] for _, points in groupby(history, key=lambda p: p.release_id)]
    reports = [
        ScoreReport(
            release_id=point.release_id,
            score=point.metric_value,
            reported_at=point.recorded_at,
            event_id=f"demo score {point.release_id}",
        )
        for point in latest
    ]
    views = np.log1p([point.metric_value for point in latest])
    standing = (views - views.mean()) / views.std()
    usages = [
        usage
        for point, score in zip(latest, standing, strict=True)
        for usage in _simulated_usages(
            point.release_id, point.published_at or point.recorded_at, float(score)
        )
    ]
    new = tracker.log_clip_usages(usages)
    tracker.log_release_performances(reports)
    return new


def _simulated_usages(release_id: int, published_at: datetime, score: float) -> list[ClipUsage]:
    rng = np.random.default_rng([_SEED, release_id])
    sources = list(SIMULATED_TIES)
    odds = np.exp(np.array([SIMULATED_TIES[source] for source in sources]) * score)
    clips = int(rng.integers(1, _MOST_CLIPS + 1))
    drawn: Sequence[int] = rng.choice(len(sources), size=clips, p=odds / odds.sum()).tolist()
    return [
        ClipUsage(
            source_name=sources[source],
            clip_id=f"simulated-{int(rng.integers(_CLIPS_PER_SOURCE))}",
            release_id=release_id,
            used_at=published_at - timedelta(days=1),
            event_id=f"demo clip {release_id}-{place}",
        )
        for place, source in enumerate(drawn)
    ]
