"""Laws of what is shown of stock sources: nothing is judged on too little, nothing by colour."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from source_world import START, a_selection, a_standing

from noktvrn_ai_artist.analytics.source_course import Change, CoursePoint, Move
from noktvrn_ai_artist.analytics.source_records import Candidate, ClipUsage, Contribution
from noktvrn_ai_artist.analytics.source_words import ScoreScale, ScoreUnit
from streamlit_app.sources import frames
from streamlit_app.sources.charts import standing_chart
from streamlit_app.sources.evidence_charts import (
    STRONGEST,
    chance_chart,
    course_chart,
    effects_chart,
)

UTC_ZONE = ZoneInfo("UTC")
SCALE = ScoreScale(median=200.0, unit=ScoreUnit.AMOUNT)


def a_contribution(release_id: int, effect: float) -> Contribution:
    return Contribution(release_id=release_id, score=5.0, worth=1.0, share=2 / 3, effect=effect)


def test_a_source_with_too_little_data_is_hollow_and_never_named_best() -> None:
    chart = standing_chart(
        [
            a_standing("few", mean=3, half=1, releases=2),
            a_standing("many", mean=1, half=0.2, releases=9),
        ]
    )
    symbols = {t.name: t.marker.symbol for t in chart.figure.data if t.mode == "markers"}
    assert symbols == {"Estimate and interval": "circle", "Too little data": "circle-open"}
    assert chart.says.startswith("many has the highest estimate, +1.00 (+0.80 to +1.20)")
    assert "1 of 2 have too little data" in chart.says


def test_overlapping_intervals_are_called_what_they_are() -> None:
    near = [a_standing("a", mean=1.0, half=1), a_standing("b", mean=0.5, half=1)]
    assert "overlaps with b, so the order may be chance" in standing_chart(near).says


def test_the_table_estimates_nothing_on_too_little_data() -> None:
    standings = [a_standing("many", mean=0.36, above=0.9), a_standing("few", releases=2, above=1)]
    table = frames.standings_frame(standings, SCALE, UTC_ZONE).set_index("Source")
    assert list(table["Verdict"]) == ["better than most", "too little data (2 of 3 releases)"]
    assert table.loc["many", frames.EFFECT] == "+18 % (-7 % to +43 %)"
    judged = [frames.EFFECT, "Estimate", "Low", "High", "Best", "In the top three"]
    assert table.loc["few", judged].isna().all()
    assert list(table.loc["few", ["Scored releases", "Awaiting a score"]]) == [2, 2]


def test_each_course_has_a_panel_of_its_own_on_one_scale() -> None:
    courses = {
        source: [
            CoursePoint(
                instant=START + timedelta(days=day),
                standing=a_standing(source, mean=day / 10, releases=day),
            )
            for day in (1, 5)
        ]
        for source in ("a<b", "c")
    }
    chart = course_chart(courses, UTC_ZONE)
    ranges = {axis.range for axis in chart.figure.select_yaxes()}
    assert len(list(chart.figure.select_yaxes())) == 2
    assert len(ranges) == 1
    lines = [trace for trace in chart.figure.data if trace.mode == "lines+markers"]
    assert [list(line.marker.symbol) for line in lines] == [["circle-open", "circle"]] * 2
    assert chart.figure.layout.annotations[0].text == "<b>a‹b</b>"
    assert "c: +0.10 on 2 Jan 2026, +0.50 now." in chart.says


def test_a_course_of_one_point_says_that_there_is_no_earlier_one() -> None:
    only = [CoursePoint(instant=START, standing=a_standing("a", mean=0.2))]
    assert course_chart({"a": only}, UTC_ZONE).says == "a: +0.20 now; no earlier day is known."


def test_effects_are_told_apart_without_colour_and_the_strongest_are_shown() -> None:
    told = [
        a_contribution(number, effect) for number, effect in enumerate([0.5, -0.25, *[0.1] * 20])
    ]
    chart = effects_chart(told, {0: "First · Ada"})
    (bars,) = chart.figure.data
    assert len(bars.x) == STRONGEST
    assert list(bars.marker.pattern.shape[:3]) == ["", "/", ""]
    assert chart.says.startswith("First · Ada moves the estimate most, by +0.500; the strongest 10")
    low, high = chart.figure.layout.xaxis.range
    assert low < -0.25
    assert high > 0.5


def test_chances_are_ordered_by_probability_and_not_by_the_draw() -> None:
    drawn = [
        Candidate(source="little known", mean=0.0, sd=0.5, probability=0.3),
        Candidate(source="good", mean=0.5, sd=0.2, probability=1.0),
    ]
    chart = chance_chart(drawn, 1)
    assert list(chart.figure.data[0].x) == [1.0, 0.3]
    assert chart.says == "Probability of being among the first 1: good 100%, little known 30%."


def test_the_evidence_names_releases_and_what_changed() -> None:
    change = Change(
        since=START, before=0.0, now=0.5, moves=(Move(release_id=7, change=0.4, is_new=True),)
    )
    told = [a_contribution(7, 0.5), a_contribution(8, -0.1)]
    table = frames.evidence_frame(told, change, {7: "First · Ada"})
    assert list(table["Release"]) == ["First · Ada", "release 8"]
    assert list(table["Of its clips"]) == [0.67, 0.67]
    assert list(table["Change lately"]) == [0.4, 0.0]


def test_what_was_tried_is_what_was_not_among_the_best() -> None:
    selection = a_selection(("tried", -0.1, 0.5), ("best", 0.5, 0.2), ("other", 0.3, 0.2))
    used = [
        ClipUsage(
            source_name=source,
            clip_id="c",
            release_id=7,
            used_at=START,
            selection_id=selection_id,
        )
        for source, selection_id in (("tried", "a draw"), ("tried", None), ("best", "a draw"))
    ]
    table = frames.tried_frame([selection], used, {7: "First · Ada"}, UTC_ZONE)
    assert list(table["Source"]) == ["tried"]
    assert list(table["Why"]) == ["tried because little is known"]
    assert list(table["Used in"]) == ["First · Ada"]
    unused = frames.tried_frame([selection], [], {}, UTC_ZONE)
    assert list(unused["Used in"]) == ["–"]
