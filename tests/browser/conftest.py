"""The running app and a real Chromium, each test run with its own data folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import streamlit_app
from noktvrn_ai_artist.analytics.performance_db_service import apply_schema
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.settings import Settings

ROOT = Path(streamlit_app.__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_database(data_dir: Path, server: object) -> Iterator[Database]:
    """The database the app under test shows; empty and migrated."""
    with Database(Settings(data_dir=data_dir, database="browser")) as database:
        connection_manager.use_database(database)
        apply_schema()
        yield database
        connection_manager.use_database(None)


@pytest.fixture(scope="session")
def address(browser_database: Database, data_dir: Path) -> Iterator[str]:
    """Where the app answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {
        "NOKTVRN_DATA_DIR": str(data_dir),
        "NOKTVRN_DATABASE": "browser",
        "NOKTVRN_SOURCE_STATS": str(data_dir / "source_stats.json"),
    }
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app/app.py"]
    app = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env=environment,
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", app)
        yield f"http://127.0.0.1:{port}"
    finally:
        app.terminate()
        app.wait(timeout=20)


def wait_until_healthy(address: str, app: subprocess.Popen[bytes]) -> None:
    """Wait until the app says that it is well."""
    for _ in range(240):
        if app.poll() is not None:
            pytest.fail(f"the app ended with {app.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    pytest.fail("the app did not get healthy within a minute")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in one colour scheme, in a browser that stands in Berlin."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900},
        color_scheme=request.param,
        timezone_id="Europe/Berlin",
    )
    yield context.new_page()
    context.close()
