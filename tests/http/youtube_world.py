"""The YouTube Data interface as its discovery document says, over one faked channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fake_clock import FakeClock
from faked_works import Work, works
from fault_scripts import FaultKind
from google_specification import check_answer, check_request
from local_server import Asked, Reply, refuse_unless

KEY = "canary-youtube-key-81c2"
CHANNEL, HANDLE, UPLOADS = "UCfaked000000000000000001", "@faked", "UUfaked000000000000000001"
_DOCUMENT = "youtube.v3"
_ANSWERS = {
    "videos": "VideoListResponse",
    "channels": "ChannelListResponse",
    "playlistItems": "PlaylistItemListResponse",
}
_COUNTS = {"viewCount": "views", "likeCount": "likes", "commentCount": "comments"}


@dataclass(slots=True)
class YouTubeWorld:
    """Answers for one channel; `units` counts what was used on each Pacific day."""

    clock: FakeClock
    works: dict[str, Work] = field(default_factory=lambda: works(120))
    units_a_day: int = 10_000
    units: Counter[str] = field(default_factory=Counter)

    def __call__(self, asked: Asked) -> Reply:
        resource = asked.path.removeprefix("/youtube/v3/")
        refuse_unless(resource in _ANSWERS, "only three resources are asked for")
        check_request(asked, name=_DOCUMENT, resource=resource, method="list")
        day = self.clock().astimezone(ZoneInfo("America/Los_Angeles")).date().isoformat()
        self.units[day] += 1
        if asked.headers.get("x-goog-api-key") != KEY:
            return refusal(400, "keyInvalid")
        if self.units[day] > self.units_a_day:
            return refusal(403, "quotaExceeded", domain="youtube.quota")
        return self._answer(resource, asked)

    def _answer(self, resource: str, asked: Asked) -> Reply:
        content = getattr(self, f"_{resource}")(asked)
        kind = f"youtube#{resource.removesuffix('s')}ListResponse"
        content = {"kind": kind, "etag": "e", **content}
        check_answer(content, name=_DOCUMENT, schema=_ANSWERS[resource])
        return Reply.json(content)

    def _videos(self, asked: Asked) -> Mapping[str, Any]:
        ids = asked.params["id"].split(",")
        refuse_unless(1 <= len(set(ids)) == len(ids) <= 50, "up to 50 ids, each once")
        parts = set(asked.params["part"].split(","))
        shown = [self.works[each] for each in ids if each in self.works]
        items = [_video(work, parts, self.clock()) for work in shown if not work.gone]
        return {"items": items, "pageInfo": {"totalResults": len(items), "resultsPerPage": 50}}

    def _channels(self, asked: Asked) -> Mapping[str, Any]:
        told = asked.params.get("id"), asked.params.get("forHandle")
        refuse_unless(told.count(None) == 1, "a channel is told by its id or its handle")
        if told not in {(CHANNEL, None), (None, HANDLE)}:
            return {"pageInfo": {"totalResults": 0, "resultsPerPage": 5}}  # items are left out
        item = {
            "kind": "youtube#channel",
            "id": CHANNEL,
            "snippet": {"title": "A faked channel"},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": UPLOADS}},
        }
        return {"items": [item]}

    def _playlistItems(self, asked: Asked) -> Mapping[str, Any]:  # noqa: N802 - the resource's name
        refuse_unless(asked.params.get("playlistId") == UPLOADS, "the uploads are asked for")
        size = int(asked.params.get("maxResults", "5"))
        start = int(asked.params.get("pageToken", "page-0").removeprefix("page-"))
        kind = asked.fault.kind if asked.fault else None
        if kind is FaultKind.REPEATED_PAGE:
            start = max(0, start - size)
        first = max(0, start - 3) if kind is FaultKind.OVERLAPPING_PAGE else start
        newest = sorted(self.listed(), key=lambda work: work.published_at, reverse=True)
        page = [
            _upload(work, place)
            for place, work in enumerate(newest)
            if first <= place < start + size
        ]
        more = {"nextPageToken": f"page-{start + size}"} if start + size < len(newest) else {}
        return {"items": page, **more}

    def listed(self) -> list[Work]:
        """What the channel shows."""
        return [work for work in self.works.values() if not work.gone]


def refusal(status: int, reason: str, *, domain: str = "global") -> Reply:
    """Google's error of this reason; its message says more than may be repeated."""
    fault = {"message": f"canary in a message: {reason}", "domain": domain, "reason": reason}
    error = {"code": status, "message": fault["message"], "errors": [fault]}
    return Reply.json({"error": error}, status=status)


def _video(work: Work, parts: set[str], at: datetime) -> dict[str, Any]:
    counts = {name: work.count(metric, at) for name, metric in _COUNTS.items()}
    shown = {name: str(count) for name, count in counts.items() if count is not None}
    every: dict[str, Any] = {
        "snippet": _snippet(work),
        "statistics": {**shown, "favoriteCount": "0"},
        "contentDetails": {"duration": "PT3M12S", "definition": "hd"},
        "status": {"privacyStatus": "public", "containsSyntheticMedia": True},
    }
    told = {part: content for part, content in every.items() if part in parts}
    return {"kind": "youtube#video", "etag": "e", "id": work.external_id, **told}


def _snippet(work: Work) -> dict[str, Any]:
    published = work.published_at.isoformat().replace("+00:00", "Z")
    return {"title": work.title, "channelId": CHANNEL, "publishedAt": published}


def _upload(work: Work, place: int) -> dict[str, Any]:
    resource = {"kind": "youtube#video", "videoId": work.external_id}
    snippet = {**_snippet(work), "playlistId": UPLOADS, "position": place, "resourceId": resource}
    content = {"videoId": work.external_id, "videoPublishedAt": snippet["publishedAt"]}
    return {
        "kind": "youtube#playlistItem",
        "id": f"item-{place}",
        "snippet": snippet,
        "contentDetails": content,
    }
