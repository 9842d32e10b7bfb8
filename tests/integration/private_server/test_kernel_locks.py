"""A lock is held exactly while its holder lives."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from noktvrn_ai_artist.database.private_server.locks import KernelLock, is_held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An empty file to lock."""
    path = tmp_path / "a.lock"
    path.touch()
    return path


def replace(path: Path) -> None:
    """Put another file in the place of this one."""
    path.unlink()
    path.touch()


def holder_of(path: Path) -> subprocess.Popen[bytes]:
    """A process that does nothing but hold the lock on a file."""
    with KernelLock(path) as lock:
        assert lock.try_exclusive()
        return subprocess.Popen(["/bin/sleep", "600"], pass_fds=[lock.fileno()])


def test_a_lock_is_held_exactly_while_its_holder_lives(path: Path) -> None:
    sleeper = holder_of(path)
    assert is_held(path)
    sleeper.kill()
    sleeper.wait()
    assert not is_held(path)


def test_a_lock_on_a_replaced_file_counts_for_nothing(path: Path) -> None:
    with KernelLock(path) as lock:
        assert lock.try_exclusive()
        replace(path)
        assert not lock.is_current()
        assert not is_held(path)


def test_who_waited_for_a_file_that_was_replaced_has_nothing(path: Path) -> None:
    sleeper = holder_of(path)
    with KernelLock(path) as waiting, ThreadPoolExecutor(1) as pool:
        got = pool.submit(waiting.sleep_until_exclusive)
        time.sleep(0.3)
        replace(path)
        sleeper.kill()
        sleeper.wait()
        assert not got.result(timeout=30)
        assert not waiting.held
