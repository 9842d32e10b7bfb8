"""The page of collection: nothing yet, runs of every kind, and what is missing or hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from app_world import OpenPage, song, words

from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.collectors.collection_service import Plan
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.run_ledger import CallNews, Run, RunLedger, RunOutcome
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.records import Observation
from streamlit_app.collection.frames import plans_frame
from streamlit_app.components.places import COLLECTION

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def collected(database: Database) -> Run:
    """Three videos were asked for: one is missing, one hides its likes."""
    first = song("Ada", "First")
    song("Ada", "$Gone$")
    song("Ada", "Hides")
    ledger = RunLedger(database, FEEDS[FeedName.YOUTUBE])
    run = ledger.begin(started_at=BEGAN, due=3)
    value = Observation(
        release_id=first,
        platform="YouTube",
        metric_type="views",
        metric_value=5,
        recorded_at=BEGAN,
        source="youtube-data-api",
    )
    news = CallNews(
        observations=[value],
        asked=["Ada-First", "Ada-$Gone$", "Ada-Hides"],
        missing=frozenset({"Ada-$Gone$"}),
        hidden=frozenset({("Ada-Hides", "likes")}),
        units=1,
    )
    ledger.keep(run, news, catalogue=load_catalogue(database), now=BEGAN)
    return ledger.end(run, outcome=RunOutcome.DONE, reason=None, units=0, now=BEGAN)


def test_before_anything_is_collected_the_page_says_what_to_do(open_page: OpenPage) -> None:
    app = open_page(COLLECTION)
    assert not app.exception
    assert "Nothing is collected yet" in words(app)
    assert "NOKTVRN_YOUTUBE_API_KEY" in words(app)


def test_a_run_is_shown_with_what_was_missing_or_hidden(
    open_page: OpenPage, collected: Run
) -> None:
    app = open_page(COLLECTION)
    assert not app.exception
    runs, absences = app.dataframe[0].value, app.dataframe[1].value
    assert list(runs["End"]) == ["done"]
    assert (runs["Asked"][0], runs["Stored"][0], runs["Missing"][0]) == (3, 1, 1)
    assert list(absences["Title"]) == ["$Gone$", "Hides"]
    assert list(absences["Missing in a row"]) == [1, 0]
    assert list(absences["Hides"]) == ["–", "Likes"]
    assert "`noktvrn collect` says which" in words(app)


def test_what_is_due_next_is_shown_where_a_key_is_set(
    open_page: OpenPage, collected: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOKTVRN_YOUTUBE_API_KEY", "canary-key")
    app = open_page(COLLECTION)
    assert not app.exception
    due = app.dataframe[0].value
    assert (list(due["From"]), list(due["Quota left"])) == (["youtube"], ["10,000"])
    assert "canary" not in words(app)


def test_a_run_that_failed_says_why(
    open_page: OpenPage, collected: Run, database: Database
) -> None:
    ledger = RunLedger(database, FEEDS[FeedName.YOUTUBE])
    run = ledger.begin(started_at=BEGAN + timedelta(hours=1), due=3)
    ledger.end(run, outcome=RunOutcome.FAILED, reason="youtube: *no*", units=5, now=BEGAN)
    app = open_page(COLLECTION)
    assert r"youtube: failed. youtube: \*no\*" in words(app)
    assert list(app.dataframe[0].value["Units"]) == [5, 1]


def test_a_plan_without_publications_has_no_next_time() -> None:
    plan = Plan(feed=FeedName.SOUNDCLOUD, watched=0, due=0, calls=0, units_left=None, next_at=None)
    [row] = plans_frame([plan], UTC, now=BEGAN).to_dict("records")
    assert (row["Due next"], row["Quota left"]) == ("–", "no limit known")
