"""A look through all rows of an export, before any of them is understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_high

from noktvrn_ai_artist.errors import BadFile, BadValue
from noktvrn_ai_artist.ingest.export_cells import day_from
from noktvrn_ai_artist.ingest.export_layouts import (
    REFUSAL,
    TOTAL,
    YOUTUBE,
    Layout,
    NamedBy,
    folded_header,
)
from noktvrn_ai_artist.ingest.text_blocks import NumberTable, TableRow

_WEEK = timedelta(days=7)
# Studio says below the total that it left videos out.
_LEFT_OUT = "Showing top"
_NAMES = {NamedBy.SONG: "song", NamedBy.VIDEO: "content"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What all rows of an export together hold.

    `filled` are the places of columns that are not empty throughout; `names` are those of songs or
    the ids of videos, each once; `twice` are keys that several rows have.
    """

    rows: int = 0
    filled: frozenset[int] = frozenset()
    names: tuple[str, ...] = ()
    twice: frozenset[tuple[str, ...]] = frozenset()


class ExportRows:
    """The rows of an export that are about a release, and their cells by column."""

    def __init__(self, table: NumberTable, layout: Layout) -> None:
        self._table, self._layout = table, layout
        self.names = folded_header(table.header)

    def __iter__(self) -> Iterator[TableRow]:
        return (row for row in self._table.rows() if not self._is_total(row.cells))

    def fits(self, row: TableRow) -> bool:
        """Whether a row has a cell for each column."""
        return len(row.cells) == len(self.names)

    def cells(self, row: TableRow) -> Mapping[str, str]:
        """A fitting row's cells by the folded names of their columns."""
        return dict(zip(self.names, (cell.strip() for cell in row.cells), strict=True))

    def key(self, cells: Mapping[str, str]) -> tuple[str, ...]:
        """What no other row has."""
        return tuple(
            _same_day(cells[column]) if column == "date" else cells[column]
            for column in self._layout.key
        )

    def contents(self) -> Contents:
        """What all of them hold.

        Raises:
            BadFile: there are rows, and none is about a release; or their dates are not days.
        """
        read = rows = 0
        keys: Counter[tuple[str, ...]] = Counter()
        filled: set[int] = set()
        named: dict[str, None] = {}
        for row in self._table.rows():
            read += 1
            if self._is_total(row.cells):
                continue
            rows += 1
            if self.fits(row):
                cells = self.cells(row)
                keys[self.key(cells)] += 1
                filled.update(place for place, cell in enumerate(row.cells) if cell.strip())
                named.setdefault(cells.get(_NAMES.get(self._layout.named_by, ""), ""))
        if read and not rows:
            raise BadFile("has no row besides its total")
        # Of refused rows only some days are left.
        if self._layout.has_days and not REFUSAL.issubset(self.names):
            _refuse_weeks({key[0] for key in keys})
        return Contents(
            rows=rows,
            filled=frozenset(filled),
            names=tuple(name for name in named if name),
            twice=frozenset(key for key, times in keys.items() if times > 1),
        )

    def _is_total(self, cells: Sequence[str]) -> bool:
        if self._layout.source != YOUTUBE or not cells:
            return False
        first = cells[0].strip()
        return first == TOTAL or (first.startswith(_LEFT_OUT) and not any(cells[1:]))


def _refuse_weeks(texts: Collection[str]) -> None:
    days = sorted({day for text in texts for day in _days_in(text)})
    gaps = [after - before for before, after in pairwise(days)]
    # A chart's first week or month may be cut.
    if gaps and median_high(gaps) >= _WEEK:
        raise BadFile("is by the week or longer, and only days can be kept: export it by day")


def _same_day(text: str) -> str:
    """A day in one writing, whichever it has."""
    return next((day.isoformat() for day in _days_in(text)), text)


def _days_in(text: str) -> list[date]:
    try:
        return [day_from(text, column="date")]
    except BadValue:
        return []
