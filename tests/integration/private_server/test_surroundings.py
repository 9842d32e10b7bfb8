"""Odd folders, broken surroundings and old data: the server is well set up, or says why not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from asking import ask
from embedded_processes import Client, keepers_in, postmasters_in, processes_in, wait_until

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.private_server.account import Account, refuse_unnamed_account
from noktvrn_ai_artist.database.private_server.places import (
    make_socket_folder,
    refuse_network_file_system,
    socket_folder,
)
from noktvrn_ai_artist.errors import PrivateServerError


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
