"""The TikTok Display interface as its pages describe it: own videos, and tokens that rotate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fake_clock import FakeClock
from faked_works import Work, works
from fault_scripts import FaultKind
from local_server import Asked, Reply, refuse_unless

REFRESH, CLIENT, SECRET = "canary-tiktok-refresh", "canary-tiktok-client", "canary-tiktok-secret"
# https://developers.tiktok.com/doc/tiktok-api-v2-video-object
FIELDS = {
    "id",
    "create_time",
    "cover_image_url",
    "share_url",
    "video_description",
    "duration",
    "height",
    "width",
    "title",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
}
_COUNTS = {
    "view_count": "views",
    "like_count": "likes",
    "comment_count": "comments",
    "share_count": "shares",
}


@dataclass(slots=True)
class TikTokWorld:
    """One account; an access token is good for two hours, a refresh token for one exchange."""

    clock: FakeClock
    works: dict[str, Work] = field(default_factory=lambda: works(50, form="73{:017d}"))
    alive: str = REFRESH
    granted: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        refuse_unless(asked.method == "POST", "everything is posted")
        if asked.path == "/v2/oauth/token/":
            return self._grant(asked)
        refuse_unless(asked.path in {"/v2/video/list/", "/v2/video/query/"}, "two paths are known")
        refuse_unless(asked.headers.get("content-type") == "application/json", "the body is JSON")
        refuse_unless(set(asked.params) == {"fields"}, "fields are told")
        fields = asked.params["fields"].split(",")
        refuse_unless(set(fields) <= FIELDS, "the fields are known")
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.granted or token != self.granted[-1]:
            return refusal(401, "access_token_invalid")
        return self._list(asked, fields) if "list" in asked.path else self._query(asked, fields)

    def _query(self, asked: Asked, fields: list[str]) -> Reply:
        refuse_unless(set(asked.json) == {"filters"}, "filters are told")
        ids = asked.json["filters"]["video_ids"]
        refuse_unless(1 <= len(ids) <= 20, "up to 20 ids")
        refuse_unless(all(isinstance(each, str) for each in ids), "ids are text")
        shown = [self.works[each] for each in ids if each in self.works]
        return good({"videos": [self._video(w, fields) for w in shown if not w.gone]})

    def _list(self, asked: Asked, fields: list[str]) -> Reply:
        refuse_unless(set(asked.json) <= {"max_count", "cursor"}, "a page is told")
        size, cursor = asked.json.get("max_count", 10), asked.json.get("cursor")
        refuse_unless(1 <= size <= 20, "up to 20 a page")
        refuse_unless(cursor is None or type(cursor) is int, "a cursor is a whole number")
        newest = sorted(self.listed(), key=lambda work: work.published_at, reverse=True)
        start = 0 if cursor is None else cursor - 1_700_000_000_000
        kind = asked.fault.kind if asked.fault else None
        if kind is FaultKind.REPEATED_PAGE:
            start = max(0, start - size)
        first = max(0, start - 3) if kind is FaultKind.OVERLAPPING_PAGE else start
        page = [self._video(work, fields) for work in newest[first : start + size]]
        more = start + size < len(newest)
        return good({"videos": page, "cursor": 1_700_000_000_000 + start + size, "has_more": more})

    def listed(self) -> list[Work]:
        """What the account shows."""
        return [work for work in self.works.values() if not work.gone]

    def _video(self, work: Work, fields: list[str]) -> dict[str, Any]:
        at: datetime = self.clock()
        counts = {name: work.count(metric, at) for name, metric in _COUNTS.items()}
        every = {
            "id": work.external_id,
            "title": work.title,
            "video_description": f"{work.title} #music",
            "create_time": int(work.published_at.timestamp()),
            "share_url": f"https://www.tiktok.com/@faked/video/{work.external_id}",
            **{name: count for name, count in counts.items() if count is not None},
        }
        return {name: every[name] for name in fields if name in every}

    def _grant(self, asked: Asked) -> Reply:
        kind = asked.headers.get("content-type", "")
        refuse_unless(kind.startswith("application/x-www-form-urlencoded"), "tokens: by a form")
        given = dict(asked.form)
        names = {"client_key", "client_secret", "grant_type", "refresh_token"}
        refuse_unless(given.keys() == names, "four fields")
        if (given["client_key"], given["client_secret"]) != (CLIENT, SECRET):
            return Reply.json({"error": "invalid_client", "log_id": "1"}, status=401)
        if (given["grant_type"], given["refresh_token"]) != ("refresh_token", self.alive):
            # It does refuse with status 200.
            return Reply.json({"error": "invalid_grant", "error_description": "x", "log_id": "1"})
        self.granted.append(f"canary-tiktok-access-{len(self.granted)}")
        self.alive = f"canary-tiktok-refresh-{len(self.granted)}"
        content = {"access_token": self.granted[-1], "refresh_token": self.alive}
        times = {"expires_in": 7200, "refresh_expires_in": 180 * 24 * 3600}
        return Reply.json(
            {**content, **times, "open_id": "o", "scope": "video.list", "token_type": "Bearer"}
        )


def good(data: dict[str, Any]) -> Reply:
    """An answer in which all is well."""
    return Reply.json({"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}})


def refusal(status: int, code: str) -> Reply:
    """TikTok's error of this code."""
    error = {"code": code, "message": f"canary in a message: {code}", "log_id": "1"}
    return Reply.json({"data": {}, "error": error}, status=status)
