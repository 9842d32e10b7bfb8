"""The server's main process: found by what it says of itself, believed only with proof, stopped."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from noktvrn_ai_artist.database.private_server.locks import is_held
from noktvrn_ai_artist.database.private_server.places import Places
from noktvrn_ai_artist.errors import PrivateServerError

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.005
_STATUS_LINE = 7
_FAST_STOP = timedelta(minutes=2)
_IMMEDIATE_STOP = timedelta(seconds=30)
_ORPHANS_MAY_TAKE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A server's main process, by its own word in `postmaster.pid`."""

    data: Path
    pid: int
    ready: bool


def claimed_postmaster(data: Path) -> Postmaster | None:
    """What `postmaster.pid` says, true or not.

    https://www.postgresql.org/docs/current/storage-file-layout.html: the first line is the
    process id; the eighth says `ready` from the moment the server takes connections.
    """
    try:
        lines = (data / "postmaster.pid").read_text(encoding="ascii", errors="replace").split("\n")
        pid = int(lines[0])
    except (FileNotFoundError, ValueError):
        return None
    ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"
    return Postmaster(data=data, pid=pid, ready=ready)


def believed_postmaster(data: Path) -> Postmaster | None:
    """The same, if that process is a PostgreSQL at work in this very folder."""
    claimed = claimed_postmaster(data)
    return claimed if claimed and _works_in(claimed.pid, data) else None


def running_postmaster(places: Places) -> Postmaster | None:
    """The main process of the server in this folder, if it has one."""
    if not is_held(places.server_lock):
        return None
    return next(filter(None, map(believed_postmaster, places.data_folders())), None)


def still_serves(known: Postmaster, places: Places) -> bool:
    """Whether the server believed before is there and ready: a few system calls, no search."""
    return believed_postmaster(known.data) == known and is_held(places.server_lock)


def stop_server(places: Places) -> bool:
    """Stop whatever runs in this folder and wait until it is gone; whether anything did.

    The caller holds the lifecycle lock. A process that has not yet said who it is (a server being
    started, an `initdb` whose caller was killed) is waited for.

    Raises:
        PrivateServerError: something is still running.
    """
    if not is_held(places.server_lock):
        return False
    for kind, patience in ((signal.SIGINT, _FAST_STOP), (signal.SIGQUIT, _IMMEDIATE_STOP)):
        if _gone_after(kind, places, patience=patience):
            logger.info("the private PostgreSQL in %s has stopped", places.folder)
            return True
        logger.warning("the private PostgreSQL in %s does not heed %s", places.folder, kind.name)
    raise PrivateServerError(f"the server in {places.folder} does not stop; see {places.log_file}")


def wait_for_orphans(places: Places, *, since: float) -> None:
    """Let processes end whose main process was killed; the busy ones are told after a moment.

    `since` is the `time.monotonic()` at which the waiting began.
    """
    if time.monotonic() - since > _ORPHANS_MAY_TAKE.total_seconds():
        for pid in _processes_in(places):
            _signal(pid, signal.SIGQUIT)
    time.sleep(POLL_SECONDS)


def _gone_after(kind: signal.Signals, places: Places, *, patience: timedelta) -> bool:
    begin, told = time.monotonic(), 0
    while is_held(places.server_lock):
        if time.monotonic() - begin > patience.total_seconds():
            return False
        main = running_postmaster(places)
        if main is None:
            wait_for_orphans(places, since=begin)
            continue
        if main.pid != told:
            _signal(main.pid, kind)
            told = main.pid
        time.sleep(POLL_SECONDS)
    return True


def _signal(pid: int, kind: signal.Signals) -> None:
    try:
        os.kill(pid, kind)
    except ProcessLookupError:
        logger.debug("process %s went by itself", pid)


def _processes_in(places: Places) -> Iterator[int]:
    for data in places.data_folders():
        yield from (pid for pid in psutil.pids() if _works_in(pid, data))


def _works_in(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and Path(process.cwd()).samefile(data)
    except (psutil.Error, OSError, ValueError):
        return False
