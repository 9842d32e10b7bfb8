"""The command that asks Spotify what recordings are, for the dates that are not known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say_aside
from noktvrn_ai_artist.collectors.collection_service import CollectionService, Surroundings
from noktvrn_ai_artist.collectors.track_metadata import Finding, TrackNews, fill_dates
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.settings import Settings


def metadata(as_json: AsJson = False) -> None:
    """Ask Spotify for the publication dates that are not known, and fill them in.

    It is asked for tracks that releases without a date are published as; see `noktvrn register`.
    Title and ISRC are told, and not stored; nothing else is read.
    """
    service.apply_schema()
    around = Surroundings(clock=lambda: datetime.now(UTC), sleep=time.sleep)
    collector = CollectionService(shared_database(), Settings.from_environment(), around)
    told: list[TrackNews] = []
    try:
        told.extend(fill_dates(shared_database(), collector))
    finally:
        # What was filled in before it broke off is told as well.
        if as_json:
            print_json(told)
        elif told:
            _tell(told)
    if not told:
        say_aside("no date was asked for: no release on Spotify is known to lack one")


def _tell(told: Sequence[TrackNews]) -> None:
    print_table(
        "Tracks on Spotify whose date was not known",
        ("track", "releases", "title", "ISRC", "date", "what came of it"),
        [
            (
                one.external_id,
                ", ".join(str(release) for release in one.release_ids),
                one.title,
                one.isrc,
                one.released_on,
                one.finding,
            )
            for one in told
        ],
        unbroken=("track", "ISRC", "date"),
    )
    filled = sum(len(one.release_ids) for one in told if one.finding is Finding.FILLED)
    releases = "1 release has its date" if filled == 1 else f"{filled:,} releases have their date"
    say_aside(f"{releases} now; nothing else was stored")
