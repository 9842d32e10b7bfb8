"""A database of a server that was given by its URL, as an operator would give one."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.settings import Settings

CANARY = "canary5f1d"


def given(url: str, data_dir: Path, *, pool_size: int = 2) -> Database:
    """A database of a server that was given by its URL."""
    settings = Settings(database_url=SecretStr(url), data_dir=data_dir, pool_size=pool_size)
    return Database(settings)


def url_of(server: PrivateServer, name: str) -> str:
    """A URL to the tests' own server, with a password that must never be seen."""
    target = server.ensure_running()
    host = str(target.host).replace("/", "%2F")
    return f"postgresql://{target.user}:{CANARY}@/{name}?host={host}&port={target.port}"
