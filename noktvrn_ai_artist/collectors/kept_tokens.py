"""Tokens that outlive a process: kept in PostgreSQL, encrypted, and exchanged by one at a time.

Some refresh tokens are good for one exchange: the provider's answer holds the next one, and the old
one is dead. Whoever exchanges holds a lock until the new one is committed. Killed in between, the
old one is still there; the provider refuses it, and the error says to link the account again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.collectors.token_key import token_cipher
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import AccessRefused

_LOG = logging.getLogger(__name__)
# A token is not used in its last minutes: calls take time, and clocks differ.
MARGIN = timedelta(minutes=2)
# A token that is refused is exchanged before its time, but not one that was granted just now: the
# next one would be refused too, and SoundCloud grants 50 in 12 hours.
JUST_NOW = timedelta(minutes=15)

Exchange = Callable[[SecretStr | None], TokenGrant]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a token is granted by and for: it is used for nothing else.

    `base_urls` are where it is asked for and where it opens something, `client_id` whose it is.
    `refresh_token` is that of the settings, None where the provider needs none.
    """

    base_urls: tuple[str, ...]
    client_id: SecretStr
    refresh_token: SecretStr | None = None

    def fingerprint(self) -> str:
        """A hash that differs where any part does."""
        refresh = self.refresh_token and self.refresh_token.get_secret_value()
        parts = json.dumps([self.base_urls, self.client_id.get_secret_value(), refresh])
        return hashlib.sha256(parts.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A grant, when it was granted, and the fingerprint of the link it was granted by."""

    grant: TokenGrant
    granted_at: datetime
    link: str


class KeptTokens:
    """The tokens kept in one database under the key in one folder; it may serve several threads.

    While a token is exchanged two connections of the pool are held.
    """

    def __init__(
        self, database: Database, *, key_folder: Path, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._key_folder, self._clock = database, key_folder, clock
        # Threads wait here, not with a connection each that the one at work may need.
        self._one_at_a_time = threading.Lock()

    def access_token(
        self,
        provider: Provider,
        account: str,
        *,
        link: Link,
        exchange: Exchange,
        refused: SecretStr | None = None,
    ) -> SecretStr:
        """An access token that is good for minutes at least: the kept one, or a new one.

        The link's refresh token is used until there is a newer one, and again when the link is
        another. `exchange` is given the refresh token and asks the provider. `refused` is a token
        that was not taken: it is exchanged before its time, unless it was granted just now.

        Raises:
            AccessRefused: the provider does not know the refresh token: link the account again.
            ProviderError: as `exchange` raises.
            SettingsError: the key cannot be read.
        """
        kept = self._kept(provider, account, link)
        if kept is not None and self._good(kept, refused):
            return kept.grant.access_token
        with self._one_at_a_time, self._database.transaction() as connection:
            hold_alone(connection, AdvisoryLock.TOKENS)
            kept = self._kept(provider, account, link)
            if kept is not None and self._good(kept, refused):
                return kept.grant.access_token  # it was exchanged while we waited
            refresh = link.refresh_token if kept is None else kept.grant.refresh_token
            asked_at = self._clock()
            grant = _exchanged(provider, refresh, exchange)
            new = _Kept(grant=grant, granted_at=asked_at, link=link.fingerprint())
            self._keep(provider, account, new)
            return grant.access_token

    def _good(self, kept: _Kept, refused: SecretStr | None) -> bool:
        now = self._clock()
        taken = kept.grant.access_token != refused or now < kept.granted_at + JUST_NOW
        return taken and now + MARGIN < kept.grant.expires_at

    def _kept(self, provider: Provider, account: str, link: Link) -> _Kept | None:
        """What is kept of an account, unless it was linked anew since then."""
        asked = {"provider": provider, "account": account}
        row = self._database.transact(
            lambda connection: connection.execute(query("kept_token"), asked).fetchone()
        )
        kept = None if row is None else self._opened(provider, row[0], expires_at=row[1])
        return kept if kept is not None and kept.link == link.fingerprint() else None

    def _keep(self, provider: Provider, account: str, kept: _Kept) -> None:
        values = {
            "provider": provider,
            "account": account,
            "token": self._cipher.encrypt(_as_text(kept).encode()).decode(),
            "expires_at": kept.grant.expires_at,
        }
        self._database.transact(lambda connection: connection.execute(query("keep_token"), values))

    def _opened(self, provider: Provider, token: str, *, expires_at: datetime) -> _Kept | None:
        try:
            text = self._cipher.decrypt(token)
        except InvalidToken:
            _LOG.warning("%s: the kept token was encrypted with another key", provider)
            return None
        return _from_text(text, expires_at=expires_at)

    @cached_property
    def _cipher(self) -> Fernet:
        return token_cipher(self._key_folder)


def _exchanged(provider: Provider, refresh: SecretStr | None, exchange: Exchange) -> TokenGrant:
    """The next grant; where the provider gives no new refresh token, the old one stays good."""
    try:
        grant = exchange(refresh)
    except AccessRefused as error:
        if refresh is None:
            raise
        reason = f"the account must be linked again ({error.reason})"
        raise AccessRefused(provider, reason) from error
    return TokenGrant(
        access_token=grant.access_token,
        expires_at=grant.expires_at,
        refresh_token=grant.refresh_token or refresh,
    )


def _as_text(kept: _Kept) -> str:
    refresh = kept.grant.refresh_token
    return json.dumps(
        {
            "access_token": kept.grant.access_token.get_secret_value(),
            "refresh_token": refresh and refresh.get_secret_value(),
            "granted_at": kept.granted_at.isoformat(),
            "link": kept.link,
        }
    )


def _from_text(text: bytes, *, expires_at: datetime) -> _Kept:
    found = json.loads(text)
    refresh = found["refresh_token"]
    grant = TokenGrant(
        access_token=SecretStr(found["access_token"]),
        expires_at=expires_at,
        refresh_token=refresh and SecretStr(refresh),
    )
    granted_at = datetime.fromisoformat(found["granted_at"])
    return _Kept(grant=grant, granted_at=granted_at, link=found["link"])
