"""A PostgreSQL of the user's own, running exactly while some process uses it.

Every fact is a kernel lock: who uses the server, whether it lives, who starts or stops it. So
nothing is left to clean up after `kill -9`, of whichever process.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from weakref import WeakSet

import psycopg

from noktvrn_ai_artist.database.private_server.installation import binaries
from noktvrn_ai_artist.database.private_server.locks import KernelLock
from noktvrn_ai_artist.database.private_server.places import (
    Places,
    make_folder,
    socket_folder,
)
from noktvrn_ai_artist.database.private_server.postmaster import (
    Postmaster,
    running_postmaster,
    still_serves,
    stop_server,
)
from noktvrn_ai_artist.database.private_server.removal import remove_everything
from noktvrn_ai_artist.database.private_server.start import SUPERUSER, bring_up, reap
from noktvrn_ai_artist.database.private_server.users import ensure_keeper, leave
from noktvrn_ai_artist.errors import PrivateServerError

__all__ = ["ConnectionTarget", "PrivateServer", "PrivateServerStatus", "binaries"]

logger = logging.getLogger(__name__)

_PORT = 5432
_WAIT_FOR_OTHERS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTarget:
    """Where a private server is reached; `host` is the folder of its Unix socket."""

    host: str
    port: int = _PORT
    user: str = SUPERUSER


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateServerStatus:
    """What can be seen of a private server; `version` (such as `18.6`) is told by a ready one."""

    folder: Path
    running: bool
    version: str | None
    pid: int | None
    socket_folder: Path
    log_file: Path


class PrivateServer:
    """The PostgreSQL whose data lie in `folder`; nothing happens there before it is asked for.

    Any number of objects, threads and processes may share a folder. A process made by `os.fork` is
    a user of its own from its own first `ensure_running`.
    """

    def __init__(self, folder: Path) -> None:
        self._places = Places(folder.expanduser().resolve())
        self._users = KernelLock(self._places.users_lock)
        self._turn = threading.Lock()
        self._known: tuple[Postmaster, ConnectionTarget] | None = None
        _servers.add(self)

    def ensure_running(self) -> ConnectionTarget:
        """Where to connect, with a server ready there; cheap when it is, so ask every time.

        From here on this process counts as a user, until `release` or its death.

        Raises:
            PrivateServerError: there is no server to be had; the message says why.
        """
        known = self._known
        if known and self._users.held and still_serves(known[0], self._places):
            return known[1]
        with self._turn, _renamed(self._places):
            make_folder(self._places)
            with self._counted_in():
                return self._attach()

    def release(self) -> None:
        """Use the server no longer; if nobody else does, stop it and wait until it is gone.

        Raises:
            PrivateServerError: it does not stop.
        """
        with self._turn, _renamed(self._places):
            if self._users.held:
                self._users.close()
                leave(self._places)

    def stop(self) -> bool:
        """Stop the server now, whoever uses it; whether one ran.

        Raises:
            PrivateServerError: it does not stop.
        """
        with _renamed(self._places), KernelLock(self._places.lifecycle_lock) as lifecycle:
            if not self._places.lifecycle_lock.exists():
                return False
            lifecycle.wait_exclusive(within=_WAIT_FOR_OTHERS)
            return stop_server(self._places)

    def status(self) -> PrivateServerStatus:
        """What can be seen, without starting, waiting or counting as a user.

        Raises:
            PrivateServerError: the folder may not be looked into.
        """
        with _renamed(self._places):
            main = running_postmaster(self._places)
            data = main.data if main else next(iter(self._places.data_folders()), None)
            sockets = _sockets(data) if data else self._places.folder
            return PrivateServerStatus(
                folder=self._places.folder,
                running=main is not None,
                version=_version_told(_target(sockets)) if main and main.ready else None,
                pid=main.pid if main else None,
                socket_folder=sockets,
                log_file=self._places.log_file,
            )

    def remove(self) -> None:
        """Stop the server, whoever uses it, and delete everything it ever stored.

        Raises:
            PrivateServerError: it does not stop, or something cannot be deleted.
        """
        with self._turn, _renamed(self._places):
            if not self._places.lifecycle_lock.exists():
                return
            with KernelLock(self._places.lifecycle_lock) as lifecycle:
                lifecycle.wait_exclusive(within=_WAIT_FOR_OTHERS)
                stop_server(self._places)
                self._users.close()
                remove_everything(self._places)

    @contextmanager
    def _counted_in(self) -> Iterator[None]:
        counted_before = self._users.is_current()
        if not counted_before:
            self._users.close()
            self._users.wait_shared(within=_WAIT_FOR_OTHERS)
        try:
            yield
        except BaseException:
            if not counted_before:
                self._users.close()
            raise

    def _attach(self) -> ConnectionTarget:
        with KernelLock(self._places.lifecycle_lock) as lifecycle:
            lifecycle.wait_exclusive(within=_WAIT_FOR_OTHERS)
            # The keeper comes first: were we killed next, it would still see to the rest.
            if keeper := ensure_keeper(self._places):
                reap(keeper)
            main = bring_up(self._places)
        target = _target(_sockets(main.data))
        self._known = (main, target)
        return target

    def _renew_in_child(self) -> None:
        self._turn = threading.Lock()


def _sockets(data: Path) -> Path:
    return socket_folder(data, owner=data.stat().st_uid)


def _target(sockets: Path) -> ConnectionTarget:
    return ConnectionTarget(host=str(sockets))


def _version_told(target: ConnectionTarget) -> str | None:
    try:
        with psycopg.connect(
            host=target.host, port=target.port, user=target.user, dbname="postgres"
        ) as connection:
            told = connection.info.parameter_status("server_version")
    except psycopg.OperationalError as error:
        logger.debug("the private PostgreSQL did not tell its version: %s", error)
        return None
    return told.split()[0] if told else None


@contextmanager
def _renamed(places: Places) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PrivateServerError(f"the private PostgreSQL in {places.folder}: {error}") from error


_servers: WeakSet[PrivateServer] = WeakSet()


def _renew_in_child() -> None:
    for server in _servers:
        server._renew_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_in_child)
