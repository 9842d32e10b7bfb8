"""The columns of observations that are read: their Arrow types, and what pandas makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from noktvrn_ai_artist.analytics.performance_reads import RECORD_KEYS
from noktvrn_ai_artist.database.arrow_memory import INSTANT, TEXT

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = {
    "release_id": pa.int64(),
    "artist_id": pa.int64(),
    "metric_value": pa.float64(),
    "recorded_at": INSTANT,
}
PERFORMANCE_SCHEMA = pa.schema([(name, _NUMBERS.get(name, TEXT)) for name in RECORD_KEYS])
# Texts that may differ with every row; of the others there are few.
_FREE_TEXTS = ("source", "source_url", "notes")


def table_of(batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Batches as one table, with one dictionary for each text column."""
    return pa.Table.from_batches(batches, schema=PERFORMANCE_SCHEMA).unify_dictionaries()


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table as a frame: platform and metric as categories, the other texts as text."""
    for name in _FREE_TEXTS:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(place).cast(pa.string()))
    frame: pd.DataFrame = table.to_pandas()
    return frame
