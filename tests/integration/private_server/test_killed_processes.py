"""Whoever is killed, the next one is served, and no process is left behind."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from asking import ask, connect
from embedded_processes import (
    Client,
    keepers_in,
    kill_all,
    postmasters_in,
    processes_in,
    wait_until,
)

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer


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
