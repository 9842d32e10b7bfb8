"""The one way to the database: renamed errors, safe repetition, new connections, no secrets."""

from __future__ import annotations

import logging
import multiprocessing
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from given_database import CANARY, given, url_of
from observed_tables import HOUR, NOON, rows, start_anew

from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metric,
    get_performance_data,
)
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import (
    Connection,
    Database,
    shared_database,
    use_database,
)
from noktvrn_ai_artist.database.driver_errors import is_worth_repeating
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.errors import (
    DatabaseUnavailable,
    NoktvrnError,
    PerformanceDbError,
    SettingsError,
    TransactionConflict,
)


@pytest.fixture
def url(database: Database, server: PrivateServer) -> str:
    """A URL to the tests' own server, as an operator would write one."""
    return url_of(server, database.settings.database)


@pytest.fixture
def surroundings(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose environment names the server, and that asked it nothing yet."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("NOKTVRN_DATA_DIR", str(tmp_path))
    use_database(None)


def every_text_of(error: BaseException) -> str:
    """What a log or a screen could show of an error, its causes included."""
    shown = "".join(traceback.format_exception(error))
    while True:
        shown += f"{error!s}{error!r}{error.args!r}"
        if error.__cause__ is None:
            return shown
        error = error.__cause__


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{CANARY}%zz@db.example/numbers",
        f"postgresql://ada:can@{CANARY}@db.example/numbers",
        f"postgresql://ada:can/{CANARY}@db.example/numbers",
        f"postgresql://ada:12/{CANARY}@db.example/numbers",
        f"postgresql:/ada:{CANARY}@db.example/numbers",
        f"postgres//ada:{CANARY}@db.example/numbers",
        f"mysql://ada:{CANARY}@db.example/numbers?a=b",
        f"postgresql://ada:{CANARY}@[::1/numbers",
        f"postgresql://ada:{CANARY}@db.example/numbers?{CANARY}",
        f"user=ada password='{CANARY}",
        f"user=ada password=can {CANARY} host=db.example",
        f"dbname=postgresql://ada:{CANARY}@db.example/numbers",
        f"postgresql://ada:{CANARY}@127.0.0.1:99999/numbers",
        f"postgresql://ada:{CANARY}@127.0.0.1:port/numbers",
        f"postgresql://ada:{CANARY}@127.0.0.1:1/numbers",
        f"postgresql://ada:{CANARY}@no-such-host.invalid/numbers",
        f"postgresql://ada:{CANARY}@/numbers?host=/no/such/folder",
        f"postgresql://ada:{CANARY}@127.0.0.1:1/numbers?sslmode=perhaps",
    ],
)
def test_a_url_that_leads_nowhere_does_not_show_its_password(
    url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    database = given(url, tmp_path)
    with pytest.raises((SettingsError, DatabaseUnavailable, PerformanceDbError)) as refusal:
        database.open()
    texts = [every_text_of(refusal.value), caplog.text, *capfd.readouterr()]
    if not isinstance(refusal.value, SettingsError):
        texts.append(f"{database.place}")
    assert all(CANARY not in text for text in texts)
    assert str(refusal.value)
    assert not (tmp_path / "postgresql").exists()


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """A server that asks for a password and then refuses it, whatever it is."""
    fields = b'SFATAL\0C28P01\0Mpassword authentication failed for user "ada"\0\0'
    refusal = b"E" + struct.pack("!i", len(fields) + 4) + fields

    def serve(listener: socket.socket) -> None:
        with listener:
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(b"R" + struct.pack("!ii", 8, 3))
                assert CANARY.encode() in client.recv(4096)
                client.sendall(refusal)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=[listener])
    thread.start()
    yield listener.getsockname()[1]
    thread.join()


def test_a_refused_password_is_not_shown(
    refusing_port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    way = "sslmode=disable&gssencmode=disable"
    database = given(f"postgresql://ada:{CANARY}@127.0.0.1:{refusing_port}/n?{way}", tmp_path)
    with pytest.raises(DatabaseUnavailable) as refusal:
        database.open()
    assert CANARY not in every_text_of(refusal.value) + caplog.text + repr(database.place)


@pytest.mark.usefixtures("surroundings")
def test_with_a_url_nothing_is_started(tmp_path: Path) -> None:
    start_anew(shared_database())
    assert add_performance_metric(1, "YouTube", "views", 1, NOON)
    assert len(get_performance_data()) == 1
    assert shared_database().server is None
    assert not shared_database().place.private
    assert CANARY not in repr(shared_database().place)
    assert list(tmp_path.iterdir()) == []


def test_without_a_url_the_place_is_the_private_folder(database: Database, data_dir: Path) -> None:
    assert database.place.private
    assert database.place.place == str(data_dir / "postgresql")
    assert database.place.database == database.settings.database


def test_a_session_is_in_utc_whatever_the_server_thinks(url: str, tmp_path: Path) -> None:
    with given(f"{url}&options=-c%20TimeZone%3DAsia/Tokyo", tmp_path) as database:
        assert rows(database, "show time zone") == [("UTC",)]


def test_a_server_that_is_too_old_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_manager, "OLDEST_SERVER", 990000)
    with pytest.raises(DatabaseUnavailable, match="PostgreSQL 14 or newer"):
        given(url, tmp_path).open()


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    def torn() -> None:
        with database.transaction() as connection:
            connection.execute(b"insert into artists (name) values ('Nova')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        torn()
    assert rows(database, "select * from artists") == []
    with database.transaction() as connection:
        connection.execute(b"insert into artists (name) values ('Nova')")
    assert rows(database, "select name from artists") == [("Nova",)]


def test_a_deadlock_is_resolved_by_repeating(database: Database) -> None:
    start_anew(database)
    both_hold = threading.Barrier(2)
    attempts: list[int] = []

    def crossing(first: int, second: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            for place, number in enumerate((first, second)):
                if place == 1 and attempts.count(first) == 0:
                    attempts.append(first)
                    both_hold.wait(20)
                elif place == 1:
                    attempts.append(first)
                connection.execute(
                    b"update artists set name = name || '!' where artist_id = %s", [number]
                )

        return work

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(database.transact, [crossing(1, 2), crossing(2, 1)]))
    assert len(attempts) > 2  # the one that was repeated may meet the other a second time
    assert rows(database, "select name from artists order by artist_id") == [
        ("Artist 1!!",),
        ("Artist 2!!",),
    ]


def test_a_serialization_failure_is_repeated(database: Database) -> None:
    start_anew(database)
    attempts: list[int] = []

    def work(connection: Connection) -> None:
        connection.execute(b"set transaction isolation level repeatable read")
        connection.execute(b"select count(*) from artists")
        attempts.append(1)
        if len(attempts) == 1:
            database.transact(lambda other: other.execute(b"update artists set name = name || '?'"))
        connection.execute(b"update artists set name = name || '!'")

    database.transact(work)
    assert len(attempts) == 2
    assert rows(database, "select name from artists where artist_id = 1") == [("Artist 1?!",)]


def test_a_lost_connection_is_repeated_on_another(database: Database) -> None:
    pids: list[int] = []

    def work(connection: Connection) -> str:
        pids.append(connection.info.backend_pid)
        if len(pids) < 3:
            database.transact(
                lambda other: other.execute(b"select pg_terminate_backend(%s, 5000)", pids[-1:])
            )
        connection.execute(b"select 1")
        return "done"

    assert database.transact(work) == "done"
    assert len(set(pids)) == 3


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        (b"insert into artists (artist_id, name) values (1, 'again')", "23505"),
        (b"insert into artists (name) values ('')", "23514"),
        (b"insert into approved_releases (artist_id, title) values (99, 'x')", "23503"),
        (b"select 1 / 0", "22012"),
        (b"select nonsense(", "42601"),
    ],
)
def test_what_would_fail_again_is_not_repeated(
    database: Database, statement: bytes, state: str
) -> None:
    start_anew(database)
    calls: list[int] = []

    def work(connection: Connection) -> None:
        calls.append(1)
        connection.execute(statement)

    with pytest.raises(PerformanceDbError, match=state) as refusal:
        database.transact(work)
    assert len(calls) == 1
    assert type(refusal.value) is PerformanceDbError


def test_repetition_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def work(connection: Connection) -> None:
        calls.append(1)
        connection.execute(b"do $$ begin raise exception 'no' using errcode = '40001'; end $$")

    with pytest.raises(TransactionConflict):
        database.transact(work)
    assert len(calls) == 5


@pytest.mark.parametrize("state", ["08006", "57P01", "57P03", "53300", "58030", "XX000"])
def test_states_of_an_unavailable_server_are_worth_repeating(
    database: Database, state: str
) -> None:
    raising = f"do $$ begin raise exception 'no' using errcode = '{state}'; end $$"
    with pytest.raises(DatabaseUnavailable, match=state) as refusal:
        rows(database, raising)
    assert is_worth_repeating(refusal.value)
    assert not is_worth_repeating(NoktvrnError())
    assert not is_worth_repeating(DatabaseUnavailable("PostgreSQL 14 or newer is needed"))


@pytest.mark.usefixtures("surroundings")
def test_all_threads_of_a_process_share_one_database() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = {id(one) for one in pool.map(lambda _: shared_database(), range(16))}
    assert len(found) == 1
    shared = shared_database()
    use_database(None)
    with pytest.raises(DatabaseUnavailable):
        rows(shared, "select 1")


def store_in_a_child(number: int) -> int:
    """Runs in a forked process: store single values through the shared database."""
    return sum(
        add_performance_metric(1, "YouTube", "views", value, NOON + (number * 40 + value) * HOUR)
        for value in range(20)
    )


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(
    database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_anew(database)
    monkeypatch.setenv("NOKTVRN_DATA_DIR", str(data_dir))
    monkeypatch.setenv("NOKTVRN_DATABASE", database.settings.database)
    assert store_in_a_child(0) == 20
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map_async(store_in_a_child, [1, 2, 3]).get(timeout=60) == [20, 20, 20]
    assert store_in_a_child(4) == 20
    assert rows(database, "select count(*) from content_performance") == [(100,)]
