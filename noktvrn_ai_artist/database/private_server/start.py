"""Bringing the server up: its data made once, its process started, its first word awaited."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

from noktvrn_ai_artist.database.private_server.account import (
    Account,
    refuse_unnamed_account,
    server_account,
)
from noktvrn_ai_artist.database.private_server.installation import Installation, installation_for
from noktvrn_ai_artist.database.private_server.locks import KernelLock, is_held
from noktvrn_ai_artist.database.private_server.places import (
    SOCKET_NAME,
    Places,
    make_socket_folder,
    open_own,
    socket_folder,
)
from noktvrn_ai_artist.database.private_server.postmaster import (
    POLL_SECONDS,
    Postmaster,
    believed_postmaster,
    running_postmaster,
    stop_server,
    wait_for_orphans,
)
from noktvrn_ai_artist.errors import PrivateServerError

logger = logging.getLogger(__name__)

SUPERUSER = "noktvrn"
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
_BUILTIN_LOCALE_SINCE = 17
_ENOUGH_SHARED_MEMORY = 2**30
_LOG_BYTES = 5 * 2**20
_TOLD_LINES = 8
_PATIENCE = timedelta(minutes=10)
_SAY_SO_AFTER = timedelta(seconds=2)


def bring_up(places: Places) -> Postmaster:
    """The server of this folder, ready: the one that runs, else a new one.

    The caller holds the lifecycle lock. Processes that a killed server or `initdb` left behind are
    waited for, and a server that can no longer be reached is replaced.

    Raises:
        PrivateServerError: it does not start; the message ends with what it said.
    """
    begin = time.monotonic()
    with KernelLock(places.server_lock) as lock:
        while not lock.try_exclusive():
            main = running_postmaster(places)
            if main is None:
                wait_for_orphans(places, since=begin)
            elif ready := _ready(main, places):
                return ready
            else:
                stop_server(places)
            if time.monotonic() - begin > _PATIENCE.total_seconds():
                raise PrivateServerError(f"processes of an old server remain in {places.folder}")
        return _start(places, lock=lock)


def _start(places: Places, *, lock: KernelLock) -> Postmaster:
    account = server_account(places)
    installation = installation_for(account)
    data = _data_folder(places, installation, account=account, lock=lock)
    sockets = socket_folder(data, owner=account.uid)
    if sockets != data:
        make_socket_folder(sockets, owner=account.uid)
    _clear_what_the_dead_left(data, sockets)
    settings = _SETTINGS | {"unix_socket_directories": "." if sockets == data else str(sockets)}
    if _little_shared_memory():
        settings |= {"dynamic_shared_memory_type": "mmap"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    program = installation.programs / "postgres"
    with _log(places).open("ab") as log:
        said_before = log.tell()
        process = account.start(program, *options, data=data, output=log, inherit=[lock.fileno()])
    # The lock is the server's from here on: that it is free means that the server is gone.
    lock.close()
    reap(process)
    main = _first_word(data, places)
    ready = _ready(main, places) if main else None
    if ready is None:
        raise _did_not_start(places, said_before=said_before)
    logger.info("the private PostgreSQL %s in %s has started", installation.version, data)
    return ready


def reap(process: subprocess.Popen[bytes]) -> None:
    """Take note of a process's end whenever it comes, so that nothing remains of it."""
    threading.Thread(target=process.wait, name="noktvrn-reaper", daemon=True).start()


def _data_folder(
    places: Places, installation: Installation, *, account: Account, lock: KernelLock
) -> Path:
    for unfinished in places.folder.glob("new-*"):
        shutil.rmtree(unfinished)
    data, found = places.data_folder(installation.major), places.data_folders()
    if data in found:
        return data
    if found:
        raise PrivateServerError(
            f"{found[0]} holds data of PostgreSQL {found[0].name}, and this is PostgreSQL "
            f"{installation.version}. With the programs of {found[0].name}, start a server on that "
            f"folder and save it (pg_dumpall -U {SUPERUSER} > all.sql); move the folder away; let "
            "this program start; load it (psql -U noktvrn -f all.sql postgres)"
        )
    _init(data, installation, account=account, lock=lock)
    return data


def _init(data: Path, installation: Installation, *, account: Account, lock: KernelLock) -> None:
    refuse_unnamed_account(account)
    with tempfile.TemporaryDirectory(prefix="new-", dir=data.parent) as temporary:
        fresh = Path(temporary) / data.name
        fresh.mkdir(mode=0o700)
        account.give(fresh)
        options = [*_locale(installation.major), "-E", "UTF8", "-A", "trust", "-U", SUPERUSER]
        # initdb inherits the server's lock: should we be killed, the next one waits for its end.
        process = account.start(
            installation.programs / "initdb",
            *options,
            data=fresh,
            output=subprocess.PIPE,
            inherit=[lock.fileno()],
        )
        with process:
            said = process.communicate()[0].decode(errors="replace")
        if process.returncode != 0:
            raise PrivateServerError(f"{data} could not be made: {_last_lines(said)}")
        fresh.rename(data)
    _sync(data.parent)


def _locale(major: int) -> tuple[str, ...]:
    if major < _BUILTIN_LOCALE_SINCE:
        return ("--locale=C",)
    return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")


def _clear_what_the_dead_left(data: Path, sockets: Path) -> None:
    # PostgreSQL would believe a process id that now belongs to something else. The free lock says
    # that no server of ours lives; one that was started by hand is found by its process.
    if stranger := believed_postmaster(data):
        raise PrivateServerError(
            f"a server that this program did not start (process {stranger.pid}) runs on {data}"
        )
    for name in ("postmaster.pid", SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (data / name).unlink(missing_ok=True)
        (sockets / name).unlink(missing_ok=True)


def _first_word(data: Path, places: Places) -> Postmaster | None:
    while is_held(places.server_lock):
        if main := believed_postmaster(data):
            return main
        time.sleep(POLL_SECONDS)
    return None


def _ready(main: Postmaster, places: Places) -> Postmaster | None:
    """Wait as long as the server lives and has something to recover; None if it cannot be had."""
    begin, said = time.monotonic(), False
    while (now := believed_postmaster(main.data)) and is_held(places.server_lock):
        if now.ready:
            owner = main.data.stat().st_uid
            reachable = (socket_folder(main.data, owner=owner) / SOCKET_NAME).is_socket()
            return now if reachable else None
        waited = time.monotonic() - begin
        if waited > _PATIENCE.total_seconds():
            raise PrivateServerError(f"the server is not ready yet; see {places.log_file}")
        if waited > _SAY_SO_AFTER.total_seconds() and not said:
            logger.warning("the private PostgreSQL recovers after a crash; waiting for it")
            said = True
        time.sleep(POLL_SECONDS)
    return None


def _did_not_start(places: Places, *, said_before: int) -> PrivateServerError:
    with places.log_file.open("rb") as log:
        log.seek(said_before)
        said = log.read().decode(errors="replace")
    return PrivateServerError(f"the server in {places.folder} did not start: {_last_lines(said)}")


def _last_lines(said: str) -> str:
    return "\n".join(said.strip().splitlines()[-_TOLD_LINES:])


def _log(places: Places) -> Path:
    log = places.log_file
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(places.old_log_file)
    os.close(open_own(log, os.O_WRONLY | os.O_APPEND))
    return log


def _little_shared_memory() -> bool:
    if sys.platform != "linux":
        return False
    shared = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    if not shared.is_dir():
        return True
    found = os.statvfs(shared)
    return found.f_blocks * found.f_frsize < _ENOUGH_SHARED_MEMORY


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
