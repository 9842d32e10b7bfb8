"""The demo's contents: real releases from a CC0 sample, and SIMULATED clip usage over them.

The simulation ties nothing true to any stock source. It lets releases that did better be a little
more likely to use some sources than others, so that there is something for the ranking to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import groupby
from typing import BinaryIO, cast

import numpy as np

from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics import release_registry
from noktvrn_ai_artist.analytics.performance_questions import HistoryPoint
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import shared_database
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
_CLIP_EVENT = "demo clip "
_MOST_CLIPS = 6
_CLIPS_PER_SOURCE = 120


def load_demo_numbers() -> IngestReport | None:
    """Store the sample in the shared database, unless there are releases in it already.

    So what was corrected or annotated in the demo stands the next time it is opened.
    """
    if release_registry.list_releases(shared_database()):
        return None
    sample = files("noktvrn_ai_artist.demo") / "youtube_trending_us_music.csv"
    with sample.open("rb") as file:
        return ingest_file(cast(BinaryIO, file), label=sample.name)


def simulate_clip_usage(tracker: StockSuccessTracker) -> int:
    """Tell a tracker of simulated clips of every demo release, and of its real views as score.

    The same for the same video every time. What was told before stays as it is, and what was told
    of releases that are gone is forgotten. Returns how many uses are new.
    """
    history = questions.metric_history(platform="YouTube", metric_type="views")
    latest = [list(points)[-1] for _, points in groupby(history, key=lambda p: p.release_id)]
    told = _told(tracker)
    for gone in told - {
        release.release_id for release in release_registry.list_releases(shared_database())
    }:
        tracker.forget_release(gone)
    untold = [video for video in _videos(latest) if video.latest.release_id not in told]
    # The scores first: uses are what says that a release was told of.
    tracker.log_release_performances([_score(video) for video in untold])
    return tracker.log_clip_usages(usage for video in untold for usage in _simulated_usages(video))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Video:
    """A release's latest views, the video's key, and how far it stands above the others."""

    key: str
    latest: HistoryPoint
    standing: float


def _told(tracker: StockSuccessTracker) -> set[int]:
    usages = tracker.usages()
    return {usage.release_id for usage in usages if (usage.event_id or "").startswith(_CLIP_EVENT)}


def _videos(latest: Sequence[HistoryPoint]) -> Iterator[_Video]:
    """The demo's videos; a release that somebody added without its key is none of them."""
    views = np.log1p([point.metric_value for point in latest])
    standings = (views - views.mean()) / views.std()
    for point, standing in zip(latest, standings, strict=True):
        published = release_registry.list_publications(shared_database(), point.release_id)
        if published:
            yield _Video(key=published[0].external_id, latest=point, standing=float(standing))


def _score(video: _Video) -> ScoreReport:
    return ScoreReport(
        release_id=video.latest.release_id,
        score=video.latest.metric_value,
        reported_at=video.latest.recorded_at,
        event_id=f"demo score {video.key}",
    )


def _simulated_usages(video: _Video) -> list[ClipUsage]:
    # Release ids are handed out anew when the sample is taken back and loaded again; keys stay.
    rng = np.random.default_rng([_SEED, *video.key.encode()])
    sources = list(SIMULATED_TIES)
    odds = np.exp(np.array([SIMULATED_TIES[source] for source in sources]) * video.standing)
    clips = int(rng.integers(1, _MOST_CLIPS + 1))
    drawn: Sequence[int] = rng.choice(len(sources), size=clips, p=odds / odds.sum()).tolist()
    published_at = video.latest.published_at or video.latest.recorded_at
    return [
        ClipUsage(
            source_name=sources[source],
            clip_id=f"simulated-{int(rng.integers(_CLIPS_PER_SOURCE))}",
            release_id=video.latest.release_id,
            used_at=published_at - timedelta(days=1),
            event_id=f"{_CLIP_EVENT}{video.key}-{place}",
        )
        for place, source in enumerate(drawn)
    ]
