"""The exports of Spotify for Artists and YouTube Studio, from their bytes to the database."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from observed_tables import everything, rows, start_anew
from platform_files import (
    AUDIENCE,
    LATER_AUDIENCE,
    SONG_DAYS,
    SONGS,
    TOTALS,
    VIDEO_DAYS,
    VIDEO_TABLE,
    Told,
    known,
    read_export,
    told,
)

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_db_service import (
    get_imports,
    get_performance_data,
    undo_import,
)
from noktvrn_ai_artist.analytics.release_registry import list_releases
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadFile, BadValue, ImportRefused, Rejection, UnknownRelease
from noktvrn_ai_artist.ingest.ingest_service import write_rejects

MADE = datetime(2026, 11, 10, 8, tzinfo=UTC)
NOVA = {"artist": "Nova"}
SONG = {"title": "First Light", "artist": "Nova"}
OVER_28 = {"artist": "Nova", "window": "28d", "exported_at": MADE}
LIFETIME = {"artist": "Nova", "window": "lifetime", "exported_at": MADE}

EXPORTS: Mapping[str, tuple[str, dict[str, Any], int, str]] = {
    "song timeline": (SONG_DAYS, SONG, 2, "spotify-for-artists-csv"),
    "songs": (SONGS, OVER_28, 5, "spotify-for-artists-csv"),
    "video table": (VIDEO_TABLE, LIFETIME, 6, "youtube-studio-csv"),
    "video days": (VIDEO_DAYS, NOVA, 3, "youtube-studio-csv"),
}
every_export = pytest.mark.parametrize(
    ("content", "answers", "stored", "source"), EXPORTS.values(), ids=EXPORTS
)


def of(release_id: int, *numbers: tuple[str, float, datetime]) -> Told:
    return {(metric, str(release_id), value, at) for metric, value, at in numbers}


@every_export
def test_an_export_comes_in_once_and_goes_out_again(
    database: Database, content: str, answers: dict[str, Any], stored: int, source: str
) -> None:
    start_anew(database)
    before = everything(database)
    report = read_export(content, answers=answers)
    assert (report.counts.read, report.counts.stored) == (stored, stored)
    assert {one["source"] for one in get_performance_data()} == {source}
    assert get_imports()[0].source == source
    there = everything(database)
    again = read_export(content, "export (1).csv", answers=answers)
    assert (again.counts.stored, again.counts.duplicate) == (0, stored)
    assert (again.artists, again.releases, again.publications) == (0, 0, 0)
    assert everything(database) == there
    undo_import(report.counts.batch_id or 0)
    assert everything(database) == before


@every_export
def test_a_dry_run_stores_nothing_of_an_export(
    database: Database, content: str, answers: dict[str, Any], stored: int, source: str
) -> None:
    assert source
    assert read_export(content, answers=answers, dry_run=True).counts.stored == stored
    assert get_performance_data() == []


@every_export
def test_a_header_alone_is_no_rows_and_needs_no_answers(
    database: Database, content: str, answers: dict[str, Any], stored: int, source: str
) -> None:
    assert answers
    assert stored
    assert source
    report = read_export(content.splitlines()[0] + "\n")
    assert (report.counts.read, report.releases) == (0, 0)


@every_export
def test_an_export_without_answers_is_one_line_that_names_an_option(
    database: Database, content: str, answers: dict[str, Any], stored: int, source: str
) -> None:
    assert answers
    assert stored
    assert source
    with pytest.raises(BadFile, match="--") as refusal:
        read_export(content)
    assert "\n" not in str(refusal.value)
    assert get_imports() == []


def test_a_songs_days_are_days_of_utc(database: Database) -> None:
    song = known(database, "First Light")
    read_export(SONG_DAYS, answers={"release_id": song})
    first = datetime(2026, 11, 1, tzinfo=UTC)
    second = first + timedelta(days=1)
    assert told() == of(song, ("streams", 120, first), ("streams", 131, second))


def test_a_videos_days_begin_at_midnight_in_the_pacific_zone(database: Database) -> None:
    read_export(VIDEO_DAYS, answers=NOVA)
    first, second = sorted(list_releases(database), key=lambda one: one.title)
    # On the first of November 2026 the clocks go back during the day.
    one, two = datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert told() == (
        of(first.release_id, ("daily_views", 10, one), ("daily_views", 30, two))
        | of(second.release_id, ("daily_views", 7, two))
    )
    assert first.published_at == datetime(2026, 10, 2, 7, tzinfo=UTC)
    assert rows(database, "select external_id, url from publications order by 1") == [
        ("abcdefghijk", "https://www.youtube.com/watch?v=abcdefghijk"),
        ("lmnopqrstuv", "https://www.youtube.com/watch?v=lmnopqrstuv"),
    ]


def test_a_lifetime_table_holds_counters_and_says_what_it_left_out(database: Database) -> None:
    song = known(database, "First Light", video="abcdefghijk")
    report = read_export(VIDEO_TABLE, answers=LIFETIME)
    numbers = {one for one in told() if one[1] == str(song)}
    assert numbers == of(song, ("views", 1000, MADE), ("likes", 25, MADE), ("comments", 3, MADE))
    assert all(KNOWN.metric("YouTube", m).kind is MetricKind.COUNTER for m, *_ in told())
    assert report.read_over == (
        "Watch time (hours)",
        "Subscribers",
        "Thumbnail impressions",
        "Thumbnail click-through rate (%)",
        "Average view duration",
    )


def test_a_table_of_one_day_holds_daily_amounts_in_our_units(database: Database) -> None:
    song = known(database, "First Light", video="abcdefghijk")
    report = read_export(VIDEO_TABLE, answers={"artist": "Nova", "window": "2026-11-03"})
    day = datetime(2026, 11, 3, 8, tzinfo=UTC)
    assert {one for one in told() if one[1] == str(song)} == of(
        song,
        ("daily_views", 1000, day),
        ("watch_time", 10.5 * 3600, day),
        ("impressions", 15000, day),
        ("click_through_rate", 0.045, day),
        ("average_view_duration", 41, day),
        ("daily_likes", 25, day),
        ("daily_comments", 3, day),
    )
    assert report.read_over == ("Subscribers",)


@pytest.mark.parametrize("window", ["28d", "2026-02-30", "last week", ""])
def test_sums_of_several_days_are_no_numbers_of_videos(database: Database, window: str) -> None:
    with pytest.raises(BadFile, match="--window lifetime"):
        read_export(VIDEO_TABLE, answers={"artist": "Nova", "window": window, "exported_at": MADE})


def test_the_days_of_one_video_need_its_release(database: Database) -> None:
    song = known(database, "First Light", video="abcdefghijk")
    for name in ("Totals.csv", "Song-timeline.csv", "Song.csv", "export"):
        with pytest.raises(BadFile, match=r"say which release it is of: --release$"):
            read_export(TOTALS, name)
    assert read_export(TOTALS, "Totals.csv", answers={"release_id": song}).counts.stored == 2
    assert {metric for metric, *_ in told()} == {"daily_views"}


@pytest.mark.parametrize(("window", "listeners"), [("28d", "monthly_listeners"), ("12m", None)])
def test_numbers_of_a_window_are_never_daily_amounts(
    database: Database, window: str, listeners: str | None
) -> None:
    song = known(database, "First Light")
    read_export(SONGS, answers={**OVER_28, "window": window})
    assert {one for one in told() if one[1] == str(song)} == of(
        song,
        (listeners or f"listeners_{window}", 310, MADE),
        (f"streams_{window}", 1200, MADE),
        (f"saves_{window}", 14, MADE),
    )
    kinds = {KNOWN.metric("Spotify", metric).kind for metric, *_ in told()}
    assert kinds == {MetricKind.GAUGE, MetricKind.ROLLING_UNIQUE}


@pytest.mark.parametrize(
    "name", ["Nova-songs-28day.csv", "songs-28days (2).csv", "x_songs_last 28 days.CSV"]
)
def test_the_name_of_a_list_of_songs_says_its_window(database: Database, name: str) -> None:
    read_export(SONGS, name, answers={"artist": "Nova", "exported_at": MADE})
    assert "streams_28d" in {metric for metric, *_ in told()}


@pytest.mark.parametrize("content", [AUDIENCE, LATER_AUDIENCE, AUDIENCE.splitlines()[0]])
def test_an_artists_numbers_are_refused_and_the_way_out_is_named(
    database: Database, content: str
) -> None:
    song = known(database, "First Light")
    with pytest.raises(BadFile, match=r"an artist's.*export the timeline of each song"):
        read_export(content, answers={"release_id": song})


@pytest.mark.parametrize(
    "days",
    [
        ("2026-11-01", "2026-11-08"),
        ("2026-10-28", "2026-11-01", "2026-11-08"),
        ("2026-08-20", "2026-08-23", "2026-08-30", "2026-09-06"),
        ("2026-08-31", "2026-09-01", "2026-10-01"),
    ],
    ids=["weeks", "a cut week and two", "a cut week and three", "a cut month and two"],
)
def test_what_is_by_the_week_is_not_taken_for_days(
    database: Database, days: tuple[str, ...]
) -> None:
    song = known(database, "First Light")
    weeks = "date,streams\n" + "".join(f"{day},700\n" for day in days)
    with pytest.raises(BadFile, match="export it by day"):
        read_export(weeks, answers={"release_id": song})


def test_days_with_a_week_missing_between_them_are_days(database: Database) -> None:
    song = known(database, "First Light")
    days = "date,streams\n2026-11-01,7\n2026-11-02,8\n2026-11-03,8\n2026-11-12,9\n"
    assert read_export(days, answers={"release_id": song}).counts.stored == 4


def test_refused_days_far_apart_can_be_mended(database: Database) -> None:
    refused: list[Rejection] = []
    content = "date,streams\n2026-11-01,x\n2026-11-02,5\n2026-11-03,6\n2026-11-10,x\n"
    read_export(content, answers=SONG, skip_bad=True, on_rejection=refused.append)
    target = io.StringIO()
    write_rejects(io.BytesIO(content.encode()), {one.row: one for one in refused}, target)
    mended = target.getvalue().replace(",x,", ",7,")
    assert read_export(mended, answers=SONG).counts.stored == 2


def test_one_day_in_two_writings_is_one_day(database: Database) -> None:
    content = SONG_DAYS + '"Nov 1, 2026",9\n'
    with pytest.raises(ImportRefused) as refusal:
        read_export(content, answers=SONG)
    twice = "stands in several rows"
    assert refusal.value.rejections == tuple(
        Rejection(row=row, column="date", rule=twice) for row in (2, 5)
    )


def test_hours_and_percents_in_any_writing_lose_their_unit(database: Database) -> None:
    content = VIDEO_TABLE.replace(",10.5,", ",5.0E-4,").replace(",4.5,", ",5.1234567890123456,")
    read_export(content, answers={"artist": "Nova", "window": "2026-11-03"})
    values = {(metric, value) for metric, _, value, _ in told()}
    assert values >= {("watch_time", 1.8), ("click_through_rate", 0.051234567890123456)}


def test_a_fraction_is_no_count(database: Database) -> None:
    with pytest.raises(ImportRefused, match="streams: must be a whole number written out"):
        read_export("date,streams\n2026-11-01,1.203\n", answers=SONG)


@pytest.mark.parametrize(
    ("content", "answers"),
    [
        ("date,streams\n2026-11-01,\n2026-11-02, \n", SONG),
        ("Content,Video title,Views\nTotal,,12\n", LIFETIME),
        ("Content,Video title,Views\nabc,A song,\n", LIFETIME),
        ("Content,Video title,Subscribers\nabc,A song,3\n", LIFETIME),
    ],
    ids=["empty cells", "a total alone", "a hidden number", "no metric"],
)
def test_rows_without_a_number_are_no_success(
    database: Database, content: str, answers: dict[str, Any]
) -> None:
    with pytest.raises(BadFile, match=r"has (\d rows, and no number|no row besides its total)"):
        read_export(content, answers=answers)


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        ("01/02/2026,5", "date", "must be a day such as 2026-11-01"),
        ("2026-02-30,5", "date", "must be a day of the calendar"),
        ("2999-01-01,5", "date", "must not be more than 5 minutes in the future"),
        ("2026-11-09,-5", "streams", "must not be negative"),
        ('2026-11-09,"1,200"', "streams", "must be a plain number such as 1234 or 0.5"),
        ("2026-11-09,5,7", "row", "has 3 cells where the header has 2"),
        ("2026-11-01,5", "date", "stands in several rows"),
        (",5", "date", "must not be empty"),
    ],
)
def test_a_bad_row_is_named_by_the_exports_own_column(
    database: Database, line: str, column: str, rule: str
) -> None:
    content = SONG_DAYS + line + "\n"
    with pytest.raises(ImportRefused) as refusal:
        read_export(content, answers=SONG)
    assert Rejection(row=5, column=column, rule=rule) in refusal.value.rejections
    assert get_performance_data() == []
    skipped = read_export(content, answers=SONG, skip_bad=True).counts
    assert skipped.read == skipped.stored + skipped.rejected


def test_a_bad_cell_of_a_table_is_named_by_its_column(database: Database) -> None:
    day = {"artist": "Nova", "window": "2026-11-03"}
    content = VIDEO_TABLE.replace("0:00:41", "41 s").replace("1:02:03,5,0", "1:02:03,-5,0")
    with pytest.raises(ImportRefused) as refusal:
        read_export(content, answers=day)
    assert [(one.row, one.column) for one in refusal.value.rejections] == [
        (3, "Average view duration"),
        (4, "Likes"),
    ]


def test_refused_rows_of_an_export_can_be_mended_and_come_in(database: Database) -> None:
    content = SONG_DAYS + "2026-11-04,many\n"
    refused: list[Rejection] = []
    read_export(content, answers=SONG, skip_bad=True, on_rejection=refused.append)
    target = io.StringIO()
    write_rejects(io.BytesIO(content.encode()), {one.row: one for one in refused}, target)
    mended = target.getvalue().replace("many", "150")
    assert mended.splitlines()[0] == "date,streams,refused_column,refused_rule"
    assert read_export(mended, answers=SONG).counts.stored == 1


@pytest.mark.parametrize(
    ("content", "answers", "says"),
    [
        (SONG_DAYS, {**SONG, "window": "28d"}, "--window says nothing"),
        (SONG_DAYS, {**SONG, "release_id": 1}, "--release is enough"),
        (VIDEO_DAYS, {**NOVA, "title": "x"}, "--title says nothing"),
        ("release_id,platform,recorded_at,views\n", NOVA, "no platform's export"),
        (SONGS, {**OVER_28, "window": "90d"}, "none of 7d, 28d, 12m"),
    ],
)
def test_an_answer_that_fits_no_question_is_refused(
    database: Database, content: str, answers: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadFile, match=says):
        read_export(content, answers=answers)


def test_a_row_that_names_no_video_is_refused_alone(database: Database) -> None:
    known(database, "First Light", video="abcdefghijk")
    known(database, "Second Sun", video="lmnopqrstuv")
    refused: list[Rejection] = []
    content = VIDEO_DAYS + "2026-11-03,,Third,,90,4\n"
    report = read_export(content, skip_bad=True, on_rejection=refused.append)
    assert (report.counts.stored, report.counts.rejected) == (3, 1)
    assert refused == [Rejection(row=5, column="Content", rule="must not be empty")]


def test_a_column_that_is_there_twice_is_refused(database: Database) -> None:
    with pytest.raises(BadFile, match="two columns for 'date'"):
        read_export("date,Date,streams\n2026-11-01,2026-11-02,5\n", answers=SONG)


def test_answers_keep_the_rules_of_all_values(database: Database) -> None:
    with pytest.raises(UnknownRelease):
        read_export(SONG_DAYS, answers={"release_id": 99})
    with pytest.raises(BadValue, match=r"--exported-at: needs a UTC offset"):
        read_export(SONGS, answers={**OVER_28, "exported_at": MADE.replace(tzinfo=None)})
    with pytest.raises(BadFile, match="of no other platform"):
        read_export(SONG_DAYS, answers=SONG, platform="youtube")
    with pytest.raises(BadFile, match="no column 'frobs'"):
        read_export(SONG_DAYS, answers=SONG, ignore=frozenset({"frobs"}))
    with pytest.raises(BadFile, match="has no header"):
        read_export("", answers=SONG)
