"""Observations out of the database as dictionaries, newest first: listed, or streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from psycopg.rows import class_row, dict_row

from noktvrn_ai_artist.analytics import observation_rules
from noktvrn_ai_artist.analytics.performance_filters import Filters
from noktvrn_ai_artist.database.connection_manager import Connection, shared_database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import TooManyRows
from noktvrn_ai_artist.records import Correction

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
    filters = Filters.checked(artist_id, release_id, platform, start_date, end_date)
    if filters.release_id is not None:
        return _of_release(filters.release_id, filters)
    return shared_database().transact(lambda connection: _listed(connection, filters))


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
    return _streamed(Filters.checked(artist_id, release_id, platform, start_date, end_date))


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


def _of_release(release_id: int, filters: Filters) -> list[dict[str, Any]]:
    """Two questions are quicker than one here: a join would tell one artist thousands of times."""
    values = {
        "release_id": release_id,
        "platform": filters.platform,
        "start_date": filters.start_date,
        "end_date": filters.end_date,
        "most": MOST_ROWS + 1,
    }

    def read(connection: Connection) -> tuple[tuple[Any, ...] | None, list[tuple[Any, ...]]]:
        artist = connection.execute(query("artist_of_release"), values).fetchone()
        cursor = connection.cursor(binary=True)
        return artist, cursor.execute(query("observations_of_release"), values).fetchall()

    artist, rows = shared_database().commit_each(read)
    if artist is None or filters.artist_id not in {None, artist[0]}:
        return []
    _refuse_too_many(rows)
    return _newest_first(rows, release_id=release_id, artist_id=artist[0])


def _newest_first(
    rows: Sequence[tuple[Any, ...]], *, release_id: int, artist_id: int
) -> list[dict[str, Any]]:
    """One release's rows, oldest first as they come, as records; an instant's stay in order.

    The keys are written out, because that makes a dictionary in half the time of `zip`.
    """
    instants = [list(rows_then) for _, rows_then in groupby(rows, key=lambda row: row[3])]
    return [
        {
            "release_id": release_id,
            "artist_id": artist_id,
            "platform": platform,
            "metric_type": metric_type,
            "metric_value": metric_value,
            "recorded_at": recorded_at,
            "source": source,
            "source_url": source_url,
            "notes": notes,
        }
        for rows_then in reversed(instants)
        for platform, metric_type, metric_value, recorded_at, source, source_url, notes in rows_then
    ]


def _listed(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    values = {**filters.values(connection), "most": MOST_ROWS + 1}
    cursor = connection.cursor(row_factory=dict_row, binary=True)
    # A plan kept for any filters would be a bad one for each.
    rows = cursor.execute(query("observations"), values, prepare=False).fetchall()
    _refuse_too_many(rows)
    return rows


def _refuse_too_many(rows: Sequence[object]) -> None:
    if len(rows) > MOST_ROWS:
        raise TooManyRows(
            f"more than {MOST_ROWS:,} observations match: narrow the filters, or stream them"
            " with iter_performance_data()"
        )


def _streamed(filters: Filters) -> Iterator[dict[str, Any]]:
    with (
        shared_database().transaction() as connection,
        connection.cursor(name="observations", row_factory=dict_row) as cursor,
    ):
        values = {**filters.values(connection), "most": None}
        cursor.itersize = _STREAM_ROWS
        yield from cursor.execute(query("observations"), values, binary=True)
