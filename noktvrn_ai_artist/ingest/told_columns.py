"""Checked observations as columns under construction, and their last step into Arrow's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.observation_columns import OBSERVATION_COLUMNS
from noktvrn_ai_artist.database.arrow_memory import Numbers, arrow, coded, numbers
from noktvrn_ai_artist.ingest.cell_screens import microseconds
from noktvrn_ai_artist.records import Observation

TEXT_COLUMNS = ("platform", "metric_type", "source", "source_url", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedTexts:
    """Texts by their place in a list of names, each of which is there once; -1 is no text."""

    places: Numbers
    names: Sequence[str]

    def and_more(self, texts: Sequence[str | None]) -> CodedTexts:
        """These texts and others after them."""
        more, names = coded_places(texts, self.names)
        return CodedTexts(places=np.concatenate([self.places, more]), names=names)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldColumns:
    """The observations of one block; `release_ids` are whatever stands for a release there."""

    rows: Numbers
    release_ids: Numbers
    recorded_at: Numbers
    values: Numbers
    texts: Mapping[str, CodedTexts]

    def where(self, wanted: Numbers) -> ToldColumns:
        """The observations of the wanted rows."""
        if wanted.all():
            return self
        return ToldColumns(
            rows=self.rows[wanted],
            release_ids=self.release_ids[wanted],
            recorded_at=self.recorded_at[wanted],
            values=self.values[wanted],
            texts={
                name: replace(text, places=text.places[wanted]) for name, text in self.texts.items()
            },
        )

    def and_more(
        self, observations: Sequence[Observation], *, rows: Sequence[int], releases: Sequence[int]
    ) -> ToldColumns:
        """These observations and others after them."""
        if not observations:
            return self
        recorded_at = [microseconds(one.recorded_at) for one in observations]
        values = [one.metric_value for one in observations]
        return ToldColumns(
            rows=_extended(self.rows, rows),
            release_ids=_extended(self.release_ids, releases),
            recorded_at=_extended(self.recorded_at, recorded_at),
            values=_extended(self.values, values),
            texts={
                name: self.texts[name].and_more([getattr(one, name) for one in observations])
                for name in TEXT_COLUMNS
            },
        )

    def as_batch(self) -> pa.RecordBatch:
        """The same as Arrow's columns."""
        columns: dict[str, pa.Array] = {
            name: coded(text.places, text.names) for name, text in self.texts.items()
        }
        columns["row"] = arrow(self.rows, pa.int64())
        columns["release_id"] = arrow(self.release_ids, pa.int64())
        columns["recorded_at"] = arrow(self.recorded_at, pa.timestamp("us", "UTC"))
        columns["metric_value"] = arrow(self.values, pa.float64())
        arrays = [columns[name] for name in OBSERVATION_COLUMNS.names]
        return pa.RecordBatch.from_arrays(arrays, schema=OBSERVATION_COLUMNS)


def joined(parts: Sequence[ToldColumns]) -> ToldColumns:
    """Several columns' observations as one, in the order of the parts."""
    if len(parts) == 1:
        return parts[0]
    return ToldColumns(
        rows=np.concatenate([part.rows for part in parts]),
        release_ids=np.concatenate([part.release_ids for part in parts]),
        recorded_at=np.concatenate([part.recorded_at for part in parts]),
        values=np.concatenate([part.values for part in parts]),
        texts={name: _joined_texts([part.texts[name] for part in parts]) for name in TEXT_COLUMNS},
    )


def codes(column: pa.DictionaryArray) -> Numbers:
    """The place of each row's value in the dictionary of a column without nulls."""
    return numbers(column.indices)


def combined(columns: Sequence[pa.DictionaryArray]) -> tuple[Numbers, Numbers]:
    """A number for each row, the same where all columns say the same; and each number's first row.

    Every value of a dictionary has to be somewhere in its column.
    """
    found, size = codes(columns[0]), len(columns[0].dictionary)
    for column in columns[1:]:
        more = len(column.dictionary)
        if more == 1:
            continue
        pairs = found.astype(np.int64) * more + codes(column)
        distinct = arrow(pairs, pa.int64()).dictionary_encode()
        found, size = codes(distinct), len(distinct.dictionary)
    first = np.zeros(size, np.int64)
    # Of a place that is written to several times, the last one stays: so from the end.
    first[found[::-1]] = np.arange(len(found) - 1, -1, -1)
    return found, first


def coded_places(
    texts: Sequence[str | None], names: Sequence[str] = ()
) -> tuple[Numbers, Sequence[str]]:
    """The place of each text in a list of names that begins with some known ones."""
    known = {name: place for place, name in enumerate(names)}
    places = [-1 if text is None else known.setdefault(text, len(known)) for text in texts]
    return np.array(places, np.int32), list(known)


def _joined_texts(parts: Sequence[CodedTexts]) -> CodedTexts:
    names: Sequence[str] = ()
    places: list[Numbers] = []
    for part in parts:
        of_names, names = coded_places([*part.names, None], names)
        places.append(of_names[part.places])  # the place -1 is that of the None at the end
    return CodedTexts(places=np.concatenate(places), names=names)


def _extended(numbers: Numbers, more: Sequence[float]) -> Numbers:
    return np.concatenate([numbers, np.array(more, numbers.dtype)])
