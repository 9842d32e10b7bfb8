"""What the app's tests are made of: releases, their numbers, and what a page says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.records import Observation

OUT = datetime(2025, 3, 20, 9, tzinfo=UTC)
OpenPage = Callable[..., AppTest]


def words(app: AppTest) -> str:
    """Everything a page says."""
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    parts += [*app.error, *app.success, *app.warning, *app.info]
    return "\n".join(str(part.value) for part in parts)


def select_row(app: AppTest, row: int, *, table: int = 0) -> AppTest:
    """Select a row of a table of the page, as a click beside it does."""
    key = app.dataframe[table].proto.id.split("-", 2)[2]
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def song(artist: str, title: str, *, out: datetime = OUT) -> int:
    """A release on YouTube."""
    entry = ReleaseEntry(
        artist=artist,
        title=title,
        published_at=out,
        external_id=f"{artist}-{title}",
        url="https://example.org/watch",
    )
    return register_release(connection_manager.shared_database(), entry, platform="YouTube")


def grow(release_id: int, *, days: int, daily: float, out: datetime = OUT) -> None:
    """A snapshot of views and likes every 24 hours of age, and daily streams on Spotify."""
    midnight = out.replace(hour=0)
    observations = []
    for age in range(days):
        at, values = out + timedelta(days=age), {"views": daily * age, "likes": age}
        observations += [
            Observation(
                release_id=release_id,
                platform="YouTube",
                metric_type=metric,
                metric_value=value,
                recorded_at=at,
            )
            for metric, value in values.items()
        ]
        observations.append(
            Observation(
                release_id=release_id,
                platform="Spotify",
                metric_type="streams",
                metric_value=daily,
                recorded_at=midnight + timedelta(days=age),
            )
        )
    add_performance_metrics(observations, source="csv", label="numbers.csv")
