"""One pool of connections per process, to the given PostgreSQL or to the private one."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import stamina
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from noktvrn_ai_artist.database.driver_errors import is_worth_repeating, renamed_errors
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.errors import DatabaseUnavailable, PerformanceDbError, SettingsError
from noktvrn_ai_artist.settings import Settings

Connection = psycopg.Connection[TupleRow]
T = TypeVar("T")

OLDEST_SERVER, CONNECT_SECONDS = 140000, 10
RECONNECT_SECONDS, ASK_AGAIN_SECONDS, MOST_WAITING = 0.5, 1.0, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlace:
    """Which PostgreSQL is used: the private one or a given one, and where; never a password."""

    private: bool
    place: str
    database: str


class Database:
    """A PostgreSQL database and this process's pool of connections to it.

    Close it, or use it as a `with` block, once; connections and transactions are `with` blocks
    too. A process made by `os.fork` needs a database of its own.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server = None if settings.database_url else PrivateServer(private_folder(settings))
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=settings.pool_size,
            open=False,
            configure=_configure,
            timeout=10,
            reconnect_timeout=RECONNECT_SECONDS,
            name="noktvrn",
        )
        # Not the pool's own max_waiting: it counts callers that have long given up, and once it is
        # reached while the pool is without any connection nobody makes it connect ever again.
        self._places = threading.BoundedSemaphore(settings.pool_size + MOST_WAITING)

    def open(self) -> Database:
        """Reach the server (starting the private one), and make its database if need be.

        Raises:
            DatabaseUnavailable: it cannot be reached, refuses us, or is older than PostgreSQL 14.
        """
        with renamed_errors(), ExitStack() as on_failure:
            on_failure.callback(self.close)
            if self.server is not None:
                _create_database(self.server, self.settings.database)
            with psycopg.connect(self._conninfo(), connect_timeout=CONNECT_SECONDS) as connection:
                if connection.info.server_version < OLDEST_SERVER:
                    raise DatabaseUnavailable("PostgreSQL 14 or newer is needed")
            self._pool.open()
            on_failure.pop_all()
        return self

    def close(self) -> None:
        """Give the connections back; the last user of a private server stops it by leaving."""
        self._pool.close()
        if self.server is not None:
            self.server.release()

    def __enter__(self) -> Database:
        return self.open()

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One connection in one transaction: committed at the end of the block, or rolled back."""
        with renamed_errors(), self._lent(proven=True, autocommit=False) as connection:
            yield connection

    def transact(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns from one transaction, run again where that is safe.

        It is repeated on a new connection after a lost connection, a deadlock or a serialization
        failure, at most five times within 20 s; so `work` must be idempotent once committed.
        """
        return self._repeated(work, autocommit=False)

    def commit_each(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns from a connection that commits each statement by itself.

        A statement alone costs one round trip, a transaction of one costs three. It is repeated as
        `transact` repeats, from its first statement on; so each must be idempotent once committed.
        """
        return self._repeated(work, autocommit=True)

    def _repeated(self, work: Callable[[Connection], T], *, autocommit: bool) -> T:
        # A dead connection shows itself at work, and then the work is repeated: only from there on
        # is it worth a round trip to ask each connection whether it lives. The first try stands
        # alone because to set up repetitions costs a third of a call's own work.
        try:
            return self._done_once(work, proven=False, autocommit=autocommit)
        except PerformanceDbError as error:
            if not is_worth_repeating(error):
                raise
        for attempt in stamina.retry_context(
            on=is_worth_repeating, attempts=4, timeout=20, wait_initial=0.05, wait_max=2.0
        ):
            with attempt:
                return self._done_once(work, proven=True, autocommit=autocommit)
        raise AssertionError  # the loop above returns or raises

    def _done_once(self, work: Callable[[Connection], T], *, proven: bool, autocommit: bool) -> T:
        with renamed_errors(), self._lent(proven=proven, autocommit=autocommit) as connection:
            return work(connection)

    @contextmanager
    def _lent(self, *, proven: bool, autocommit: bool) -> Iterator[Connection]:
        if not self._places.acquire(blocking=False):
            raise TooManyRequests(f"{MOST_WAITING} callers wait for a connection already")
        with ExitStack() as afterwards:
            afterwards.callback(self._places.release)
            deadline = time.monotonic() + self._pool.timeout
            take = self._living_connection if proven else self._any_connection
            connection = take(deadline)
            afterwards.callback(self._pool.putconn, connection)
            if connection.autocommit is not autocommit:
                connection.autocommit = autocommit
            with connection:
                yield connection

    def _any_connection(self, deadline: float) -> Connection:
        """A connection of the pool, which is asked again and again.

        While the server is away it gives up connecting, and tries anew only when it is asked.
        """
        while True:
            left = deadline - time.monotonic()
            try:
                return self._pool.getconn(min(left, ASK_AGAIN_SECONDS))
            except PoolTimeout:
                if left <= ASK_AGAIN_SECONDS:
                    raise

    def _living_connection(self, deadline: float) -> Connection:
        """A connection that has just answered; dead ones are given back, to be replaced."""
        while True:
            connection = self._any_connection(deadline)
            with ExitStack() as on_failure, suppress(psycopg.Error):
                on_failure.callback(self._pool.putconn, connection)
                ConnectionPool.check_connection(connection)
                on_failure.pop_all()
                return connection

    @property
    def place(self) -> ServerPlace:
        """Which server and database this is, in words that carry no secret."""
        if self.server is not None:
            folder = str(private_folder(self.settings))
            return ServerPlace(private=True, place=folder, database=self.settings.database)
        parts = _url_parts(self.settings)
        host, port = parts.get("host") or "local socket", parts.get("port") or "5432"
        name = str(parts.get("dbname") or parts.get("user") or "default")
        return ServerPlace(private=False, place=f"{host}:{port}", database=name)

    def _conninfo(self) -> str:
        # Called before every new connection, so a private server that was killed is started again.
        if self.server is None:
            url = self.settings.database_url
            _url_parts(self.settings)
            return make_conninfo(
                url.get_secret_value() if url else "", connect_timeout=CONNECT_SECONDS
            )
        return _private_conninfo(self.server, self.settings.database)


def first_value(cursor: psycopg.Cursor[TupleRow]) -> Any:  # noqa: ANN401 - SQL decides the type
    """The first column of the one row that a query is sure to return."""
    (row,) = cursor.fetchall()
    return row[0]


def private_folder(settings: Settings) -> Path:
    """Where the private server keeps its data."""
    return settings.data_dir / "postgresql"


def _private_conninfo(server: PrivateServer, database: str) -> str:
    target = server.ensure_running()
    return make_conninfo(host=str(target.host), port=target.port, user=target.user, dbname=database)


def _url_parts(settings: Settings) -> Mapping[str, object]:
    url = settings.database_url
    try:
        parts = conninfo_to_dict(url.get_secret_value() if url else "")
    except psycopg.ProgrammingError:
        # The driver's text quotes pieces of the URL, and with them of the password.
        raise SettingsError("DATABASE_URL cannot be understood as a PostgreSQL URL") from None
    if "@" in f"{parts.get('host')}{parts.get('dbname')}":
        # An unescaped @ or / makes pieces of the password look like the host, port or database.
        raise SettingsError("DATABASE_URL: write an @ in the password as %40, a / as %2F")
    return parts


def _create_database(server: PrivateServer, name: str) -> None:
    with psycopg.connect(_private_conninfo(server, "postgres"), autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", [name]).rowcount:
            return
        try:
            connection.execute(
                psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name))
            )
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process was first, and the database is there


def drop_database(server: PrivateServer, name: str) -> None:
    """Take a database away from the private server, with all that is in it and whoever uses it."""
    with (
        renamed_errors(),
        psycopg.connect(_private_conninfo(server, "postgres"), autocommit=True) as connection,
    ):
        connection.execute(
            psycopg.sql.SQL("drop database if exists {} with (force)").format(
                psycopg.sql.Identifier(name)
            )
        )


def _configure(connection: Connection) -> None:
    connection.execute("set time zone 'UTC'")
    connection.commit()


_shared: Database | None = None
_shared_lock = threading.Lock()


def shared_database() -> Database:
    """The database of this process, opened on first use from the environment's settings."""
    global _shared  # noqa: PLW0603 - one pool per process is the point of this module
    with _shared_lock:
        if _shared is None:
            _shared = Database(Settings.from_environment()).open()
        return _shared


def use_database(database: Database | None) -> None:
    """Make an open database the one of this process, or (None) let the next use open one anew.

    What was shared before is closed.
    """
    global _shared
    with _shared_lock:
        before, _shared = _shared, database
    if before is not None and before is not database:
        before.close()


def _begin_anew_after_fork() -> None:
    """The parent's connections are not the child's: it lets them be, with no word to them."""
    global _shared, _shared_lock
    _of_the_parent.append(_shared)
    _shared, _shared_lock = None, threading.Lock()


_of_the_parent: list[Database | None] = []
atexit.register(use_database, None)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_after_fork)
