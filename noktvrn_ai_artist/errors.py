"""Every error this project raises, as one tree.

NoktvrnError
├── SettingsError
├── PerformanceDbError
│   ├── BadValue (also a ValueError)
│   ├── UnknownName (also a ValueError)
│   │   ├── UnknownPlatform
│   │   └── UnknownMetric
│   ├── UnknownRelease
│   ├── UnknownArtist
│   ├── UnknownBatch
│   ├── TooManyRows
│   ├── ImportRefused
│   ├── BadFile
│   ├── TransactionConflict
│   ├── DatabaseUnavailable
│   │   └── PrivateServerError
│   └── MigrationError
├── TrackerError
│   ├── BadTrackerInput (also a ValueError)
│   ├── UnknownSource
│   ├── StateFileUnreadable
│   ├── StateFileNotWritten
│   └── WrongLedger
├── ProviderError
│   ├── NotConfigured
│   ├── ProviderUnavailable
│   ├── QuotaSpent
│   ├── AccessRefused
│   ├── BadAnswer
│   └── NoFootage
└── CollectionUnderWay

A class's docstring is its message when none is given; facts a program may want are attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import cleandoc
from pathlib import Path


class NoktvrnError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or cleandoc(type(self).__doc__ or ""))


class SettingsError(NoktvrnError):
    """A setting is missing or cannot be understood."""


class PerformanceDbError(NoktvrnError):
    """The performance database could not do what was asked."""


class BadValue(PerformanceDbError, ValueError):
    """A value breaks a rule; nothing was stored."""

    def __init__(self, rule: str, *, column: str, row: int | None = None) -> None:
        self.rule, self.column, self.row = rule, column, row
        where = column if row is None else f"row {row}, {column}"
        super().__init__(f"{where}: {rule}")

    def in_row(self, row: int) -> BadValue:
        """The same refusal, naming the row it was found in (1 is the first row of data)."""
        return BadValue(self.rule, column=self.column, row=row)


class UnknownName(PerformanceDbError, ValueError):
    """A name is not in the catalogue."""

    def __init__(self, message: str, *, name: str, nearest: Sequence[str] = ()) -> None:
        self.name, self.nearest = name, tuple(nearest)
        super().__init__(message)


class UnknownPlatform(UnknownName):
    """A platform is not in the catalogue."""


class UnknownMetric(UnknownName):
    """A metric is not in the catalogue of its platform."""


class UnknownRelease(PerformanceDbError):
    """No release has this id."""

    def __init__(self, release_id: int, *, row: int | None = None) -> None:
        self.release_id, self.row = release_id, row
        where = "" if row is None else f"row {row}, release_id: "
        super().__init__(f"{where}there is no release {release_id}")


class UnknownArtist(PerformanceDbError):
    """No artist has this id."""


class UnknownBatch(PerformanceDbError):
    """No import has this batch id."""


class TooManyRows(PerformanceDbError):
    """More rows match than a list should hold; stream them instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One refused place of an import: its row, column and rule.

    Rows of a file are counted as a spreadsheet does (the header is row 1), others from 1.
    """

    row: int
    column: str
    rule: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.rule}"


class ImportRefused(PerformanceDbError):
    """Rows of an import break rules, so nothing was stored."""

    def __init__(self, rejections: Sequence[Rejection], *, rejected: int) -> None:
        self.rejections, self.rejected = tuple(rejections), rejected
        rows = "1 observation was" if rejected == 1 else f"{rejected:,} observations were"
        super().__init__(f"{rows} refused and nothing was stored; first: {rejections[0]}")


class BadFile(PerformanceDbError):
    """A file cannot be read as a table of numbers; nothing was stored."""

    def __init__(self, rule: str, *, row: int | None = None) -> None:
        self.rule, self.row = rule, row
        super().__init__(f"the file {rule}" if row is None else f"row {row}: the file {rule}")


class TransactionConflict(PerformanceDbError):
    """Another transaction came in between; nothing was stored, and trying again may succeed."""


class DatabaseUnavailable(PerformanceDbError):
    """The database cannot be reached; what was being done may or may not have happened."""


class PrivateServerError(DatabaseUnavailable):
    """The private PostgreSQL could not be started or stopped."""


class MigrationError(PerformanceDbError):
    """The database's schema and this version of the program do not fit together."""


class TrackerError(NoktvrnError):
    """The stock success tracker could not do what was asked."""


class BadTrackerInput(TrackerError, ValueError):
    """A value given to the tracker breaks a rule; nothing was stored."""

    def __init__(self, rule: str, *, column: str) -> None:
        self.rule, self.column = rule, column
        super().__init__(f"{column}: {rule}")


class UnknownSource(TrackerError):
    """No clip of this source was ever used."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"no clip of {source!r} was ever used")


class StateFileUnreadable(TrackerError):
    """The tracker's state file cannot be read; it was left as it is."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}; the file was left as it is")


class StateFileNotWritten(TrackerError):
    """The tracker's state file could not be written; repeat the call, and nothing doubles."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}; the change may not be stored: repeat it")


class WrongLedger(TrackerError):
    """The tracker's ledger in the database is not the one that goes with its state file."""


class ProviderError(NoktvrnError):
    """A platform or stock library did not give what was asked.

    Its texts never hold a URL's query, a header or a body: secrets travel there.
    """

    def __init__(self, provider: str, reason: str) -> None:
        self.provider, self.reason = provider, reason
        super().__init__(f"{provider}: {reason}")


class NotConfigured(ProviderError):
    """The key or token that this provider needs was not set."""


class ProviderUnavailable(ProviderError):
    """No good answer came within the attempts and the time allowed."""


class QuotaSpent(ProviderError):
    """The provider's quota is used up; asking again before `until` is no use."""

    def __init__(self, provider: str, reason: str, *, until: datetime) -> None:
        self.until = until
        super().__init__(provider, f"{reason}; again from {until:%Y-%m-%d %H:%M} UTC")


class AccessRefused(ProviderError):
    """The provider refuses this key, token or request, and would again."""


class BadAnswer(ProviderError):
    """The provider's answer cannot be read as its documentation says."""


class NoFootage(ProviderError):
    """No stock library had a clip that fits; nothing was logged."""


class CollectionUnderWay(NoktvrnError):
    """Another collection of this platform is under way."""
