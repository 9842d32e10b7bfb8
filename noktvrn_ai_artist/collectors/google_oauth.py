"""Google's tokens: a refresh token, good until it is revoked, gives access tokens for an hour.

https://developers.google.com/identity/protocols/oauth2/web-server#offline
"""

from __future__ import annotations

from datetime import datetime

from pydantic import SecretStr

from noktvrn_ai_artist.collectors import oauth_tokens
from noktvrn_ai_artist.collectors.messages import Provider, Request, Response
from noktvrn_ai_artist.collectors.oauth_tokens import judge_grant
from noktvrn_ai_artist.collectors.token_grants import TokenGrant

__all__ = ["judge_grant", "read_grant", "refresh_token"]


def refresh_token(token: SecretStr, *, client_id: SecretStr, client_secret: SecretStr) -> Request:
    """Ask for an access token."""
    return oauth_tokens.ask_for_token(
        Provider.GOOGLE_OAUTH,
        "/token",
        grant_type="refresh_token",
        secrets={
            "refresh_token": token,
            "client_id": client_id,
            "client_secret": client_secret,
        },
    )


def read_grant(response: Response, *, asked_at: datetime) -> TokenGrant:
    """The access token; the refresh token stays as it is."""
    return oauth_tokens.read_grant(response, provider=Provider.GOOGLE_OAUTH, asked_at=asked_at)
