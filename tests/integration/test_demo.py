"""The demo from start to Ctrl+C to removal, as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

PATIENCE = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(folder: Path) -> list[str]:
    """Every process that names the folder, works in it, or inherited its name."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(f"{process.pid} {words}")
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "XDG_DATA_HOME": str(tmp_path / "data home"),
        "PORT": str(free_port()),
        "DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/not-to-be-touched",
    }


@pytest.fixture
def demo(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "noktvrn_ai_artist", "demo"]
    process = subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    yield process
    process.kill()
    process.wait()


def wait_for_health(port: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the demo did not answer")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_answers_stops_cleanly_and_can_be_removed(
    demo: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path, number: int
) -> None:
    wait_for_health(environment["PORT"], demo)
    demo.send_signal(number)
    output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, output
    assert f"http://127.0.0.1:{environment['PORT']}" in output
    assert "simulated" in output
    assert "Traceback" not in output
    assert processes_of(tmp_path) == []
    remove = [sys.executable, "-m", "noktvrn_ai_artist", "demo", "--remove"]
    removed = subprocess.run(remove, env=environment, text=True, capture_output=True, check=True)
    assert "the demo is gone" in removed.stdout
    assert processes_of(tmp_path) == []
    assert [path.name for path in tmp_path.rglob("source_stats*")] == []
