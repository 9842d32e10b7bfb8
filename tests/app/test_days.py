"""Daily amounts: the same days and the same sums, whatever zone they are looked at from."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from app_world import OpenPage, song, words
from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.declared_names import declare_metric, declare_platform
from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.records import Observation
from streamlit_app import resources
from streamlit_app.analytics.exports import to_csv
from streamlit_app.analytics.periods import Preset, period_of
from streamlit_app.components import days
from streamlit_app.components.places import OVERVIEW, RELEASE, Place

ZONES = ("UTC", "America/New_York", "Pacific/Auckland")
OF_DAY = {"Spotify": "streams", "YouTube": "daily_views"}


def stamped(platform: str, day: date) -> datetime:
    """The midnight that begins the day where the platform counts it."""
    zone = ZoneInfo(KNOWN.platform(platform).day_zone)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


@pytest.fixture(params=sorted(OF_DAY))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def release_id(open_page: OpenPage, platform: str) -> int:
    """From 20 March to 10 April 2025 as many as the day of the month, and nothing else."""
    release = song("Dee", "Daily", out=datetime(2025, 3, 19, 12, tzinfo=UTC))
    told = [date(2025, 3, 20) + timedelta(days=day) for day in range(22)]
    add_performance_metrics(
        Observation(
            release_id=release,
            platform=platform,
            metric_type=OF_DAY[platform],
            metric_value=float(day.day),
            recorded_at=stamped(platform, day),
        )
        for day in told
    )
    return release


def seen_from(zone: str, open_page: OpenPage, place: Place, **query: str) -> AppTest:
    app = open_page(place, **query)
    app.session_state["zone"] = zone
    return app.run()


@pytest.mark.parametrize("zone", ZONES)
def test_a_releases_days_and_sums_are_its_platforms_in_every_zone(
    open_page: OpenPage, release_id: int, platform: str, zone: str
) -> None:
    app = seen_from(zone, open_page, RELEASE, release=str(release_id), span="Month to date")
    assert not app.exception
    said, (card,) = words(app), app.metric
    assert "**1–10 Apr 2025** (10 days)" in said
    assert "newest number here, of 10 Apr 2025" in said
    assert f"{platform} complete to 10 Apr 2025" in said
    assert (card.value, card.proto.delta_description) == ("55", "on 10 days before")
    assert card.delta == f"{55 / sum(range(22, 32)) - 1:+.0%}".replace("%", " %")
    assert "10 days known, the most 10 on 10 Apr 2025" in said


@pytest.mark.parametrize("zone", ZONES)
def test_the_overviews_days_and_sums_are_the_platforms_in_every_zone(
    open_page: OpenPage, release_id: int, platform: str, zone: str
) -> None:
    app = seen_from(zone, open_page, OVERVIEW, period="7 days")
    assert not app.exception
    own = KNOWN.platform(platform).day_zone
    said, cards = words(app).replace("\\", ""), {card.label: card for card in app.metric}
    assert f"**4–10 Apr 2025** (7 days), {own} days" in said
    assert cards["Complete to"].value == "10 Apr 2025"
    assert cards[app.metric[0].label].value == "49"
    assert list(app.dataframe[0].value["gain"]) == [49]
    assert f"gained a day ({own}): the most, 10, on 10 Apr 2025" in said
    assert list(app.dataframe[1].value["Complete to"]) == ["10 Apr 2025"]


def test_a_day_east_of_utc_is_drawn_under_its_own_date(
    database: Database, open_page: OpenPage
) -> None:
    declare_platform(database, "Melon", day_zone="Asia/Seoul")
    declare_metric(database, "Melon", "streams", kind=MetricKind.DAILY, unit="streams")
    release, zone = song("Dee", "Daily"), ZoneInfo("Asia/Seoul")
    add_performance_metrics(
        Observation(
            release_id=release,
            platform="Melon",
            metric_type="streams",
            metric_value=float(day),
            recorded_at=datetime(2025, 4, day, tzinfo=zone),
        )
        for day in (2, 3)
    )
    said = words(open_page(OVERVIEW))
    assert "the most, 3, on 3 Apr 2025" in said
    assert "Melon’s daily amounts are of its own Asia/Seoul days." in said


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_of_ones_own_choice_is_that_day_in_every_zone(
    open_page: OpenPage, release_id: int, platform: str, zone: str
) -> None:
    app = seen_from(zone, open_page, RELEASE, release=str(release_id), span="Custom")
    app.date_input(key="span_days").set_value((date(2025, 4, 3), date(2025, 4, 3))).run()
    assert "**3 Apr 2025** (1 day)" in words(app)
    assert app.metric[0].value == "3"


def test_a_page_says_whose_days_are_not_those_of_the_shown_zone(
    open_page: OpenPage, release_id: int, platform: str
) -> None:
    own = KNOWN.platform(platform).day_zone
    sentence = f"{platform}’s daily amounts are of its own {own} days."
    for zone in {*ZONES, own}:
        app = seen_from(zone, open_page, RELEASE, release=str(release_id))
        assert (sentence in words(app)) == (zone != own)


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_downloaded_is_what_was_added_up(
    release_id: int, platform: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "shown_zone", lambda: ZoneInfo(zone))
    day = date(2025, 4, 3)
    period = period_of(
        Preset.CUSTOM, oldest_day=day, newest_day=day, zone=ZoneInfo(zone), custom=(day, day)
    )
    numbers = resources.release_numbers(release_id)
    file = to_csv(days.observations_within(numbers, period)).decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [float(row["metric_value"]) for row in rows] == [3.0]
    assert pd.Timestamp(rows[0]["recorded_at"]) == stamped(platform, day)
