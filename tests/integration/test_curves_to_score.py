"""What a digest notes for the scoring run: every changed curve, and none of them twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from observed_tables import HOUR, NOON, rows, seen, start_anew, store_singly, wait_until, waiting

from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.milestone_keeping import follow_metrics, take_in
from noktvrn_ai_artist.analytics.scored_metrics import ScoredMetric
from noktvrn_ai_artist.database.connection_manager import Database

VIEWS = ScoredMetric(platform="YouTube", metric_type="views")
NOTES = "select release_id, platform, metric_type from curves_to_score order by release_id"


@pytest.fixture
def followed(database: Database) -> Database:
    start_anew(database)
    with database.transaction() as connection:
        follow_metrics(connection, metrics=[VIEWS])
        connection.execute(
            b"update approved_releases set published_at = %s where release_id = 3", [NOON]
        )
    return database


def test_a_curve_that_waits_to_be_scored_is_noted_once(followed: Database) -> None:
    for hour in range(4):
        store_singly([seen(hour, recorded_at=NOON + hour * HOUR), seen(hour, metric_type="likes")])
        digest(followed)
    store_singly([seen(1, release_id=2)])
    digest(followed)
    assert rows(followed, NOTES) == [(1, "YouTube", "views"), (2, "YouTube", "views")]


def test_what_changes_while_a_curve_is_scored_is_scored_again(followed: Database) -> None:
    store_singly([seen(1, release_id=3)])
    digest(followed)
    with ThreadPoolExecutor(1) as aside, followed.transaction() as scoring:
        assert take_in(scoring, metric=VIEWS, kind=MetricKind.COUNTER).curves == 1
        store_singly([seen(2, release_id=3, recorded_at=NOON + HOUR)])
        digesting = aside.submit(digest, followed)
        wait_until(lambda: digesting.done() or waiting(followed) > 0, what="it is not under way")
    assert digesting.result() == 1
    assert rows(followed, NOTES) == [(3, "YouTube", "views")]
