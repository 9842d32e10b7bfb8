"""Where the tracker's history is kept: in its file, or in PostgreSQL once it was moved there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from noktvrn_ai_artist.analytics.source_ledger import SourceLedger
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker, utc_now
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.settings import Settings


def open_tracker(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now
) -> StockSuccessTracker:
    """A tracker over the state file, or over the ledger that a pointer in its place names.

    Raises:
        StateFileUnreadable: the file is neither a history nor a pointer.
        DatabaseUnavailable: the history is in a database that cannot be reached.
    """
    file = _file(settings.source_stats_path)
    ledger_id = file.moved_to()
    if ledger_id is None:
        return StockSuccessTracker(store=file, clock=clock)
    return StockSuccessTracker(store=_ledger(shared_database(), ledger_id), clock=clock)


def is_moved(settings: Settings) -> bool:
    """Whether the history was moved to PostgreSQL."""
    return _file(settings.source_stats_path).moved_to() is not None


def move_to_postgres(settings: Settings) -> Path | None:
    """Carry the state file's history over to this process's database, and leave a pointer.

    Nobody can log meanwhile. Returns where the old file is kept, if there was one. Killed anywhere
    and called again, it goes on where it ended, and no event doubles.

    Raises:
        StateFileUnreadable: the file is damaged, or its history was moved already.
        StateFileNotWritten: the file could not be kept or replaced.
        WrongLedger: the ledger holds something else; nothing was moved.
    """
    ledger = SourceLedger(shared_database())
    return _file(settings.source_stats_path).hand_over(ledger.carry_over)


@lru_cache(maxsize=1)
def _file(path: Path) -> SourceStatsFile:
    """One file object for a process, so that what has not changed need not be decoded again."""
    return SourceStatsFile(path)


@lru_cache(maxsize=1)
def _ledger(database: Database, ledger_id: str) -> SourceLedger:
    """One ledger object for a process, so that what it has read need not be read again."""
    return SourceLedger(database, ledger_id=ledger_id)
