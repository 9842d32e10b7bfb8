"""A private server in a folder of its own, gone after the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_processes import processes_in, wait_until

from noktvrn_ai_artist.database.embedded_postgres import PrivateServer


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "postgresql"
    yield folder
    PrivateServer(folder).remove()
    wait_until(lambda: not processes_in(folder))


@pytest.fixture
def server(folder: Path) -> Iterator[PrivateServer]:
    server = PrivateServer(folder)
    yield server
    server.release()
