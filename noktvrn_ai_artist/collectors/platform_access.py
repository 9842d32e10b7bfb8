"""The key or token that each interface is asked with: from the settings, or granted for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from noktvrn_ai_artist.collectors import google_oauth, soundcloud, spotify_web, tiktok
from noktvrn_ai_artist.collectors.feeds import Feed, FeedName
from noktvrn_ai_artist.collectors.kept_tokens import KeptTokens
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.collectors.transport import Transport
from noktvrn_ai_artist.errors import NotConfigured
from noktvrn_ai_artist.settings import Settings

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
# The settings name one account for each interface.
_ACCOUNT = "default"


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
class PlatformAccess:
    """What opens each interface, for as long as the transport is open."""

    settings: Settings
    transport: Transport
    tokens: KeptTokens
    clock: Callable[[], datetime]

    def secret(self, feed: Feed) -> SecretStr:
        """The key, or a token that is good for minutes at least.

        Raises:
            NotConfigured: a setting is missing.
            ProviderError: no token was granted.
        """
        check_configured(self.settings, feed.name)
        given = _given(self.settings, NEEDED[feed.name])
        if feed.name is FeedName.YOUTUBE:
            return given[0]
        linked_with = None if feed.name is FeedName.SOUNDCLOUD else given[-1]
        return self.tokens.access_token(
            feed.provider,
            _ACCOUNT,
            linked_with=linked_with,
            exchange=lambda refresh: self._exchange(feed.name, given, refresh),
        )

    def spotify_token(self) -> SecretStr:
        """A token of the app for Spotify's catalogue.

        Raises:
            NotConfigured, ProviderError: as `secret` does.
        """
        _check_set(self.settings, Provider.SPOTIFY, _SPOTIFY)
        client, secret = _given(self.settings, _SPOTIFY)

        def exchange(_: SecretStr | None) -> TokenGrant:
            asked_at = self.clock()
            request = spotify_web.ask_for_token(client_id=client, client_secret=secret)
            answer = self.transport.send(request, judge=spotify_web.judge_grant)
            return spotify_web.read_grant(answer, asked_at=asked_at)

        return self.tokens.access_token(
            Provider.SPOTIFY, _ACCOUNT, linked_with=None, exchange=exchange
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
