"""Pexels: videos under the Pexels License, 200 requests an hour.

https://www.pexels.com/api/documentation/#videos-search. The fields are those of the types in the
npm package pexels 1.4.0. A link to Pexels belongs wherever its clips are shown, with the creator's
name where that is possible.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from noktvrn_ai_artist.collectors.answer_fields import Body, read_body
from noktvrn_ai_artist.collectors.messages import Outcome, Provider, Request, Response, Verdict
from noktvrn_ai_artist.collectors.verdicts import OK, TOO_MANY
from noktvrn_ai_artist.video_processing.clip_records import (
    Clip,
    ClipPage,
    ClipSearch,
    Rendition,
    plain,
    web_address,
)
from noktvrn_ai_artist.video_processing.stock_libraries.library import (
    A_DAY,
    Count,
    Pixels,
    Seconds,
    StockLibrary,
    bad_status,
    each_once,
    good_if_documented,
)

LICENCE = "Pexels License, https://www.pexels.com/license/"
_PROVIDER = Provider.PEXELS
_PER_PAGE = 40
_REFUSED_FOR = timedelta(hours=1)


class _User(Body):
    name: str | None = None


class _File(Body):
    # Streams (hls) have no size, and some files no quality.
    id: Count
    link: str
    width: Pixels | None = None
    height: Pixels | None = None
    size: Count | None = None


class _Video(Body):
    id: Count
    url: str
    duration: Seconds
    user: _User
    video_files: tuple[_File, ...]


class _Page(Body):
    videos: tuple[_Video, ...]
    next_page: str | None = None


def search_clips(search: ClipSearch, *, key: SecretStr) -> Request:
    """Ask for one page; pages there count from 1. An answer is kept for a day.

    https://www.pexels.com/api/documentation/#videos-search
    """
    return Request(
        provider=_PROVIDER,
        method="GET",
        path="/v1/videos/search",
        params={
            "query": search.term,
            "orientation": search.orientation.value,
            "page": str(search.page + 1),
            "per_page": str(_PER_PAGE),
        },
        secret_headers={"Authorization": key},
        keep_for=A_DAY,
    )


def read_clips(response: Response, *, search: ClipSearch) -> ClipPage:
    """The clips of one page.

    https://www.pexels.com/api/documentation/#videos-overview

    Raises:
        BadAnswer: it is not as documented.
    """
    page = read_body(_Page, response, provider=_PROVIDER)
    clips = each_once(_clip(video, search.term) for video in page.videos)
    return ClipPage(clips=clips, more=bool(page.next_page and page.videos))


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means; asked too often without a word on how long, it is an hour.

    The hour is that of the documented limit: https://www.pexels.com/api/documentation/#guidelines
    """
    if response.status == OK:
        return good_if_documented(_Page, response, provider=_PROVIDER)
    if response.status == TOO_MANY and "retry-after" not in response.headers:
        reason = "its requests are used up"
        return Verdict(outcome=Outcome.QUOTA_SPENT, reason=reason, until=now + _REFUSED_FOR)
    return bad_status(response)


def _clip(video: _Video, term: str) -> Clip:
    page, creator = web_address(video.url), plain(video.user.name)
    by = f"Video by {creator} on Pexels" if creator else "Video from Pexels"
    return Clip(
        source=_PROVIDER.value,
        clip_id=str(video.id),
        search_term=term,
        words=_words(page),
        page=page,
        creator=creator,
        duration=timedelta(seconds=video.duration),
        renditions=tuple(
            Rendition(
                rendition_id=str(file.id),
                width=file.width,
                height=file.height,
                link=file.link,
                size=file.size,
            )
            for file in video.video_files
            if file.width and file.height and web_address(file.link)
        ),
        licence=LICENCE,
        credit=f"{by}: {page or 'https://www.pexels.com'}",
    )


def _words(page: str | None) -> str:
    """Pexels tells neither title nor tags; the address of the page names what is to be seen."""
    slug = unquote(urlsplit(page or "").path.rstrip("/").rpartition("/")[2])
    named = [word for word in slug.split("-") if not word.isdecimal()]
    return plain(" ".join(named)) or ""


PEXELS = StockLibrary(
    provider=_PROVIDER,
    key_setting="pexels_api_key",
    ask=search_clips,
    read=read_clips,
    judge=judge,
)
