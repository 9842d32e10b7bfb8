"""Pixabay: videos under the Pixabay Content License, 100 requests in 60 seconds.

https://pixabay.com/api/docs/#api_search_videos. Answers must be kept for 24 hours, mass queries are
not allowed, and whoever shows results shows that they are from Pixabay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

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
    Seconds,
    StockLibrary,
    bad_status,
    each_once,
    good_if_documented,
)

LICENCE = "Pixabay Content License, https://pixabay.com/service/license-summary/"
LONGEST_TERM = 100
_PROVIDER = Provider.PIXABAY
_PER_PAGE = 50
_LONGEST_RESET = 3


class _File(Body):
    # A size that is not there has an empty address and no extent.
    url: str
    width: Count
    height: Count
    size: Count | None = None


class _Hit(Body):
    id: Count
    pageURL: str  # noqa: N815 - Pixabay's name
    tags: str
    duration: Seconds
    user: str | None = None
    videos: Mapping[str, _File]


class _Page(Body):
    totalHits: Count  # noqa: N815 - Pixabay's name
    hits: tuple[_Hit, ...]


def search_clips(search: ClipSearch, *, key: SecretStr) -> Request:
    """Ask for one page; the term is cut at the 100 characters that are allowed.

    https://pixabay.com/api/docs/#api_search_videos. There is no parameter for the orientation.
    """
    return Request(
        provider=_PROVIDER,
        method="GET",
        path="/api/videos/",
        params={
            "q": search.term[:LONGEST_TERM],
            "page": str(search.page + 1),
            "per_page": str(_PER_PAGE),
            "safesearch": "true",
        },
        secret_params={"key": key},
        keep_for=A_DAY,
    )


def read_clips(response: Response, *, search: ClipSearch) -> ClipPage:
    """The clips of one page; `totalHits` is how many can be had by paging.

    https://pixabay.com/api/docs/#api_search_videos

    Raises:
        BadAnswer: it is not as documented.
    """
    page = read_body(_Page, response, provider=_PROVIDER)
    clips = each_once(_clip(hit, search.term) for hit in page.hits)
    shown = (search.page + 1) * _PER_PAGE
    return ClipPage(clips=clips, more=bool(page.hits) and page.totalHits > shown)


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means; errors are plain text, and a bot check may stand in front.

    https://pixabay.com/api/docs/#api_error_handling
    """
    if response.status == OK:
        return good_if_documented(_Page, response, provider=_PROVIDER)
    if response.headers.get("cf-mitigated") == "challenge":
        # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
        reason = f"a bot check stands in front (status {response.status})"
        return Verdict(outcome=Outcome.REFUSED, reason=reason)
    if response.status == TOO_MANY:
        reason, wait = "asked too often", _reset(response)
        return Verdict(outcome=Outcome.TRY_LATER, reason=reason, wait=wait)
    if b"API key" in response.body:
        return Verdict(outcome=Outcome.REFUSED, reason="the key is missing or not valid")
    return bad_status(response)


def _reset(response: Response) -> timedelta | None:
    """The seconds until the window ends, if told; else Retry-After counts, if there is one."""
    said = response.headers.get("x-ratelimit-reset", "")
    if said.isascii() and said.isdecimal() and len(said) <= _LONGEST_RESET:
        return timedelta(seconds=int(said))
    return None


def _clip(hit: _Hit, term: str) -> Clip:
    page, creator = web_address(hit.pageURL), plain(hit.user)
    by = f"Video by {creator} on Pixabay" if creator else "Video from Pixabay"
    return Clip(
        source=_PROVIDER.value,
        clip_id=str(hit.id),
        search_term=term,
        words=plain(hit.tags.replace(",", " "), longest=1000) or "",
        page=page,
        creator=creator,
        duration=timedelta(seconds=hit.duration),
        renditions=tuple(
            Rendition(
                rendition_id=plain(name) or "",
                width=file.width,
                height=file.height,
                link=file.url,
                size=file.size,
            )
            for name, file in hit.videos.items()
            if file.width and file.height and web_address(file.url)
        ),
        licence=LICENCE,
        credit=f"{by}: {page or 'https://pixabay.com'}",
    )


PIXABAY = StockLibrary(
    provider=_PROVIDER,
    key_setting="pixabay_api_key",
    ask=search_clips,
    read=read_clips,
    judge=judge,
)
