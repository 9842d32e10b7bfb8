"""Every page of the app: full, empty, and while the database cannot be reached."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from app_world import OUT, OpenPage, grow, select_row, song, words
from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metric
from noktvrn_ai_artist.analytics.release_registry import annotate
from noktvrn_ai_artist.database.connection_manager import Database
from streamlit_app.analytics.periods import Comparison, Preset
from streamlit_app.components.places import (
    ENTRY,
    IMPORTS,
    OVERVIEW,
    PAGES,
    RELEASE,
    RELEASES,
    SOURCES,
    Place,
)

ALL_PAGES = [place for places in PAGES.values() for place in places]
ON_THE_DATABASE = [place for place in ALL_PAGES if place is not SOURCES]


def titles(place: Place) -> str:
    return place.title


@pytest.mark.parametrize("place", ALL_PAGES, ids=titles)
def test_a_page_with_numbers_shows_no_fault(
    open_page: OpenPage, world: list[int], place: Place
) -> None:
    app = open_page(place)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == ("Alone" if place is RELEASE else place.title)


@pytest.mark.parametrize("place", ALL_PAGES, ids=titles)
def test_an_empty_page_says_what_to_do_next(open_page: OpenPage, place: Place) -> None:
    app = open_page(place)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "make demo" in said or "noktvrn ingest" in said or "upload a CSV file" in said


@pytest.mark.parametrize("place", ON_THE_DATABASE, ids=titles)
def test_without_its_database_a_page_shows_one_calm_line(broken: OpenPage, place: Place) -> None:
    app = broken(place)
    assert not app.exception
    assert len(app.error) == 1
    assert "noktvrn db status" in app.error[0].value
    assert "canary-secret" not in words(app)
    assert "Traceback" not in words(app)


def test_a_damaged_tracker_file_is_one_calm_line(open_page: OpenPage, state_file: Path) -> None:
    state_file.write_text("{not json", encoding="utf-8")
    app = open_page(SOURCES)
    assert not app.exception
    assert "left as it is" in app.error[0].value


def test_the_overview_ranks_releases_by_what_they_gained(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(OVERVIEW)
    board = app.dataframe[0].value
    assert list(board["title"]) == ["Alone", "=Fourth", "Third", "Second", "First"]
    assert list(board["gain"]) == [500.0 * 19, 400.0 * 19, 300.0 * 19, 200.0 * 19, 100.0 * 19]


def test_the_overview_of_one_artist_shows_that_artist_alone(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(OVERVIEW, artist="Ada")
    assert set(app.dataframe[0].value["artist"]) == {"Ada"}


def test_presets_count_back_from_the_newest_number_and_say_so(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(OVERVIEW, period="7 days")
    assert "2–8 Apr 2025" in words(app)
    assert "counted back from the newest number here, of 8 Apr 2025" in words(app)


def test_an_unknown_gain_is_empty_and_not_zero(open_page: OpenPage, world: list[int]) -> None:
    old = song("Ada", "Old", out=OUT - timedelta(days=900))
    add_performance_metric(old, "YouTube", "views", 5, OUT)
    board = open_page(OVERVIEW).dataframe[0].value
    assert board.set_index("title")["gain"].isna()["Old"]


def test_the_address_opens_a_release(open_page: OpenPage, world: list[int]) -> None:
    app = open_page(RELEASE, release=str(world[2]))
    assert app.title[0].value == "Third"


@pytest.mark.parametrize("nonsense", ["0", "abc", "9" * 5000, "²", "-1", ""])
def test_an_address_that_names_no_release_opens_another(
    open_page: OpenPage, world: list[int], nonsense: str
) -> None:
    app = open_page(RELEASE, release=nonsense)
    assert not app.exception
    assert app.title[0].value == "Alone"


def test_a_title_is_shown_as_it_is_and_never_read_as_markdown(
    open_page: OpenPage, world: list[int]
) -> None:
    odd = song("A$AP", "$x$ *y* [z](javascript:alert) <b>")
    app = open_page(RELEASE, release=str(odd))
    assert app.title[0].value == ("\\$x\\$ \\*y\\* \\[z\\]\\(javascript:\u2060alert\\) \\<b\\>")


def test_a_period_of_ones_own_is_named_by_its_days(open_page: OpenPage, world: list[int]) -> None:
    app = open_page(RELEASE, release=str(world[0]))
    app.segmented_control(key="span").set_value(Preset.CUSTOM).run()
    app.date_input(key="span_days").set_value((date(2025, 3, 22), date(2025, 3, 23))).run()
    assert "**22–23 Mar 2025** (2 days), UTC days." in words(app)
    assert {card.label: card.delta for card in app.metric}["YouTube views"] == "+200"


def test_leading_releases_are_ranked_by_gain_or_by_total(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(OVERVIEW)
    assert "gained in the period: Alone leads" in words(app)
    app.segmented_control(key="leading").set_value("Total").run()
    assert "newest totals: Alone leads" in words(app)


def test_choosing_a_release_writes_it_into_the_address(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(RELEASE)
    app.selectbox(key="chosen_release").set_value(world[1]).run()
    assert app.title[0].value == "Second"
    assert app.query_params["release"] == str(world[1])


def test_figure_cards_tell_totals_from_what_was_gained(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(RELEASE, release=str(world[0]))
    app.segmented_control(key="span").set_value(Preset.WEEK).run()
    cards = {card.label: card for card in app.metric}
    assert cards["YouTube views"].value == "1.9K"
    assert cards["YouTube views"].delta == "+700"
    assert cards["Spotify streams"].value == "700"
    assert cards["Spotify streams"].delta == "+0 %"


def test_a_release_is_compared_at_equal_age_with_its_artist(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(RELEASE, release=str(world[0]))
    table = app.table[0].value.set_index("Age")
    assert table.loc["24 hours", "This release"] == "100"
    assert table.loc["24 hours", "Usual"] == "300"
    assert table.loc["28 days", "This release"] == "– too early"


def test_too_few_releases_of_an_artist_are_said_and_the_platform_is_offered(
    open_page: OpenPage, world: list[int]
) -> None:
    said = words(open_page(RELEASE, release=str(world[4])))
    assert "Bob has 0 other releases with this number, and 3 are needed" in said
    assert "Shown instead: **All on YouTube**" in said


def test_counters_are_shown_as_totals_or_as_what_they_gain_a_day(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(RELEASE, release=str(world[0]))
    assert "YouTube · **Views** in total" in words(app)
    app.segmented_control(key="counters").set_value("Gain a day").run()
    assert "YouTube · **Views** gained a day" in words(app)
    assert "Spotify · **Streams** a day" in words(app)


def test_events_and_changes_of_definition_are_drawn_as_lines(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(RELEASE, release=str(world[0]))
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    texts = {note["text"] for f in figures for note in f["layout"].get("annotations", [])}
    assert "Playlist" in texts
    assert any(text.startswith("counted anew") for text in texts)


def test_every_chart_carries_a_sentence_for_those_who_do_not_see_it(
    open_page: OpenPage, world: list[int]
) -> None:
    for place in (OVERVIEW, RELEASE, SOURCES):
        charts = open_page(place).get("plotly_chart")
        assert charts
        assert all(len(chart.proto.alt) > 20 for chart in charts)


def test_the_demo_says_what_is_simulated(
    open_page: OpenPage, world: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "simulated" not in words(open_page(OVERVIEW))
    monkeypatch.setenv("NOKTVRN_DEMO", "1")
    for place in ALL_PAGES:
        assert "clip usage is simulated" in words(open_page(place))


def test_the_comparison_is_kept_in_the_address_and_named_on_the_cards(
    open_page: OpenPage, world: list[int]
) -> None:
    app = open_page(OVERVIEW, period="7 days")
    card = app.metric[0].proto
    assert (card.delta, card.delta_description) == ("+0 %", "on 7 days before")
    assert "Compared with 26 Mar – 1 Apr 2025." in words(app)
    app = open_page(OVERVIEW, period="7 days", period_against="Same weekdays last year")
    card = app.metric[0].proto
    assert (card.delta, card.delta_description) == ("", "last year: not known")
    assert "Compared with 3–9 Apr 2024." in words(app)
    app.selectbox(key="period_against").set_value(Comparison.NONE).run()
    assert app.metric[0].proto.delta_description == "in 7 days"
    assert "Compared with" not in words(app)


def test_a_release_is_compared_with_the_same_weekdays_of_last_year(
    open_page: OpenPage, world: list[int]
) -> None:
    release = song("Ada", "Old", out=OUT - timedelta(days=364))
    grow(release, days=380, daily=10, out=OUT - timedelta(days=364))
    app = open_page(
        RELEASE, release=str(release), span="7 days", span_against="Same weekdays last year"
    )
    cards = {card.label: card.proto.delta_description for card in app.metric}
    assert cards["Spotify streams"] == "on last year"
    assert cards["YouTube views"] == "+0 % on last year"


def test_over_more_than_a_year_the_page_says_why_nothing_is_compared(
    open_page: OpenPage, world: list[int]
) -> None:
    song_id = song("Ada", "Old", out=OUT - timedelta(days=900))
    add_performance_metric(song_id, "YouTube", "views", 5, OUT - timedelta(days=899))
    app = open_page(OVERVIEW, period="All", period_against="Same weekdays last year")
    assert not app.exception
    assert "Longer than a year" in words(app)
    assert app.metric[0].proto.delta_description.startswith("in ")


def test_what_concerns_all_releases_is_drawn_in_the_chart_of_all(
    open_page: OpenPage, world: list[int], database: Database
) -> None:
    annotate(database, "Campaign", happened_at=OUT + timedelta(days=5))
    assert {"Campaign", "Playlist"} & daily_marks(open_page(OVERVIEW)) == {"Campaign"}
    assert {"Campaign", "Playlist", "Third"} <= daily_marks(open_page(OVERVIEW, artist="Ada"))


def daily_marks(app: AppTest) -> set[str]:
    """The words on the lines of the overview's first chart."""
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    return {note["text"] for note in layout.get("annotations", [])}


def test_an_event_of_all_releases_is_noted_on_the_page_of_one(
    open_page: OpenPage, world: list[int]
) -> None:
    app = select_row(open_page(RELEASES), 0)
    app.text_input(key="event_text").set_value("Campaign")
    app.checkbox(key="event_everywhere").check()
    app.button(key="note_event").click().run()
    assert "**Campaign** (all releases)" in words(app)


@pytest.mark.parametrize(
    ("asked", "whose"), [("All on YouTube", "All on YouTube"), ("nonsense", "Ada"), ("Ada", "Ada")]
)
def test_whom_a_release_is_compared_with_is_kept_in_the_address(
    open_page: OpenPage, world: list[int], asked: str, whose: str
) -> None:
    app = open_page(RELEASE, release=str(world[0]), against=asked)
    assert not app.exception
    assert f"the median ({whose})" in words(app)


@pytest.mark.parametrize("place", [IMPORTS, RELEASES, SOURCES, OVERVIEW, RELEASE], ids=titles)
def test_a_table_can_be_downloaded_as_it_is_shown(
    open_page: OpenPage, world: list[int], place: Place
) -> None:
    labels = [button.proto.label for button in open_page(place).get("download_button")]
    assert labels == ["CSV", "Parquet"]


def test_an_import_can_be_taken_back_on_its_page(open_page: OpenPage, world: list[int]) -> None:
    app = select_row(open_page(IMPORTS), 0)
    app.button(key="undo_import").click().run()
    assert "60 values taken back" in app.success[0].value
    assert app.dataframe[0].value["Undone"].iloc[0]


@pytest.mark.parametrize("preset", [Preset.ALL, Preset.CUSTOM, Preset.FOUR_WEEKS])
def test_a_value_stamped_before_the_publication_is_within_everything(
    open_page: OpenPage, preset: Preset
) -> None:
    early = song("Cy", "Early")
    add_performance_metric(early, "YouTube", "views", 5, OUT - timedelta(days=30))
    app = open_page(OVERVIEW, period=preset.value)
    assert not app.exception
    expected = "18 Feb 2025** (1 day)" if preset is not Preset.FOUR_WEEKS else "(28 days)"
    assert expected in words(app)


def test_a_release_is_registered_by_hand(open_page: OpenPage) -> None:
    song("Ada", "Known")
    app = open_page(RELEASES)
    app.selectbox(key="new_artist").set_value("Ada")
    app.text_input(key="new_title").set_value("New one")
    app.button(key="register").click().run()
    assert not app.error
    assert list(app.dataframe[0].value["Title"]) == ["Known", "New one"]


def test_a_release_without_a_title_is_refused_and_what_was_entered_stays(
    open_page: OpenPage,
) -> None:
    song("Ada", "Known")
    app = open_page(RELEASES)
    app.selectbox(key="new_artist").set_value("Ada")
    app.button(key="register").click().run()
    assert app.error[0].value == "Not registered: Title must not be empty."
    assert app.selectbox(key="new_artist").value == "Ada"


def test_the_entry_page_offers_a_way_out_when_nothing_is_registered(open_page: OpenPage) -> None:
    assert "Register a release" in [button.label for button in open_page(ENTRY).button]
