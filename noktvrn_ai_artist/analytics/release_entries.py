"""How a release is named where it comes in: in a file's row, a form, or a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.errors import BadValue

Identity = tuple[str] | tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseEntry:
    """A release as a file or a form names it: by external id where it has one, else by title."""

    artist: str
    title: str
    published_at: datetime | None = None
    external_id: str | None = None
    url: str | None = None

    @property
    def identity(self) -> Identity:
        """What makes two entries the same release."""
        if self.external_id is not None:
            return (self.external_id,)
        return (self.artist, self.title)


def checked_entry(entry: ReleaseEntry) -> ReleaseEntry:
    """The entry with its texts trimmed and its time in UTC.

    Raises:
        BadValue: naming the column and the rule.
    """
    external_id, published_at = entry.external_id, entry.published_at
    if external_id is not None:
        longest = rules.LONGEST_EXTERNAL_ID
        external_id = rules.checked_name(external_id, column="external_id", longest=longest)
    if published_at is not None:
        published_at = rules.checked_publication_time(published_at)
    if entry.url is not None and external_id is None:
        raise BadValue("needs an external id beside it", column="url")
    return ReleaseEntry(
        artist=rules.checked_name(entry.artist, column="artist", longest=256),
        title=rules.checked_name(entry.title, column="title", longest=rules.LONGEST_TITLE),
        published_at=published_at,
        external_id=external_id,
        url=rules.checked_text(entry.url, column="url", longest=rules.LONGEST_URL),
    )
