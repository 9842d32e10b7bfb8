"""Client processes for the private server's tests, and a look at what runs in its folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil

_ROOT = Path(__file__).parents[3]
_CLIENT = Path(__file__).with_name("embedded_client.py")


class Client:
    """A process that does with a private server what it is told."""

    def __init__(self, folder: Path, *, surroundings: Mapping[str, str] | None = None) -> None:
        paths = [(surroundings or {}).get("PYTHONPATH"), str(_ROOT)]
        self._process = subprocess.Popen(
            [sys.executable, _CLIENT, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={
                **os.environ,
                **(surroundings or {}),
                "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def tell(self, word: str) -> None:
        """Say a word without waiting for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")

    def answer(self) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The next answer."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, word: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Say a word and wait for its answer."""
        self.tell(word)
        return self.answer()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            # What was not yet read may be lost.
            with suppress(BrokenPipeError):
                pipe.close()


def processes_in(folder: Path) -> list[psutil.Process]:
    """Every process that works in the folder or was started with its name."""
    return [process for process in psutil.process_iter() if _concerns(process, folder)]


def postmasters_in(folder: Path) -> list[psutil.Process]:
    """The servers' main processes there."""
    servers = [process for process in processes_in(folder) if _name(process) == "postgres"]
    pids = {process.pid for process in servers}
    return [process for process in servers if _parent(process) not in pids | {None}]


def keepers_in(folder: Path) -> list[psutil.Process]:
    """The keepers of the folder."""
    return [process for process in processes_in(folder) if _is_keeper(process)]


def wait_until(true: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait for something that must become true.

    Raises:
        AssertionError: it did not.
    """
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "this did not become true"
        time.sleep(0.02)


def kill_all(processes: list[psutil.Process]) -> None:
    """kill -9, each by its id, and wait until they are gone."""
    for process in processes:
        if process.is_running():
            process.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(_is_alive(process) for process in processes))


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _concerns(process: psutil.Process, folder: Path) -> bool:
    try:
        if process.name() == "initdb":
            return any(Path(file.path).is_relative_to(folder) for file in process.open_files())
        works_there = Path(process.cwd()).is_relative_to(folder)
        return works_there or str(folder) in process.cmdline()
    except psutil.Error:
        return False


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def _is_keeper(process: psutil.Process) -> bool:
    try:
        return any(word.endswith("private_server.keeper") for word in process.cmdline())
    except psutil.Error:
        return False
