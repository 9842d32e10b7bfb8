"""What a block of a table says, a column at a time; only doubtful rows are read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.observation_columns import CheckedBatch
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.database.arrow_memory import Numbers, places
from noktvrn_ai_artist.errors import Rejection
from noktvrn_ai_artist.ingest.block_columns import (
    OPTIONAL_TEXTS,
    ReadPlatforms,
    judged,
    read_ids,
    read_instants,
    read_numbers,
    read_platforms,
    read_text,
)
from noktvrn_ai_artist.ingest.file_forms import FoundObservation, TableReader
from noktvrn_ai_artist.ingest.text_blocks import TableRow, TextBlock
from noktvrn_ai_artist.ingest.told_columns import CodedTexts, ToldColumns, codes, combined, joined

# A release as a file names it, on the platform it is told of.
NamedRelease = tuple[str, ReleaseEntry]

_ENTRY_ROLES = ("artist", "title", "published_at", "external_id", "url")
_MOST_ENTRIES_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBatch:
    """What one block says.

    Where releases are named by entries, `release_id` in its columns is a place in `named`; where
    they are named by id, `named` is None.
    """

    checked: CheckedBatch
    named: Sequence[NamedRelease] | None


class BlockReader:
    """Reads the blocks of one table to what its `TableReader` would read of their rows."""

    def __init__(self, reader: TableReader) -> None:
        self._reader = reader
        self._by_id = "release_id" in reader.columns
        self._roles = [role for role in _ENTRY_ROLES if role in reader.columns]
        self._entries: dict[tuple[str, ...], ReleaseEntry | None] = {}

    def read(self, block: TextBlock) -> FoundBatch:
        """The observations of a block, and what is refused of it."""
        named: dict[NamedRelease, int] = {}
        told, clear = self._screened(block, named)
        found = [
            one for row in self._doubtful(block, clear) for one in self._reader.observations(row)
        ]
        kept = [one for one in found if isinstance(one, FoundObservation)]
        rejected = [one for one in found if isinstance(one, Rejection)]
        columns = told.and_more(
            [one.observation for one in kept],
            rows=[one.row for one in kept],
            releases=[_release_of(one, named) for one in kept],
        ).as_batch()
        read = columns.num_rows + len(rejected)
        return FoundBatch(
            checked=CheckedBatch(columns=columns, rejected=rejected, read=read),
            named=None if self._by_id else list(named),
        )

    def _screened(
        self, block: TextBlock, named: dict[NamedRelease, int]
    ) -> tuple[ToldColumns, Numbers]:
        """What the rows say that are sure to keep every rule, and which rows those are."""
        platforms = read_platforms(block, self._reader)
        recorded_at, clear = read_instants(block, self._reader)
        if self._by_id:
            releases, known = read_ids(block, self._reader)
        else:
            releases = self._read_entries(block, platforms, named)
            known = releases >= 0
        clear = clear & known & (platforms.places >= 0)
        texts: dict[str, CodedTexts] = {}
        for role in OPTIONAL_TEXTS:
            texts[role], good = read_text(block, self._reader, role)
            clear &= good
        names = [platform.name for platform in platforms.known]
        texts["platform"] = CodedTexts(places=platforms.places, names=names)
        numbers = read_numbers(block, self._reader, platforms)
        for one in numbers:
            clear &= one.clear | ~one.there
        parts = [
            ToldColumns(
                rows=block.numbers,
                release_ids=releases,
                recorded_at=recorded_at,
                values=one.values,
                texts={**texts, "metric_type": one.metrics},
            ).where(clear & one.there)
            for one in numbers
        ]
        return joined(parts), clear

    def _read_entries(
        self, block: TextBlock, platforms: ReadPlatforms, named: dict[NamedRelease, int]
    ) -> Numbers:
        """The place of each row's release among the named ones; -1 where it is in doubt."""
        roles = self._roles if self._reader.platform is not None else [*self._roles, "platform"]
        columns = [block.columns[self._reader.columns[role]] for role in roles]
        rows, first = combined(columns)
        told = zip(
            *(_cells_at(column, first) for column in columns[: len(self._roles)]), strict=True
        )
        of_first = np.full(len(first), -1, np.int64)
        for at, (cells, platform) in enumerate(zip(told, platforms.places[first], strict=True)):
            entry = self._entry(cells) if platform >= 0 else None
            if entry is not None:
                name = platforms.known[platform].name
                of_first[at] = named.setdefault((name, entry), len(named))
        return of_first[rows]

    def _entry(self, cells: tuple[str, ...]) -> ReleaseEntry | None:
        """The entry that some cells tell, if they keep the rules; many blocks tell the same."""
        if cells not in self._entries:
            if len(self._entries) >= _MOST_ENTRIES_KEPT:
                self._entries.clear()
            row = [""] * self._reader.width
            for role, cell in zip(self._roles, cells, strict=True):
                row[self._reader.columns[role]] = cell
            self._entries[cells] = judged(self._reader.entry, row)[1]
        return self._entries[cells]

    def _doubtful(self, block: TextBlock, clear: Numbers) -> list[TableRow]:
        """The rows to be read one by one, in their order."""
        doubtful = np.flatnonzero(~clear)
        taken, wanted = places(doubtful), self._reader.wanted.places
        columns = {place: block.columns[place].take(taken).to_pylist() for place in wanted}
        unread = [""] * len(doubtful)
        cells = zip(*(columns.get(at, unread) for at in range(self._reader.width)), strict=True)
        told = zip(block.numbers[doubtful].tolist(), cells, strict=True)
        rows = [TableRow(number=number, cells=of_row) for number, of_row in told]
        return sorted([*rows, *block.misfits], key=attrgetter("number"))


def _release_of(found: FoundObservation, named: dict[NamedRelease, int]) -> int:
    if found.entry is None:
        return found.observation.release_id
    return named.setdefault((found.observation.platform, found.entry), len(named))


def _cells_at(column: pa.DictionaryArray, rows: Numbers) -> list[str]:
    cells = column.dictionary.to_pylist()
    return [cells[place] for place in codes(column)[rows]]
