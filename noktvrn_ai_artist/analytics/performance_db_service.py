"""The performance database: every observation of every metric of every release, in and out.

The functions of this module work on the process's own database (see `connection_manager`): the
server that `DATABASE_URL` names, or else a private one. Records come back newest first, as
dictionaries with the keys of `RECORD_KEYS`. Times are stored in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from psycopg import errors as driver
from psycopg.rows import class_row, dict_row

from noktvrn_ai_artist.analytics import observation_batches, observation_rules
from noktvrn_ai_artist.analytics.declared_names import load_catalogue, with_known_names
from noktvrn_ai_artist.analytics.observation_batches import (
    Progress,
    RejectionSink,
    ignore_progress,
    ignore_rejection,
)
from noktvrn_ai_artist.analytics.observation_door import ObservationDoor
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
from noktvrn_ai_artist.records import Correction, ImportBatch, ImportCounts, Observation, UndoCounts

if TYPE_CHECKING:
    import pandas as pd

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
    "insert_performance_record",
    "iter_performance_data",
    "undo_import",
]

MOST_ROWS = 200_000
RECORD_KEYS = (
    "release_id",
    "artist_id",
    "platform",
    "metric_type",
    "metric_value",
    "recorded_at",
    "source",
    "source_url",
    "notes",
)
_STREAM_ROWS = 5_000


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
    return database.transact(lambda connection: _store(connection, checked, now))


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
    observations: Iterable[Observation | Mapping[str, Any]],
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
    missing). The outcome is that of storing them one after the other;
    `read == stored + duplicate + rejected`.

    Raises:
        BadValue: `source` or `label` breaks a rule; nothing was stored.
        ImportRefused: an observation breaks a rule and `skip_bad` is not set; nothing was stored.
        DatabaseUnavailable: it may have been stored; the same import again stores nothing twice.
    """
    source = observation_rules.checked_name(source, column="source")
    longest = observation_rules.LONGEST_TITLE
    label = observation_rules.checked_text(label, column="label", longest=longest) or ""
    now = datetime.now(UTC)
    database = shared_database()
    door = ObservationDoor(catalogue=load_catalogue(database), now=now, source=source)
    with database.transaction() as connection:
        batch_id = observation_batches.open_batch(connection, source=source, label=label, now=now)
        return observation_batches.store_rows(
            connection,
            (door.admit(row, given) for row, given in enumerate(observations, start=1)),
            batch_id=batch_id,
            now=now,
            skip_bad=skip_bad,
            on_rejection=on_rejection,
            on_progress=on_progress,
        )


def get_performance_data(
    artist_id: int | None = None,
    release_id: int | None = None,
    platform: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> list[dict[str, Any]]:
    """The observations that match every filter given, newest first, as dictionaries.

    `start_date` is inclusive, `end_date` exclusive, both aware. Observations of one instant come
    by release, platform and metric.

    Raises:
        TooManyRows: more than `MOST_ROWS` match; `iter_performance_data` streams them.
        BadValue, UnknownPlatform: a filter cannot match anything.
    """
    filters = _filters(artist_id, release_id, platform, start_date, end_date)
    with shared_database().transaction() as connection:
        cursor = connection.cursor(row_factory=dict_row, binary=True)
        rows = cursor.execute(query("observations"), {**filters, "most": MOST_ROWS + 1}).fetchall()
    if len(rows) > MOST_ROWS:
        raise TooManyRows(
            f"more than {MOST_ROWS:,} observations match: narrow the filters, or stream them"
            " with iter_performance_data()"
        )
    return rows


def iter_performance_data(
    artist_id: int | None = None,
    release_id: int | None = None,
    platform: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """The observations of `get_performance_data`, streamed: any number, in constant memory.

    A connection is held until the last one is taken or the iterator is closed.
    """
    filters = _filters(artist_id, release_id, platform, start_date, end_date)
    return _streamed({**filters, "most": None})


def get_performance_frame(
    artist_id: int | None = None,
    release_id: int | None = None,
    platform: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> pd.DataFrame:
    """The observations of `get_performance_data` as a pandas frame, however many there are.

    Columns are `RECORD_KEYS`; `recorded_at` is datetime64 in UTC, platform and metric are
    categories.
    """
    import pandas as pd  # noqa: PLC0415 - only frames need pandas, and it is slow to import

    filters = _filters(artist_id, release_id, platform, start_date, end_date)
    with shared_database().transaction() as connection:
        cursor = connection.cursor(binary=True)
        rows = cursor.execute(query("observations"), {**filters, "most": None}).fetchall()
    frame = pd.DataFrame(rows, columns=list(RECORD_KEYS))
    return frame.astype(
        {
            "release_id": "int64",
            "artist_id": "int64",
            "metric_value": "float64",
            "recorded_at": "datetime64[us, UTC]",
            "platform": "category",
            "metric_type": "category",
        }
    )


def get_performance_metrics_for_release(release_id: int) -> list[dict[str, Any]]:
    """All observations of one release, newest first; none where the release has none.

    Raises:
        TooManyRows: more than `MOST_ROWS` are there; `iter_performance_data` streams them.
    """
    return get_performance_data(release_id=release_id)


def get_corrections(release_id: int) -> list[Correction]:
    """Values of a release that were corrected since, the latest correction first."""
    values = {"release_id": observation_rules.checked_release_id(release_id)}
    with shared_database().transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Correction))
        return cursor.execute(query("corrections"), values).fetchall()


def get_imports(*, most: int = 100) -> list[ImportBatch]:
    """The latest imports and saves, the newest first."""
    return observation_batches.batches(shared_database(), most=most)


def undo_import(batch_id: int) -> UndoCounts:
    """Take back what one import or save brought; what it had corrected stands again.

    Raises:
        UnknownBatch: there is no such import, or it was undone before.
    """
    checked = observation_rules.checked_release_id(batch_id, column="batch_id")
    return observation_batches.undo_batch(shared_database(), checked, now=datetime.now(UTC))


def _store(connection: Connection, observation: Observation, now: datetime) -> bool:
    values = {name: getattr(observation, name) for name in _OBSERVATION_FIELDS}
    values |= {"stored_at": now, "undo_lock": AdvisoryLock.UNDO.value}
    try:
        with connection.transaction():
            inserted = connection.execute(query("insert_observation"), values).rowcount
    except driver.ForeignKeyViolation as error:
        raise UnknownRelease(observation.release_id) from error
    if inserted:
        return True
    hold_together(connection, AdvisoryLock.UNDO)
    standing = connection.execute(query("lock_observation"), values).fetchone()
    if standing is None:  # undone by another transaction since the line above
        return _store(connection, observation, now)
    if standing[0] == observation.metric_value:
        return False
    connection.execute(query("keep_superseded_observation"), values)
    connection.execute(query("correct_observation"), values)
    return True


_OBSERVATION_FIELDS = tuple(field.name for field in fields(Observation))


def _filters(
    artist_id: int | None,
    release_id: int | None,
    platform: str | None,
    start_date: datetime | None,
    end_date: datetime | None,
) -> dict[str, object]:
    def checked(value: int | None, column: str) -> int | None:
        if value is None:
            return None
        return observation_rules.checked_release_id(value, column=column)

    def instant(value: datetime | None, column: str) -> datetime | None:
        return None if value is None else observation_rules.checked_instant(value, column=column)

    return {
        "artist_id": checked(artist_id, "artist_id"),
        "release_id": checked(release_id, "release_id"),
        "platform": _shown_platform(platform),
        "start_date": instant(start_date, "start_date"),
        "end_date": instant(end_date, "end_date"),
    }


def _shown_platform(platform: str | None) -> str | None:
    if platform is None:
        return None
    name = observation_rules.checked_name(platform, column="platform")
    return with_known_names(shared_database(), lambda catalogue: catalogue.platform(name).name)


def _streamed(values: dict[str, object]) -> Iterator[dict[str, Any]]:
    with (
        shared_database().transaction() as connection,
        connection.cursor(name="observations", row_factory=dict_row) as cursor,
    ):
        cursor.itersize = _STREAM_ROWS
        yield from cursor.execute(query("observations"), values, binary=True)
