"""What a channel published becomes known: new works are registered as releases of an artist."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.observation_batches import open_batch
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry, checked_entry
from noktvrn_ai_artist.analytics.release_registry import register_entries
from noktvrn_ai_artist.collectors.collection_service import CollectionService
from noktvrn_ai_artist.collectors.feeds import FEEDS, Feed, FeedName
from noktvrn_ai_artist.collectors.listings import WITHOUT_TITLE, read_listing
from noktvrn_ai_artist.collectors.readings import Found
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue

_LONGEST_LABEL = 512
# Tabs and the like, and halves of a pair, which no database holds.
_NOT_SHOWN = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a listing told: how many works are out, known already, new, and not to be registered.

    `new` are the titles registered under the artist; `refused` have an id, a date or an address
    that breaks a rule.
    """

    place: str
    artist: str
    listed: int
    known: int
    new: tuple[str, ...]
    refused: int


def discover(
    database: Database,
    service: CollectionService,
    name: FeedName,
    *,
    channel: str | None,
    artist: str | None,
    now: datetime,
    dry_run: bool = False,
) -> Discovery:
    """Register what is published in a place under an artist, else under the channel's own title.

    All pages are read first: nothing is registered of a listing that breaks off. A title that the
    artist has already, unpublished on this platform, gets this publication. Which places there are
    says `read_listing`.

    Raises:
        NotConfigured, ProviderError: nothing was registered.
        BadValue: the channel or the artist's name breaks a rule, or is not told.
    """
    feed = FEEDS[name]
    if artist is not None or name in WITHOUT_TITLE:
        artist = _checked_artist(artist)
    with service.access(feed.provider) as (access, _):
        told = read_listing(access, name, channel)
    named = artist or _checked_artist(told.title)
    known = _known(database, feed, told.found)
    new = [one for one in told.found if known.isdisjoint(_ids(one))]
    entries = _entries(new, artist=named)
    if entries and not dry_run:
        _register(database, feed, entries, label=told.place, now=now)
    return Discovery(
        place=told.place,
        artist=named,
        listed=len(told.found),
        known=len(told.found) - len(new),
        new=tuple(entry.title for entry in entries),
        refused=len(new) - len(entries),
    )


def _checked_artist(name: str | None) -> str:
    if name is None:
        raise BadValue("must be told: this platform does not name it", column="artist")
    return rules.checked_name(name, column="artist", longest=256)


def _ids(one: Found) -> set[str]:
    """What it may be registered as."""
    return {one.external_id} if one.other_id is None else {one.external_id, one.other_id}


def _known(database: Database, feed: Feed, found: Iterable[Found]) -> set[str]:
    ids = sorted({each for one in found for each in _ids(one)})
    values = {"platform": feed.platform, "external_ids": ids}
    with database.transaction() as connection:
        rows = connection.execute(query("publications_known_as"), values).fetchall()
    return {external_id for external_id, _ in rows}


def _entries(found: Iterable[Found], *, artist: str) -> list[ReleaseEntry]:
    entries = []
    for one in found:
        try:
            entry = ReleaseEntry(
                artist=artist,
                title=_title(one),
                published_at=one.published_at,
                external_id=one.external_id,
                url=one.url,
            )
            entries.append(checked_entry(entry))
        except BadValue:  # the platform's own fault; the others are registered
            continue
    return entries


def _title(one: Found) -> str:
    """Its title, cut to the first line that says something, and to length; else its id.

    >>> _title(Found(external_id="7", title="  \\nA\\tsong\\n#music"))
    'A song'
    >>> _title(Found(external_id="7", title=" \\n"))
    '7'
    """
    shown = (
        "".join(" " if unicodedata.category(each) in _NOT_SHOWN else each for each in line).strip()
        for line in one.title.splitlines()
    )
    line = next((line for line in shown if line), one.external_id)
    return line[: rules.LONGEST_TITLE]


def _register(
    database: Database, feed: Feed, entries: list[ReleaseEntry], *, label: str, now: datetime
) -> None:
    """One import that can be undone."""
    with database.transaction() as connection:
        batch_id = open_batch(connection, source=feed.source, label=label[:_LONGEST_LABEL], now=now)
        register_entries(connection, entries, platform=feed.platform, batch_id=batch_id)
