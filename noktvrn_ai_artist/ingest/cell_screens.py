"""Which cells surely keep every rule of their column, found for a whole column at once.

A screen refuses nothing: a cell that it does not clear is judged by the scalar rules of
`observation_rules`, which alone word a refusal. What a screen clears, those rules accept, and they
make the same value of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.database.arrow_memory import (
    Numbers,
    arrow,
    flags,
    numbers,
    places,
    texts,
)
from noktvrn_ai_artist.errors import BadValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Digits enough for every usual number, and too few for one that is rounded to the largest allowed.
_WHOLE_DIGITS, _ID_DIGITS = 15, 18
_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?$"
_HOUR, _MINUTE = r"([01][0-9]|2[0-3])", "[0-5][0-9]"
_INSTANT = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]"
    rf"{_HOUR}:{_MINUTE}(:{_MINUTE}(\.[0-9]{{1,6}})?)?(Z|[+-]{_HOUR}:{_MINUTE})$"
)
_PLACEHOLDER_INSTANT, _PLACEHOLDER_NUMBER = "1970-01-01T00:00Z", "0"

Screened = tuple[Numbers, Numbers]


def microseconds(instant: datetime) -> int:
    """An aware instant as microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def screened_instants(cells: pa.StringArray, *, now: datetime) -> Screened:
    """Microseconds since 1970, and which cells are instants that may be recorded."""
    trimmed = pc.ascii_trim_whitespace(cells)
    formed = flags(pc.match_substring_regex(trimmed, _INSTANT))
    try:
        found = numbers(
            _where(formed, trimmed, _PLACEHOLDER_INSTANT).cast(pa.timestamp("us", "UTC"))
        )
    except pa.ArrowInvalid:  # such as 30 February
        return _instants_one_by_one(cells, now=now)
    latest = microseconds(now + rules.CLOCK_SKEW)
    return found, formed & (found >= microseconds(rules.EARLIEST)) & (found <= latest)


def screened_ids(cells: pa.StringArray) -> Screened:
    """Ids, and which cells are some."""
    found, clear = _screened_whole(cells, digits=_ID_DIGITS)
    if not clear.all():
        found, clear = _screened_whole(pc.ascii_trim_whitespace(cells), digits=_ID_DIGITS)
    return found, clear & (found > 0)


def screened_numbers(cells: pa.StringArray) -> Screened:
    """Numbers, and which cells are some below 2**53 in size, negative ones among them."""
    whole, clear = _screened_whole(cells, digits=_WHOLE_DIGITS)
    found, clear = whole.astype(np.float64), clear.copy()
    others = np.flatnonzero(~clear)
    if len(others):
        found[others], clear[others] = _screened_written(cells.take(arrow(others, pa.int64())))
    return found, clear


def empty_cells(cells: pa.StringArray) -> Numbers:
    """Which cells hold nothing, or only spaces."""
    lengths = numbers(pc.binary_length(pc.ascii_trim_whitespace(cells)))
    return np.equal(lengths, 0)


def _screened_whole(cells: pa.StringArray, *, digits: int) -> Screened:
    lengths = numbers(pc.binary_length(cells))
    clear = flags(pc.ascii_is_decimal(cells)) & (lengths <= digits)
    return numbers(_where(clear, cells, _PLACEHOLDER_NUMBER).cast(pa.int64())), clear


def _screened_written(cells: pa.StringArray) -> Screened:
    """Numbers with spaces around them, a sign, a fraction or an exponent."""
    trimmed = pc.ascii_trim_whitespace(cells)
    formed = flags(pc.match_substring_regex(trimmed, _NUMBER))
    found = numbers(_where(formed, trimmed, _PLACEHOLDER_NUMBER).cast(pa.float64()))
    # Adding nothing makes 0.0 of -0.0.
    return found + 0.0, formed & (np.abs(found) < rules.LARGEST_VALUE)


def _where(formed: Numbers, cells: pa.StringArray, otherwise: str) -> pa.StringArray:
    if formed.all():
        return cells
    return pc.if_else(places(formed), cells, texts([otherwise])[0])


def _instants_one_by_one(cells: pa.StringArray, *, now: datetime) -> Screened:
    found = np.zeros(len(cells), np.int64)
    clear = np.zeros(len(cells), np.bool_)
    for place, cell in enumerate(cells.to_pylist()):
        instant = _instant_or_none(cell, now)
        if instant is not None:
            found[place], clear[place] = microseconds(instant), True
    return found, clear


def _instant_or_none(cell: str, now: datetime) -> datetime | None:
    try:
        return rules.checked_time(rules.instant_from(cell.strip()), now=now)
    except BadValue:
        return None
