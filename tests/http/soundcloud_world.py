"""The SoundCloud interface as its specification says: tracks by URN, a user's tracks, tokens."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fake_clock import FakeClock
from faked_works import Work, works
from fault_scripts import FaultKind
from local_server import Asked, Reply, refuse_unless

CLIENT, SECRET = "canary-soundcloud-client", "canary-soundcloud-secret"
USER = "soundcloud:users:42"
HOME = "https://api.soundcloud.com"
_COUNTS = {
    "playback_count": "plays",
    "favoritings_count": "likes",
    "reposts_count": "reposts",
    "comment_count": "comments",
    "download_count": "downloads",
}


@dataclass(slots=True)
class SoundCloudWorld:
    """One user; tokens of the app last an hour."""

    clock: FakeClock
    works: dict[str, Work] = field(
        default_factory=lambda: works(450, form="soundcloud:tracks:9{:05d}")
    )
    granted: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/oauth/token":
            return self._grant(asked)
        refuse_unless(asked.method == "GET", "everything else is got")
        token = asked.headers.get("authorization", "").removeprefix("OAuth ")
        if not self.granted or token != self.granted[-1]:
            return Reply.json({"code": 401, "message": "canary", "link": ""}, status=401)
        refuse_unless(asked.params.get("linked_partitioning") == "true", "lists come in pages")
        limit = int(asked.params.get("limit", "50"))
        refuse_unless(1 <= limit <= 200, "up to 200 a page")
        access = set(asked.params.get("access", "playable,preview").split(","))
        refuse_unless(access <= {"playable", "preview", "blocked"}, "access has three words")
        if asked.path == "/tracks":
            return self._tracks(asked, limit)
        refuse_unless(asked.path == f"/users/{USER}/tracks", "a user's tracks are at their path")
        return self._listing(asked, limit)

    def _tracks(self, asked: Asked, limit: int) -> Reply:
        names = {"urns", "limit", "linked_partitioning", "access"}
        refuse_unless(set(asked.params) <= names, "the parameters are known")
        urns = asked.params["urns"].split(",")
        refuse_unless(all(each.startswith("soundcloud:tracks:") for each in urns), "ids are URNs")
        refuse_unless(len(urns) <= limit, "they fit on a page")
        shown = [self.works[each] for each in urns if each in self.works]
        return Reply.json(
            {"collection": [self._track(w) for w in shown if not w.gone], "next_href": None}
        )

    def _listing(self, asked: Asked, limit: int) -> Reply:
        refuse_unless(
            set(asked.params) <= {"limit", "linked_partitioning", "access", "cursor"}, "known"
        )
        newest = sorted(self.listed(), key=lambda work: work.published_at, reverse=True)
        start = int(asked.params.get("cursor", "0"))
        kind = asked.fault.kind if asked.fault else None
        if kind is FaultKind.REPEATED_PAGE:
            start = max(0, start - limit)
        first = max(0, start - 3) if kind is FaultKind.OVERLAPPING_PAGE else start
        page = [self._track(work) for work in newest[first : start + limit]]
        onward = urlencode({**asked.params, "cursor": start + limit})
        href = f"{HOME}{asked.path}?{onward}" if start + limit < len(newest) else None
        return Reply.json({"collection": page, **({"next_href": href} if href else {})})

    def listed(self) -> list[Work]:
        """What the user shows."""
        return [work for work in self.works.values() if not work.gone]

    def _track(self, work: Work) -> dict[str, Any]:
        # What the owner hides stands there as null.
        counts = {name: work.count(metric, self.clock()) for name, metric in _COUNTS.items()}
        return {
            "urn": work.external_id,
            "kind": "track",
            "title": work.title,
            "created_at": work.published_at.strftime("%Y/%m/%d %H:%M:%S +0000"),
            "permalink_url": "https://soundcloud.com/faked/work",
            "access": "playable",
            **counts,
        }

    def _grant(self, asked: Asked) -> Reply:
        refuse_unless(asked.method == "POST", "tokens are posted")
        refuse_unless(asked.form == {"grant_type": "client_credentials"}, "one field")
        told = b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
        if told != f"{CLIENT}:{SECRET}":
            return Reply.json({"error": "invalid_client"}, status=401)
        self.granted.append(f"canary-soundcloud-access-{len(self.granted)}")
        content = {"access_token": self.granted[-1], "token_type": "Bearer", "expires_in": 3599}
        return Reply.json({**content, "refresh_token": "canary-unused", "scope": ""})


def too_many(reset_time: str) -> Reply:
    """https://developers.soundcloud.com/docs/api/rate-limits"""
    rate = {"group": "plays", "max_nr_of_requests": 15000, "time_window": "PT24H"}
    meta = {"rate_limit": rate, "remaining_requests": 0, "reset_time": reset_time}
    return Reply.json({"errors": [{"meta": meta}]}, status=429)
