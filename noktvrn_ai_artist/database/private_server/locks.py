"""Facts as kernel locks: true exactly while a process holds them, whatever ends that process."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from noktvrn_ai_artist.errors import PrivateServerError

if sys.platform != "win32":
    import fcntl

_POLL = timedelta(milliseconds=5)


class KernelLock:
    """A `flock` on one file, which must exist; closing it gives it up.

    Child processes never inherit it except by `pass_fds`. A child made by `os.fork` shares the
    open file, so it would prolong the lock without knowing: there every lock is closed at once,
    which leaves the parent's lock as it is, and the child starts with nothing held.
    """

    def __init__(self, path: Path, *, inherited: int | None = None) -> None:
        self._path = path
        self._fd = inherited
        _locks.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def held(self) -> bool:
        """Whether this object holds its lock."""
        return self._fd is not None

    def fileno(self) -> int:
        """The open file, for a process that is to inherit the lock."""
        if self._fd is None:
            raise PrivateServerError(f"{self._path}: the lock is not held")
        return self._fd

    def close(self) -> None:
        """Give the lock up; processes that inherited it keep it."""
        with _no_fork:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None

    def try_exclusive(self) -> bool:
        """Take the lock alone, unless anyone has it."""
        return self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def try_shared(self) -> bool:
        """Take the lock beside others, unless someone has it alone."""
        return self._take(fcntl.LOCK_SH | fcntl.LOCK_NB)

    def wait_exclusive(self, *, within: timedelta) -> None:
        """Take the lock alone as soon as that is possible.

        Raises:
            PrivateServerError: somebody else had it all the time.
        """
        self._poll(fcntl.LOCK_EX | fcntl.LOCK_NB, within=within)

    def wait_shared(self, *, within: timedelta) -> None:
        """Take the lock beside others as soon as nobody has it alone.

        Raises:
            PrivateServerError: somebody else had it alone all the time.
        """
        self._poll(fcntl.LOCK_SH | fcntl.LOCK_NB, within=within)

    def sleep_until_exclusive(self) -> bool:
        """Sleep in the kernel until nobody else has the lock; False if the file was replaced.

        Only for a process of one thread.
        """
        return self._take(fcntl.LOCK_EX)

    def is_current(self) -> bool:
        """Whether the lock is held on the file that still carries the name."""
        return self._fd is not None and _names(self._path, self._fd)

    def _poll(self, how: int, *, within: timedelta) -> None:
        deadline = time.monotonic() + within.total_seconds()
        while not self._take(how):
            if time.monotonic() > deadline:
                raise PrivateServerError(f"{self._path}: still held by another process")
            time.sleep(_POLL.total_seconds())

    def _take(self, how: int) -> bool:
        # A fork between opening and noting the file would leave the child with a lock it does not
        # know of; a blocking call is made by the single-threaded keeper alone.
        with _no_fork:
            fd, taken = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC), False
            try:
                with suppress(BlockingIOError):
                    fcntl.flock(fd, how)
                    taken = _names(self._path, fd)
            finally:
                if not taken:
                    os.close(fd)
            if taken:
                self._fd = fd
        return taken


def is_held(path: Path) -> bool:
    """Whether any process has the lock alone; a lock without a file is nobody's."""
    if sys.platform == "win32":
        return False
    with KernelLock(path) as lock, suppress(FileNotFoundError):
        return not lock.try_shared()
    return False


def _names(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


_locks: WeakSet[KernelLock] = WeakSet()
_no_fork = threading.RLock()


def _forget_in_child() -> None:
    for lock in _locks:
        lock.close()
    _no_fork.release()


if sys.platform != "win32":
    os.register_at_fork(
        before=_no_fork.acquire,
        after_in_parent=_no_fork.release,
        after_in_child=_forget_in_child,
    )
