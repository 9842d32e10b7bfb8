"""A wrong publication date is mended, and all that is counted from it follows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from observed_tables import DAY, HOUR, NOON, rows, seen, start_anew, wait_until, waiting
from scored_world import Loop, curve, published, world

from noktvrn_ai_artist.analytics.observation_batches import open_batch
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    undo_import,
)
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import (
    get_release,
    list_releases,
    register_entries,
    set_publication_date,
)
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, UnknownRelease

LOG = (
    "select release_id, platform, metric_type, first_day::text, last_day::text"
    " from changed_curves order by 1, 2, 3"
)


@pytest.fixture
def loop(database: Database, tmp_path: Path) -> Loop:
    world(database)
    return Loop(database, StockSuccessTracker(tmp_path / "state.json"))


def test_milestones_follow_a_date_that_is_mended(loop: Loop, tmp_path: Path) -> None:
    right = published(3)
    set_publication_date(loop.database, 3, right - 365 * DAY)
    loop.run()
    assert not [row for row in loop.kept() if row[0] == 3]
    set_publication_date(loop.database, 3, right)
    assert loop.run().curves == 1
    assert [row for row in loop.kept() if row[0] == 3]
    kept, told = loop.kept(), loop.told()
    assert told == loop.anew(tmp_path)
    assert loop.kept() == kept


def test_every_curve_of_the_release_is_logged_with_the_date(database: Database) -> None:
    start_anew(database)
    some = [*curve(1, days=1), *curve(2, days=1), seen(1, metric_type="likes")]
    add_performance_metrics(some)
    assert rows(database, LOG) == []
    set_publication_date(database, 1, NOON - DAY)
    assert get_release(database, 1).published_at == NOON - DAY
    assert rows(database, LOG) == [
        (1, "YouTube", "likes", "2026-03-01", "2026-03-03"),
        (1, "YouTube", "views", "2026-03-02", "2026-03-03"),
    ]


def test_no_curve_is_handed_on_while_its_date_changes(database: Database) -> None:
    start_anew(database)
    with ThreadPoolExecutor(1) as aside, database.transaction() as digesting:
        hold_alone(digesting, AdvisoryLock.DIGEST)
        changing = aside.submit(set_publication_date, database, 1, NOON)
        wait_until(lambda: waiting(database) == 1, what="the change does not wait")
    changing.result()
    assert get_release(database, 1).published_at == NOON


@pytest.mark.parametrize(
    "wrong",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 - the point
        NOON.replace(year=1899),
        NOON.replace(year=2200),
        "2026-01-01T00:00Z",
        None,
    ],
)
def test_a_date_that_breaks_its_rule_is_refused(database: Database, wrong: datetime) -> None:
    start_anew(database)
    with pytest.raises(BadValue) as refusal:
        set_publication_date(database, 1, wrong)
    assert refusal.value.column == "published_at"
    with pytest.raises(UnknownRelease):
        set_publication_date(database, 77, NOON)
    assert get_release(database, 1).published_at is None


def test_a_release_with_a_mended_date_goes_with_its_import_all_the_same(
    database: Database,
) -> None:
    entry = ReleaseEntry(artist="Ada", title="One", published_at=NOON + 3650 * DAY)
    with database.transaction() as connection:
        batch_id = open_batch(connection, source="csv", label="", now=NOON)
        ids = register_entries(connection, [entry], platform="", batch_id=batch_id)
    set_publication_date(database, ids[entry.identity], NOON - HOUR)
    assert undo_import(batch_id).releases == 1
    assert list_releases(database) == []
