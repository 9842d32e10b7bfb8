"""The driver's errors under our own names, told by SQLSTATE, with no secret in the text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg_pool

from noktvrn_ai_artist.errors import (
    DatabaseUnavailable,
    MigrationError,
    PerformanceDbError,
    TransactionConflict,
)

# Classes and codes after which the same work may be done again on a new connection: connection
# lost, shutting down, too many connections, an I/O error, and what Citus says for a lost worker.
_UNAVAILABLE = ("08", "57P0", "53300", "58030", "XX000")
_CONFLICT = ("40001", "40P01")
_NO_TABLE = ("42P01", "42703")
_POOL_ERRORS = (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests, psycopg_pool.PoolClosed)


@contextmanager
def renamed_errors() -> Iterator[None]:
    """Let what the driver raises inside leave as an error of our tree."""
    try:
        yield
    except psycopg_pool.PoolTimeout as error:
        message = "no connection to the database could be had in time"
        raise DatabaseUnavailable(message) from error
    except (psycopg_pool.TooManyRequests, psycopg_pool.PoolClosed) as error:
        message = "the database has too many callers waiting, or its pool is closed"
        raise DatabaseUnavailable(message) from error
    except psycopg.Error as error:
        raise _renamed(error) from error


def _renamed(error: psycopg.Error) -> PerformanceDbError:
    state = error.sqlstate
    said = error.diag.message_primary
    if state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        # libpq's own text may carry pieces of a malformed URL, the password among them.
        return DatabaseUnavailable("the connection to the database failed or was lost")
    if state is None or said is None:
        return PerformanceDbError(f"the database driver refused: {type(error).__name__}")
    if state.startswith(_UNAVAILABLE) or state.startswith("28"):
        return DatabaseUnavailable(f"the database is not available: {said} ({state})")
    if state in _CONFLICT:
        return TransactionConflict()
    if state in _NO_TABLE:
        return MigrationError(f"the schema is not there yet, run `noktvrn db migrate`: {said}")
    return PerformanceDbError(f"the database refused: {said} ({state})")


def is_worth_repeating(error: Exception) -> bool:
    """Whether the same transaction may succeed again; a full pool has waited enough already."""
    if isinstance(error, TransactionConflict):
        return True
    if not isinstance(error, DatabaseUnavailable):
        return False
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error) or isinstance(cause, _POOL_ERRORS):
        return False
    return not (cause.sqlstate or "").startswith("28")
