"""A Parquet file as a table of texts, so that the rules of a CSV file are its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from noktvrn_ai_artist.analytics.typed_columns import in_microseconds, is_text, written_out
from noktvrn_ai_artist.database.arrow_memory import texts
from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.text_blocks import TableRow, TextBlock, Wanted

_BLOCK_ROWS = 32_768
_UNDERSTOOD: tuple[Callable[[pa.DataType], bool], ...] = (
    is_text,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_null,
)


class ParquetTable:
    """A Parquet file with columns named as those of a CSV file; its rows are counted from 1.

    Raises:
        BadFile: it cannot be read, or has a column of something else than text, numbers or times.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            file.seek(0)
            self._parquet = pq.ParquetFile(file)
        except (pa.ArrowException, OSError) as error:
            raise BadFile("cannot be read as Parquet") from error
        schema = self._parquet.schema_arrow
        self.header = tuple(name.strip() for name in schema.names)
        for field in schema:
            if not _is_understood(field.type):
                what = "neither text nor number nor time"
                raise BadFile(f"has a column {field.name[:64]!r} that holds {what}")

    def rows(self) -> Iterator[TableRow]:
        """Every row, as a CSV file would hold it."""
        places = range(len(self.header))
        for block in self.blocks(Wanted(names=(), numbers=places)):
            columns = [block.columns[place].to_pylist() for place in places]
            for number, *cells in zip(block.numbers.tolist(), *columns, strict=True):
                yield TableRow(number=number, cells=cells)

    def blocks(self, wanted: Wanted) -> Iterator[TextBlock]:
        """The wanted columns as text; null is an empty cell.

        Raises:
            BadFile: from here on it cannot be read.
        """
        first = 1
        batches = self._parquet.iter_batches(batch_size=_BLOCK_ROWS, use_threads=False)
        while (batch := _next(batches)) is not None:
            columns = {
                place: _as_text(batch.column(place), self.header[place]) for place in wanted.places
            }
            names = {place: columns[place].dictionary_encode() for place in wanted.names}
            numbers = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
            yield TextBlock(numbers=numbers, columns=columns | names)


def _next(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as error:
        raise BadFile("cannot be read as Parquet from some row on") from error


def _is_understood(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(is_kind(kind) for is_kind in _UNDERSTOOD)


def _as_text(column: pa.Array, name: str) -> pa.StringArray:
    column = written_out(column)
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = in_microseconds(column)
    elif pa.types.is_floating(column.type):
        # The shortest text of a narrower float is that of another number.
        column = column.cast(pa.float64())
    return pc.fill_null(_sound(column.cast(pa.string()), name), texts([""])[0])


def _sound(cells: pa.StringArray, name: str) -> pa.StringArray:
    try:
        cells.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BadFile(f"has text in its column {name[:64]!r} that is not in UTF-8") from error
    return cells
