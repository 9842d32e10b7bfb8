"""Which rows of typed columns surely keep every rule, told for many rows at once.

Nothing is refused here: a row that the screen does not clear goes through the rules one by one, and
they alone say what is wrong with it. What the screen clears, they would have let through with the
same values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from noktvrn_ai_artist.analytics.observation_columns import (
    OBSERVATION_COLUMNS,
    CheckedBatch,
    batch_of,
    joined,
    microseconds,
)
from noktvrn_ai_artist.analytics.observation_door import ObservationDoor
from noktvrn_ai_artist.analytics.observation_rules import (
    CLOCK_SKEW,
    EARLIEST,
    LARGEST_VALUE,
    LONGEST_NOTE,
    LONGEST_URL,
    checked_name,
)
from noktvrn_ai_artist.database.arrow_memory import (
    INSTANT,
    Mask,
    Whole,
    arrow,
    coded,
    filled,
    flags,
    numbers,
    places,
    there,
)
from noktvrn_ai_artist.errors import BadValue, UnknownName

# Combinations of names are counted in an array of this size; more of them are sorted instead.
_MOST_PAIRS = 65_536


def screened(given: pa.RecordBatch, rows: Whole, door: ObservationDoor) -> CheckedBatch:
    """Typed columns as a checked batch; `rows` says where each row came from.

    The columns are named like the fields of an observation and of the types that
    `typed_columns.typed` makes.
    """
    columns, clear = screen(given, rows, door)
    if clear.all():
        return CheckedBatch(columns=columns, rejected=(), read=len(rows))
    unclear = np.flatnonzero(~clear)
    mappings = given.take(places(unclear)).to_pylist()
    checked = batch_of(map(door.admit, rows[unclear].tolist(), mappings))
    cleared = columns.filter(places(clear))
    return joined([CheckedBatch(columns=cleared, rejected=(), read=cleared.num_rows), checked])


def screen(
    given: pa.RecordBatch, rows: Whole, door: ObservationDoor
) -> tuple[pa.RecordBatch, Mask]:
    """The columns as they would be stored, and which rows of them may be."""
    names = _names(given["platform"], given["metric_type"], door)
    sources = _sources(given["source"])
    ids, times = filled(given["release_id"]), filled(given["recorded_at"])
    values = filled(given["metric_value"])
    floats = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
    clear = names.clear & sources.clear & _are_there(given)
    clear &= ids >= 1
    clear &= (times >= microseconds(EARLIEST)) & (times <= microseconds(door.now + CLOCK_SKEW))
    # Whole numbers are compared as they are: a float above 2**53 is rounded, perhaps to 2**53.
    clear &= (values <= LARGEST_VALUE) & (values >= np.where(names.signed, -LARGEST_VALUE, 0))
    clear &= _is_plain(given["source_url"], LONGEST_URL) & _is_plain(given["notes"], LONGEST_NOTE)
    arrays = [
        arrow(rows, pa.int64()),
        arrow(ids, pa.int64()),
        arrow(times, INSTANT),
        *(names.platforms, names.metrics, arrow(floats, pa.float64()), sources.texts),
        *(given["source_url"], given["notes"]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=OBSERVATION_COLUMNS), clear


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Platforms and metrics under their catalogue names, and which rows have known ones."""

    platforms: pa.Array
    metrics: pa.Array
    signed: Mask
    clear: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """Texts as they are stored, and which rows have good ones."""

    texts: pa.Array
    clear: Mask


def _names(platforms: pa.Array, metrics: pa.Array, door: ObservationDoor) -> _Names:
    """Each combination of names that is there is looked up once."""
    platform_words, platform_codes = _coded(platforms)
    metric_words, metric_codes = _coded(metrics)
    pairs = platform_codes * len(metric_words) + metric_codes
    present, which = _distinct(pairs, len(platform_words) * len(metric_words))
    found: list[tuple[str, str, bool, bool]] = []
    for platform, metric in zip(*np.divmod(present, len(metric_words)), strict=True):
        found.append(_known(platform_words[platform], metric_words[metric], door))
    shown, canonical, signed, known = zip(*found, strict=True) if found else ((), (), (), ())
    return _Names(
        platforms=_dictionary(shown, which),
        metrics=_dictionary(canonical, which),
        signed=np.array(signed, np.bool_)[which],
        clear=np.array(known, np.bool_)[which],
    )


def _known(platform: str, metric: str, door: ObservationDoor) -> tuple[str, str, bool, bool]:
    """The names as the catalogue writes them, whether values may be negative, and whether known."""
    try:
        shown = door.catalogue.platform(checked_name(platform, column="platform"))
        found = shown.metric(checked_name(metric, column="metric_type"))
    except (BadValue, UnknownName):
        return "", "", False, False
    return shown.name, found.name, found.signed, True


def _sources(sources: pa.Array) -> _Texts:
    words, codes = _coded(sources)
    present, which = _distinct(codes, len(words))
    stored = [_stored_name(words[place]) for place in present]
    clear = np.array([name is not None for name in stored], np.bool_)
    return _Texts(
        texts=_dictionary([name or "" for name in stored], which),
        clear=clear[which],
    )


def _stored_name(name: str) -> str | None:
    try:
        return checked_name(name, column="source")
    except BadValue:
        return None


def _is_plain(texts: pa.Array, longest: int) -> Mask:
    """Which free texts are stored as they are."""
    words = texts.dictionary
    good = np.ones(len(words) + 1, np.bool_)  # a null is as good, and comes last
    good[:-1] = numbers(pc.utf8_length(words)) <= longest
    good[:-1] &= ~flags(pc.match_substring(words, "\0"))
    return good[filled(texts.indices, len(words))]


def _are_there(given: pa.RecordBatch) -> Mask:
    found = np.ones(given.num_rows, np.bool_)
    for field in OBSERVATION_COLUMNS:
        if field.name != "row" and not field.nullable and given[field.name].null_count:
            found &= there(given[field.name])
    return found


def _coded(texts: pa.Array) -> tuple[list[str], Whole]:
    """The words of a dictionary and each row's; a null has the first, and is found otherwise."""
    words = texts.dictionary.to_pylist() or [""]
    return words, filled(texts.indices).astype(np.int64)


def _distinct(codes: Whole, size: int) -> tuple[Whole, Whole]:
    """The codes that are there, and each row's place among them."""
    if size > _MOST_PAIRS:
        present, which = np.unique(codes, return_inverse=True)
        return present, which
    present = np.flatnonzero(np.bincount(codes, minlength=size))
    table = np.zeros(size, np.int64)
    table[present] = np.arange(len(present))
    return present, table[codes]


def _dictionary(words: Sequence[str], which: Whole) -> pa.Array:
    """A dictionary of words, each once, from one for each place."""
    codes: dict[str, int] = {}
    table = np.array([codes.setdefault(word, len(codes)) for word in words], np.int32)
    return coded(table[which], list(codes))
