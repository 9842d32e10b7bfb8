"""What Spotify says of recordings whose date is not known: the date is filled in, no more is kept.

Title and ISRC are told and not stored: Spotify's terms allow no database of its content. Nothing of
its numbers is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from itertools import groupby

from noktvrn_ai_artist.analytics.observation_rules import EARLIEST_PUBLICATION, LATEST
from noktvrn_ai_artist.collectors import spotify_web, verdicts
from noktvrn_ai_artist.collectors.collection_service import CollectionService
from noktvrn_ai_artist.collectors.messages import Provider, Response
from noktvrn_ai_artist.collectors.platform_access import Opened, PlatformAccess
from noktvrn_ai_artist.collectors.spotify_web import Track
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone, hold_together
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadAnswer

_PLATFORM = "Spotify"


class Finding(StrEnum):
    """What came of one id."""

    FILLED = "date filled in"
    NO_DAY = "its day is not told"
    MISSING = "there is no such track"
    NO_ID = "this is no track's id"
    REFUSED = "Spotify does not take this id"
    UNREADABLE = "its answer cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackNews:
    """One id that releases without a date are published under, and what Spotify says of it."""

    external_id: str
    release_ids: tuple[int, ...]
    finding: Finding
    title: str | None = None
    isrc: str | None = None
    released_on: date | None = None


def fill_dates(database: Database, service: CollectionService) -> Iterator[TrackNews]:
    """Ask for each track of a release without a date; each is stored before it is told.

    A release that has a date, and one that is withdrawn, is left alone.

    Raises:
        NotConfigured, ProviderError: what was told before is stored.
        BadAnswer: after the others, where an answer could not be read.
    """
    undated = _undated(database)
    if not undated:
        return
    unread: list[BadAnswer] = []
    with service.access(Provider.SPOTIFY) as (access, _):
        for external_id, release_ids in undated:
            try:
                news = _told(database, access, external_id, release_ids)
            except BadAnswer as error:
                unread.append(error)
                finding = Finding.UNREADABLE
                news = TrackNews(external_id=external_id, release_ids=release_ids, finding=finding)
            yield news
    if unread:
        raise unread[0]


def _undated(database: Database) -> list[tuple[str, tuple[int, ...]]]:
    """Ids on Spotify, each with the releases under it that have no date."""
    with database.transaction() as connection:
        values = {"platform": _PLATFORM}
        rows = connection.execute(query("publications_to_watch"), values).fetchall()
    undated = [(external_id, release_id) for release_id, external_id, _, at in rows if at is None]
    return [
        (external_id, tuple(release_id for _, release_id in group))
        for external_id, group in groupby(undated, key=lambda pair: pair[0])
    ]


def _told(
    database: Database, access: PlatformAccess, external_id: str, release_ids: tuple[int, ...]
) -> TrackNews:
    if not spotify_web.TRACK_ID.fullmatch(external_id):
        return TrackNews(external_id=external_id, release_ids=release_ids, finding=Finding.NO_ID)
    track = _track(access, external_id)
    if isinstance(track, Finding):
        return TrackNews(external_id=external_id, release_ids=release_ids, finding=track)
    at = _instant(track.released_on)
    if at is not None:
        _fill(database, release_ids, at)
    return TrackNews(
        external_id=external_id,
        release_ids=release_ids,
        finding=Finding.NO_DAY if at is None else Finding.FILLED,
        title=track.title,
        isrc=track.isrc,
        released_on=track.released_on,
    )


def _track(access: PlatformAccess, track_id: str) -> Track | Finding:
    def asking(opened: Opened) -> Response:
        return opened.send(spotify_web.get_track(track_id, token=opened.secret))

    answer = access.ask_spotify(asking)
    if answer.status == verdicts.BAD_REQUEST:
        return Finding.REFUSED
    return spotify_web.read_track(answer) or Finding.MISSING


def _instant(day: date | None) -> datetime | None:
    """Where the day begins: Spotify's days are UTC. None where no release can be of that day."""
    at = None if day is None else datetime.combine(day, time(), tzinfo=UTC)
    return at if at is not None and EARLIEST_PUBLICATION <= at < LATEST else None


def _fill(database: Database, release_ids: Iterable[int], at: datetime) -> None:
    wanted = sorted(release_ids)
    values = {"release_ids": wanted, "published": [at] * len(wanted)}
    with database.transaction() as connection:
        hold_together(connection, AdvisoryLock.UNDO)
        hold_alone(connection, AdvisoryLock.REGISTRATION)
        connection.execute(query("fill_publication_dates"), values)
