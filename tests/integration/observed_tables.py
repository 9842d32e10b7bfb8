"""What the tests of the data layer share: a few releases, and what is stored as plain values."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metric
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.records import Observation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# The database is emptied by each example itself, so one fixture serves them all.
few_examples = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Ordered so that what points at others comes first.
TABLES = {
    "performance_corrections": "release_id, recorded_at, platform, metric_type, revision",
    "content_performance": "release_id, recorded_at, platform, metric_type",
    "publications": "release_id, platform, external_id",
    "approved_releases": "release_id",
    "artists": "artist_id",
}
# What is known of the observations, and can be worked out again.
WORKED_OUT = ["changed_curves", "curves_to_score", "latest_values", "daily_parts", "daily_totals"]
DECLARED = ["declared_metrics", "declared_platforms"]


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Every row of one statement."""
    with database.transaction() as connection:
        return connection.execute(statement.encode()).fetchall()


def waiting(database: Database) -> int:
    """How many sessions wait for a lock that another holds."""
    ((number,),) = rows(
        database,
        "select count(*) from pg_stat_activity"
        " where wait_event_type = 'Lock' and datname = current_database()",
    )
    return int(number)


def wait_until(is_so: Callable[[], bool], *, what: str) -> None:
    """Ask again and again, for half a minute."""
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the five tables that observations live in, in the order of their keys."""
    return {
        table: rows(database, f"select * from {table} order by {key}")
        for table, key in TABLES.items()
    }


def standing(database: Database) -> list[tuple[Any, ...]]:
    """What stands, told without the batch it came with or the moment it was stored."""
    return rows(
        database,
        "select release_id, recorded_at, platform, metric_type, metric_value, revision, source,"
        " source_url, notes from content_performance order by 1, 2, 3, 4",
    )


def superseded(database: Database) -> list[tuple[Any, ...]]:
    """What no longer stands, told in the same way."""
    return rows(
        database,
        "select release_id, recorded_at, platform, metric_type, revision, metric_value, source,"
        " source_url, notes from performance_corrections order by 1, 2, 3, 4, 5",
    )


def empty(database: Database) -> None:
    """Delete every row of every table but the list of migrations."""
    with database.transaction() as connection:
        for table in [*TABLES, "annotations", "import_batches", *DECLARED, *WORKED_OUT]:
            connection.execute(f"delete from {table}".encode())


def start_anew(database: Database, *, releases: int = 4, artists: int = 2) -> list[int]:
    """Empty the database and register releases 1 to `releases`, dealt out to the artists."""
    empty(database)
    with database.transaction() as connection:
        connection.execute(
            b"insert into artists (artist_id, name) select n, 'Artist ' || n"
            b" from generate_series(1, %s) n",
            [artists],
        )
        connection.execute(
            b"insert into approved_releases (release_id, artist_id, title)"
            b" select n, 1 + n %% %s, 'Title ' || n from generate_series(1, %s) n",
            [artists, releases],
        )
        # Ids given out by hand, so the next ones are drawn above them.
        connection.execute(
            b"select setval(pg_get_serial_sequence('approved_releases', 'release_id'), 1000),"
            b" setval(pg_get_serial_sequence('artists', 'artist_id'), 1000)"
        )
    return list(range(1, releases + 1))


def seen(
    value: float,
    *,
    release_id: int = 1,
    platform: str = "YouTube",
    metric_type: str = "views",
    recorded_at: datetime = NOON,
    **more: Any,  # noqa: ANN401 - the record's own fields
) -> Observation:
    """One observation, of views at noon unless told otherwise."""
    return Observation(
        release_id=release_id,
        platform=platform,
        metric_type=metric_type,
        metric_value=value,
        recorded_at=recorded_at,
        **more,
    )


# Few keys and fewer values, so that duplicates and corrections are the rule.
observations = st.builds(
    seen,
    st.sampled_from([0.0, 1.0, 2.0]),
    release_id=st.integers(1, 3),
    platform=st.sampled_from(["YouTube", "Spotify"]),
    metric_type=st.sampled_from(["likes", "saves"]),
    recorded_at=st.sampled_from([NOON, NOON + HOUR]),
    source=st.sampled_from(["a", "b"]),
    notes=st.sampled_from([None, "read twice"]),
)
batches = st.lists(observations, max_size=15)


def store_singly(
    given: Iterable[Observation], *, door: Callable[..., bool] = add_performance_metric
) -> list[bool]:
    """Give observations to a door one at a time; what it answered to each."""
    return [
        door(
            o.release_id,
            o.platform,
            o.metric_type,
            o.metric_value,
            o.recorded_at,
            source=o.source,
            source_url=o.source_url,
            notes=o.notes,
        )
        for o in given
    ]
