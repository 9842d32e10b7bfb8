"""The locks that transactions hold on an idea instead of a row, each until the transaction ends."""

from __future__ import annotations

from enum import IntEnum

from noktvrn_ai_artist.database.connection_manager import Connection
from noktvrn_ai_artist.database.queries import query


class AdvisoryLock(IntEnum):
    """What is locked; the numbers only have to differ from what else is locked in the database.

    `MIGRATIONS` is held alone by whoever changes the schema. `REGISTRATION` is held alone by
    whoever registers releases, so that one external id never becomes two. `UNDO` is held together
    by all writers and alone by an undo: it takes back what they may be building on, such as
    revisions, releases and history. `LEDGER` is held alone by whoever writes to the tracker's
    ledger, so that its rows are numbered in the order of their commits.
    """

    MIGRATIONS = 0x6E6F6B74
    REGISTRATION = 0x72656C65
    UNDO = 0x756E646F
    LEDGER = 0x6C656467


def hold_alone(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait until nobody holds the lock, and hold it."""
    connection.execute(query("hold_alone"), {"key": lock.value})


def hold_together(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait until nobody holds the lock alone, and hold it with whoever else wants to."""
    connection.execute(query("hold_together"), {"key": lock.value})
