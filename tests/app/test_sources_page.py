"""The page of stock sources: full, on too little data, and as the demo shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from app_world import OpenPage, words
from source_world import tell_of_footage
from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.source_parts import Part
from noktvrn_ai_artist.analytics.source_records import Standing
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.demo.demo_data import DEMO_NOW
from streamlit_app import resources
from streamlit_app.components.places import SOURCES

SEEN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def footage(world: list[int], state_file: Path, monkeypatch: pytest.MonkeyPatch) -> list[Standing]:
    """Twenty scored releases of three sources, seen from a present of their own."""
    state_file.unlink()
    monkeypatch.setattr(resources, "present", lambda: SEEN)
    monkeypatch.setattr(
        resources, "_tracker", lambda: StockSuccessTracker(state_file, clock=lambda: SEEN)
    )
    tracker = StockSuccessTracker(state_file, clock=lambda: SEEN)
    tell_of_footage(tracker, world)
    return tracker.standings()


def tables(app: AppTest) -> dict[str, object]:
    """The page's tables by their first column."""
    return {str(table.value.columns[0]): table.value for table in app.dataframe}


def test_the_page_names_the_better_source_and_what_that_is_worth(
    open_page: OpenPage, footage: list[Standing]
) -> None:
    app = open_page(SOURCES)
    assert not app.exception
    said = words(app)
    assert "Better than most: pexels; worse than most: videvo." in said
    assert "association, not proof of cause" in said
    assert "judged from 3 scored releases on" in said
    cards = {card.label: card for card in app.metric}
    assert set(cards) == {"pexels", "videvo"}
    assert cards["pexels"].value.startswith("+")
    assert cards["videvo"].value.startswith("-")
    assert cards["pexels"].proto.delta_description.endswith("9 releases")


def test_before_anything_is_logged_the_page_says_what_to_run(
    open_page: OpenPage, world: list[int], state_file: Path
) -> None:
    state_file.unlink()
    app = open_page(SOURCES)
    assert not app.exception
    said = words(app)
    assert "noktvrn tracker log-usage pexels" in said
    assert "noktvrn score" in said


def test_every_estimate_is_followed_through_time(
    open_page: OpenPage, footage: list[Standing]
) -> None:
    app = open_page(SOURCES)
    pexels = next(one for one in footage if one.source == "pexels")
    assert f"{pexels.mean:+.2f} now." in words(app)
    assert "pexels: +0.00 on" not in words(app)
    assert len(resources.course()) == 12
    app.multiselect(key="course").set_value([]).run()
    assert "Choose a source to see how its estimate went" in words(app)


def test_a_chosen_source_shows_its_releases_and_how_they_moved_it(
    open_page: OpenPage, footage: list[Standing]
) -> None:
    app = open_page(SOURCES, source="videvo")
    assert app.selectbox(key="source").value == "videvo"
    assert "**videvo**: worse than most" in words(app)
    assert "its estimate went from" in words(app)
    evidence = next(table.value for table in app.dataframe if "Effect" in table.value)
    assert len(evidence) == 10
    strongest = evidence["Effect"].abs()
    assert list(strongest) == sorted(strongest, reverse=True)
    app.selectbox(key="source").set_value("coverr").run()
    assert "too little data (1 of 3 releases)" in words(app)


def test_a_source_is_taken_apart_by_clip_search_term_or_creator(
    open_page: OpenPage, footage: list[Standing]
) -> None:
    app = open_page(SOURCES, source="pexels")
    assert set(tables(app)["Clip"]["Clip"]) == {"clip 1", "clip 3"}  # type: ignore[index]
    app.segmented_control(key="part").set_value(Part.SEARCH_TERM).run()
    assert list(tables(app)["Search term"]["Search term"]) == ["rain"]  # type: ignore[index]
    app.segmented_control(key="part").set_value(Part.CREATOR).run()
    assert "No creator of pexels was logged." in words(app)


def test_what_would_be_proposed_and_what_was_tried_are_shown(
    open_page: OpenPage, footage: list[Standing]
) -> None:
    app = open_page(SOURCES)
    assert "Probability of being among the first 3" in words(app)
    tried = tables(app)["Drawn"]
    assert list(tried["Source"]) == ["coverr"]  # type: ignore[index]
    assert list(tried["Why"]) == ["tried because little is known"]  # type: ignore[index]


def test_the_past_is_looked_at_once_while_nothing_is_told(
    open_page: OpenPage, footage: list[Standing], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[datetime] = []
    told = StockSuccessTracker.standings

    def counted(tracker: StockSuccessTracker, *, as_of: datetime | None = None) -> list[Standing]:
        looked.extend([] if as_of is None else [as_of])
        return told(tracker, as_of=as_of)

    monkeypatch.setattr(StockSuccessTracker, "standings", counted)
    app = open_page(SOURCES)
    assert len(looked) == 11
    resources.standings.clear()
    resources.course.clear()
    app.run()
    assert len(looked) == 11
    resources._tracker().log_release_performance(9_019, 5.0)
    resources.course.clear()
    app.run()
    assert len(looked) == 22


def test_a_source_with_fewer_than_three_scored_releases_is_not_judged(
    open_page: OpenPage, world: list[int]
) -> None:
    table = open_page(SOURCES).dataframe[0].value.set_index("Source")
    assert table.loc["coverr", "Verdict"] == "too little data (1 of 3 releases)"
    assert table["Estimate"].isna()["coverr"]
    assert table["Estimate"].notna()["pexels"]


def test_on_too_little_data_the_page_names_no_winner(
    open_page: OpenPage, world: list[int], state_file: Path
) -> None:
    state_file.unlink()
    StockSuccessTracker(state_file).log_clip_usage("pexels", "a clip", world[0])
    app = open_page(SOURCES)
    assert not app.exception
    assert "Too little data: no source has 3 scored releases yet." in words(app)
    assert "None of its releases has a score yet." in words(app)
    assert not app.metric


def test_the_demo_judges_its_sources_in_its_own_present(
    open_page: OpenPage, world: list[int], state_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_file.unlink()
    tracker = StockSuccessTracker(state_file, clock=lambda: DEMO_NOW)
    for release_id in world[:3]:
        tracker.log_clip_usage("pexels", "a clip", release_id)
        tracker.log_release_performance(release_id, float(release_id))
    today = open_page(SOURCES)
    assert "Simulated" not in words(today)
    faded = today.dataframe[0].value["They weigh"].iloc[0]
    monkeypatch.setenv("NOKTVRN_DEMO", "1")
    resources.forget_reads()
    demo = open_page(SOURCES)
    assert "Simulated clip usage, as of 22 Jan 2018" in words(demo)
    assert demo.dataframe[0].value["They weigh"].iloc[0] > faded
