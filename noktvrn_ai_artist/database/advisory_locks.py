"""The locks that transactions hold on an idea instead of a row, each until the transaction ends."""

from __future__ import annotations

import time
from datetime import timedelta
from enum import IntEnum

from noktvrn_ai_artist.database.connection_manager import Connection, first_value
from noktvrn_ai_artist.database.queries import query

_PAUSE = timedelta(milliseconds=50)
_TRIES = 1200  # with the pauses between them, a minute


class AdvisoryLock(IntEnum):
    """What is locked; the numbers only have to differ from what else is locked in the database.

    `MIGRATIONS` is held alone by whoever changes the schema. `REGISTRATION` is held alone by
    whoever registers releases, so that one external id never becomes two. `UNDO` is held together
    by all writers and alone by an undo: it takes back what they may be building on, such as
    revisions, releases and history. `LEDGER` is held alone by whoever writes to the tracker's
    ledger, so that its rows are numbered in the order of their commits. `DIGEST` is held alone by
    whoever digests the change log, so that an older reading is never written over a younger one,
    and by whoever changes a release's date, so that no curve is handed on to be read with the old.
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


def hold_alone_when_free(connection: Connection, lock: AdvisoryLock) -> None:
    """`hold_alone` that lets others by who want to hold the lock together, for a minute.

    Whoever waits in line to be alone is waited for by all who come later; so it is tried again and
    again while someone, a long import say, holds the lock. After the minute it waits in line after
    all, or it could wait for ever.
    """
    for _ in range(_TRIES):
        if first_value(connection.execute(query("hold_alone_if_free"), {"key": lock.value})):
            return
        time.sleep(_PAUSE.total_seconds())
    hold_alone(connection, lock)


def hold_together(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait until nobody holds the lock alone, and hold it with whoever else wants to."""
    connection.execute(query("hold_together"), {"key": lock.value})
