"""The private server is there while somebody uses it, once for all, and gone afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from asking import ask
from embedded_processes import (
    Client,
    keepers_in,
    kill_all,
    postmasters_in,
    processes_in,
    wait_until,
)

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer


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
