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
from typing import Any

import psutil
import pytest
import typer

from noktvrn_ai_artist.analytics.performance_db_service import (
    get_imports,
    get_performance_data,
    insert_performance_record,
    undo_import,
)
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import (
    list_publications,
    list_releases,
    register_release,
)
from noktvrn_ai_artist.analytics.source_words import explored
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.cli import serving
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.demo.demo_data import DEMO_NOW, load_demo_numbers, simulate_clip_usage
from noktvrn_ai_artist.errors import SettingsError

PATIENCE = 90
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


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
    removed = run(environment, "demo", "--remove")
    assert removed.returncode == 0, removed.stderr
    folder = Path(environment["XDG_DATA_HOME"]) / "noktvrn_ai_artist"
    assert removed.stdout.splitlines() == [
        "the demo is gone",
        f"the private server's folder stays, for your own numbers: {folder / 'postgresql'}",
    ]
    assert processes_of(tmp_path) == []
    assert [path.name for path in folder.iterdir()] == ["postgresql"]


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "noktvrn_ai_artist", *arguments]
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)


def test_removing_a_demo_that_never_was_makes_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    removed = run(environment, "demo", "--remove")
    assert (removed.returncode, removed.stdout) == (0, "there is no demo here\n")
    assert list(tmp_path.iterdir()) == []


def opened(state: Path) -> list[tuple[str, int, int]]:
    """What opening the demo stores, and how the sources stand then."""
    tracker = StockSuccessTracker(state, clock=lambda: DEMO_NOW)
    load_demo_numbers()
    simulate_clip_usage(tracker)
    known = {release.release_id for release in list_releases(shared_database())}
    assert {usage.release_id for usage in tracker.usages()} <= known
    return [(one.source, one.releases, one.usages) for one in tracker.standings()]


def test_what_was_corrected_in_the_demo_stands_when_it_is_opened_again(
    database: Database, tmp_path: Path
) -> None:
    first = opened(tmp_path / "state.json")
    latest = next(row for row in get_performance_data() if row["metric_type"] == "views")
    key = latest["release_id"], "YouTube", "views", latest["metric_value"] + 1
    assert insert_performance_record(*key, latest["recorded_at"])
    assert opened(tmp_path / "state.json") == first
    assert len(get_imports()) == 1
    assert latest["metric_value"] + 1 in [
        row["metric_value"] for row in get_performance_data(release_id=latest["release_id"])
    ]


def test_taken_back_and_opened_again_the_demo_is_what_it_was(
    database: Database, tmp_path: Path
) -> None:
    first = opened(tmp_path / "state.json")
    assert sum(releases > 0 for _, releases, _ in first) == 6
    undo_import(get_imports()[0].batch_id)
    assert opened(tmp_path / "state.json") == first


def test_a_demo_of_no_numbers_or_of_one_release_opens_too(
    database: Database, tmp_path: Path
) -> None:
    entry = ReleaseEntry(artist="Nokt", title="First Light", external_id="first-light")
    release_id = register_release(shared_database(), entry, platform="YouTube")
    assert opened(tmp_path / "state.json") == []
    assert insert_performance_record(release_id, "YouTube", "views", 1204, DEMO_NOW)
    assert sum(uses for _, _, uses in opened(tmp_path / "state.json")) > 0


def test_what_an_older_demo_told_stays_as_it_was(database: Database, tmp_path: Path) -> None:
    load_demo_numbers()
    cut, scored_only = (
        (
            release.release_id,
            list_publications(shared_database(), release.release_id)[0].external_id,
        )
        for release in list_releases(shared_database())[:2]
    )
    tracker = StockSuccessTracker(tmp_path / "state.json", clock=lambda: DEMO_NOW)
    for release_id, key in (cut, scored_only):
        tracker.log_release_performance(release_id, 5.0, event_id=f"demo score {key}")
    tracker.log_clip_usage("pexels", "simulated-1", cut[0], event_id=f"demo clip {cut[1]}-0")
    simulate_clip_usage(tracker)
    assert [usage.clip_id for usage in tracker.usages(cut[0])] == ["simulated-1"]
    assert len([one for one in tracker.reports() if one.release_id == cut[0]]) == 1
    assert tracker.usages(scored_only[0])
    assert simulate_clip_usage(tracker) == 0


def test_what_the_demo_simulates_says_so_and_has_something_to_learn(
    database: Database, tmp_path: Path
) -> None:
    opened(tmp_path / "state.json")
    tracker = StockSuccessTracker(tmp_path / "state.json", clock=lambda: DEMO_NOW)
    usages, reports = tracker.usages(), tracker.reports()
    labels = [(usage.clip_id, usage.search_term or "", usage.creator or "") for usage in usages]
    assert all(label.startswith("simulated") for labelled in labels for label in labelled)
    assert all(report.artist_id is not None for report in reports)
    assert len(reports) > 1.5 * len({report.release_id for report in reports})
    proposed = {usage.selection_id for usage in usages} - {None}
    assert {selection.selection_id for selection in tracker.selections()} == proposed
    assert any(explored(selection) for selection in tracker.selections())


@pytest.fixture
def broken_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `streamlit` that does what its main module is made to do, for child processes."""
    package = tmp_path / "streamlit"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return package / "__main__.py"


@pytest.mark.parametrize(("end", "code"), [("raise SystemExit(7)", 7), (KILLED, 137)])
def test_an_app_that_dies_at_once_gives_its_exit_code(
    broken_app: Path, database: Database, end: str, code: int
) -> None:
    broken_app.write_text(end)
    settings = database.settings
    place = {"NOKTVRN_DATA_DIR": str(settings.data_dir), "NOKTVRN_DATABASE": settings.database}
    done = run({**os.environ, **place, "PORT": str(free_port())}, "app")
    assert done.returncode == code
    assert "the app ended by itself" in done.stdout
    assert "open http" not in done.stdout


def test_a_signal_while_the_app_starts_stops_it(
    broken_app: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_app.write_text("import time; time.sleep(600)")
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        """A start during which Ctrl+C comes."""

        def __init__(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 - passed on
            super().__init__(*given, **more)
            started.append(self)
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    serving.serve(free_port(), {})
    assert [child.poll() for child in started] == [-signal.SIGTERM]
    assert capsys.readouterr().out.splitlines()[-1] == "stopped"
    assert signal.getsignal(signal.SIGINT) is before


def test_an_app_that_does_not_answer_is_said_not_to(
    broken_app: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_app.write_text("import time; time.sleep(1)")
    monkeypatch.setattr(serving, "_PATIENCE_SECONDS", 0.2)
    with pytest.raises(typer.Exit):
        serving.serve(free_port(), {})
    assert capsys.readouterr().out.startswith("the app does not answer yet at http")


def test_a_taken_port_is_named_and_so_are_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"^port {port} is taken"):
            serving.free_port(port)
        monkeypatch.setattr(serving, "FIRST_PORT", port)
        monkeypatch.setattr(serving, "LAST_PORT", port)
        with pytest.raises(SettingsError, match=f"^ports {port} to {port} are all taken"):
            serving.free_port(None)
