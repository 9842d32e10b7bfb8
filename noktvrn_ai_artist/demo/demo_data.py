"""The demo's contents: real releases from a CC0 sample, and SIMULATED clip usage over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from itertools import groupby
from typing import BinaryIO, cast

import numpy as np

from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics import release_registry
from noktvrn_ai_artist.analytics.performance_questions import HistoryPoint
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.demo.simulated_footage import (
    CLIP_EVENT,
    SCORE_EVENT,
    Video,
    score_reports,
    simulated_log,
)
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file

# The day after the sample's last snapshots: the demo's present.
DEMO_NOW = datetime(2018, 1, 22, tzinfo=UTC)
NOTICE = (
    "Real numbers of the CC0 sample “Trending YouTube Video Statistics”, November 2017 to January"
    " 2018; clip usage is simulated."
)


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
    """Tell a tracker of simulated clips of every demo release, and of its real views as scores.

    What was told before stays as it is, and what was told of releases that are gone is forgotten.
    Returns how many uses are new.
    """
    cut = {one.release_id for one in tracker.usages() if _is_of(CLIP_EVENT, one.event_id)}
    scored = {one.release_id for one in tracker.reports() if _is_of(SCORE_EVENT, one.event_id)}
    known = {release.release_id for release in release_registry.list_releases(shared_database())}
    for gone in (cut | scored) - known:
        tracker.forget_release(gone)
    untold = [video for video in _videos() if video.release_id not in cut]
    # The scores first: uses are what says that a release was told of.
    tracker.log_release_performances(r for video in untold for r in score_reports(video))
    usages, selections = simulated_log(untold)
    return tracker.log_clip_usages(usages, selections=selections)


def _is_of(kind: str, event_id: str | None) -> bool:
    return (event_id or "").startswith(kind)


def _videos() -> list[Video]:
    """The demo's videos; a release that somebody added without its key is none of them."""
    history = questions.metric_history(platform="YouTube", metric_type="views")
    grown = [list(points) for _, points in groupby(history, key=lambda point: point.release_id)]
    if not grown:
        return []
    latest = np.log1p([points[-1].metric_value for points in grown])
    standings = (latest - latest.mean()) / (latest.std() or 1.0)
    artists = {
        release.release_id: release.artist_id
        for release in release_registry.list_releases(shared_database())
    }
    videos = []
    for points, standing in zip(grown, standings.tolist(), strict=True):
        release_id = points[0].release_id
        published = release_registry.list_publications(shared_database(), release_id)
        if published:
            key, artist_id = published[0].external_id, artists[release_id]
            videos.append(_video(points, key=key, artist_id=artist_id, standing=standing))
    return videos


def _video(points: Sequence[HistoryPoint], *, key: str, artist_id: int, standing: float) -> Video:
    return Video(
        key=key,
        release_id=points[0].release_id,
        artist_id=artist_id,
        published_at=points[0].published_at or points[0].recorded_at,
        views=[(point.recorded_at, point.metric_value) for point in points],
        standing=standing,
    )
