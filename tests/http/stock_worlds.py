"""Pexels, Pixabay and Coverr as local worlds: simulated clips, answered as their pages document.

Pexels by the types of the npm package pexels 1.4.0, Pixabay by https://pixabay.com/api/docs/,
Coverr by https://api.coverr.co/docs/videos/. A request that these do not know fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fault_scripts import FaultKind
from local_server import Asked, Reply, refuse_unless

KEYS = {
    "pexels": "canary-pexels-9c1e",
    "pixabay": "canary-pixabay-77d0",
    "coverr": "canary-coverr-41ab",
}
_OVERLAP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedClip:
    """One clip of a simulated library."""

    number: int
    words: str
    creator: str = "simulated creator"
    seconds: float = 12
    width: int = 1920
    height: int = 1080


def many_clips(words: str, how_many: int, *, first: int = 1) -> tuple[SimulatedClip, ...]:
    """Clips that differ in number, and in threes in creator."""
    return tuple(
        SimulatedClip(number=number, words=words, creator=f"simulated creator {number // 3}")
        for number in range(first, first + how_many)
    )


@dataclass(slots=True)
class StockWorld:
    """All three libraries, by their paths; each finds the clips that have a word of the query."""

    clips: Mapping[str, Sequence[SimulatedClip]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply:
        refuse_unless(asked.method == "GET", "searches are got")
        refuse_unless(asked.path in _PATHS, "there is no such path")
        name, answer = _PATHS[asked.path]
        return answer(asked, self.clips.get(name, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    found: Sequence[SimulatedClip]
    shown: Sequence[SimulatedClip]
    more: bool


def _slice(
    asked: Asked, clips: Sequence[SimulatedClip], query: str, *, page: int, size: int
) -> _Slice:
    words = set(query.casefold().split())
    found = [clip for clip in clips if words & set(clip.words.casefold().split())]
    start = page * size
    if asked.fault is not None and page:
        repeated = asked.fault.kind is FaultKind.REPEATED_PAGE
        start = 0 if repeated else start - _OVERLAP
    shown = found[start : start + size]
    return _Slice(found=found, shown=shown, more=(page + 1) * size < len(found))


def _pexels(asked: Asked, clips: Sequence[SimulatedClip]) -> Reply:
    known = {"query", "orientation", "size", "locale", "page", "per_page"}
    refuse_unless(set(asked.params) <= known, "parameters as documented")
    refuse_unless(asked.params.get("orientation") in _ORIENTATIONS, "an orientation it knows")
    refuse_unless("key" not in asked.params, "the key is in its header")
    if asked.headers.get("authorization") != KEYS["pexels"]:
        return Reply.json({"error": "unauthorized"}, status=401)
    page, size = int(asked.params["page"]), int(asked.params["per_page"])
    refuse_unless(page >= 1 and 1 <= size <= 80, "pages count from 1 and have up to 80")
    part = _slice(asked, clips, asked.params["query"], page=page - 1, size=size)
    following = {"next_page": f"https://api.pexels.com/v1/videos/search?page={page + 1}"}
    content = {
        "page": page,
        "per_page": size,
        "total_results": len(part.found),
        "url": "https://www.pexels.com/videos/",
        "videos": [pexels_video(clip) for clip in part.shown],
    }
    return Reply.json(content | (following if part.more else {}))


def pexels_video(clip: SimulatedClip) -> dict[str, Any]:
    """One video as Pexels has it."""
    slug = f"{clip.words.replace(' ', '-')}-{clip.number}"
    files = [(clip.width, clip.height, "hd"), (clip.width // 3, clip.height // 3, "sd")]
    return {
        "id": clip.number,
        "width": clip.width,
        "height": clip.height,
        "url": f"https://www.pexels.com/video/{slug}/",
        "image": f"https://images.pexels.com/videos/{clip.number}.jpeg",
        "full_res": None,
        "tags": [],
        "duration": int(clip.seconds),
        "user": {"id": 7, "name": clip.creator, "url": "https://www.pexels.com/@simulated"},
        "video_files": [
            {
                "id": clip.number * 10 + place,
                "quality": quality,
                "file_type": "video/mp4",
                "width": width,
                "height": height,
                "fps": 25.0,
                "link": f"https://videos.pexels.com/{clip.number}-{quality}.mp4",
            }
            for place, (width, height, quality) in enumerate(files)
        ]
        + [
            {
                "id": clip.number * 10 + 9,
                "quality": "hls",
                "file_type": "video/mp4",
                "width": None,
                "height": None,
                "fps": None,
                "link": f"https://videos.pexels.com/{clip.number}.m3u8",
            }
        ],
        "video_pictures": [],
    }


def _pixabay(asked: Asked, clips: Sequence[SimulatedClip]) -> Reply:
    known = {"key", "q", "lang", "video_type", "category", "min_width", "min_height"}
    known |= {"editors_choice", "safesearch", "order", "page", "per_page"}
    refuse_unless(set(asked.params) <= known, "parameters as documented")
    refuse_unless(len(asked.params["q"]) <= 100, "a query has up to 100 characters")
    if asked.params.get("key") != KEYS["pixabay"]:
        return Reply(status=400, body=b"[ERROR 400] Invalid or missing API key")
    page, size = int(asked.params["page"]), int(asked.params["per_page"])
    refuse_unless(3 <= size <= 200, "a page has 3 to 200")
    part = _slice(asked, clips, asked.params["q"], page=page - 1, size=size)
    if page > 1 and not part.shown:
        return Reply(status=400, body=b'[ERROR 400] "page" is out of valid range.')
    total = len(part.found)
    hits = [pixabay_hit(clip) for clip in part.shown]
    return Reply.json({"total": total, "totalHits": min(total, 500), "hits": hits})


def pixabay_hit(clip: SimulatedClip) -> dict[str, Any]:
    """One hit as Pixabay has it."""
    sizes = {"medium": 1, "small": 2, "tiny": 4}
    files = {
        name: {
            "url": f"https://cdn.pixabay.com/video/{clip.number}_{name}.mp4",
            "width": clip.width // part,
            "height": clip.height // part,
            "size": 6_000_000 // part,
            "thumbnail": f"https://cdn.pixabay.com/video/{clip.number}_{name}.jpg",
        }
        for name, part in sizes.items()
    }
    none = {"url": "", "width": 0, "height": 0, "size": 0, "thumbnail": ""}
    return {
        "id": clip.number,
        "pageURL": f"https://pixabay.com/videos/id-{clip.number}/",
        "type": "film",
        "tags": ", ".join(clip.words.split()),
        "duration": int(clip.seconds),
        "videos": {"large": none, **files},
        "views": 4462,
        "downloads": 1464,
        "likes": 18,
        "comments": 0,
        "user_id": 1281706,
        "user": clip.creator,
    }


def _coverr(asked: Asked, clips: Sequence[SimulatedClip]) -> Reply:
    known = {"query", "page", "page_size", "urls", "sort", "sort_by"}
    refuse_unless(set(asked.params) <= known, "parameters as documented")
    if asked.headers.get("authorization") != f"Bearer {KEYS['coverr']}":
        return Reply.json({"message": "Unauthorized"}, status=401)
    page, size = int(asked.params["page"]), int(asked.params["page_size"])
    refuse_unless(page >= 0, "pages count from 0")
    part = _slice(asked, clips, asked.params["query"], page=page, size=size)
    links = asked.params.get("urls") == "true"
    return Reply.json(
        {
            "page": page,
            "pages": -(-len(part.found) // size),
            "page_size": size,
            "total": len(part.found),
            "hits": [coverr_hit(clip, links=links) for clip in part.shown],
        }
    )


def coverr_hit(clip: SimulatedClip, *, links: bool = True) -> dict[str, Any]:
    """One hit as Coverr has it."""
    address = f"https://storage.coverr.co/videos/{clip.number}"
    hit: dict[str, Any] = {
        "id": f"sim{clip.number}",
        "created_at": "2020-11-12T08:55:42.710Z",
        "updated_at": "2020-11-12T08:55:42.710Z",
        "title": clip.words.title(),
        "poster": f"{address}.jpg",
        "thumbnail": f"{address}-small.jpg",
        "description": "Simulated",
        "is_vertical": clip.height > clip.width,
        "tags": clip.words.split(),
        "downloads": 4,
        "views": 1,
        "published_at": "2020-11-15T09:27:18.578Z",
        "aspect_ratio": "16:9",
        "duration": clip.seconds,
        "max_height": clip.height,
        "max_width": clip.width,
    }
    if links:
        names = {"mp4": "", "mp4_preview": "/preview", "mp4_download": "/download"}
        hit["urls"] = {name: f"{address}{end}?token=canary-token" for name, end in names.items()}
    return hit


_ORIENTATIONS = {"landscape", "portrait", "square", None}
_PATHS: Mapping[str, tuple[str, Callable[[Asked, Sequence[SimulatedClip]], Reply]]] = {
    "/v1/videos/search": ("pexels", _pexels),
    "/api/videos/": ("pixabay", _pixabay),
    "/videos": ("coverr", _coverr),
}
