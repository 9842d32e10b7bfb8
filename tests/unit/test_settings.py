"""The settings: read once from the environment, frozen, and silent about what is secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.errors import SettingsError
from noktvrn_ai_artist.settings import Settings

CANARY = "canary-5f1d"
URL = f"postgresql://ada:{CANARY}@db.example/numbers"


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.from_environment()
    assert settings.database_url is None
    assert settings.database == "noktvrn"
    assert settings.source_stats_path == settings.data_dir / "source_stats.json"
    assert not settings.demo


def test_every_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": URL,
        "NOKTVRN_DATA_DIR": "/somewhere",
        "NOKTVRN_DATABASE": "other",
        "NOKTVRN_SOURCE_STATS": "/elsewhere/stats.json",
        "NOKTVRN_POOL_SIZE": "3",
        "NOKTVRN_DEMO": "1",
        "NOKTVRN_QUOTAS": '{"youtube": 5000}',
    }.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment() == Settings(
        database_url=SecretStr(URL),
        data_dir=Path("/somewhere"),
        database="other",
        source_stats=Path("/elsewhere/stats.json"),
        pool_size=3,
        demo=True,
        quotas={Provider.YOUTUBE: 5000},
    )
    assert Settings.from_environment().source_stats_path == Path("/elsewhere/stats.json")


def test_the_data_folder_follows_the_users_own_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings.from_environment().data_dir.name == "noktvrn_ai_artist"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    unset = Settings.from_environment()
    names = ("DATA_DIR", "DATABASE", "SOURCE_STATS", "POOL_SIZE", "DEMO")
    for name in ("DATABASE_URL", "XDG_DATA_HOME", *(f"NOKTVRN_{name}" for name in names)):
        monkeypatch.setenv(name, "")
    assert Settings.from_environment() == unset
    assert unset.data_dir.is_absolute()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings.from_environment().database = "other"  # type: ignore[misc]


def test_a_password_is_not_shown_in_any_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    settings = Settings.from_environment()
    for shown in (
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        f"{settings.model_dump()}",
    ):
        assert CANARY not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOKTVRN_DATABASE", "drop table artists"),
        ("NOKTVRN_DATABASE", "a" * 64),
        ("NOKTVRN_POOL_SIZE", "0"),
        ("NOKTVRN_POOL_SIZE", "101"),
        ("NOKTVRN_POOL_SIZE", "many"),
        ("NOKTVRN_DEMO", "perhaps"),
        ("NOKTVRN_QUOTAS", "5000"),
        ("NOKTVRN_QUOTAS", "youtube=5000"),
        ("NOKTVRN_QUOTAS", '{"yuotube": 5000}'),
        ("NOKTVRN_QUOTAS", '{"youtube": -1}'),
        ("NOKTVRN_BASE_URLS", "http://127.0.0.1"),
    ],
)
def test_a_setting_that_means_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name.removeprefix("NOKTVRN_").lower()) as refusal:
        Settings.from_environment()
    assert CANARY not in str(refusal.value)
    assert refusal.value.__cause__ is None
