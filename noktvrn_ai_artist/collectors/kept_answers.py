"""Good answers kept in PostgreSQL for as long as a request says they may be used again."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from noktvrn_ai_artist.collectors.messages import Request, Response
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.database.queries import query


class KeptAnswers:
    """The answers kept in one database; one object may serve several threads.

    What is secret in a request is no part of its key: only answers that are the same for everyone
    may be kept. The base URL is a part, so a rehearsal's answers are never taken for real ones.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, request: Request, *, base_url: str, now: datetime) -> Response | None:
        """The answer kept for the same request, without its headers."""
        asked = {**_key(request, base_url), "now": now}
        row = self._database.transact(
            lambda connection: connection.execute(query("kept_answer"), asked).fetchone()
        )
        return None if row is None else Response(status=row[0], headers={}, body=row[1])

    def keep(self, request: Request, response: Response, *, base_url: str, now: datetime) -> None:
        """Keep an answer as long as its request says, and let go of all whose time is over."""
        if request.keep_for is None:
            return
        values = {
            **_key(request, base_url),
            "http_status": response.status,
            "body": response.body,
            "fetched_at": now,
            "until": now + request.keep_for,
        }

        def keep(connection: Connection) -> None:
            connection.execute(query("forget_answers"), {"now": now})
            connection.execute(query("keep_answer"), values)

        self._database.transact(keep)


def request_hash(request: Request, *, base_url: str) -> str:
    """What is asked, without what is secret, as 64 hexadecimal digits.

    >>> a = Request(provider="pexels", method="GET", path="/x", params={"q": "a", "page": "1"})
    >>> b = Request(provider="pexels", method="GET", path="/x", params={"page": "1", "q": "a"})
    >>> request_hash(a, base_url="https://x") == request_hash(b, base_url="https://x")
    True
    """
    asked = [
        request.provider,
        base_url,
        request.method,
        request.path,
        dict(request.params),
        dict(request.headers),
        request.json,
        request.form,
    ]
    text = json.dumps(asked, sort_keys=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def _key(request: Request, base_url: str) -> dict[str, object]:
    return {
        "provider": request.provider,
        "request_hash": request_hash(request, base_url=base_url),
    }
