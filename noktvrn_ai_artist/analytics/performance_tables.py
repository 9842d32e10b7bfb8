"""Observations out of the database as columns: Arrow batches and tables, and pandas frames.

They come in the order in which the server finds them, which is none to rely on: sorting millions
of rows takes longer than reading them, and few of those who read them need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from noktvrn_ai_artist.analytics.performance_filters import Filters
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.database.queries import query

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def iter_performance_batches(
    artist_id: int | None = None,
    release_id: int | None = None,
    platform: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> Iterator[pa.RecordBatch]:
    """The observations of `get_performance_data` as Arrow batches: any number, in flat memory.

    Columns are `RECORD_KEYS`; `recorded_at` is timestamp[us, UTC], texts are dictionaries, each
    batch with its own. Rows are in no order. A connection is held until the last batch is taken or
    the iterator is closed.

    Raises:
        BadValue, UnknownPlatform: a filter cannot match anything.
        DatabaseUnavailable: at any batch, where the server went away; there are more rows.
    """
    return _batches(Filters.checked(artist_id, release_id, platform, start_date, end_date))


def get_performance_table(
    artist_id: int | None = None,
    release_id: int | None = None,
    platform: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> pa.Table:
    """The observations of `iter_performance_batches` as one Arrow table, whole or not at all."""
    from noktvrn_ai_artist.analytics import performance_columns  # noqa: PLC0415 - see below

    return performance_columns.table_of(
        iter_performance_batches(artist_id, release_id, platform, start_date, end_date)
    )


def get_performance_frame(
    artist_id: int | None = None,
    release_id: int | None = None,
    platform: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> pd.DataFrame:
    """The observations of `get_performance_table` as a pandas frame, in no order.

    Columns are `RECORD_KEYS`; `recorded_at` is datetime64 in UTC, platform and metric are
    categories.
    """
    from noktvrn_ai_artist.analytics import performance_columns  # noqa: PLC0415 - see below

    table = get_performance_table(artist_id, release_id, platform, start_date, end_date)
    return performance_columns.frame_of(table)


def _batches(filters: Filters) -> Iterator[pa.RecordBatch]:
    # Only tables need Arrow, and it is slow to import.
    from noktvrn_ai_artist.analytics.performance_columns import PERFORMANCE_SCHEMA  # noqa: PLC0415
    from noktvrn_ai_artist.database.copy_decoding import copied_batches  # noqa: PLC0415

    with shared_database().transaction() as connection:
        values = filters.values(connection)
        yield from copied_batches(
            connection, query("copy_observations"), values, PERFORMANCE_SCHEMA
        )
