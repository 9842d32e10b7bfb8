"""What a provider grants: an access token for a while, and what the next one is had with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGrant:
    """An access token and its end; `refresh_token` is the new one where the provider gave one."""

    access_token: SecretStr
    expires_at: datetime
    refresh_token: SecretStr | None = None
