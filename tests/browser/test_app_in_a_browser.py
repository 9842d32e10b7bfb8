"""What only a browser can tell: a typed number in its chart, accessibility, narrow screens."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from settled import settle

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.records import Observation
from streamlit_app.components.places import PAGES, Place

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ALL_PAGES = [place for places in PAGES.values() for place in places]
NOW = datetime.now(UTC).replace(microsecond=0)


SIGNS = (
    ":material/home: :smile: :red[x] :100:",
    "-> <- -- <= >= at 12:30",
    "www.evil.example https://evil.example me@evil.example",
    "$x$ &amp; *y* `z`",
    "- 1. #",
)


@pytest.fixture(scope="session")
def odd_id(browser_database: Database) -> int:
    """A release whose artist, title and address are full of what Markdown reads; four beside it."""
    signs = " ".join(SIGNS)
    ids = []
    for title in (signs, "Second", "Third", "Fourth"):
        entry = ReleaseEntry(
            artist=signs,
            title=title,
            published_at=NOW - timedelta(days=3),
            external_id=f"odd {title}",
            url="https://x.example/a) **b** [c](https://evil.example) <d> $e$ &amp;",
        )
        ids.append(register_release(browser_database, entry, platform="YouTube"))
    add_performance_metrics(
        Observation(
            release_id=one,
            platform="YouTube",
            metric_type="views",
            metric_value=float(age),
            recorded_at=NOW - timedelta(days=3 - age),
        )
        for one in ids
        for age in range(3)
    )
    return ids[0]


@pytest.fixture(scope="session")
def release_id(browser_database: Database, odd_id: int) -> int:
    """One of five releases that have numbers of the last ten days."""
    ids = []
    for title in ("First", "Second", "Third", "Fourth", "A$AP *Live* $5"):
        out = NOW - timedelta(days=10)
        entry = ReleaseEntry(artist="Ada", title=title, published_at=out, external_id=title)
        ids.append(register_release(browser_database, entry, platform="YouTube"))
    add_performance_metrics(
        Observation(
            release_id=release_id,
            platform="YouTube",
            metric_type=metric,
            metric_value=100.0 * release_id * age,
            recorded_at=NOW - timedelta(days=10 - age),
        )
        for release_id in ids
        for age in range(10)
        for metric in ("views", "likes")
    )
    return ids[0]


@pytest.fixture(scope="session")
def footage(release_id: int, data_dir: Path) -> None:
    """Clips of two sources in the five releases, and scores of most."""
    tracker = StockSuccessTracker(data_dir / "source_stats.json")
    tracker.log_clip_usages(
        ClipUsage(
            source_name="pexels" if place < 4 else "coverr",
            clip_id=f"clip {place}",
            release_id=release_id + place,
            used_at=NOW - timedelta(days=11),
        )
        for place in range(5)
    )
    tracker.log_release_performances(
        ScoreReport(
            release_id=release_id + place,
            score=100.0 * place,
            reported_at=NOW - timedelta(days=9 - place),
        )
        for place in range(5)
    )


def test_a_source_is_chosen_taken_apart_and_kept_in_the_link(
    page: Page, address: str, footage: None
) -> None:
    page.goto(f"{address}/sources")
    settle(page)
    expect(page.get_by_text("Too early to say: no source is told apart")).to_be_visible()
    source = page.get_by_role("combobox", name="Source", exact=True)
    source.scroll_into_view_if_needed()
    settle(page)  # scrolling closes the list
    source.click()
    page.get_by_role("option", name="coverr").click()
    expect(page.get_by_text("coverr: too little data (1 of 3 releases)")).to_be_visible()
    expect(page).to_have_url(re.compile(r"source=coverr"))
    settle(page)
    page.get_by_role("radio", name="Creators").click()
    expect(page.get_by_text("No creator of coverr was logged.")).to_be_visible()


def test_a_number_that_is_entered_is_seen_in_its_chart(
    page: Page, address: str, release_id: int
) -> None:
    page.goto(f"{address}/enter?release={release_id}")
    settle(page)
    value = page.get_by_label("Value", exact=True)
    value.fill("4,321")
    value.press("Enter")
    expect(page.get_by_text("Not saved: Value must be a plain number")).to_be_visible()
    expect(value).to_have_value("4,321")
    settle(page)  # no person types within the milliseconds in which the form is drawn anew
    value.fill("4321")
    value.press("Control+Enter")
    expect(page.get_by_text("4,321 YouTube views of “First”")).to_be_visible()
    page.get_by_role("button", name="See it in its chart").click()
    chart = page.get_by_text("YouTube views, from").first
    expect(chart).to_contain_text("to 4.32K")
    page.go_back()
    settle(page)
    page.goto(f"{address}/imports")
    settle(page)
    undo_the_newest_import(page)


def test_a_row_opens_its_release_and_back_and_forward_lead_there_and_back(
    page: Page, address: str, release_id: int
) -> None:
    page.goto(f"{address}/?period=7+days")
    settle(page)
    heading = page.locator("[data-testid=stMain] h1").first
    page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 52})
    expect(heading).to_have_text("A$AP *Live* $5")
    expect(page).to_have_url(re.compile(r"/release\?release=[0-9]+$"))
    settle(page)
    page.go_back()
    expect(heading).to_have_text("Overview")
    settle(page)
    page.go_forward()
    expect(heading).to_have_text("A$AP *Live* $5")
    settle(page)
    # Streamlit writes the next page's parameters into this page's address before it goes there, so
    # the filters lie two steps back.
    page.go_back()
    settle(page)
    page.go_back()
    expect(page.get_by_role("radio", name="7 days", exact=True)).to_be_checked()


def test_a_link_carries_the_comparison_and_a_choice_changes_the_link(
    page: Page, address: str, release_id: int
) -> None:
    page.goto(f"{address}/?period=7+days&period_against=Nothing")
    settle(page)
    expect(page.get_by_text("in 7 days", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Compared with").click()
    page.get_by_role("option", name="Same weekdays last year").click()
    expect(page.get_by_text("last year: not known")).to_be_visible()
    expect(page).to_have_url(re.compile(r"period_against=Same\+weekdays\+last\+year"))


def test_a_title_full_of_signs_is_read_as_it_was_written(
    page: Page, address: str, release_id: int
) -> None:
    page.goto(f"{address}/release?release={release_id + 4}")
    settle(page)
    expect(page.locator("[data-testid=stMain] h1").first).to_have_text("A$AP *Live* $5")


def read_without_joiners(part: Locator) -> str:
    """What a part of the page says, but for what keeps signs apart and has no width."""
    return part.inner_text().replace("\u2060", "")


def test_titles_artists_and_addresses_are_never_read_as_markdown(
    page: Page, address: str, release_id: int, odd_id: int
) -> None:
    page.goto(f"{address}/release?release={odd_id}")
    settle(page)
    signs = " ".join(SIGNS)
    assert read_without_joiners(page.locator("[data-testid=stMain] h1").first) == signs
    facts = page.get_by_test_id("stMarkdown").filter(has_text="published").first
    assert read_without_joiners(facts).startswith(f"{signs} · published ")
    (link,) = facts.get_by_role("link").all()
    assert link.inner_text() == "YouTube"
    target = link.get_attribute("href") or ""
    assert target.startswith("https://x.example/a)")
    assert "%3Cd%3E" in target
    against = page.get_by_role("radiogroup", name="Against")
    assert signs in read_without_joiners(against)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("20120301", "5 YouTube views of “First” on 1 Mar 2012"),
        ("20040301", "Not saved: Recorded at must not be before 2005."),
        ("21990301", "Not saved: Recorded at must not be more than 5 minutes in the future."),
    ],
)
def test_a_day_that_is_typed_is_stored_or_refused_and_never_another(
    page: Page, address: str, release_id: int, typed: str, said: str
) -> None:
    page.goto(f"{address}/enter?release={release_id}")
    settle(page)
    page.get_by_test_id("stDateInput").first.get_by_role("spinbutton").first.focus()
    page.keyboard.type(typed)
    page.keyboard.press("Escape")
    value = page.get_by_label("Value", exact=True)
    value.fill("5")
    value.press("Control+Enter")
    expect(page.get_by_text(said)).to_be_visible()


def undo_the_newest_import(page: Page) -> None:
    """Click the first row's box in the canvas table, then the button."""
    table = page.get_by_test_id("stDataFrame").first
    table.click(position={"x": 18, "y": 52})
    undo = page.get_by_role("button", name="Undo this import")
    undo.wait_for()
    settle(page)
    undo.click()
    expect(page.get_by_text("1 value taken back")).to_be_visible()


@pytest.mark.parametrize("place", ALL_PAGES, ids=lambda place: place.title)
def test_a_page_is_accessible_and_fits_a_narrow_screen(
    page: Page, address: str, release_id: int, footage: None, place: Place
) -> None:
    page.goto(f"{address}/{place.address if place.address != 'overview' else ''}")
    settle(page)
    assert serious_faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    widths = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return [main.scrollWidth, main.clientWidth]; }"
    )
    assert widths[0] <= widths[1]


# Drawn by Streamlit itself: the list of pages has headings among its items, and the points that
# hovering over a sparkline shows have no name.
NOT_OURS = {"exclude": [["[data-testid=stSidebarNav]"], ["[data-testid=stMetricChart]"]]}


def serious_faults(page: Page) -> list[str]:
    """What axe finds serious or critical in what is ours."""
    found = Axe().run(page, context=NOT_OURS).response["violations"]
    return [
        f"{fault['id']}: {[node['html'][:200] for node in fault['nodes']][:3]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]
