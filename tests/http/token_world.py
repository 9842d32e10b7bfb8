"""A platform whose refresh tokens are good for one exchange: the answer holds the next one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local_server import Asked, Reply, refuse_unless
from pydantic import SecretStr, TypeAdapter

from noktvrn_ai_artist.collectors.messages import (
    Outcome,
    Provider,
    Request,
    Response,
    Verdict,
)
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.collectors.transport import Transport

FIRST = "canary-refresh-0"


@dataclass(slots=True)
class TokenWorld:
    """Exchanges the one refresh token that is alive; `exchanges` lists what it was given."""

    alive: str = FIRST
    slow: float = 0.0
    exchanges: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        refuse_unless(
            (asked.method, asked.path) == ("POST", "/v2/oauth/token/"), "tokens are posted"
        )
        refuse_unless(asked.form.keys() == {"grant_type", "refresh_token"}, "two fields")
        given, number = asked.form["refresh_token"], len(self.exchanges) + 1
        self.exchanges.append(given)
        if given != self.alive:
            return Reply.json({"error": "invalid_grant"}, status=400)
        self.alive = f"canary-refresh-{number}"
        time.sleep(self.slow)
        content = {"access_token": f"canary-access-{number}", "refresh_token": self.alive}
        return Reply.json({**content, "expires_in": 7200})


def exchange(transport: Transport, refresh: SecretStr | None, *, now: datetime) -> TokenGrant:
    """Ask for the next token."""
    assert refresh is not None
    request = Request(
        provider=Provider.TIKTOK,
        method="POST",
        path="/v2/oauth/token/",
        form={"grant_type": "refresh_token"},
        secret_form={"refresh_token": refresh},
    )
    found = TypeAdapter(dict[str, object]).validate_json(transport.send(request, judge=judge).body)
    return TokenGrant(
        access_token=SecretStr(str(found["access_token"])),
        expires_at=now + timedelta(seconds=7200),
        refresh_token=SecretStr(str(found["refresh_token"])),
    )


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer to an exchange means."""
    good = response.status == 200
    return Verdict(outcome=Outcome.GOOD if good else Outcome.REFUSED, reason="invalid_grant")
