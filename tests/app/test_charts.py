"""Laws of the charts: gaps stay gaps, nothing by colour alone, legible on both backgrounds."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import streamlit_app
from noktvrn_ai_artist.analytics.growth_curves import Band, growth_curve
from noktvrn_ai_artist.analytics.performance_questions import DailyGain
from streamlit_app.analytics import age_charts, charts

START = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = tomllib.loads(
    (Path(streamlit_app.__file__).parent / ".streamlit" / "config.toml").read_text()
)


def a_series(values: list[float], *, step: timedelta = timedelta(days=1)) -> pd.DataFrame:
    times = pd.to_datetime([START + step * place for place in range(len(values))], utc=True)
    return pd.DataFrame({"time": times, "value": values})


def a_look(**changes: object) -> charts.Look:
    values = {
        "name": "YouTube views",
        "unit": "views",
        "zone": ZoneInfo("UTC"),
        "incomplete": START + timedelta(days=900),
    }
    return charts.Look(**{**values, **changes})  # type: ignore[arg-type]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("colour", [charts.INK, charts.QUIET, charts.ALARM])
def test_lines_and_marks_stand_out_on_both_backgrounds(mode: str, colour: str) -> None:
    assert contrast(colour, CONFIG["theme"][mode]["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_legible_in_both_themes(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(theme["textColor"], theme[surface]) >= 7
        assert contrast(theme["linkColor"], theme[surface]) >= 4.5


def test_the_app_keeps_to_itself() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["maxUploadSize"] == 50
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"


def test_a_gap_stays_a_gap_in_the_line() -> None:
    series = a_series([1, 2, 3, 4, 5, 6]).drop(index=[2, 3]).reset_index(drop=True)
    (line,) = charts.total_chart(series, a_look()).figure.data
    assert line.connectgaps is False
    assert [value is None or np.isnan(value) for value in line.y] == [0, 0, 1, 0, 0]


def test_a_gap_is_hatched_among_the_gains() -> None:
    series = a_series([1, 2, 3, 4, 5, 6]).drop(index=[2, 3]).reset_index(drop=True)
    chart = charts.gain_chart(series, a_look())
    (bars,) = chart.figure.data
    assert list(bars.marker.pattern.shape) == ["", "/", ""]
    assert list(bars.y) == [1, 1, 1]
    assert "1 gap hatched" in chart.says


def test_a_fall_is_marked_by_shape_and_word() -> None:
    chart = charts.total_chart(a_series([5, 4, 6]), a_look())
    marks = chart.figure.data[-1]
    assert (marks.marker.symbol, list(marks.text), list(marks.y)) == (
        "triangle-down",
        ["fell"],
        [4],
    )
    assert "It fell 1 time" in chart.says


def test_what_may_still_change_is_dashed_and_said() -> None:
    chart = charts.total_chart(a_series([1, 2, 3]), a_look(incomplete=START + timedelta(days=1)))
    assert [line.line.dash for line in chart.figure.data] == ["solid", "dash"]
    assert chart.figure.data[1].x[0] == chart.figure.data[0].x[-1]
    assert "may still change" in chart.says


def test_gains_that_may_still_change_are_dotted_and_said() -> None:
    look = a_look(incomplete=START + timedelta(days=1))
    chart = charts.gain_chart(a_series([1, 2, 3]), look)
    assert list(chart.figure.data[0].marker.pattern.shape) == ["", "."]
    assert "may still change" in chart.says


def test_a_day_of_all_releases_that_is_not_over_is_dotted_and_said() -> None:
    days = [
        DailyGain(day=(START + timedelta(days=place)).date(), gain=5, releases=2)
        for place in range(3)
    ]
    look = a_look(incomplete=START + timedelta(days=1))
    chart = charts.daily_chart(days, look)
    assert list(chart.figure.data[0].marker.pattern.shape) == ["", "", "."]
    assert "may still change" in chart.says
    assert "may still change" not in charts.daily_chart(days, a_look()).says


def test_a_complete_series_has_no_dashes() -> None:
    chart = charts.total_chart(a_series([1, 2, 3]), a_look())
    assert [line.line.dash for line in chart.figure.data] == ["solid"]


def test_no_chart_holds_more_points_than_a_browser_draws_at_once() -> None:
    series = a_series([float(n) for n in range(50_000)], step=timedelta(minutes=5))
    for draw in (charts.total_chart, charts.gain_chart, charts.amount_chart):
        drawn = draw(series, a_look()).figure.data
        assert sum(len(trace.x) for trace in drawn) <= 2_000
        assert {trace.type for trace in drawn} <= {"scatter", "bar"}


def test_times_are_drawn_on_the_wall_clock_of_the_zone() -> None:
    look = a_look(zone=ZoneInfo("America/Los_Angeles"))
    (line,) = charts.total_chart(a_series([1, 2]), look).figure.data
    assert pd.Timestamp(line.x[0]) == pd.Timestamp("2025-12-31 16:00")


def test_a_mark_is_a_line_with_its_words() -> None:
    look = a_look(marks=[charts.Mark(when=START + timedelta(days=1), text="Playlist <b>")])
    layout = charts.total_chart(a_series([1, 2, 3]), look).figure.layout
    assert len(layout.shapes) == 1
    assert layout.annotations[0].text == "Playlist ‹b›"


def test_in_a_ranking_the_highlighted_bar_is_bold_as_well() -> None:
    chart = charts.ranking_chart(["a", "b"], [2, 1], highlighted=1, what="Views")
    assert list(chart.figure.layout.yaxis.ticktext) == ["a", "<b>b</b>"]


def a_band(median: list[float]) -> Band:
    ages = np.arange(len(median), dtype=np.float64)
    values = np.array(median)
    known = np.where(np.isnan(values), 0, 5).astype(np.int64)
    return Band(ages=ages, low=values * 0.5, median=values, high=values * 2, releases=known)


def a_curve(values: list[float]) -> age_charts.GrowthCurve:
    times = [START + timedelta(days=place) for place in range(len(values))]
    return growth_curve(1, published_at=START, times=times, values=values)


def test_where_a_release_stands_is_read_at_an_age_both_are_known_at() -> None:
    band = a_band([0, 10, 20, float("nan"), float("nan")])
    chart = age_charts.age_chart(a_curve([0, 50, 60, 70, 80]), band, name="Views", whose="all")
    assert "At 2.0 days it was above the middle half (all): 10 to 40" in chart.says


def test_without_enough_others_there_is_no_band() -> None:
    band = a_band([float("nan")] * 5)
    chart = age_charts.age_chart(a_curve([0, 50]), band, name="Views", whose="all")
    assert [trace.name for trace in chart.figure.data] == ["This release"]
    assert "Too few other releases" in chart.says


def test_a_gap_in_a_life_stays_a_gap_and_does_not_squeeze_what_is_known() -> None:
    times = [START + timedelta(days=day) for day in (0, 1, 2, 3_000)]
    curve = growth_curve(1, published_at=START, times=times, values=[0, 50, 60, 70])
    chart = age_charts.age_chart(curve, a_band([0, 10, 20]), name="Views", whose="all")
    line = chart.figure.data[-1]
    assert line.connectgaps is False
    assert [bool(np.isnan(value)) for value in line.y] == [False, False, False, True, False]
    assert chart.figure.layout.xaxis.range == (0, 7)
    assert "the first 7 days are drawn" in chart.says


def test_the_table_of_ages_says_too_early_and_never_zero() -> None:
    band = a_band([10.0] * 8 + [float("nan")] * 21)
    table = age_charts.age_table(age_charts.age_rows(a_curve([0, 50, 60]), band))
    assert list(table["This release"]) == ["50", "– too early", "– too early"]
    assert list(table["Usual"]) == ["10", "10", "– fewer than 3 releases"]


def test_the_ages_of_the_axis_hold_those_of_the_table() -> None:
    assert {1.0, 7.0, 28.0} <= set(age_charts.axis_ages(a_curve([0, 1])))
