"""What is shown, as a file: CSV that no spreadsheet runs as a formula, and Parquet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: object) -> object:
    """The text behind an apostrophe if a spreadsheet would take it for a formula.

    >>> neutral("=1+1"), neutral("Song"), neutral(-5)
    ("'=1+1", 'Song', -5)
    """
    if isinstance(text, str) and text.startswith(_FORMULA_STARTS):
        return f"'{text}"
    return text


def to_csv(frame: pd.DataFrame) -> bytes:
    """The frame as UTF-8 CSV; text that looks like a formula is neutralised, numbers stay."""
    safe = frame.copy()
    for column in safe.columns:
        if _is_time(safe[column]):
            safe[column] = safe[column].astype(object).map(_in_utc, na_action="ignore")
        elif not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].astype(object).map(neutral)
    safe.columns = pd.Index([neutral(name) for name in safe.columns])
    # Quoted, because a lone carriage return in a text would otherwise end its row.
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC).encode()


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The frame as a Parquet file."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _in_utc(when: datetime) -> str:
    """To the microsecond: a value that comes back is known by its instant."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_time(column: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(column))
