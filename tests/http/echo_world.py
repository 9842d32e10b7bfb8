"""A platform of no name, for tests of the transport: it says back what it was asked, and counts.

Its documentation would say: `GET /v1/items?nonce=...`, the key in the header `X-Key`, one answer
`{"nonce": ..., "served": n, "items": [...]}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from local_server import Asked, Reply, refuse_unless
from pydantic import SecretStr

from noktvrn_ai_artist.collectors.messages import (
    Outcome,
    Provider,
    Request,
    Response,
    Verdict,
)

KEY = "canary-key-5f1d77aa"


@dataclass(slots=True)
class EchoWorld:
    """Answers what was asked, numbered; `served` counts the good answers it made."""

    served: int = 0
    nonces: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        refuse_unless(asked.method == "GET", "items are got")
        refuse_unless(asked.path == "/v1/items", "items are at /v1/items")
        refuse_unless(set(asked.params) == {"nonce"}, "there is one parameter")
        refuse_unless(asked.headers.get("x-key") == KEY, "the key is in its header")
        self.served += 1
        self.nonces.append(asked.params["nonce"])
        return Reply.json(content(asked.params["nonce"], self.served))


def content(nonce: str, served: int) -> dict[str, object]:
    """What the world answers."""
    return {"nonce": nonce, "served": served, "items": [f"{nonce}/{n}" for n in range(20)]}


def items(
    nonce: str,
    *,
    provider: Provider = Provider.YOUTUBE,
    units: int = 1,
    keep_for: timedelta | None = None,
) -> Request:
    """What the world expects to be asked."""
    return Request(
        provider=provider,
        method="GET",
        path="/v1/items",
        params={"nonce": nonce},
        secret_headers={"X-Key": SecretStr(KEY)},
        units=units,
        keep_for=keep_for,
    )


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer of this world means; it trusts nothing, and repeats what it was told."""
    said = response.body[:500].decode(errors="replace")
    if response.status == 429:
        return Verdict(outcome=Outcome.TRY_LATER, reason=f"too many requests: {said}")
    if response.status == 402:
        until = now + timedelta(hours=3)
        return Verdict(outcome=Outcome.QUOTA_SPENT, reason=f"no units: {said}", until=until)
    if response.status != 200:
        return Verdict(outcome=Outcome.REFUSED, reason=f"refused: {said}")
    if not _readable(response.body):
        return Verdict(outcome=Outcome.UNREADABLE, reason=f"not as documented: {said}")
    return Verdict(outcome=Outcome.GOOD)


def _readable(body: bytes) -> bool:
    try:
        found = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and {"nonce", "served", "items"} <= set(found)


def tattling_world(rng: Random) -> Callable[[Asked], Reply]:
    """A world that repeats every secret it was told, in bodies and headers, well or not."""

    def answer(asked: Asked) -> Reply:
        told = {"headers": dict(asked.headers), "params": dict(asked.params)}
        told |= {"body": asked.body.decode()}
        headers = {"X-Told": json.dumps(told), "Set-Cookie": f"told={asked.params}"}
        status = rng.choice([200, 200, 302, 400, 401, 402, 403, 404, 429, 500])
        body = json.dumps({"nonce": "x", "served": 1, "items": [], "told": told}).encode()
        if status == 302:
            headers["Location"] = f"http://127.0.0.1:9/?{told['params']}"
        return Reply(status=status, headers=headers, body=body)

    return answer
