"""Tokens by OAuth 2, as all providers here give them: https://www.rfc-editor.org/rfc/rfc6749."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote_plus

from pydantic import AfterValidator, Field, SecretStr

from noktvrn_ai_artist.collectors import verdicts
from noktvrn_ai_artist.collectors.answer_fields import Body, read_body, read_if_possible
from noktvrn_ai_artist.collectors.messages import (
    Provider,
    Request,
    Response,
    Verdict,
)
from noktvrn_ai_artist.collectors.token_grants import TokenGrant

_A_YEAR = 366 * 24 * 3600
_PASSING = frozenset({"temporarily_unavailable", "server_error", "rate_limit_exceeded"})


def _sendable(token: str) -> str:
    if not (token and token.isascii() and token.isprintable()):
        raise ValueError("cannot be sent in a header")
    return token


_Token = Annotated[str, AfterValidator(_sendable)]


class _Grant(Body):
    # https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    access_token: _Token
    expires_in: Annotated[int, Field(gt=0, le=_A_YEAR)]
    refresh_token: _Token | None = None


class _Refusal(Body):
    # https://www.rfc-editor.org/rfc/rfc6749#section-5.2
    error: str | None = None


def ask_for_token(
    provider: Provider,
    path: str,
    *,
    grant_type: str,
    secrets: Mapping[str, SecretStr],
    authorization: SecretStr | None = None,
) -> Request:
    """Ask for a token; what identifies us stands in the form, or in a header."""
    headers = {} if authorization is None else {"Authorization": authorization}
    return Request(
        provider=provider,
        method="POST",
        path=path,
        form={"grant_type": grant_type},
        secret_form=secrets,
        secret_headers=headers,
    )


def basic(client_id: SecretStr, client_secret: SecretStr) -> SecretStr:
    """What identifies a client in a header: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1

    >>> basic(SecretStr("a"), SecretStr("b")).get_secret_value()
    'Basic YTpi'
    """
    pair = (
        f"{quote_plus(client_id.get_secret_value())}:{quote_plus(client_secret.get_secret_value())}"
    )
    return SecretStr(f"Basic {b64encode(pair.encode()).decode()}")


def judge_grant(response: Response, *, now: datetime) -> Verdict:
    """What an answer to a request for a token means; some providers refuse with status 200."""
    refusal = read_if_possible(_Refusal, response, provider=Provider.GOOGLE_OAUTH)
    code = None if refusal is None else refusal.error
    if response.status == verdicts.OK and not code:
        return verdicts.good_if_an_object(response, Provider.GOOGLE_OAUTH)
    return verdicts.not_good(response, code, passing=code in _PASSING)


def read_grant(response: Response, *, provider: Provider, asked_at: datetime) -> TokenGrant:
    """The token, good for as long after it was asked for as the provider says."""
    grant = read_body(_Grant, response, provider=provider)
    refresh = grant.refresh_token
    return TokenGrant(
        access_token=SecretStr(grant.access_token),
        expires_at=asked_at + timedelta(seconds=grant.expires_in),
        refresh_token=None if refresh is None else SecretStr(refresh),
    )
