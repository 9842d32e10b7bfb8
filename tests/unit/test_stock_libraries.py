"""The stock libraries' clients: what they ask, what they read, and what they refuse to read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from pexels_types import VIDEO
from pydantic import SecretStr
from stock_worlds import SimulatedClip, coverr_hit, pexels_video, pixabay_hit

from noktvrn_ai_artist.collectors.messages import Outcome, Response
from noktvrn_ai_artist.errors import BadAnswer, NotConfigured
from noktvrn_ai_artist.settings import Settings
from noktvrn_ai_artist.video_processing.clip_records import ClipSearch, Orientation
from noktvrn_ai_artist.video_processing.stock_libraries.coverr import COVERR
from noktvrn_ai_artist.video_processing.stock_libraries.known_libraries import (
    LIBRARIES,
    configured_keys,
)
from noktvrn_ai_artist.video_processing.stock_libraries.library import StockLibrary
from noktvrn_ai_artist.video_processing.stock_libraries.pexels import PEXELS
from noktvrn_ai_artist.video_processing.stock_libraries.pixabay import PIXABAY

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = SecretStr("canary")
SEARCH = ClipSearch(term="neon city", orientation=Orientation.LANDSCAPE)
CLIP = SimulatedClip(number=11, words="neon city lights", creator="Ana Lu", seconds=14)
PAGES: dict[str, dict[str, Any]] = {
    "pexels": {"videos": [pexels_video(CLIP)], "page": 1, "per_page": 40, "total_results": 1},
    "pixabay": {"total": 1, "totalHits": 1, "hits": [pixabay_hit(CLIP)]},
    "coverr": {"page": 0, "pages": 1, "page_size": 20, "total": 1, "hits": [coverr_hit(CLIP)]},
}
each_library = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)


def answer(content: object, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=json.dumps(content).encode())


def with_changed(content: dict[str, Any], path: list[str | int], value: object) -> dict[str, Any]:
    """The same content, but for one value; `...` takes it out."""
    changed: Any = json.loads(json.dumps(content))
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed  # type: ignore[no-any-return]


@each_library
def test_a_clip_keeps_where_it_is_from(library: StockLibrary) -> None:
    page = library.read(answer(PAGES[library.name]), search=SEARCH)
    (clip,) = page.clips
    assert (clip.source, clip.search_term) == (library.name, "neon city")
    assert clip.duration == timedelta(seconds=14)
    assert "neon" in clip.words.casefold()
    assert {(file.width, file.height) for file in clip.renditions} >= {(1920, 1080)}
    assert all(file.link.startswith("https://") for file in clip.renditions)
    assert library.name in clip.credit.casefold()
    assert library.name in clip.licence.casefold()
    assert not page.more


def test_the_credit_names_the_creator_and_the_page() -> None:
    (pexels,) = PEXELS.read(answer(PAGES["pexels"]), search=SEARCH).clips
    assert pexels.credit == (
        "Video by Ana Lu on Pexels: https://www.pexels.com/video/neon-city-lights-11/"
    )
    (pixabay,) = PIXABAY.read(answer(PAGES["pixabay"]), search=SEARCH).clips
    assert pixabay.credit == "Video by Ana Lu on Pixabay: https://pixabay.com/videos/id-11/"
    (coverr,) = COVERR.read(answer(PAGES["coverr"]), search=SEARCH).clips
    assert coverr.credit == "Video “Neon City Lights” from Coverr, https://coverr.co"
    assert coverr.creator is None


def test_the_faked_pexels_answers_by_the_published_types() -> None:
    video = pexels_video(SimulatedClip(number=1, words="neon city"))
    jsonschema.validate(video, VIDEO)
    for path in ("user", "duration", "video_files"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**video, path: None}, VIDEO)


def test_streams_and_empty_files_are_no_renditions() -> None:
    (pexels,) = PEXELS.read(answer(PAGES["pexels"]), search=SEARCH).clips
    assert [file.rendition_id for file in pexels.renditions] == ["110", "111"]
    (pixabay,) = PIXABAY.read(answer(PAGES["pixabay"]), search=SEARCH).clips
    assert [file.rendition_id for file in pixabay.renditions] == ["medium", "small", "tiny"]
    assert pixabay.renditions[0].size == 6_000_000


def test_pages_are_counted_as_each_library_counts_them() -> None:
    second = ClipSearch(term="rain", orientation=Orientation.PORTRAIT, page=1)
    pages = {library.name: library.ask(second, key=KEY).params["page"] for library in LIBRARIES}
    assert pages == {"coverr": "1", "pexels": "2", "pixabay": "2"}
    first = ClipSearch(term="rain", orientation=Orientation.PORTRAIT)
    pages = {library.name: library.ask(first, key=KEY).params["page"] for library in LIBRARIES}
    assert pages == {"coverr": "0", "pexels": "1", "pixabay": "1"}


@each_library
def test_the_key_is_only_where_secrets_are(library: StockLibrary) -> None:
    request = library.ask(SEARCH, key=KEY)
    assert "canary" not in repr(request)
    assert request.secret_headers or request.secret_params


def test_what_must_be_kept_for_a_day_is_and_what_holds_tokens_is_not() -> None:
    kept = {library.name: library.ask(SEARCH, key=KEY).keep_for for library in LIBRARIES}
    day = timedelta(hours=24)
    assert kept == {"pexels": day, "pixabay": day, "coverr": None}


def test_a_link_with_a_token_is_in_no_repr() -> None:
    page = COVERR.read(answer(PAGES["coverr"]), search=SEARCH)
    assert "canary-token" in page.clips[0].renditions[0].link
    assert "canary-token" not in repr(page)


def test_coverr_tells_durations_as_text_too() -> None:
    content = with_changed(PAGES["coverr"], ["hits", 0, "duration"], "10.500000")
    (clip,) = COVERR.read(answer(content), search=SEARCH).clips
    assert clip.duration == timedelta(seconds=10.5)


def test_a_long_term_is_cut_to_what_pixabay_takes() -> None:
    search = ClipSearch(term="x" * 300, orientation=Orientation.LANDSCAPE)
    assert len(PIXABAY.ask(search, key=KEY).params["q"]) == 100


BROKEN: list[tuple[str, list[str | int], object]] = [
    ("pexels", ["videos"], ...),
    ("pexels", ["videos", 0, "id"], "11"),
    ("pexels", ["videos", 0, "id"], -1),
    ("pexels", ["videos", 0, "id"], 2**53 + 1),
    ("pexels", ["videos", 0, "duration"], None),
    ("pexels", ["videos", 0, "duration"], True),
    ("pexels", ["videos", 0, "duration"], 1e300),
    ("pexels", ["videos", 0, "user"], ...),
    ("pexels", ["videos", 0, "video_files", 0, "width"], 0),
    ("pexels", ["videos", 0, "video_files", 0, "link"], None),
    ("pixabay", ["hits"], {}),
    ("pixabay", ["totalHits"], ...),
    ("pixabay", ["totalHits"], -1),
    ("pixabay", ["hits", 0, "videos"], []),
    ("pixabay", ["hits", 0, "videos", "medium", "width"], "1920"),
    ("pixabay", ["hits", 0, "tags"], None),
    ("coverr", ["hits", 0, "id"], "../../etc"),
    ("coverr", ["hits", 0, "urls"], ...),
    ("coverr", ["hits", 0, "duration"], "soon"),
    ("coverr", ["hits", 0, "duration"], -1),
    ("coverr", ["pages"], 1.5),
    ("coverr", ["hits", 0, "tags"], "neon"),
]


@pytest.mark.parametrize(("name", "path", "value"), BROKEN)
def test_one_wrong_value_spoils_the_whole_answer(
    name: str, path: list[str | int], value: object
) -> None:
    library = next(each for each in LIBRARIES if each.name == name)
    broken = answer(with_changed(PAGES[name], path, value))
    with pytest.raises(BadAnswer, match=name):
        library.read(broken, search=SEARCH)
    # What is not judged good is not kept for a day either.
    assert library.judge(broken, now=NOW).outcome is Outcome.UNREADABLE
    assert library.judge(answer(PAGES[name]), now=NOW).outcome is Outcome.GOOD


@each_library
@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"videos": [', b'{"hits": "\xff"}'])
def test_what_is_no_object_is_unreadable(library: StockLibrary, body: bytes) -> None:
    broken = Response(status=200, headers={}, body=body)
    assert library.judge(broken, now=NOW).outcome is Outcome.UNREADABLE
    with pytest.raises(BadAnswer):
        library.read(broken, search=SEARCH)


@each_library
def test_an_empty_page_is_an_answer(library: StockLibrary) -> None:
    name = "videos" if library is PEXELS else "hits"
    page = library.read(answer(with_changed(PAGES[library.name], [name], [])), search=SEARCH)
    assert (page.clips, page.more) == ((), False)


@each_library
def test_a_clip_named_twice_on_a_page_is_there_once(library: StockLibrary) -> None:
    name = "videos" if library is PEXELS else "hits"
    twice = PAGES[library.name][name] * 2
    page = library.read(answer(with_changed(PAGES[library.name], [name], twice)), search=SEARCH)
    assert len(page.clips) == 1


@each_library
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refusals_are_refusals(library: StockLibrary, status: int) -> None:
    verdict = library.judge(answer({"error": "canary"}, status), now=NOW)
    assert verdict.outcome is Outcome.REFUSED
    assert "canary" not in verdict.reason


def test_too_many_requests_mean_what_each_library_says() -> None:
    spent = PEXELS.judge(answer({}, 429), now=NOW)
    assert (spent.outcome, spent.until) == (Outcome.QUOTA_SPENT, NOW + timedelta(hours=1))
    assert PEXELS.judge(answer({}, 429, retry_after="3"), now=NOW).outcome is Outcome.TRY_LATER
    reset = PIXABAY.judge(answer({}, 429, x_ratelimit_reset="17"), now=NOW)
    assert (reset.outcome, reset.wait) == (Outcome.TRY_LATER, timedelta(seconds=17))
    assert PIXABAY.judge(answer({}, 429, x_ratelimit_reset="9" * 40), now=NOW).wait is None
    assert COVERR.judge(answer({}, 429), now=NOW).outcome is Outcome.TRY_LATER


def test_a_bot_check_is_named_and_not_fought() -> None:
    verdict = PIXABAY.judge(answer({}, 429, cf_mitigated="challenge"), now=NOW)
    assert (verdict.outcome, verdict.reason) == (
        Outcome.REFUSED,
        "a bot check stands in front (status 429)",
    )


def test_a_wrong_key_is_named() -> None:
    body = b"[ERROR 400] Invalid or missing API key"
    verdict = PIXABAY.judge(Response(status=400, headers={}, body=body), now=NOW)
    assert verdict.reason == "the key is missing or not valid"


def test_names_and_addresses_that_could_do_harm_are_left_out() -> None:
    content = with_changed(PAGES["pexels"], ["videos", 0, "url"], "javascript:alert(1)")
    content = with_changed(content, ["videos", 0, "user", "name"], "\x1b[31m\n" + "x" * 999)
    content = with_changed(content, ["videos", 0, "video_files", 0, "link"], "file:///etc/passwd")
    (clip,) = PEXELS.read(answer(content), search=SEARCH).clips
    assert clip.page is None
    assert clip.creator is not None
    assert clip.creator.isprintable()
    assert len(clip.creator) <= 200
    assert [file.rendition_id for file in clip.renditions] == ["111"]


def test_only_libraries_with_a_key_are_configured() -> None:
    assert set(configured_keys(Settings(coverr_api_key=KEY, pexels_api_key=KEY))) == {
        "coverr",
        "pexels",
    }
    with pytest.raises(NotConfigured, match="NOKTVRN_PIXABAY_API_KEY"):
        configured_keys(Settings())
