"""The date and the time of a form: they move on with the clock, unless they were entered."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from app_world import OpenPage, song
from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.performance_db_service import (
    get_corrections,
    get_performance_data,
)
from noktvrn_ai_artist.database.connection_manager import Database
from streamlit_app.components.places import ENTRY, RELEASES


@pytest.fixture
def release_id(open_page: OpenPage) -> int:
    """A release without numbers."""
    return song("Ada", "First")


def shown(app: AppTest, form: str = "entry") -> datetime:
    """The wall clock in the form."""
    day, at = app.date_input(key=f"{form}_date").value, app.time_input(key=f"{form}_time").value
    return datetime.combine(day, at)


def opened_hours_ago(app: AppTest, form: str = "entry", *, hours: int = 3) -> datetime:
    """What the form offers if it was opened some hours ago and left alone."""
    then = shown(app, form) - timedelta(hours=hours)
    app.session_state[f"{form}_date"], app.session_state[f"{form}_time"] = then.date(), then.time()
    app.session_state[f"{form}_date_offer"] = then
    app.run()
    assert shown(app, form) == then
    return then


def save(app: AppTest, value: str) -> AppTest:
    app.text_input(key="entry_value").set_value(value)
    return app.button(key="entry_save").click().run()


def is_now(wall: datetime) -> bool:
    return timedelta(0) <= datetime.now(UTC).replace(tzinfo=None) - wall < timedelta(minutes=3)


def test_a_form_begins_with_the_present_minute(open_page: OpenPage, release_id: int) -> None:
    assert is_now(shown(open_page(ENTRY)))


def test_after_a_save_the_present_is_offered_again_and_the_next_number_is_no_correction(
    open_page: OpenPage, release_id: int
) -> None:
    app = open_page(ENTRY)
    opened_hours_ago(app)
    save(app, "100")
    assert is_now(shown(app))
    save(app, "200")
    assert app.success[0].value.startswith("Saved: 200")
    assert get_corrections(release_id) == []
    assert len(get_performance_data()) == 2


def test_what_is_refused_keeps_its_moment(open_page: OpenPage, release_id: int) -> None:
    app = open_page(ENTRY)
    then = opened_hours_ago(app)
    save(app, "many")
    assert app.error
    assert shown(app) == then


def test_in_another_zone_the_present_is_offered_on_its_clock(
    open_page: OpenPage, release_id: int
) -> None:
    app = open_page(ENTRY)
    then = opened_hours_ago(app)
    app.session_state["zone"] = "Asia/Kolkata"
    app.run()
    assert is_now(shown(app) - timedelta(hours=5, minutes=30))
    assert shown(app) > then + timedelta(hours=8)
    assert app.time_input(key="entry_time").label == "Time (Asia/Kolkata)"


def test_a_moment_that_was_entered_is_the_same_instant_in_another_zone(
    open_page: OpenPage, release_id: int
) -> None:
    app = open_page(ENTRY)
    app.date_input(key="entry_date").set_value(date(2026, 3, 1))
    app.time_input(key="entry_time").set_value(time(22, 30))
    save(app, "many")
    app.session_state["zone"] = "Asia/Kolkata"
    app.run()
    assert shown(app) == datetime.combine(date(2026, 3, 2), time(4))
    save(app, "5")
    assert shown(app) == datetime.combine(date(2026, 3, 2), time(4))
    (row,) = get_performance_data()
    assert row["recorded_at"] == datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_refused_in_one_line_in_any_zone(
    open_page: OpenPage, release_id: int, day: date
) -> None:
    app = open_page(ENTRY)
    app.date_input(key="entry_date").set_value(day)
    for zone in ("Asia/Kolkata", "America/New_York"):
        save(app, "5")
        assert not app.exception
        assert app.error[0].value.startswith("Not saved: Recorded at ")
        app.session_state["zone"] = zone
        app.run()
    assert get_performance_data() == []


@pytest.mark.parametrize(
    ("day", "rule"),
    [(date(2012, 3, 1), ""), (date(2004, 12, 31), "2005"), (date(2150, 1, 1), "in the future")],
)
def test_any_day_reaches_the_rules_for_numbers(
    open_page: OpenPage, release_id: int, day: date, rule: str
) -> None:
    app = open_page(ENTRY)
    field = app.date_input(key="entry_date")
    assert field.min <= day <= field.max
    field.set_value(day)
    save(app, "5")
    if rule:
        assert rule in app.error[0].value
        assert get_performance_data() == []
    else:
        assert get_performance_data()[0]["recorded_at"].date() == day


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (date(1969, 3, 1), ""),
        (date(2190, 3, 1), ""),
        (date(1899, 3, 1), "must lie between 1900 and 2200"),
    ],
)
def test_any_day_reaches_the_rules_for_releases(
    database: Database, open_page: OpenPage, day: date, rule: str
) -> None:
    song("Ada", "Known")
    app = open_page(RELEASES)
    field = app.date_input(key="new_date")
    assert field.min <= day <= field.max
    field.set_value(day)
    app.selectbox(key="new_artist").set_value("Ada")
    app.text_input(key="new_title").set_value("Old one")
    app.button(key="register").click().run()
    if rule:
        assert rule in app.error[0].value
    else:
        assert day in [when.date() for when in app.dataframe[0].value["Published"]]


def test_after_a_registration_the_present_is_offered_again(open_page: OpenPage) -> None:
    song("Ada", "Known")
    app = open_page(RELEASES)
    opened_hours_ago(app, "new")
    app.selectbox(key="new_artist").set_value("Ada")
    app.text_input(key="new_title").set_value("Next one")
    app.button(key="register").click().run()
    assert not app.error
    assert is_now(shown(app, "new"))
