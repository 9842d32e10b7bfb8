"""Which kind of table a file is, told by its first bytes."""

from __future__ import annotations

from typing import BinaryIO

from noktvrn_ai_artist.ingest.csv_table import CsvTable
from noktvrn_ai_artist.ingest.text_blocks import NumberTable

_PARQUET = b"PAR1"


def opened_table(file: BinaryIO) -> NumberTable:
    """The table in a file: Parquet where it begins as such, else CSV.

    Raises:
        BadFile: it is neither.
    """
    file.seek(0)
    if file.read(len(_PARQUET)) != _PARQUET:
        return CsvTable(file)
    from noktvrn_ai_artist.ingest.parquet_table import ParquetTable  # noqa: PLC0415 - 5 MB more

    return ParquetTable(file)
