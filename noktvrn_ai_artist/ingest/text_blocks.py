"""What a table of numbers is, whatever file it is in: a header, and rows of cells by the block."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from noktvrn_ai_artist.database.arrow_memory import Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of cells; `number` is what a spreadsheet calls it (the header is row 1)."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The columns to read, by place: `names` say the same again and again, `numbers` do not."""

    names: Collection[int]
    numbers: Collection[int]

    @property
    def places(self) -> list[int]:
        """All of them, in the order of the table."""
        return sorted([*self.names, *self.numbers])


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Rows that follow each other, as columns of text.

    `numbers` are the rows' numbers. `columns` are by place: dictionaries where names were wanted,
    plain text where numbers were. `misfits` are rows with too few or too many cells for columns.
    """

    numbers: Numbers
    columns: Mapping[int, pa.Array]
    misfits: Sequence[TableRow] = ()


class NumberTable(Protocol):
    """A table of numbers that can be read again and again while its file is open."""

    @property
    def header(self) -> Sequence[str]:
        """The names of its columns."""

    def rows(self) -> Iterator[TableRow]:
        """Every row that is not empty, one by one."""

    def blocks(self, wanted: Wanted) -> Iterator[TextBlock]:
        """The same rows by the block."""
