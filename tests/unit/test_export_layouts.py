"""What an export's header, name and cells mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.observation_rules import checked_value, number_from
from noktvrn_ai_artist.errors import BadFile, BadValue
from noktvrn_ai_artist.ingest.export_cells import day_from, number_cell, start_of
from noktvrn_ai_artist.ingest.export_layouts import (
    DAYS_OF_ONE,
    SONG_TIMELINE,
    SONGS,
    VIDEO_DAYS,
    VIDEO_TABLE,
    Layout,
    Written,
    layout_of,
)
from noktvrn_ai_artist.ingest.export_names import (
    as_in_a_name,
    possible_titles,
    title_in,
    window_in,
)

STUDIO = "Content,Video title,Video publish time,Duration,Views,Unique viewers"
PACIFIC = "America/Los_Angeles"
titles = st.text("abcXYZ09 '.!?/:&é", min_size=1, max_size=20).map(str.strip).filter(bool)


@pytest.mark.parametrize(
    ("header", "layout"),
    [
        ("date,streams", SONG_TIMELINE),
        ("Date,Streams,refused_column,refused_rule", SONG_TIMELINE),
        ("song,listeners,streams,saves,release_date", SONGS),
        (STUDIO, VIDEO_TABLE),
        (f"Date,{STUDIO}", VIDEO_DAYS),
        ("Date,Views", DAYS_OF_ONE),
        ("Date,Views,Watch time (hours),Unique viewers", DAYS_OF_ONE),
        ("release_id,platform,recorded_at,streams", None),
        ("video_id,title,artist,recorded_at,views,date", None),
        ("artist,title,date,views", None),
        ("date,clicks", None),
    ],
)
def test_a_header_alone_tells_an_export(header: str, layout: Layout | None) -> None:
    assert layout_of(header.split(",")) is layout
    assert layout_of(list(reversed(header.split(",")))) is layout


@pytest.mark.parametrize(
    "header", ["date,listeners,streams,followers", "title,author,listeners,streams,date_added"]
)
def test_what_is_not_of_releases_is_refused(header: str) -> None:
    with pytest.raises(BadFile, match="numbers are kept of releases"):
        layout_of(header.split(","))


@given(titles, st.sampled_from(["", " (1)", "(12)", "-2", " copy", " copy 3", " (1) (2)"]))
def test_a_title_is_read_whatever_the_browser_put_behind_it(title: str, copied: str) -> None:
    assert title_in(f"{as_in_a_name(title)}-timeline{copied}.csv") == as_in_a_name(title)


@given(titles)
def test_a_song_is_among_the_titles_its_files_name_may_mean(title: str) -> None:
    for name in (f"{as_in_a_name(title)}.csv", f"{as_in_a_name(title)} (1).csv"):
        assert as_in_a_name(title) in possible_titles(name)


@pytest.mark.parametrize("name", ["export.csv", "timeline.csv", "x-audience-timeline.csv", ""])
def test_a_name_that_holds_no_title_tells_none(name: str) -> None:
    assert title_in(name) is None


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("1x7-songs-1year.csv", "12m"),
        ("songs-12months (1).csv", "12m"),
        ("Nova_songs_7days.csv", "7d"),
        ("songs-28day-2.csv", "28d"),
        ("songs-90day.csv", None),
        ("songs.csv", None),
        ("28 days of songs.csv", None),
    ],
)
def test_a_window_is_read_from_a_name_that_says_it(name: str, window: str | None) -> None:
    assert window_in(name) == window


@given(st.dates(date(2005, 1, 1), date(2030, 12, 31)))
def test_days_are_read_in_both_writings_and_follow_each_other(day: date) -> None:
    spoken = f"{day:%b} {day.day}, {day.year}"
    assert day_from(day.isoformat(), column="date") == day_from(spoken, column="date") == day
    length = start_of(day + timedelta(days=1), PACIFIC) - start_of(day, PACIFIC)
    assert length in {timedelta(hours=hours) for hours in (23, 24, 25)}
    assert start_of(day, "UTC") == datetime(day.year, day.month, day.day, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2026-02-30", "01/02/2026", "2026-11", "Foo 1, 2026", "٢"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match=r"^Date: must be a day"):
        day_from(text, column="Date")


@given(st.integers(0, 9999), st.integers(0, 59), st.integers(0, 59))
def test_a_time_on_a_clock_is_its_seconds(hours: int, minutes: int, seconds: int) -> None:
    text = f"{hours}:{minutes:02}:{seconds:02}"
    assert (
        int(number_cell(text, Written.CLOCK, column="c")) == hours * 3600 + minutes * 60 + seconds
    )


@pytest.mark.parametrize("text", ["41", "0:61", "1:2:3:4", "-0:10", "0:10 s"])
def test_what_is_no_time_on_a_clock_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="must be a time such as"):
        number_cell(text, Written.CLOCK, column="c")


def test_numbers_are_scaled_exactly_and_others_left_to_the_rules() -> None:
    assert number_cell("10359.5571", Written.HOURS, column="c") == "37294405.5600"
    assert number_cell("8.4", Written.PERCENT, column="c") == "0.084"
    for text in ("", "1,5", "nan", "1e10000", "+1"):
        assert number_cell(text, Written.HOURS, column="c") == text


def accepted(text: str) -> float | None:
    try:
        return checked_value(number_from(text))
    except BadValue:
        return None


@given(
    st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
    | st.sampled_from(["5.0E-4", "1e9999", "5e-9999", "9" * 5000, "0e0", "0.0123456789012345678"])
)
def test_every_number_that_is_accepted_leaves_its_unit_behind(text: str) -> None:
    given_ = accepted(text)
    for written, factor in ((Written.HOURS, 3600), (Written.PERCENT, 0.01)):
        scaled = accepted(number_cell(text, written, column="c"))
        if scaled is not None:
            assert scaled == pytest.approx((given_ or float(text)) * factor, rel=1e-14, abs=1e-300)
        else:  # beyond the limit, or an exponent of five digits
            assert given_ is None or given_ * factor > 2**53 * 0.999 or given_ < 1e-300


@pytest.mark.parametrize("text", ["1.203", "1.000", "1.2E+06", "0.5", "-1.5", "3.00"])
def test_a_count_is_whole_and_written_out(text: str) -> None:
    for whole in ("1203", "1203.0", "0", "-3"):
        assert number_cell(whole, Written.COUNT, column="c") == whole
    with pytest.raises(BadValue, match="c: must be a whole number written out"):
        number_cell(text, Written.COUNT, column="c")
