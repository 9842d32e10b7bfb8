"""Which release an export is taken to be about, and when nobody could know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from platform_files import SONG_DAYS, SONGS, VIDEO_DAYS, known, read_export, told

from noktvrn_ai_artist.analytics.release_registry import list_releases
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile

MADE = datetime(2026, 11, 10, 8, tzinfo=UTC)
NOVA = {"artist": "Nova"}


def test_songs_whose_titles_are_each_of_one_release_need_no_artist(database: Database) -> None:
    known(database, "First Light")
    answers = {"window": "28d", "exported_at": MADE}
    with pytest.raises(BadFile, match=r"'Why, not\?'.* no known release.*--artist"):
        read_export(SONGS, answers=answers)
    known(database, "Why, not?", "Bo")
    assert read_export(SONGS, answers=answers).releases == 0
    known(database, "Why, not?", "Nova")
    with pytest.raises(BadFile, match="several known releases"):
        read_export(SONGS, answers=answers)


@pytest.mark.parametrize(
    "name",
    [
        "First Light-timeline.csv",
        "First Light-timeline (1).csv",
        "First Light-timeline-2.csv",
        "First Light-timeline copy.csv",
        "First Light (3).csv",
        "First Light.csv.csv",
    ],
)
def test_a_known_song_is_found_by_the_name_of_its_file(database: Database, name: str) -> None:
    song = known(database, "First Light")
    known(database, "Second Sun")
    assert read_export(SONG_DAYS, name).counts.stored == 2
    assert {release for _, release, _, _ in told()} == {str(song)}


def test_letters_that_no_file_name_holds_are_found_and_never_made_up(database: Database) -> None:
    song = known(database, "Why / not?")
    assert read_export(SONG_DAYS, "Why _ not_-timeline.csv").counts.stored == 2
    assert {release for _, release, _, _ in told()} == {str(song)}
    with pytest.raises(BadFile, match="--title"):
        read_export(SONG_DAYS, "Who_-timeline.csv", answers=NOVA)


def test_a_new_song_is_registered_by_its_files_name_only_beside_its_artist(
    database: Database,
) -> None:
    with pytest.raises(BadFile, match=r"'Second Sun'.*--artist"):
        read_export(SONG_DAYS, "Second Sun-timeline.csv")
    with pytest.raises(BadFile, match="--title"):
        read_export(SONG_DAYS, "download (2).csv", answers=NOVA)
    assert read_export(SONG_DAYS, "Second Sun-timeline.csv", answers=NOVA).releases == 1
    (release,) = list_releases(database)
    assert (release.artist, release.title) == ("Nova", "Second Sun")


def test_a_title_of_two_releases_is_asked_for(database: Database) -> None:
    known(database, "First Light")
    known(database, "First Light", "Bo")
    with pytest.raises(BadFile, match="several releases: --release"):
        read_export(SONG_DAYS, "First Light-timeline.csv")
    assert read_export(SONG_DAYS, "First Light-timeline.csv", answers=NOVA).releases == 0


def test_known_videos_need_no_artist(database: Database) -> None:
    first = known(database, "First Light", video="abcdefghijk")
    with pytest.raises(BadFile, match=r"not known \(1, such as 'lmnopqrstuv'.*--artist"):
        read_export(VIDEO_DAYS)
    second = known(database, "Another title", video="lmnopqrstuv")
    report = read_export(VIDEO_DAYS)
    assert (report.counts.stored, report.releases) == (3, 0)
    assert {release for _, release, _, _ in told()} == {str(first), str(second)}
