"""Where each provider is asked, unless the settings send its calls elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.errors import SettingsError

BASE_URLS: Mapping[Provider, str] = {
    # https://developers.google.com/youtube/v3/docs
    Provider.YOUTUBE: "https://youtube.googleapis.com",
    # https://developers.google.com/youtube/analytics/reference/reports/query
    Provider.YOUTUBE_ANALYTICS: "https://youtubeanalytics.googleapis.com",
    # https://developers.google.com/identity/protocols/oauth2/web-server#offline
    Provider.GOOGLE_OAUTH: "https://oauth2.googleapis.com",
    # https://developer.spotify.com/documentation/web-api
    Provider.SPOTIFY: "https://api.spotify.com",
    Provider.SPOTIFY_ACCOUNTS: "https://accounts.spotify.com",
    # https://developers.tiktok.com/doc/display-api-overview
    Provider.TIKTOK: "https://open.tiktokapis.com",
    # https://developers.soundcloud.com/docs/api/guide
    Provider.SOUNDCLOUD: "https://api.soundcloud.com",
    Provider.SOUNDCLOUD_ACCOUNTS: "https://secure.soundcloud.com",
    # https://www.pexels.com/api/documentation/
    Provider.PEXELS: "https://api.pexels.com",
    # https://pixabay.com/api/docs/
    Provider.PIXABAY: "https://pixabay.com",
    # https://api.coverr.co/docs/
    Provider.COVERR: "https://api.coverr.co",
}


def base_urls(elsewhere: Mapping[str, str]) -> Mapping[Provider, str]:
    """Each provider's base URL, with what the settings say in its stead; none ends in a slash.

    Raises:
        SettingsError: a name is no provider's, or a URL is not http(s)://host[:port][/path].
    """
    for name, url in elsewhere.items():
        _check(name, url)
    chosen = {**BASE_URLS, **{Provider(name): url for name, url in elsewhere.items()}}
    return {provider: url.rstrip("/") for provider, url in chosen.items()}


def _check(name: str, url: str) -> None:
    if name not in [*Provider]:
        raise SettingsError(
            f"base_urls: there is no provider {name!r}; known: {', '.join(Provider)}"
        )
    parts = urlsplit(url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        # The URL is not repeated: whatever was pasted there may hold a key.
        raise SettingsError(
            f"base_urls, {name}: write http(s)://host, with a port or path if need be"
        )
