"""The app on an empty database, and a world of releases and numbers to show in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import streamlit as st
from app_world import OUT, OpenPage, grow, song
from streamlit.testing.v1 import AppTest

import streamlit_app
from noktvrn_ai_artist.analytics.release_registry import annotate
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database
from streamlit_app.components.places import OVERVIEW, Place

APP = Path(streamlit_app.__file__).parent / "app.py"


@pytest.fixture
def state_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's tracker keeps its state."""
    path = tmp_path / "source_stats.json"
    monkeypatch.setenv("NOKTVRN_SOURCE_STATS", str(path))
    return path


@pytest.fixture
def open_page(database: Database, state_file: Path) -> OpenPage:
    """Opens a page of the app on this test's database, with query parameters if wanted."""
    st.cache_data.clear()
    st.cache_resource.clear()

    def opened(place: Place, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30)
        if place is not OVERVIEW:
            app.run()
            app.switch_page(place.file)
        app.query_params.update(query)
        return app.run()

    return opened


@pytest.fixture
def broken(database: Database, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens a page of the app while its database cannot be reached."""
    connection_manager.use_database(None)
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:canary-secret@127.0.0.1:1/none")
    return open_page


@pytest.fixture
def world(database: Database, state_file: Path) -> list[int]:
    """Four releases of one artist and one of another, with numbers, an event and footage."""
    ids = [song("Ada", title) for title in ("First", "Second", "Third", "=Fourth")]
    ids.append(song("Bob", "Alone"))
    for place, release_id in enumerate(ids, start=1):
        grow(release_id, days=20, daily=100.0 * place)
    annotate(database, "Playlist", happened_at=OUT + timedelta(days=10), release_id=ids[0])
    tracker = StockSuccessTracker(state_file)
    for release_id in ids[:4]:
        tracker.log_clip_usage("pexels", f"clip {release_id}", release_id)
        tracker.log_release_performance(release_id, float(release_id))
    tracker.log_clip_usage("coverr", "a clip", ids[4])
    tracker.log_release_performance(ids[4], -1.0)
    return ids
