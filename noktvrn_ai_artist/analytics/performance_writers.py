"""How batches of observations become CSV or Parquet, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from noktvrn_ai_artist.analytics.performance_columns import PERFORMANCE_SCHEMA
from noktvrn_ai_artist.analytics.performance_files import FORMULA, FileFormat
from noktvrn_ai_artist.analytics.performance_reads import RECORD_KEYS
from noktvrn_ai_artist.database.arrow_memory import INSTANT, TEXT

# Takes one batch after the other, and writes it.
Write = Callable[[pa.RecordBatch], None]

_NEEDS_QUOTES = '[",\r\n]'
_BARE = csv.WriteOptions(include_header=False, quoting_style="none")
_QUOTED = csv.WriteOptions(include_header=False, quoting_style="needed")
_PLAIN_SCHEMA = pa.schema(
    [
        (field.name, pa.string() if field.type == TEXT else field.type)
        for field in PERFORMANCE_SCHEMA
    ]
)
# A dictionary of what hardly repeats would cost time and save nothing.
_REPEATED = [name for name in RECORD_KEYS if name != "metric_value"]


@contextmanager
def csv_writer(out: BinaryIO) -> Iterator[Write]:
    """Writes CSV in UTF-8; text that a spreadsheet would run stands behind an apostrophe.

    Where a text of a batch needs quotes, all texts of that batch are quoted.
    """
    out.write(f"{','.join(RECORD_KEYS)}\n".encode())
    sink = pa.PythonFile(out, mode="w")

    def write(batch: pa.RecordBatch) -> None:
        csv.write_csv(_told(batch), sink, _QUOTED if _needs_quotes(batch) else _BARE)

    yield write


@contextmanager
def parquet_writer(out: BinaryIO) -> Iterator[Write]:
    """Writes Parquet: every value as it is, texts as text, and a row group for each batch."""
    sink = pa.PythonFile(out, mode="w")
    with parquet.ParquetWriter(
        sink, _PLAIN_SCHEMA, compression="zstd", use_dictionary=_REPEATED
    ) as writer:
        yield lambda batch: writer.write_batch(batch.cast(_PLAIN_SCHEMA))


WRITERS: Mapping[FileFormat, Callable[[BinaryIO], AbstractContextManager[Write]]] = {
    FileFormat.CSV: csv_writer,
    FileFormat.PARQUET: parquet_writer,
}


def _told(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch with its times and texts as CSV tells them."""
    columns = []
    for column in batch.columns:
        if column.type == INSTANT:
            columns.append(_mapped(column.dictionary_encode(), _iso))
        elif column.type == TEXT:
            columns.append(_mapped(column, _neutral))
        else:
            columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _mapped(column: pa.DictionaryArray, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """What a change makes of each distinct value, where that value was."""
    return change(column.dictionary).take(column.indices)


def _iso(instants: pa.Array) -> pa.Array:
    """ISO 8601 in UTC, with microseconds where there are any."""
    texts = pc.replace_substring(instants.cast(pa.string()), " ", "T")
    return pc.replace_substring(texts, ".000000Z", "Z")


def _neutral(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, FORMULA, r"'\1")


def _needs_quotes(batch: pa.RecordBatch) -> bool:
    texts = [column.dictionary for column in batch.columns if column.type == TEXT]
    return any(pc.any(pc.match_substring_regex(text, _NEEDS_QUOTES)).as_py() for text in texts)
