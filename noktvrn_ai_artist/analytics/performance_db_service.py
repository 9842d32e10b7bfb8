"""The performance database: every observation of every metric of every release, in and out.

The functions of this module work on the process's own database (see `connection_manager`): the
server that `DATABASE_URL` names, or else a private one. Records come back newest first, as
dictionaries with the keys of `RECORD_KEYS`, or in no order as columns of these names. Times are
stored in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from psycopg import errors as driver

from noktvrn_ai_artist.analytics import observation_batches, observation_rules
from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.declared_names import load_catalogue, with_known_names
from noktvrn_ai_artist.analytics.observation_batches import (
    Progress,
    RejectionSink,
    ignore_progress,
    ignore_rejection,
)
from noktvrn_ai_artist.analytics.observation_door import FIELDS, ObservationDoor
from noktvrn_ai_artist.analytics.performance_reads import (
    MOST_ROWS,
    RECORD_KEYS,
    get_corrections,
    get_performance_data,
    get_performance_metrics_for_release,
    iter_performance_data,
)
from noktvrn_ai_artist.analytics.performance_tables import (
    get_performance_frame,
    get_performance_table,
    iter_performance_batches,
)
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_together
from noktvrn_ai_artist.database.connection_manager import Connection, shared_database
from noktvrn_ai_artist.database.migrations import apply_migrations, missing_migrations
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import (
    ImportRefused,
    MigrationError,
    PerformanceDbError,
    TooManyRows,
    UnknownRelease,
)
from noktvrn_ai_artist.records import ImportBatch, ImportCounts, Observation, UndoCounts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Tables: TypeAlias = pd.DataFrame | pa.Table | pa.RecordBatch | pa.RecordBatchReader
    ManyObservations: TypeAlias = Iterable[Observation | Mapping[str, Any]] | Tables | Path

__all__ = [
    "MOST_ROWS",
    "RECORD_KEYS",
    "ImportRefused",
    "PerformanceDbError",
    "TooManyRows",
    "UnknownRelease",
    "add_performance_metric",
    "add_performance_metrics",
    "apply_schema",
    "check_schema",
    "get_corrections",
    "get_imports",
    "get_performance_data",
    "get_performance_frame",
    "get_performance_metrics_for_release",
    "get_performance_table",
    "insert_performance_record",
    "iter_performance_batches",
    "iter_performance_data",
    "undo_import",
]


def apply_schema() -> None:
    """Bring the database's schema up to date; safe to call again and from several processes.

    Raises:
        MigrationError: the database belongs to a newer version of this program.
    """
    apply_migrations(shared_database())


def check_schema() -> None:
    """Make sure that the schema is there, without changing a server that is not our own.

    The private server's schema is brought up to date, because nobody else would.

    Raises:
        MigrationError: the schema is missing or old, and `apply_schema` has to be called first.
    """
    database = shared_database()
    if database.place.private:
        apply_migrations(database)
    elif missing_migrations(database):
        raise MigrationError("the schema is not there yet: run `noktvrn db migrate`")


def insert_performance_record(
    release_id: int,
    platform: str,
    metric_name: str,
    metric_value: float,
    recorded_at: datetime | None = None,
    *,
    source: str = "manual",
    source_url: str | None = None,
    notes: str | None = None,
) -> bool:
    """Store one observation; True if it is new or corrects a value, False if it was known.

    `metric_value` is finite, at most 2**53 in size and not negative unless its metric is declared
    signed. `recorded_at` is aware; without it the observation is of now. A known key with another
    value is a correction: the new value stands, the old one is kept (see `get_corrections`).

    Raises:
        BadValue, UnknownPlatform, UnknownMetric, UnknownRelease: nothing was stored.
        DatabaseUnavailable: it may have been stored; the same call again does not store it twice.
    """
    now = datetime.now(UTC)
    observation = Observation(
        release_id=release_id,
        platform=platform,
        metric_type=metric_name,
        metric_value=metric_value,
        recorded_at=now if recorded_at is None else recorded_at,
        source=source,
        source_url=source_url,
        notes=notes,
    )
    database = shared_database()
    checked = with_known_names(
        database,
        lambda catalogue: observation_rules.checked_observation(
            observation, catalogue=catalogue, now=now
        ),
    )
    return database.commit_each(lambda connection: _store(connection, checked, now))


def add_performance_metric(
    release_id: int,
    platform: str,
    metric_type: str,
    metric_value: float,
    recorded_at: datetime | None = None,
    *,
    source: str = "manual",
    source_url: str | None = None,
    notes: str | None = None,
) -> bool:
    """`insert_performance_record` by its other name: one observation, stored or known."""
    return insert_performance_record(
        release_id,
        platform,
        metric_type,
        metric_value,
        recorded_at,
        source=source,
        source_url=source_url,
        notes=notes,
    )


def add_performance_metrics(
    observations: ManyObservations,
    *,
    source: str = "python",
    label: str = "",
    skip_bad: bool = False,
    on_rejection: RejectionSink = ignore_rejection,
    on_progress: Progress = ignore_progress,
) -> ImportCounts:
    """Store many observations in one transaction, as one import that can be undone.

    Observations are streamed: records, or dictionaries with the keys of an `Observation`
    (`metric_name` for `metric_type` is understood; `source`, `source_url` and `notes` may be
    missing). A table, a reader of batches, a frame or the path of a .parquet file has columns named
    like these keys, and is read in little memory whatever its size. The outcome is that of storing
    the observations one after the other; `read == stored + duplicate + rejected`.

    Raises:
        BadValue: `source`, `label` or a whole column breaks a rule; nothing was stored.
        BadFile: the file cannot be read; nothing was stored.
        ImportRefused: an observation breaks a rule and `skip_bad` is not set; nothing was stored.
        DatabaseUnavailable: it may have been stored; the same import again stores nothing twice.
    """
    source = observation_rules.checked_name(source, column="source")
    now, database = datetime.now(UTC), shared_database()
    counts = _store_many(
        observations,
        ObservationDoor(catalogue=load_catalogue(database), now=now, source=source),
        label=label,
        skip_bad=skip_bad,
        on_rejection=on_rejection,
        on_progress=on_progress,
    )
    if counts.stored:
        digest(database)
    return counts


def get_imports(*, most: int = 100) -> list[ImportBatch]:
    """The latest imports and saves, the newest first."""
    return observation_batches.batches(shared_database(), most=most)


def undo_import(batch_id: int) -> UndoCounts:
    """Take back what one import or save brought; what it had corrected stands again.

    Raises:
        UnknownBatch: there is no such import, or it was undone before.
    """
    checked = observation_rules.checked_release_id(batch_id, column="batch_id")
    database = shared_database()
    counts = observation_batches.undo_batch(database, checked, now=datetime.now(UTC))
    digest(database)
    return counts


def _store_many(
    observations: ManyObservations,
    door: ObservationDoor,
    *,
    label: str,
    skip_bad: bool,
    on_rejection: RejectionSink,
    on_progress: Progress,
) -> ImportCounts:
    from noktvrn_ai_artist.analytics import (  # noqa: PLC0415 - only imports need Arrow
        given_observations,
        observation_landing,
    )

    longest = observation_rules.LONGEST_TITLE
    label = observation_rules.checked_text(label, column="label", longest=longest) or ""
    with shared_database().transaction() as connection:
        batch_id = observation_batches.open_batch(
            connection, source=door.source, label=label, now=door.now
        )
        return observation_landing.store_batches(
            connection,
            given_observations.checked_batches(observations, door),
            batch_id=batch_id,
            now=door.now,
            skip_bad=skip_bad,
            on_rejection=on_rejection,
            on_progress=on_progress,
        )


def _store(connection: Connection, observation: Observation, now: datetime) -> bool:
    values = {name: getattr(observation, name) for name in FIELDS}
    values |= {"stored_at": now, "undo_lock": AdvisoryLock.UNDO.value}
    try:
        inserted = connection.execute(query("insert_observation"), values).rowcount
    except driver.ForeignKeyViolation as error:
        raise UnknownRelease(observation.release_id) from error
    if inserted:
        return True
    with connection.transaction():
        hold_together(connection, AdvisoryLock.UNDO)
        standing = connection.execute(query("lock_observation"), values).fetchone()
        if standing is None:  # undone by another transaction since the insert
            return _store(connection, observation, now)
        if standing[0] == observation.metric_value:
            return False
        connection.execute(query("keep_superseded_observation"), values)
        connection.execute(query("correct_observation"), values)
    return True
