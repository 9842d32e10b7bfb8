"""Exports of Spotify for Artists and YouTube Studio as they are downloaded: UTF-8 with a mark."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from noktvrn_ai_artist.analytics.performance_db_service import get_performance_data
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.ingest.export_answers import ExportAnswers
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file

SONG_DAYS = "date,streams\n2026-11-01,120\n2026-11-02,131\n2026-11-03,\n"
SONGS = (
    "song,listeners,streams,saves,release_date\n"
    'First Light,310,1200,14,2026-10-02\n"Why, not?",8,9,,2026-10-30\n'
)
AUDIENCE = "date,listeners,streams,followers\n2026-11-01,10,120,3\n"
LATER_AUDIENCE = (
    "date,listeners,monthly listeners,monthly active listeners,super listeners,streams,"
    "playlist adds,saves,followers\n2026-11-01,10,300,200,5,120,2,1,3\n"
)
VIDEO_TABLE = (
    "Content,Video title,Video publish time,Duration,Views,Watch time (hours),Subscribers,"
    "Thumbnail impressions,Thumbnail click-through rate (%),Average view duration,Likes,"
    "Comments added\n"
    "Total,,,,1500,12.5,5,20000,5.1,0:00:40,30,3\n"
    'abcdefghijk,"First Light, live","Oct 2, 2026",161,1000,10.5,4,15000,4.5,0:00:41,25,3\n'
    'lmnopqrstuv,Second Sun,"Oct 30, 2026",95,500,2,1,5000,,1:02:03,5,0\n'
)
VIDEO_DAYS = (
    "Date,Content,Video title,Video publish time,Duration,Views\n"
    '2026-11-01,abcdefghijk,"First Light, live","Oct 2, 2026",161,10\n'
    '2026-11-02,abcdefghijk,"First Light, live","Oct 2, 2026",161,30\n'
    '2026-11-02,lmnopqrstuv,Second Sun,"Oct 30, 2026",95,7\n'
)
TOTALS = "Date,Views\nTotal,40\n2026-11-01,10\n2026-11-02,30\n"
Told = set[tuple[str, str, float, datetime]]
MARK = b"\xef\xbb\xbf"


def read_export(
    content: str,
    name: str = "export.csv",
    *,
    answers: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - passed on
) -> IngestReport:
    """What comes of an export with the mark that platforms put before it."""
    file = io.BytesIO(MARK + content.encode())
    return ingest_file(file, label=name, answers=ExportAnswers(**(answers or {})), **more)


def known(database: Database, title: str, artist: str = "Nova", video: str | None = None) -> int:
    """The id of a release that is known, perhaps under a video's id."""
    entry = ReleaseEntry(artist=artist, title=title, external_id=video)
    return register_release(database, entry, platform="YouTube" if video else None)


def told() -> Told:
    """All that is stored: metric, release, value, moment."""
    return {
        (one["metric_type"], str(one["release_id"]), one["metric_value"], one["recorded_at"])
        for one in get_performance_data()
    }
