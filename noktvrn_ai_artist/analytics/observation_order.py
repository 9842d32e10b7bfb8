"""A batch in the order of its keys: what it tells twice, which curves and spans of time it touches.

The tables are keyed by (release, instant, platform, metric), and every writer goes through them in
this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.database.arrow_memory import (
    TEXT,
    Mask,
    Whole,
    arrow,
    coded,
    numbers,
    places,
)

# Curves with the first and the last UTC day that something happened on, as they are logged.
CHANGED_CURVES = pa.schema(
    [
        pa.field("release_id", pa.int64()),
        pa.field("first_day", pa.date32()),
        pa.field("last_day", pa.date32()),
        pa.field("platform", TEXT),
        pa.field("metric_type", TEXT),
    ]
)

_DAY = 86_400_000_000
# Two instants of a release further apart than this are looked up as two spans.
_WIDEST_GAP = 2 * _DAY
# Curves that are remembered before they are told; a bound on memory.
_MOST_CURVES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of a batch as numbers: instants in microseconds since 1970, names by their rank."""

    releases: Whole
    times: Whole
    names: Whole
    pairs: Sequence[tuple[str, str]]

    def at(self, which: Whole | Mask) -> Keys:
        """Some of the keys."""
        return Keys(
            releases=self.releases[which],
            times=self.times[which],
            names=self.names[which],
            pairs=self.pairs,
        )

    def rises(self) -> bool:
        """Whether each key comes after the one before."""
        later = self.times[1:] > self.times[:-1]
        later |= (self.times[1:] == self.times[:-1]) & (self.names[1:] > self.names[:-1])
        later &= self.releases[1:] == self.releases[:-1]
        later |= self.releases[1:] > self.releases[:-1]
        return bool(later.all())

    def repeats(self) -> Mask:
        """Which keys are the same as the one before."""
        same = np.zeros(len(self.releases), np.bool_)
        same[1:] = self.releases[1:] == self.releases[:-1]
        same[1:] &= self.times[1:] == self.times[:-1]
        same[1:] &= self.names[1:] == self.names[:-1]
        return same


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedBatch:
    """Observations in the order of their keys, those of one key in the order they were told.

    A value that was told twice in a row is here once. `again` marks the keys that are told more
    than once with different values; None where there are none.
    """

    columns: pa.RecordBatch
    keys: Keys
    again: Mask | None

    def some(self, mask: Mask) -> OrderedBatch:
        """Those of them that are told once, or those that are not."""
        columns = self.columns.filter(places(mask))
        return OrderedBatch(columns=columns, keys=self.keys.at(mask), again=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Stretches of time of single releases, both ends included."""

    release_ids: list[int]
    first_times: list[datetime]
    last_times: list[datetime]


def ordered(columns: pa.RecordBatch) -> OrderedBatch:
    """A batch of observations in the order of their keys."""
    keys = _keys(columns)
    if keys.rises():
        return OrderedBatch(columns=columns, keys=keys, again=None)
    rows = numbers(columns["row"])
    order = np.lexsort((rows, keys.names, keys.times, keys.releases))
    keys, values = keys.at(order), numbers(columns["metric_value"])[order]
    same = keys.repeats()
    told = same.copy()
    told[1:] &= values[1:] == values[:-1]
    keys, same = keys.at(~told), same[~told]
    again = same | np.append(same[1:], np.False_)[: len(same)]
    return OrderedBatch(
        columns=columns.take(places(order[~told])),
        keys=keys,
        again=again if again.any() else None,
    )


def spans(keys: Keys) -> Spans:
    """Where in the table the keys of an ordered batch may stand."""
    ends = keys.releases[1:] != keys.releases[:-1]
    ends |= keys.times[1:] - keys.times[:-1] > _WIDEST_GAP
    last = np.append(np.flatnonzero(ends), len(keys.releases) - 1)
    first = np.append(0, last[:-1] + 1)
    return Spans(
        release_ids=keys.releases[first].tolist(),
        first_times=instants(keys.times[first]),
        last_times=instants(keys.times[last]),
    )


def instants(times: Whole) -> list[datetime]:
    """Microseconds since 1970 as times without a zone, which a session in UTC takes for UTC."""
    found: list[datetime] = times.view("datetime64[us]").tolist()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    """Curves by the numbers of their release and names, with their first and last instants."""

    releases: Whole
    names: Whole
    first: Whole
    last: Whole


class TouchedCurves:
    """Which curves were touched, over several batches; told before they are too many to hold."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], int] = {}
        self._waiting: list[_Touched] = []

    def add(self, keys: Keys) -> None:
        """Remember the curves of an ordered batch."""
        codes = [self._pairs.setdefault(pair, len(self._pairs)) for pair in keys.pairs]
        self._waiting.append(_touched(keys, np.array(codes, np.int64)))
        if self._rows() > _MOST_CURVES:
            self._waiting = [_grouped(self._waiting)]

    def are_many(self) -> bool:
        """Whether it is time to tell."""
        return len(self._waiting) == 1 and self._rows() > _MOST_CURVES // 2

    def take(self) -> pa.RecordBatch | None:
        """What was touched, if anything, as `CHANGED_CURVES`; it is remembered no longer."""
        if not self._waiting:
            return None
        touched, self._waiting = _grouped(self._waiting), []
        pairs = list(self._pairs)
        arrays = [
            arrow(touched.releases, pa.int64()),
            _days(touched.first),
            _days(touched.last),
            coded(touched.names, [platform for platform, _ in pairs]),
            coded(touched.names, [metric for _, metric in pairs]),
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=CHANGED_CURVES)

    def _rows(self) -> int:
        return sum(len(one.releases) for one in self._waiting)


def _touched(keys: Keys, codes: Whole) -> _Touched:
    """The curves of an ordered batch: of each, its first and its last row tell the instants."""
    ranks = np.zeros(len(keys.releases), np.int64)
    np.cumsum(keys.releases[1:] != keys.releases[:-1], out=ranks[1:])
    curves = arrow(ranks * len(codes) + keys.names, pa.int64()).dictionary_encode()
    places_of, rows = numbers(curves.indices), np.arange(len(ranks))
    first, last = np.zeros((2, len(curves.dictionary)), np.int64)
    # Of a place that is written to several times, the last one stays.
    last[places_of] = rows
    first[places_of[::-1]] = rows[::-1]
    return _Touched(
        releases=keys.releases[first],
        names=codes[keys.names[first]],
        first=keys.times[first],
        last=keys.times[last],
    )


def _grouped(parts: Sequence[_Touched]) -> _Touched:
    """Each curve once, from its first instant to its last."""
    releases = np.concatenate([part.releases for part in parts])
    names = np.concatenate([part.names for part in parts])
    order = np.lexsort((names, releases))
    releases, names = releases[order], names[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (releases[1:] != releases[:-1]) | (names[1:] != names[:-1])
    starts = np.flatnonzero(is_new)
    return _Touched(
        releases=releases[starts],
        names=names[starts],
        first=np.minimum.reduceat(np.concatenate([part.first for part in parts])[order], starts),
        last=np.maximum.reduceat(np.concatenate([part.last for part in parts])[order], starts),
    )


def _days(times: Whole) -> pa.Array:
    return arrow((times // _DAY).astype(np.int32), pa.date32())


def _keys(columns: pa.RecordBatch) -> Keys:
    platforms, platform_codes = _ranked(columns["platform"])
    metrics, metric_codes = _ranked(columns["metric_type"])
    return Keys(
        releases=numbers(columns["release_id"]),
        times=numbers(columns["recorded_at"]),
        names=platform_codes * len(metrics) + metric_codes,
        pairs=[(platform, metric) for platform in platforms for metric in metrics],
    )


def _ranked(texts: pa.Array) -> tuple[list[str], Whole]:
    """The words of a dictionary in the order of their bytes, and each row's place among them."""
    words: list[str] = texts.dictionary.to_pylist()
    sorted_words = sorted(set(words))
    rank = {word: place for place, word in enumerate(sorted_words)}
    ranks = np.array([rank[word] for word in words], np.int64)
    codes = numbers(texts.indices)
    return sorted_words, ranks[codes] if len(ranks) else codes.astype(np.int64)
