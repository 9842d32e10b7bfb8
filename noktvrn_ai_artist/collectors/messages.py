"""What is asked of a platform or stock library and what it answers, as plain values: no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import SecretStr


class Provider(StrEnum):
    """Who is asked; each has one base URL, one set of limits and one quota."""

    YOUTUBE = "youtube"
    YOUTUBE_ANALYTICS = "youtube-analytics"
    GOOGLE_OAUTH = "google-oauth"
    SPOTIFY = "spotify"
    SPOTIFY_ACCOUNTS = "spotify-accounts"
    TIKTOK = "tiktok"
    SOUNDCLOUD = "soundcloud"
    SOUNDCLOUD_ACCOUNTS = "soundcloud-accounts"
    PEXELS = "pexels"
    PIXABAY = "pixabay"
    COVERR = "coverr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call: `path` is relative to the provider's base URL.

    `secret_headers` and `secret_params` are put in when it is sent and are shown nowhere; `json` or
    `form` is the body, `form` values that are secret go into `secret_form`. `units` is what the
    call costs of the provider's quota. With `keep_for` the answer is cached that long.
    """

    provider: Provider
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, SecretStr] = field(default_factory=dict)
    secret_params: Mapping[str, SecretStr] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    secret_form: Mapping[str, SecretStr] = field(default_factory=dict)
    units: int = 1
    keep_for: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: its status, its headers under lower-case names, its whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outcome(StrEnum):
    """What an answer means for the caller."""

    GOOD = "good"
    TRY_LATER = "try later"
    QUOTA_SPENT = "quota spent"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a provider's answer means, and why in words that hold no secret.

    `until` is when a spent quota is there again; `wait` is how long the provider asks to wait.
    """

    outcome: Outcome
    reason: str = ""
    until: datetime | None = None
    wait: timedelta | None = None
