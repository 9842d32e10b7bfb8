"""Which releases the rows of an export are about: known ones by id, others by artist and title."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from noktvrn_ai_artist.analytics.release_registry import get_release, list_releases
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.export_answers import ExportAnswers
from noktvrn_ai_artist.ingest.export_cells import day_from, start_of
from noktvrn_ai_artist.ingest.export_layouts import Layout
from noktvrn_ai_artist.ingest.export_names import (
    as_in_a_name,
    may_have_lost_letters,
    possible_titles,
    title_in,
)
from noktvrn_ai_artist.records import Release

_WATCH = "https://www.youtube.com/watch?v="
# The cells that name a row's release, from a row's cells by their (folded) column.
NameRow = Callable[[Mapping[str, str]], Sequence[str]]


class KnownReleases(Protocol):
    """What is known already of the releases that an export may name."""

    def all(self) -> Sequence[Release]:
        """Every release."""

    def one(self, release_id: int) -> Release:
        """One release.

        Raises:
            UnknownRelease: no release has this id.
        """

    def of_videos(self, video_ids: Collection[str]) -> Mapping[str, int]:
        """The release ids of those of some videos that are known."""


class ReleasesInDatabase:
    """What a database knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[Release]:
        """Every release."""
        return list_releases(self._database)

    def one(self, release_id: int) -> Release:
        """One release.

        Raises:
            UnknownRelease: no release has this id.
        """
        return get_release(self._database, release_id)

    def of_videos(self, video_ids: Collection[str]) -> Mapping[str, int]:
        """The release ids of those of some videos that are known."""
        values = {"platform": "YouTube", "external_ids": sorted(video_ids)}
        with self._database.transaction() as connection:
            return dict(connection.execute(query("publications_known_as"), values).fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How an ordinary table would name the releases: its columns, and each row's cells there."""

    columns: tuple[str, ...]
    name: NameRow


def of_one_release(answers: ExportAnswers, known: KnownReleases, *, layout: Layout) -> Naming:
    """The release that a whole file is about.

    Raises:
        BadFile: it is not known which.
        UnknownRelease: the one given is not there.
    """
    if answers.release_id is not None:
        return _by_id(known.one(answers.release_id).release_id)
    if answers.title is not None and answers.artist is not None:
        return _by_title(answers.artist, answers.title)
    found = _meant(answers, known.all())
    if len(found) == 1:
        return _by_id(found[0].release_id)
    if "title" not in layout.answers:
        raise BadFile("does not say which release it is of: --release")
    title = answers.title or title_in(answers.file_name)
    if found or (title is None and answers.artist is None):
        which = "may be of several releases" if found else "does not say which song it is of"
        raise BadFile(f"{which}: --release, or --title and --artist")
    if title is None or (answers.title is None and may_have_lost_letters(title)):
        raise BadFile("does not say its song's title to the letter: --title")
    if answers.artist is None:
        raise BadFile(f"is of {title[:64]!r}, which is no known release: --artist")
    return _by_title(answers.artist, title)


def of_songs(titles: Collection[str], answers: ExportAnswers, known: KnownReleases) -> Naming:
    """The release of each row of a list of songs, told by its title.

    Raises:
        BadFile: a title is of no known release or of several, and the artist is not given.
    """
    artist = answers.artist
    if artist is not None:
        return Naming(
            columns=("artist", "title", "published_at"),
            name=lambda cells: (artist, cells["song"], _day(cells, "release_date", "UTC")),
        )
    ids: dict[str, list[int]] = {title: [] for title in titles}
    for release in known.all():
        ids.get(release.title, []).append(release.release_id)
    unclear = [title for title, of_title in ids.items() if len(of_title) != 1]
    if unclear:
        what = "several known releases" if ids[unclear[0]] else "no known release"
        raise BadFile(f"has a song {unclear[0][:64]!r}, the title of {what}: --artist")
    found = {title: of_title[0] for title, of_title in ids.items()}
    return Naming(columns=("release_id",), name=lambda cells: [_id_in(found, cells["song"])])


def of_videos(
    video_ids: Collection[str], answers: ExportAnswers, known: KnownReleases, *, zone: str
) -> Naming:
    """The release of each row of a list of videos, told by the video's id.

    Raises:
        BadFile: a video is not known, and the artist to register it under is not given.
    """
    artist, ids = answers.artist, known.of_videos(video_ids)
    if artist is None:
        new = [video_id for video_id in video_ids if video_id not in ids]
        if new:
            raise BadFile(
                f"has videos that are not known ({len(new):,}, such as {new[0][:64]!r}): name"
                " the artist to register them under with --artist"
            )
        return Naming(columns=("release_id",), name=lambda cells: [_id_in(ids, cells["content"])])

    def name(cells: Mapping[str, str]) -> Sequence[str]:
        video_id = cells["content"]
        published = _day(cells, "video_publish_time", zone)
        return (video_id, artist, cells["video_title"], published, _WATCH + video_id)

    return Naming(columns=("external_id", "artist", "title", "published_at", "url"), name=name)


def _id_in(ids: Mapping[str, int], name: str) -> str:
    if name not in ids:
        raise BadFile("changed while it was read")
    return str(ids[name])


def _by_id(release_id: int) -> Naming:
    return Naming(columns=("release_id",), name=lambda _: [str(release_id)])


def _by_title(artist: str, title: str) -> Naming:
    return Naming(columns=("artist", "title"), name=lambda _: [artist, title])


def _meant(answers: ExportAnswers, releases: Sequence[Release]) -> list[Release]:
    """The known releases that a song's timeline may be of."""
    if answers.title is not None:
        found = [one for one in releases if one.title == answers.title]
    else:
        names = {as_in_a_name(title) for title in possible_titles(answers.file_name)}
        found = [one for one in releases if as_in_a_name(one.title) in names]
    return [one for one in found if answers.artist in {None, one.artist}]


def _day(cells: Mapping[str, str], column: str, zone: str) -> str:
    """The beginning of the day on which a release came out; empty where nobody says."""
    text = cells.get(column, "")
    return start_of(day_from(text, column=column), zone).isoformat() if text else ""
