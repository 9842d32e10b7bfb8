"""Coverr: videos under Coverr's licence; its documentation names no limit.

https://api.coverr.co/docs/videos/. Pages count from 0. Creators and pages are not told. The links
to files carry a token that goes with the key, so its answers are not kept.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from noktvrn_ai_artist.collectors.answer_fields import Body, read_body
from noktvrn_ai_artist.collectors.messages import Provider, Request, Response, Verdict
from noktvrn_ai_artist.collectors.verdicts import OK
from noktvrn_ai_artist.video_processing.clip_records import (
    Clip,
    ClipPage,
    ClipSearch,
    Rendition,
    plain,
    web_address,
)
from noktvrn_ai_artist.video_processing.stock_libraries.library import (
    Count,
    Pixels,
    Seconds,
    StockLibrary,
    bad_status,
    each_once,
    good_if_documented,
)

LICENCE = "Coverr license, https://coverr.co/license"
_PROVIDER = Provider.COVERR
_PER_PAGE = 20
_DECIMAL = re.compile(r"[0-9]{1,7}(\.[0-9]{1,9})?")
_FILE = "mp4_download"


def _number(value: object) -> object:
    """Durations come as numbers, and in some answers as text ("10.500000")."""
    return float(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else value


class _Urls(Body):
    mp4_download: str | None = None


class _Hit(Body):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    duration: Annotated[Seconds, BeforeValidator(_number)]
    max_width: Pixels | None = None
    max_height: Pixels | None = None
    urls: _Urls


class _Page(Body):
    page: Count
    pages: Count
    hits: tuple[_Hit, ...]


def search_clips(search: ClipSearch, *, key: SecretStr) -> Request:
    """Ask for one page, with links to the files.

    https://api.coverr.co/docs/videos/#search-videos. How results are sorted is left alone: the
    published descriptions name that parameter differently.
    """
    return Request(
        provider=_PROVIDER,
        method="GET",
        path="/videos",
        params={
            "query": search.term,
            "page": str(search.page),
            "page_size": str(_PER_PAGE),
            "urls": "true",
        },
        secret_headers={"Authorization": SecretStr(f"Bearer {key.get_secret_value()}")},
    )


def read_clips(response: Response, *, search: ClipSearch) -> ClipPage:
    """The clips of one page.

    https://api.coverr.co/docs/videos/#response, https://api.coverr.co/docs/schema/#pagination

    Raises:
        BadAnswer: it is not as documented.
    """
    page = read_body(_Page, response, provider=_PROVIDER)
    clips = each_once(_clip(hit, search.term) for hit in page.hits)
    return ClipPage(clips=clips, more=bool(page.hits) and page.pages > search.page + 1)


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means; error bodies are not documented, so the status has to do."""
    if response.status != OK:
        return bad_status(response)
    return good_if_documented(_Page, response, provider=_PROVIDER)


def _clip(hit: _Hit, term: str) -> Clip:
    title = plain(hit.title)
    return Clip(
        source=_PROVIDER.value,
        clip_id=hit.id,
        search_term=term,
        words=plain(" ".join([title or "", *hit.tags, hit.description or ""]), longest=1000) or "",
        page=None,
        creator=None,
        duration=timedelta(seconds=hit.duration),
        renditions=_renditions(hit),
        licence=LICENCE,
        credit=f"Video “{title}” from Coverr, https://coverr.co"
        if title
        else "Video from Coverr, https://coverr.co",
    )


def _renditions(hit: _Hit) -> tuple[Rendition, ...]:
    link = web_address(hit.urls.mp4_download)
    if link is None or hit.max_width is None or hit.max_height is None:
        return ()
    return (Rendition(rendition_id=_FILE, width=hit.max_width, height=hit.max_height, link=link),)


COVERR = StockLibrary(
    provider=_PROVIDER,
    key_setting="coverr_api_key",
    ask=search_clips,
    read=read_clips,
    judge=judge,
)
