"""What lies where in the private server's folder, and where such a folder may not lie."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from noktvrn_ai_artist.errors import PrivateServerError

SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107
_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs"})
# Every process must find the same folder whatever its TMPDIR says, and as root the server's account
# must reach it; its owner is checked, so that /tmp being everybody's does no harm.
_SHORT_FOLDERS = Path("/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Places:
    """The names in one private server's folder."""

    folder: Path

    @property
    def lifecycle_lock(self) -> Path:
        """Held alone around initdb, start and stop."""
        return self.folder / "lifecycle.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by every process that uses the server."""
        return self.folder / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Inherited by the server's processes: held exactly while one of them lives."""
        return self.folder / "server.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper."""
        return self.folder / "keeper.lock"

    @property
    def locks(self) -> tuple[Path, ...]:
        """All of them; the lifecycle lock last, for until it is gone nobody can begin anew."""
        return self.keeper_lock, self.users_lock, self.server_lock, self.lifecycle_lock

    @property
    def log_file(self) -> Path:
        """What server and keeper say."""
        return self.folder / "server.log"

    @property
    def old_log_file(self) -> Path:
        """The log before the present one."""
        return self.folder / "server.log.1"

    def data_folder(self, major: int) -> Path:
        """Where the data of one major version lie."""
        return self.folder / str(major)

    def data_folders(self) -> list[Path]:
        """The data folders that exist, newest major first."""
        found = [path.parent for path in self.folder.glob("[0-9][0-9]/PG_VERSION")]
        return sorted(found, reverse=True)


def socket_folder(data: Path, *, owner: int) -> Path:
    """Where the server of these data listens: among them, or if that path is too long, in /tmp."""
    if len(os.fsencode(data / SOCKET_NAME)) <= _SOCKET_PATH_BYTES:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return _SHORT_FOLDERS / f"noktvrn-{owner}-{digest}"


def make_socket_folder(folder: Path, *, owner: int) -> None:
    """Make a short socket folder that only `owner` may enter.

    Raises:
        PrivateServerError: something else has that name.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
        raise PrivateServerError(f"{folder} belongs to somebody else; it must go before we start")
    if found.st_uid != owner:
        os.chown(folder, owner, -1, follow_symlinks=False)
    folder.chmod(0o700)


def make_folder(places: Places) -> None:
    """Make the server's folder with its locks, and the parents it lacks, each 0700.

    Raises:
        PrivateServerError: a private server cannot live there.
    """
    refuse_windows()
    folder = places.folder
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    mounts = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    refuse_network_file_system(folder, mounts=mounts.items())
    for lock in places.locks:
        os.close(open_own(lock, os.O_RDWR))


def open_own(path: Path, flags: int) -> int:
    """Open or make one of our files (0600, never a link); root gives it to the folder's owner."""
    fd = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        folder, file = path.parent.stat(), os.fstat(fd)
        if file.st_uid == 0 != folder.st_uid and file.st_nlink == 1:
            os.fchown(fd, folder.st_uid, folder.st_gid)
    return fd


def refuse_windows() -> None:
    """Raises: PrivateServerError: there is no private server on Windows."""
    if sys.platform == "win32":
        raise PrivateServerError(
            "there is no private PostgreSQL on Windows; set DATABASE_URL to a PostgreSQL 14-18"
        )


def refuse_network_file_system(folder: Path, *, mounts: Iterable[tuple[str, str]]) -> None:
    """Refuse a folder whose mount, the nearest of `mounts` (path, type), is on the network.

    Raises:
        PrivateServerError: locks and fsync cannot be trusted there.
    """
    kinds = dict(mounts)
    kind = next((kinds[str(path)] for path in (folder, *folder.parents) if str(path) in kinds), "")
    if kind in _NETWORK_FILE_SYSTEMS:
        raise PrivateServerError(
            f"{folder} lies on a network file system ({kind}), where a database is not safe; "
            "set NOKTVRN_DATA_DIR to a local folder, or DATABASE_URL"
        )
