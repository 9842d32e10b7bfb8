"""Running the app as a child process that never outlives the command that started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from noktvrn_ai_artist.cli.output import say
from noktvrn_ai_artist.errors import SettingsError

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 8501, 8599
_PATIENCE_SECONDS = 60
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stop:
    """What a signal does to the app, whether it comes before, while or after the app starts."""

    def __init__(self) -> None:
        self.told = False
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.told = True
        if self._child is not None:
            self._child.terminate()

    def watch(self, child: subprocess.Popen[bytes]) -> None:
        """Pass signals on to this child, one that came before it included."""
        self._child = child
        if self.told:
            child.terminate()


def serve(port: int, environment: Mapping[str, str]) -> None:
    """Run the app until it ends or we are told to stop.

    Raises:
        typer.Exit: it ended by itself, and not well; with its own exit code.
    """
    app = Path(__file__).parents[2] / "streamlit_app" / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    command += ["--server.port", str(port), "--server.address", HOST, "--server.headless", "true"]
    with _signals_to(_Stop()) as stop, _ended(command, environment) as child:
        stop.watch(child)
        if _healthy(child, port):
            say(f"open http://{HOST}:{port}  (Ctrl+C stops it)")
        elif child.poll() is None:
            say(f"the app does not answer yet at http://{HOST}:{port}  (Ctrl+C stops it)")
        code = child.wait()
    if stop.told:
        say("stopped")
        return
    say(f"the app ended by itself, with exit code {code}")
    raise typer.Exit(code if code >= 0 else 128 - code)


def free_port(wanted: int | None) -> int:
    """The port that is wanted, or the first free one.

    Raises:
        SettingsError: it is taken, or all are.
    """
    ports = range(FIRST_PORT, LAST_PORT + 1) if wanted is None else [wanted]
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):
                return port
    taken = f"port {wanted} is" if wanted else f"ports {FIRST_PORT} to {LAST_PORT} are all"
    raise SettingsError(f"{taken} taken: choose another with --port or PORT")


@contextmanager
def _signals_to(stop: _Stop) -> Iterator[_Stop]:
    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ended(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _healthy(child: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False
