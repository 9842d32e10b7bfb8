"""Kept tokens: exchanged once however many ask, never readable, never lost by being replaced."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from fake_clock import FakeClock
from local_server import LocalServer
from observed_tables import rows
from pydantic import SecretStr
from token_world import FIRST, TokenWorld, exchange

from noktvrn_ai_artist.collectors import kept_tokens
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.kept_tokens import KeptTokens, Link
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.collectors.token_key import KEY_FILE, token_cipher
from noktvrn_ai_artist.collectors.transport import Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import AccessRefused, SettingsError
from noktvrn_ai_artist.settings import Settings

Ask = Callable[..., str]
LINK = Link(base_urls=("here",), client_id=SecretStr("app"), refresh_token=SecretStr(FIRST))

_ASK = """
import os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path
sys.path.append(sys.argv[1])
from fake_clock import FakeClock
from pydantic import SecretStr
from token_world import FIRST, exchange
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.kept_tokens import KeptTokens, Link
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.transport import Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.settings import Settings

_, here, data, name, keys, url, moment, then = sys.argv
clock = FakeClock(datetime.fromisoformat(moment))
settings = Settings(data_dir=Path(data), database=name, base_urls={"tiktok": url})
with Database(settings) as database, Transport(settings, quota=QuotaLedger(database),
        answers=KeptAnswers(database), clock=clock, sleep=clock.sleep) as transport:
    def ask(refresh):
        grant = exchange(transport, refresh, now=clock())
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return grant
    link = Link(base_urls=("here",), client_id=SecretStr("app"), refresh_token=SecretStr(FIRST))
    tokens = KeptTokens(database, key_folder=Path(keys), clock=clock)
    token = tokens.access_token(Provider.TIKTOK, "me", link=link, exchange=ask)
print(token.get_secret_value())
"""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world() -> TokenWorld:
    return TokenWorld()


@pytest.fixture
def web(world: TokenWorld, clock: FakeClock) -> Iterator[LocalServer]:
    with LocalServer(world, clock=clock) as web:
        yield web


@pytest.fixture
def transport(database: Database, web: LocalServer, clock: FakeClock) -> Iterator[Transport]:
    with Transport(
        Settings(base_urls={"tiktok": web.url}),
        quota=QuotaLedger(database),
        answers=KeptAnswers(database),
        clock=clock,
        sleep=clock.sleep,
    ) as transport:
        yield transport


@pytest.fixture
def ask(database: Database, transport: Transport, clock: FakeClock, tmp_path: Path) -> Ask:
    """A new holder of tokens each time, as in a new process, asked for one."""

    def ask(link: str = FIRST, account: str = "me") -> str:
        tokens = KeptTokens(database, key_folder=tmp_path, clock=clock)
        token = tokens.access_token(
            Provider.TIKTOK,
            account,
            link=replace(LINK, refresh_token=SecretStr(link)),
            exchange=lambda refresh: exchange(transport, refresh, now=clock()),
        )
        return token.get_secret_value()

    return ask


def started(database: Database, keys: Path, web: LocalServer, then: str) -> subprocess.Popen[bytes]:
    here, settings = str(Path(__file__).parents[1] / "http"), database.settings
    where = [here, str(settings.data_dir), settings.database, str(keys), web.url]
    command = [sys.executable, "-c", _ASK, *where, web.clock().isoformat(), then]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_a_token_is_exchanged_when_its_time_is_nearly_over(
    ask: Ask, world: TokenWorld, clock: FakeClock
) -> None:
    assert [ask(), ask()] == ["canary-access-1"] * 2
    clock.move(timedelta(seconds=7200) - kept_tokens.MARGIN)
    assert [ask(), ask()] == ["canary-access-2"] * 2
    assert world.exchanges == [FIRST, "canary-refresh-1"]


def test_two_accounts_have_a_token_each(ask: Ask, world: TokenWorld) -> None:
    assert ask() == "canary-access-1"
    world.alive = "other"
    assert ask("other", "you") == "canary-access-2"
    assert ask() == "canary-access-1"


def test_processes_that_ask_at_once_exchange_once(
    database: Database, world: TokenWorld, web: LocalServer, tmp_path: Path
) -> None:
    world.slow = 0.3
    processes = [started(database, tmp_path, web, "print") for _ in range(3)]
    told = {process.communicate()[0] for process in processes}
    assert told == {b"canary-access-1\n"}
    assert world.exchanges == [FIRST]


def test_threads_that_ask_at_once_exchange_once_with_two_connections(
    data_dir: Path, database: Database, transport: Transport, world: TokenWorld, tmp_path: Path
) -> None:
    world.slow = 0.2
    settings = Settings(data_dir=data_dir, database=database.settings.database, pool_size=2)
    with Database(settings) as small, ThreadPoolExecutor(6) as threads:
        tokens = KeptTokens(small, key_folder=tmp_path, clock=transport._clock)

        def ask(_number: int) -> str:
            return tokens.access_token(
                Provider.TIKTOK,
                "me",
                link=LINK,
                exchange=lambda refresh: exchange(transport, refresh, now=transport._clock()),
            ).get_secret_value()

        assert set(threads.map(ask, range(6))) == {"canary-access-1"}
    assert world.exchanges == [FIRST]


def test_without_the_lock_two_would_exchange_the_same_token(
    ask: Ask, world: TokenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tokens, "hold_alone", lambda *_: None)
    world.slow = 0.3
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(ask) for _ in range(2)]
        faults = [fault for each in asked if (fault := each.exception()) is not None]
    assert len(world.exchanges) == 2
    assert [type(fault) for fault in faults] == [AccessRefused]


def test_killed_before_the_commit_the_old_token_stands_and_the_error_says_to_link_again(
    database: Database, ask: Ask, world: TokenWorld, web: LocalServer, tmp_path: Path
) -> None:
    ask()
    web.clock.move(timedelta(hours=2))
    before = rows(database, "select * from kept_tokens")
    process = started(database, tmp_path, web, "die")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert world.alive == "canary-refresh-2"
    assert rows(database, "select * from kept_tokens") == before
    for _ in range(2):
        with pytest.raises(AccessRefused, match="tiktok: the account must be linked again"):
            ask()
    assert rows(database, "select * from kept_tokens") == before
    assert world.exchanges[-2:] == ["canary-refresh-1"] * 2
    world.alive = "linked-anew"
    assert ask("linked-anew") == "canary-access-5"


def test_a_commit_that_fails_once_is_tried_again_with_the_new_token(
    ask: Ask, database: Database, world: TokenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = KeptTokens._keep

    def keep_on_a_lost_connection(*told: object) -> None:
        with database.transaction() as connection:
            connection.execute(
                b"select pg_terminate_backend(pid) from pg_stat_activity"
                b" where datname = current_database() and pid <> pg_backend_pid()"
                b" and state = 'idle'"
            )
        keep(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(KeptTokens, "_keep", keep_on_a_lost_connection)
    assert ask() == "canary-access-1"
    monkeypatch.undo()
    assert ask() == "canary-access-1"
    assert world.exchanges == [FIRST]


def test_a_link_is_another_one_where_any_part_of_it_is() -> None:
    secret = SecretStr("other")
    others = [
        replace(LINK, base_urls=("there",)),
        replace(LINK, base_urls=()),
        replace(LINK, client_id=secret),
        replace(LINK, refresh_token=secret),
        replace(LINK, refresh_token=None),
    ]
    assert len({link.fingerprint() for link in (LINK, *others)}) == 6
    assert replace(LINK).fingerprint() == LINK.fingerprint()


@pytest.mark.parametrize("other", [{"base_urls": ("there",)}, {"client_id": SecretStr("other")}])
def test_a_token_granted_elsewhere_or_to_another_app_is_not_used(
    database: Database, clock: FakeClock, tmp_path: Path, other: dict[str, object]
) -> None:
    tokens, given = KeptTokens(database, key_folder=tmp_path, clock=clock), list[SecretStr | None]()

    def grant(refresh: SecretStr | None) -> TokenGrant:
        given.append(refresh)
        token = SecretStr(f"a{len(given)}")
        return TokenGrant(access_token=token, expires_at=clock() + timedelta(hours=1))

    for link in (LINK, LINK, replace(LINK, **other)):  # type: ignore[arg-type]
        tokens.access_token(Provider.TIKTOK, "me", link=link, exchange=grant)
    assert given == [LINK.refresh_token] * 2


def test_a_refused_token_is_exchanged_with_its_own_refresh_token_unless_it_is_new(
    database: Database, transport: Transport, world: TokenWorld, clock: FakeClock, tmp_path: Path
) -> None:
    tokens = KeptTokens(database, key_folder=tmp_path, clock=clock)

    def ask(refused: str | None = None) -> str:
        return tokens.access_token(
            Provider.TIKTOK,
            "me",
            link=LINK,
            exchange=lambda refresh: exchange(transport, refresh, now=clock()),
            refused=None if refused is None else SecretStr(refused),
        ).get_secret_value()

    assert ask() == "canary-access-1"
    assert ask(refused="canary-access-1") == "canary-access-1"
    clock.move(kept_tokens.JUST_NOW)
    assert ask(refused="canary-access-1") == "canary-access-2"
    # Whoever was refused the old one too is given the new one.
    assert ask(refused="canary-access-1") == ask() == "canary-access-2"
    assert world.exchanges == [FIRST, "canary-refresh-1"]


def test_a_token_that_needs_no_refresh_token_is_asked_for_without_one(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    given: list[SecretStr | None] = []

    def grant(refresh: SecretStr | None) -> TokenGrant:
        given.append(refresh)
        return TokenGrant(
            access_token=SecretStr(f"a{len(given)}"), expires_at=clock() + timedelta(hours=1)
        )

    tokens = KeptTokens(database, key_folder=tmp_path, clock=clock)
    for hours in (0, 0, 1):
        clock.move(timedelta(hours=hours))
        tokens.access_token(
            Provider.SPOTIFY_ACCOUNTS, "app", link=replace(LINK, refresh_token=None), exchange=grant
        )
    assert given == [None, None]


def test_a_provider_that_keeps_its_refresh_token_is_asked_with_it_again(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    given: list[str] = []

    def grant(refresh: SecretStr | None) -> TokenGrant:
        given.append("" if refresh is None else refresh.get_secret_value())
        return TokenGrant(access_token=SecretStr("a"), expires_at=clock())

    tokens = KeptTokens(database, key_folder=tmp_path, clock=clock)
    for _ in range(3):
        tokens.access_token(
            Provider.GOOGLE_OAUTH,
            "me",
            link=replace(LINK, refresh_token=SecretStr("r")),
            exchange=grant,
        )
    assert given == ["r"] * 3


def test_what_is_stored_is_readable_with_the_key_alone(
    database: Database, ask: Ask, tmp_path: Path
) -> None:
    ask()
    ((token,),) = rows(database, "select token from kept_tokens")
    assert "canary" not in f"{rows(database, 'select * from kept_tokens')}"
    found = json.loads(Fernet((tmp_path / KEY_FILE).read_bytes()).decrypt(token))
    assert "canary-access-1" in found.values()
    assert FIRST not in found.values()


def test_without_its_key_a_token_is_asked_for_anew(
    ask: Ask, world: TokenWorld, tmp_path: Path
) -> None:
    ask()
    (tmp_path / KEY_FILE).unlink()
    world.alive = FIRST
    assert ask() == "canary-access-2"


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with ThreadPoolExecutor(8) as threads:
        ciphers = list(threads.map(token_cipher, [folder] * 8))
    path = folder / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in folder.iterdir()] == [KEY_FILE]
    assert {cipher.decrypt(ciphers[0].encrypt(b"x")) for cipher in ciphers} == {b"x"}


@pytest.mark.parametrize("content", [b"", b"half", b"\xff\x00" * 30])
def test_a_key_that_is_none_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="is not a key; the file was left as it is"):
        token_cipher(tmp_path)
    assert path.read_bytes() == content


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    token_cipher(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        token_cipher(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="Not a directory"):
        token_cipher(tmp_path / "file" / "folder")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
