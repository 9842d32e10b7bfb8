"""Which platform's export a table is, told by its header alone, and what its columns mean.

A file's name says nothing for sure: browsers rename what they save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from noktvrn_ai_artist.analytics.metric_catalogue import fold
from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.file_forms import SPELLINGS

SPOTIFY, YOUTUBE = "spotify-for-artists-csv", "youtube-studio-csv"
# What a lifetime table is called among the windows.
LIFETIME = "lifetime"
# The days and months that Spotify adds up; it asks for one of them before a download.
SONG_WINDOWS = ("7d", "28d", "12m")
# The first row of Studio's tables adds up the others.
TOTAL = "Total"


class Written(StrEnum):
    """How an export writes a number."""

    COUNT = "count"
    PLAIN = "plain"
    HOURS = "hours"
    PERCENT = "percent"
    CLOCK = "clock"


class NamedBy(StrEnum):
    """How an export says which release a row is about."""

    FILE = "file"
    SONG = "song"
    VIDEO = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A column of numbers: its metric of one day, its metric since publication, its writing.

    Where one of the two is None, the product has no such metric.
    """

    of_day: str | None
    since_publication: str | None = None
    written: Written = Written.COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of export.

    `key` are the columns that no two rows share; `answers` are those that it may need besides the
    file: fields of `ExportAnswers`.
    """

    form: str
    platform: str
    source: str
    named_by: NamedBy
    key: tuple[str, ...]
    answers: tuple[str, ...]
    amounts: Mapping[str, Amount]

    @property
    def has_days(self) -> bool:
        """Whether each row is about one day."""
        return "date" in self.key


_SONG_NUMBERS = {name: Amount(of_day=None) for name in ("listeners", "streams", "saves")}
# As downloads of 2026 have them; Studio called thumbnail impressions just impressions before.
_VIDEO_NUMBERS: Mapping[str, Amount] = {
    "views": Amount(of_day="daily_views", since_publication="views"),
    "engaged_views": Amount(of_day="engaged_views"),
    "likes": Amount(of_day="daily_likes", since_publication="likes"),
    "dislikes": Amount(of_day=None, since_publication="dislikes"),
    "comments_added": Amount(of_day="daily_comments", since_publication="comments"),
    "shares": Amount(of_day="shares"),
    "subscribers_gained": Amount(of_day="subscribers_gained"),
    "subscribers_lost": Amount(of_day="subscribers_lost"),
    "watch_time_(hours)": Amount(of_day="watch_time", written=Written.HOURS),
    "average_view_duration": Amount(of_day="average_view_duration", written=Written.CLOCK),
    "average_percentage_viewed_(%)": Amount(
        of_day="average_view_percentage", written=Written.PLAIN
    ),
    "impressions": Amount(of_day="impressions"),
    "thumbnail_impressions": Amount(of_day="impressions"),
    "impressions_click_through_rate_(%)": Amount(
        of_day="click_through_rate", written=Written.PERCENT
    ),
    "thumbnail_click_through_rate_(%)": Amount(
        of_day="click_through_rate", written=Written.PERCENT
    ),
}

SONG_TIMELINE = Layout(
    form="Spotify song timeline",
    platform="Spotify",
    source=SPOTIFY,
    named_by=NamedBy.FILE,
    key=("date",),
    answers=("release_id", "title", "artist"),
    amounts={"streams": Amount(of_day="streams")},
)
SONGS = Layout(
    form="Spotify songs",
    platform="Spotify",
    source=SPOTIFY,
    named_by=NamedBy.SONG,
    key=("song",),
    answers=("artist", "window", "exported_at"),
    amounts=_SONG_NUMBERS,
)
VIDEO_DAYS = Layout(
    form="YouTube Studio chart",
    platform="YouTube",
    source=YOUTUBE,
    named_by=NamedBy.VIDEO,
    key=("date", "content"),
    answers=("artist",),
    amounts=_VIDEO_NUMBERS,
)
VIDEO_TABLE = Layout(
    form="YouTube Studio table",
    platform="YouTube",
    source=YOUTUBE,
    named_by=NamedBy.VIDEO,
    key=("content",),
    answers=("artist", "window", "exported_at"),
    amounts=_VIDEO_NUMBERS,
)
DAYS_OF_ONE = Layout(
    form="YouTube Studio days",
    platform="YouTube",
    source=YOUTUBE,
    named_by=NamedBy.FILE,
    key=("date",),
    answers=("release_id",),
    amounts=_VIDEO_NUMBERS,
)

# What a mended file of refused rows has besides.
REFUSAL = frozenset({"refused_column", "refused_rule"})
# What only a table of one's own has.
_ORDINARY = frozenset(spelling for spellings in SPELLINGS.values() for spelling in spellings)


def folded_header(header: Sequence[str]) -> list[str]:
    """The columns' names as they are compared."""
    return [fold(name) for name in header]


def layout_of(header: Sequence[str]) -> Layout | None:
    """The kind of export that has this header; None where it is an ordinary table.

    >>> layout_of(["date", "streams"]).form
    'Spotify song timeline'

    Raises:
        BadFile: it is an export whose numbers are not of releases.
    """
    names = set(folded_header(header)) - REFUSAL
    if "recorded_at" in names or "timestamp" in names:
        return None
    _refuse_other_things(names)
    if names == {"date", "streams"}:
        return SONG_TIMELINE
    if {"song", "streams", "release_date"} <= names:
        return SONGS
    if {"content", "video_title"} <= names:
        return VIDEO_DAYS if "date" in names else VIDEO_TABLE
    if "date" in names and names & _VIDEO_NUMBERS.keys() and not names & _ORDINARY:
        return DAYS_OF_ONE
    return None


def _refuse_other_things(names: set[str]) -> None:
    if {"date", "streams", "followers"} <= names:
        raise BadFile(
            "is an audience timeline of Spotify for Artists: its numbers are an artist's, and"
            " numbers are kept of releases; export the timeline of each song instead"
        )
    if {"title", "author", "date_added"} <= names:
        raise BadFile(
            "is a list of playlists of Spotify for Artists: numbers are kept of releases; export"
            " the songs, or the timeline of each song, instead"
        )
