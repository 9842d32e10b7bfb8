"""The key or token that each interface is asked with: from the settings, or granted for a while."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import SecretStr

from noktvrn_ai_artist.collectors import (
    google_oauth,
    soundcloud,
    spotify_web,
    tiktok,
    verdicts,
)
from noktvrn_ai_artist.collectors.base_urls import BASE_URLS, base_urls
from noktvrn_ai_artist.collectors.feeds import Feed, FeedName
from noktvrn_ai_artist.collectors.kept_tokens import KeptTokens, Link
from noktvrn_ai_artist.collectors.messages import Provider, Request, Response, Verdict
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.collectors.transport import Judge, Transport
from noktvrn_ai_artist.errors import AccessRefused, NotConfigured
from noktvrn_ai_artist.settings import Settings

T = TypeVar("T")

# The settings that an interface cannot be asked without; the last one is what links an account.
NEEDED: Mapping[FeedName, tuple[str, ...]] = {
    FeedName.YOUTUBE: ("youtube_api_key",),
    FeedName.YOUTUBE_ANALYTICS: (
        "google_client_id",
        "google_client_secret",
        "google_refresh_token",
    ),
    FeedName.TIKTOK: ("tiktok_client_key", "tiktok_client_secret", "tiktok_refresh_token"),
    FeedName.SOUNDCLOUD: ("soundcloud_client_id", "soundcloud_client_secret"),
}
# Spotify is asked what recordings are, and for no numbers: it is no feed.
_SPOTIFY = ("spotify_client_id", "spotify_client_secret")
# Who grants the tokens that open an interface.
_GRANTED_BY: Mapping[Provider, Provider] = {
    Provider.YOUTUBE_ANALYTICS: Provider.GOOGLE_OAUTH,
    Provider.TIKTOK: Provider.TIKTOK,
    Provider.SOUNDCLOUD: Provider.SOUNDCLOUD_ACCOUNTS,
    Provider.SPOTIFY: Provider.SPOTIFY_ACCOUNTS,
}
# The settings name one account for each interface.
_ACCOUNT = "default"
_FINGERPRINT_DIGITS = 16


def configured(settings: Settings) -> list[FeedName]:
    """The interfaces whose keys are all set."""
    return [name for name in NEEDED if not _unset(settings, NEEDED[name])]


def check_configured(settings: Settings, name: FeedName) -> None:
    """Refuse an interface whose keys are not all set.

    Raises:
        NotConfigured: naming the variables that are missing.
    """
    _check_set(settings, name, NEEDED[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An interface that can be asked: with this key or token, and by way of `send`."""

    secret: SecretStr
    transport: Transport
    judge: Judge

    def send(self, request: Request) -> Response:
        """The good answer to a request."""
        return self.transport.send(request, judge=self.judge)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAccess:
    """What opens each interface, for as long as the transport is open."""

    settings: Settings
    transport: Transport
    tokens: KeptTokens
    clock: Callable[[], datetime]

    def ask(self, feed: Feed, asking: Callable[[Opened], T]) -> T:
        """What is told to whoever asks with the key, or with a token that is good for minutes.

        Where the interface refuses a token before its time, it is asked once more with a new one.
        What is asked for is given whole by the second asking: nothing of the first is kept.

        Raises:
            NotConfigured: a setting is missing.
            ProviderError: no token was granted, or what was asked for was not told.
        """
        return self._asked(lambda refused: self._secret(feed, refused), asking, feed.judge)

    def ask_spotify(self, asking: Callable[[Opened], T]) -> T:
        """As `ask` does, with a token of the app for Spotify's catalogue."""
        return self._asked(self._spotify_token, asking, spotify_web.judge)

    def _asked(
        self,
        secret: Callable[[SecretStr | None], SecretStr],
        asking: Callable[[Opened], T],
        judge: Judge,
    ) -> T:
        noticing, first = _Noticing(judge), secret(None)
        try:
            return asking(Opened(secret=first, transport=self.transport, judge=noticing))
        except AccessRefused:
            second = secret(first) if noticing.token_refused else first
            if second == first:
                raise
        return asking(Opened(secret=second, transport=self.transport, judge=judge))

    def _secret(self, feed: Feed, refused: SecretStr | None) -> SecretStr:
        check_configured(self.settings, feed.name)
        given = _given(self.settings, NEEDED[feed.name])
        if feed.name is FeedName.YOUTUBE:
            return given[0]
        return self._token(
            feed.provider,
            client_id=given[0],
            refresh_token=None if feed.name is FeedName.SOUNDCLOUD else given[-1],
            exchange=lambda refresh: self._exchange(feed.name, given, refresh),
            refused=refused,
        )

    def _spotify_token(self, refused: SecretStr | None) -> SecretStr:
        _check_set(self.settings, Provider.SPOTIFY, _SPOTIFY)
        client, secret = _given(self.settings, _SPOTIFY)

        def exchange(_: SecretStr | None) -> TokenGrant:
            asked_at = self.clock()
            request = spotify_web.ask_for_token(client_id=client, client_secret=secret)
            answer = self.transport.send(request, judge=spotify_web.judge_grant)
            return spotify_web.read_grant(answer, asked_at=asked_at)

        return self._token(
            Provider.SPOTIFY,
            client_id=client,
            refresh_token=None,
            exchange=exchange,
            refused=refused,
        )

    def _token(
        self,
        provider: Provider,
        *,
        client_id: SecretStr,
        refresh_token: SecretStr | None,
        exchange: Callable[[SecretStr | None], TokenGrant],
        refused: SecretStr | None,
    ) -> SecretStr:
        urls, ours = base_urls(self.settings.base_urls), (_GRANTED_BY[provider], provider)
        places = tuple(urls[each] for each in ours)
        # A rehearsal elsewhere must not cost a refresh token that is good for one exchange.
        at_home = places == tuple(BASE_URLS[each] for each in ours)
        return self.tokens.access_token(
            provider,
            _ACCOUNT if at_home else f"{_ACCOUNT} at {_fingerprint(places)}",
            link=Link(base_urls=places, client_id=client_id, refresh_token=refresh_token),
            exchange=exchange,
            refused=refused,
        )

    def _exchange(
        self, name: FeedName, given: list[SecretStr], refresh: SecretStr | None
    ) -> TokenGrant:
        client, secret, token = given[0], given[1], refresh or given[-1]
        asked_at = self.clock()
        if name is FeedName.TIKTOK:
            request = tiktok.refresh_token(token, client_key=client, client_secret=secret)
            answer = self.transport.send(request, judge=tiktok.judge_grant)
            return tiktok.read_grant(answer, asked_at=asked_at)
        if name is FeedName.SOUNDCLOUD:
            request = soundcloud.ask_for_token(client_id=client, client_secret=secret)
            answer = self.transport.send(request, judge=soundcloud.judge_grant)
            return soundcloud.read_grant(answer, asked_at=asked_at)
        request = google_oauth.refresh_token(token, client_id=client, client_secret=secret)
        answer = self.transport.send(request, judge=google_oauth.judge_grant)
        return google_oauth.read_grant(answer, asked_at=asked_at)


class _Noticing:
    """A judge that notices whether the last answer refused the token, and not the question."""

    def __init__(self, judge: Judge) -> None:
        self._judge, self.token_refused = judge, False

    def __call__(self, response: Response, *, now: datetime) -> Verdict:
        self.token_refused = response.status == verdicts.UNAUTHORIZED
        return self._judge(response, now=now)


def _fingerprint(places: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(places).encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def _given(settings: Settings, names: Iterable[str]) -> list[SecretStr]:
    values = (getattr(settings, name) for name in names)
    return [value for value in values if value is not None]


def _check_set(settings: Settings, asked: str, fields: Iterable[str]) -> None:
    missing = _unset(settings, fields)
    if missing:
        variables = " and ".join(f"NOKTVRN_{field.upper()}" for field in missing)
        raise NotConfigured(asked, f"set {variables}")


def _unset(settings: Settings, fields: Iterable[str]) -> list[str]:
    return [field for field in fields if getattr(settings, field) is None]
