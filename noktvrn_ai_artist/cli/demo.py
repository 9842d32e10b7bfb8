"""Commands that open the app: over one's own numbers, or over the demo's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.cli.output import say
from noktvrn_ai_artist.database.connection_manager import (
    Database,
    drop_database,
    private_folder,
    use_database,
)
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.demo.demo_data import (
    DEMO_NOW,
    NOTICE,
    load_demo_numbers,
    simulate_clip_usage,
)
from noktvrn_ai_artist.errors import SettingsError
from noktvrn_ai_artist.settings import Settings

DEMO_DATABASE = "noktvrn_demo"
HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 8501, 8599
_PATIENCE_SECONDS = 60

Port = Annotated[
    int | None,
    typer.Option(envvar="PORT", min=1, max=65535, help="Default: the first free from 8501."),
]


def run_app(port: Port = None) -> None:
    """Open the app over your own numbers, on this machine only."""
    service.apply_schema()
    _serve(_free_port(port), {})


def run_demo(
    port: Port = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the demo away, its database and all.")
    ] = False,
) -> None:
    """Open the app over a sample of real numbers, in a private database of its own."""
    settings = demo_settings(Settings.from_environment())
    if remove:
        _remove(settings)
        return
    chosen = _free_port(port)
    say("preparing the demo's database …")
    use_database(Database(settings).open())
    service.apply_schema()
    load_demo_numbers()
    tracker = StockSuccessTracker(settings.source_stats_path, clock=lambda: DEMO_NOW)
    simulate_clip_usage(tracker)
    say(f"Demo data. {NOTICE}")
    _serve(
        chosen,
        {
            "DATABASE_URL": "",
            "NOKTVRN_DEMO": "1",
            "NOKTVRN_DATA_DIR": str(settings.data_dir),
            "NOKTVRN_DATABASE": settings.database,
            "NOKTVRN_SOURCE_STATS": str(settings.source_stats_path),
        },
    )


def demo_settings(settings: Settings) -> Settings:
    """The settings of the demo: always the private server, never a database of the user's."""
    return settings.model_copy(
        update={
            "database_url": None,
            "database": DEMO_DATABASE,
            "source_stats": settings.data_dir / "demo" / "source_stats.json",
            "demo": True,
        }
    )


def _remove(settings: Settings) -> None:
    server = PrivateServer(private_folder(settings))
    drop_database(server, settings.database)
    server.release()
    state = settings.source_stats_path
    for file in (state, state.with_name(f"{state.name}.lock")):
        file.unlink(missing_ok=True)
    say("the demo is gone")


def _serve(port: int, environment: Mapping[str, str]) -> None:
    """Run the app until it ends or we are told to stop; it never outlives us."""
    app = Path(__file__).parents[2] / "streamlit_app" / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    command += ["--server.port", str(port), "--server.address", HOST, "--server.headless", "true"]
    child = subprocess.Popen(command, env={**os.environ, **environment})

    def stop(number: int, frame: FrameType | None) -> None:
        child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        if _healthy(child, port):
            say(f"open http://{HOST}:{port}  (Ctrl+C stops it)")
        child.wait()
    finally:
        child.kill()
        child.wait()
        use_database(None)
    say("stopped")


def _healthy(child: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _free_port(wanted: int | None) -> int:
    ports = range(FIRST_PORT, LAST_PORT + 1) if wanted is None else [wanted]
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex((HOST, port)):
                return port
    raise SettingsError(f"port {ports[0]} is taken: choose another with --port or PORT")
