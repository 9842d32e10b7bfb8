"""Whom the server's processes run as: PostgreSQL refuses root, so root lends them an account."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from noktvrn_ai_artist.database.private_server.places import Places
from noktvrn_ai_artist.errors import PrivateServerError

if sys.platform != "win32":
    import pwd

_ROOTS_CHOICE = ("postgres", "nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who owns the data and runs the server; `lent` when that is not who we are."""

    uid: int
    gid: int
    lent: bool

    def start(
        self,
        program: Path,
        *arguments: str,
        data: Path,
        output: int | IO[bytes],
        inherit: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program of PostgreSQL on a data folder, in a session and surroundings of its own.

        A lent account is handed the open folder and reaches it through that, so that none of the
        folder's parents needs to be open to it.
        """
        fd = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        try:
            name = f"/proc/self/fd/{fd}" if self.lent else str(data)
            command = [str(program), "-D", name, *arguments]
            return self._spawn(command, output=output, inherit=[*inherit, fd])
        finally:
            os.close(fd)

    def can_run(self, program: Path) -> bool:
        """Whether the account reaches a program of PostgreSQL and may run it."""
        try:
            process = self._spawn([str(program), "-V"], output=subprocess.DEVNULL, inherit=())
        except PermissionError:
            return False
        return process.wait() == 0

    def give(self, folder: Path) -> None:
        """Make a folder of ours the account's own."""
        if self.lent:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def _spawn(
        self, command: Sequence[str], *, output: int | IO[bytes], inherit: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            # Releases before 16 must be able to come back to the folder they were started in.
            cwd="/",
            env=_surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=inherit,
            start_new_session=True,
            umask=0o077,
            user=self.uid if self.lent else None,
            group=self.gid if self.lent else None,
            extra_groups=[] if self.lent else None,
        )


def server_account(places: Places) -> Account:
    """Ourselves; as root the owner of the data, else of their folder, else `postgres` or `nobody`.

    Raises:
        PrivateServerError: as root, if there is no such account or the system has no /proc.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), lent=False)
    if sys.platform != "linux":
        raise PrivateServerError(
            "PostgreSQL does not run as root; run this as an ordinary user or set DATABASE_URL"
        )
    owners = [path.stat() for path in (*places.data_folders(), places.folder)]
    for owner in owners:
        if owner.st_uid != 0:
            return Account(uid=owner.st_uid, gid=owner.st_gid, lent=True)
    return _account_for_root()


def refuse_unnamed_account(account: Account) -> None:
    """Refuse an account that `initdb` would refuse with less to say.

    Raises:
        PrivateServerError: the account has no entry in the system's list of users.
    """
    try:
        pwd.getpwuid(account.uid)
    except KeyError as error:
        raise PrivateServerError(
            f"user id {account.uid} has no name on this system (no entry in /etc/passwd), and "
            "PostgreSQL needs one to create its data; add the entry or set DATABASE_URL"
        ) from error


def _account_for_root() -> Account:
    known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in _ROOTS_CHOICE:
        if name in known:
            return Account(uid=known[name].pw_uid, gid=known[name].pw_gid, lent=True)
    raise PrivateServerError(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody to "
        "run it; run this as an ordinary user or set DATABASE_URL"
    )


def _surroundings() -> dict[str, str]:
    # Nothing of the caller's locale, time zone or PG* variables may reach the server.
    libraries = os.environ.get("LD_LIBRARY_PATH")
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | (
        {"LD_LIBRARY_PATH": libraries} if libraries else {}
    )
