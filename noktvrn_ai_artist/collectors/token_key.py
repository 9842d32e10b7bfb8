"""The key that kept tokens are encrypted with: one file of the user's, made once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.fernet import Fernet

from noktvrn_ai_artist.errors import SettingsError

KEY_FILE = "tokens.key"
_READABLE_BY_OTHERS = 0o077


def token_cipher(folder: Path) -> Fernet:
    """The cipher under the folder's key, which is made if there is none; one that is there stays.

    Raises:
        SettingsError: the file cannot be made or read, is no key, or others may read it.
    """
    path = folder / KEY_FILE
    with _named_errors(path):
        if not path.exists():
            _make(path)
        if os.name == "posix" and path.stat().st_mode & _READABLE_BY_OTHERS:
            raise SettingsError(f"{path}: others may read this key; run: chmod 600 {path}")
        key = path.read_bytes().strip()
    try:
        return Fernet(key)
    except ValueError:
        raise SettingsError(f"{path}: this is not a key; the file was left as it is") from None


def _make(path: Path) -> None:
    """Write a whole key and then give it its name: of two processes at once the first one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made readable to its owner alone.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{KEY_FILE}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
