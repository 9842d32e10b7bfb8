"""The Spotify Web interface in development mode: tracks one by one, and tokens of the app."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass, field

from fake_clock import FakeClock
from faked_works import Work, works
from local_server import Asked, Reply, refuse_unless

CLIENT, SECRET = "canary-spotify-client", "canary-spotify-secret"


@dataclass(slots=True)
class SpotifyWorld:
    """Answers for tracks; tokens last an hour."""

    clock: FakeClock
    works: dict[str, Work] = field(default_factory=lambda: works(20, form="{:022d}"))
    granted: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/api/token":
            return self._grant(asked)
        found = re.fullmatch(r"/v1/tracks/([A-Za-z0-9]{22})", asked.path)
        refuse_unless(found and asked.method == "GET", "one track is got")
        refuse_unless(set(asked.params) <= {"market"}, "there is one parameter")
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.granted or token != self.granted[-1]:
            return refusal(401)
        work = self.works.get(found[1]) if found else None
        return refusal(404) if work is None or work.gone else Reply.json(track(work))

    def _grant(self, asked: Asked) -> Reply:
        refuse_unless(asked.method == "POST", "tokens are posted")
        refuse_unless(asked.form == {"grant_type": "client_credentials"}, "one field")
        told = b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
        if told != f"{CLIENT}:{SECRET}":
            return Reply.json({"error": "invalid_client"}, status=400)
        self.granted.append(f"canary-spotify-access-{len(self.granted)}")
        content = {"access_token": self.granted[-1], "token_type": "Bearer", "expires_in": 3600}
        return Reply.json(content)


def track(work: Work) -> dict[str, object]:
    """A track without what development mode leaves out."""
    album = {
        "id": "a",
        "name": "An album",
        "release_date": work.published_at.date().isoformat(),
        "release_date_precision": "day",
    }
    return {
        "id": work.external_id,
        "name": work.title,
        "duration_ms": 192_000,
        "explicit": False,
        "album": album,
        "external_ids": {"isrc": "QZES72600001"},
    }


def refusal(status: int, reason: str | None = None) -> Reply:
    """Spotify's error."""
    error = {"status": status, "message": "canary in a message"}
    return Reply.json({"error": {**error, **({"reason": reason} if reason else {})}}, status=status)
