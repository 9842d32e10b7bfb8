"""What the surroundings decide, read once at the edge into one frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import platformdirs
from pydantic import Field, NonNegativeInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.errors import SettingsError


def default_data_folder() -> Path:
    """The user's data folder for this project; `XDG_DATA_HOME` moves it on Linux."""
    return Path(platformdirs.user_data_dir("noktvrn_ai_artist", appauthor=False))


class Settings(BaseSettings):
    """The settings of one process.

    Environment: `DATABASE_URL` names a PostgreSQL 14-18 (or a Citus coordinator); without it a
    private server is started. `NOKTVRN_DATA_DIR` moves the data folder, `NOKTVRN_DATABASE` names
    the database on the private server, `NOKTVRN_SOURCE_STATS` the tracker's state file,
    `NOKTVRN_POOL_SIZE` how many connections a process may hold (1-100), and `NOKTVRN_DEMO` says
    that what is shown is the demo's. A variable that is set to nothing is not set.

    Keys and tokens of the platforms and stock libraries, all optional, are `NOKTVRN_` and the
    field's name in capitals: `NOKTVRN_YOUTUBE_API_KEY`, `NOKTVRN_PEXELS_API_KEY`, ...
    `NOKTVRN_BASE_URLS` sends the calls of a provider elsewhere, as JSON:
    `{"pexels": "http://127.0.0.1:8080"}`. `NOKTVRN_QUOTAS` says how many units a provider gives a
    day, where that is not the usual figure or should not be used up: `{"youtube": 5000}`.
    """

    # An empty path would otherwise be the current directory, and a server's data end up there.
    model_config = SettingsConfigDict(
        frozen=True, env_prefix="NOKTVRN_", env_ignore_empty=True, populate_by_name=True
    )

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    data_dir: Path = Field(default_factory=default_data_folder)
    database: str = Field(default="noktvrn", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    source_stats: Path | None = None
    demo: bool = False
    pool_size: int = Field(default=8, ge=1, le=100)
    base_urls: Mapping[str, str] = Field(default_factory=dict)
    quotas: Mapping[Provider, NonNegativeInt] = Field(default_factory=dict)

    youtube_api_key: SecretStr | None = None
    google_client_id: SecretStr | None = None
    google_client_secret: SecretStr | None = None
    google_refresh_token: SecretStr | None = None
    spotify_client_id: SecretStr | None = None
    spotify_client_secret: SecretStr | None = None
    tiktok_client_key: SecretStr | None = None
    tiktok_client_secret: SecretStr | None = None
    tiktok_refresh_token: SecretStr | None = None
    soundcloud_client_id: SecretStr | None = None
    soundcloud_client_secret: SecretStr | None = None
    pexels_api_key: SecretStr | None = None
    pixabay_api_key: SecretStr | None = None
    coverr_api_key: SecretStr | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        """Settings from the environment.

        Raises:
            SettingsError: a variable is set to something that cannot be understood.
        """
        try:
            return cls()
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False)
            )
            raise SettingsError(faults) from None
        except UnreadableVariable as error:
            raise SettingsError(f"{error}: write it as JSON") from None

    @property
    def source_stats_path(self) -> Path:
        """Where the tracker keeps its state when it keeps it in a file."""
        return self.source_stats or self.data_dir / "source_stats.json"
