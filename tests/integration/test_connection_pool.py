"""How connections are lent: dead ones, none at all, and how little is said over them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest
from given_database import given, url_of
from observed_tables import HOUR, NOON, rows, seen, start_anew, store_singly

from noktvrn_ai_artist.database.connection_manager import Connection, Database, use_database
from noktvrn_ai_artist.database.driver_errors import is_worth_repeating
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.errors import DatabaseUnavailable, PerformanceDbError


@pytest.fixture
def url(database: Database, server: PrivateServer) -> str:
    """A URL to the tests' own server."""
    return url_of(server, database.settings.database)


def test_connections_that_were_killed_are_replaced(database: Database) -> None:
    for _ in range(3):
        with ExitStack() as held:
            several = [held.enter_context(database.transaction()) for _ in range(3)]
            pids = [connection.info.backend_pid for connection in several]
        with database.transaction() as connection:
            mine = connection.info.backend_pid
            for pid in set(pids) - {mine}:
                connection.execute(b"select pg_terminate_backend(%s, 5000)", [pid])
        with ExitStack() as held:
            for _ in range(3):
                again = held.enter_context(database.transaction())
                assert again.execute(b"select 1").fetchone() == (1,)


def test_a_pool_without_a_free_connection_says_so_in_our_words(url: str, tmp_path: Path) -> None:
    with given(url, tmp_path, pool_size=1) as database:
        database._pool.timeout = 0.05
        with database.transaction():
            calls: list[Connection] = []
            with pytest.raises(DatabaseUnavailable, match="in time") as refusal:
                database.transact(calls.append)
            assert calls == []
            assert not is_worth_repeating(refusal.value)
            database._places = threading.BoundedSemaphore(1)
            with database._places, pytest.raises(DatabaseUnavailable, match="too many") as refusal:
                database.transact(calls.append)
            assert calls == []
            assert not is_worth_repeating(refusal.value)
        assert database.transact(lambda connection: connection.info.backend_pid)
    with pytest.raises(DatabaseUnavailable, match="closed") as refusal:
        database.transact(calls.append)
    assert not is_worth_repeating(refusal.value)


@pytest.fixture
def outage(url: str, tmp_path: Path) -> Iterator[tuple[Database, Callable[[], None]]]:
    """A database whose server was away until its pool gave up, and what brings it back."""

    def away() -> str:
        raise psycopg.OperationalError("the server is away")

    with given(url, tmp_path) as aside, given(url, tmp_path) as database:
        rows(database, "select 1")
        pool, there = database._pool, database._pool.conninfo
        pool.conninfo = away
        pool.timeout = 0.01
        deadline = time.monotonic() + 30
        while pool.get_stats()["pool_size"]:  # one that was on its way may still come
            with aside.transaction() as connection:
                connection.execute(
                    b"select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    b" where datname = current_database() and pid <> pg_backend_pid()"
                )
            with suppress(DatabaseUnavailable):
                database.transact(lambda connection: connection.execute(b"select 1"))
            assert time.monotonic() < deadline
        yield database, lambda: setattr(pool, "conninfo", there)


def test_a_caller_who_waits_through_an_outage_is_served(
    outage: tuple[Database, Callable[[], None]],
) -> None:
    """The pool gave up when it failed again, so somebody has to ask it once more."""
    database, come_back = outage
    pool = database._pool
    pool.timeout = 60
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(rows, database, "select 1")
        tried = pool.get_stats()["connections_num"]
        while pool.get_stats()["connections_num"] < tried + 2 or pool.get_stats()["pool_size"]:
            time.sleep(0.01)
        come_back()
        assert waiting.result(timeout=20) == [(1,)]


def test_callers_who_gave_up_in_an_outage_keep_nobody_out(
    outage: tuple[Database, Callable[[], None]],
) -> None:
    database, come_back = outage
    for _ in range(300):
        with pytest.raises(DatabaseUnavailable):
            rows(database, "select 1")
    come_back()
    database._pool.timeout = 20
    assert rows(database, "select 1") == [(1,)]


def test_statements_that_commit_by_themselves_stay_when_the_next_fails(database: Database) -> None:
    start_anew(database)

    def work(connection: Connection) -> None:
        connection.execute(b"insert into artists (name) values ('kept')")
        connection.execute(b"select 1 / 0")

    with pytest.raises(PerformanceDbError, match="22012"):
        database.commit_each(work)
    assert rows(database, "select count(*) from artists where name = 'kept'") == [(1,)]


def test_a_connection_goes_back_to_transactions(url: str, tmp_path: Path) -> None:
    def torn(connection: Connection) -> None:
        connection.execute(b"insert into artists (name) values ('torn')")
        raise ZeroDivisionError

    with given(url, tmp_path, pool_size=1) as database:
        for _ in range(2):
            database.commit_each(lambda connection: connection.execute(b"select 1"))
            with pytest.raises(ZeroDivisionError):
                database.transact(torn)
        assert rows(database, "select * from artists where name = 'torn'") == []


@pytest.mark.parametrize("way", [Database.transact, Database.commit_each])
def test_work_on_connections_that_all_died_meets_one_of_them(
    url: str, tmp_path: Path, way: Callable[..., int]
) -> None:
    """The first try takes any connection; the second asks each whether it lives."""
    met: list[int] = []

    def work(connection: Connection) -> int:
        met.append(connection.info.backend_pid)
        connection.execute(b"select 1")
        return met[-1]

    with given(url, tmp_path, pool_size=4) as database, given(url, tmp_path) as aside:
        with ExitStack() as held:
            several = [held.enter_context(database.transaction()) for _ in range(4)]
            pids = [connection.info.backend_pid for connection in several]
        with aside.transaction() as connection:
            for pid in pids:
                connection.execute(b"select pg_terminate_backend(%s, 5000)", [pid])
        assert way(database, work) not in pids
    assert [pid in pids for pid in met] == [True, False]


def messages(database: Database, work: Callable[[], object], trace: Path) -> list[str]:
    """What a pool of one connection says to the server, and the server to it."""
    with trace.open("w") as file:
        database.commit_each(lambda connection: connection.pgconn.trace(file.fileno()))
        work()
        database.commit_each(lambda connection: connection.pgconn.untrace())
    return trace.read_text().split()


@pytest.mark.skipif(sys.platform != "linux", reason="libpq traces on Linux alone")
def test_a_new_observation_is_one_round_trip(url: str, tmp_path: Path) -> None:
    with given(url, tmp_path, pool_size=1) as database:
        start_anew(database)
        use_database(database)
        store_singly(seen(1, recorded_at=NOON - hour * HOUR) for hour in range(1, 9))
        stored = messages(database, lambda: store_singly([seen(1)]), tmp_path / "stored")
        known = messages(database, lambda: store_singly([seen(1)]), tmp_path / "known")
        assert stored.count("ReadyForQuery") == 1
        assert known.count("ReadyForQuery") > 1
