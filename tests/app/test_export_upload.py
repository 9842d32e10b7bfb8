"""Uploading an export of a platform: what it does not say is asked for, once, on the page."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from app_world import OpenPage, song, words
from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.performance_db_service import get_performance_data
from noktvrn_ai_artist.database.connection_manager import Database
from streamlit_app.components.places import ENTRY

MARK = "\ufeff"
DAYS = MARK + "date,streams\n2026-11-01,120\n2026-11-02,131\n"
SONGS = MARK + "song,listeners,streams,saves,release_date\nFirst,310,1200,14,2026-10-02\n"
VIDEOS = (
    MARK + "Content,Video title,Video publish time,Duration,Views,Subscribers\n"
    'Total,,,,1500,5\nabcdefghijk,First,"Oct 2, 2026",161,1500,5\n'
)
AUDIENCE = MARK + "date,listeners,streams,followers\n2026-11-01,10,120,3\n"


def upload(open_page: OpenPage, name: str, content: str) -> AppTest:
    app = open_page(ENTRY)
    app.file_uploader[0].upload(name, content.encode())
    return app.run()


def write(app: AppTest, label: str, text: str) -> AppTest:
    return next(field for field in app.text_input if field.label == label).set_value(text).run()


def choose(app: AppTest, label: str, value: object) -> AppTest:
    boxes = [box for box in app.selectbox if box.label == label]
    return boxes[-1].set_value(value).run()


def say_when(app: AppTest) -> AppTest:
    next(one for one in app.date_input if one.label == "Exported at").set_value(date(2026, 11, 10))
    field = next(one for one in app.time_input if "time_" in (one.key or "") and one.value is None)
    return field.set_value(time(8)).run()


def imported(app: AppTest) -> list[tuple[str, float, str]]:
    app.button(key="csv_import").click().run()
    assert not app.exception
    told = [
        (one["metric_type"], one["metric_value"], one["source"]) for one in (get_performance_data())
    ]
    return sorted(told)


def test_a_song_whose_title_the_name_tells_is_found(open_page: OpenPage) -> None:
    song("Nova", "First")
    app = upload(open_page, "First-timeline (1).csv", DAYS)
    source = "spotify-for-artists-csv"
    assert imported(app) == [("streams", 120, source), ("streams", 131, source)]
    again = upload(open_page, "First-timeline (2).csv", DAYS)
    assert again.button(key="csv_import").disabled


def test_a_song_that_nothing_names_is_asked_for_by_the_fields_of_the_page(
    database: Database, open_page: OpenPage
) -> None:
    app = upload(open_page, "export.csv", DAYS)
    assert "“Release”, or “Title” and “Artist”" in app.error[0].value
    app = write(write(app, "Title", "New"), "Artist", "Nova")
    assert not app.error
    assert len(imported(app)) == 2


def test_a_chosen_release_is_answer_enough(open_page: OpenPage) -> None:
    first = song("Nova", "First")
    app = choose(upload(open_page, "export.csv", DAYS), "Release", first)
    assert len(imported(app)) == 2
    assert {one["release_id"] for one in get_performance_data()} == {first}


def test_a_list_of_songs_asks_for_its_window_and_its_moment(open_page: OpenPage) -> None:
    song("Nova", "First")
    app = upload(open_page, "songs.csv", SONGS)
    assert "“Window”" in app.error[0].value
    app = choose(app, "Window", "28d")
    assert "“Exported at”" in app.error[0].value
    app = say_when(app)
    assert [metric for metric, _, _ in imported(app)] == [
        "monthly_listeners",
        "saves_28d",
        "streams_28d",
    ]
    assert {one["recorded_at"] for one in get_performance_data()} == {
        datetime(2026, 11, 10, 8, tzinfo=UTC)
    }


def test_a_lifetime_table_of_videos_is_imported_and_says_what_it_left_out(
    database: Database, open_page: OpenPage
) -> None:
    app = choose(upload(open_page, "Table data.csv", VIDEOS), "Window", "lifetime")
    app = write(say_when(app), "Artist", "Nova")
    assert "there is no metric: Subscribers" in words(app)
    assert imported(app) == [("views", 1500, "youtube-studio-csv")]


@pytest.mark.parametrize("name", ["x-audience-timeline.csv", "export.csv"])
def test_an_artists_numbers_are_refused_in_one_line(
    database: Database, open_page: OpenPage, name: str
) -> None:
    app = upload(open_page, name, AUDIENCE)
    assert not app.exception
    assert "audience timeline" in app.error[0].value
    assert get_performance_data() == []
