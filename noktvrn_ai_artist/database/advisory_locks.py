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
    ledger, so that its rows are numbered in the order of their commits. `DIGEST` is held alone by
    whoever digests the change log, so that an older reading is never written over a younger one.
    `LANDING` is held alone by an import that copies straight into the observations, batch after
    batch in any order, and together by those that merge in the order of the keys: two that went
    through the keys in different orders could wait for each other. `TOKENS` is held alone by
    whoever exchanges a token for the next one, as some are good for one exchange only.
    `COLLECTION` is one lock for each interface, held alone by whoever collects from it.
    """

    MIGRATIONS = 0x6E6F6B74
    REGISTRATION = 0x72656C65
    UNDO = 0x756E646F
    LEDGER = 0x6C656467
    TOKENS = 0x746F6B6E
    DIGEST = 0x64696765
    LANDING = 0x6C616E64
    COLLECTION = 0x636F6C6C


def hold_alone(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait until nobody holds the lock, and hold it."""
    connection.execute(query("hold_alone"), {"key": lock.value})


def hold_together(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait until nobody holds the lock alone, and hold it with whoever else wants to."""
    connection.execute(query("hold_together"), {"key": lock.value})
