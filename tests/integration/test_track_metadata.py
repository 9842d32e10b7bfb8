"""Dates from Spotify's catalogue: what is filled in, what is told, and that no more is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import spotify_world
from collected_world import Collected, collecting_from
from fake_clock import FakeClock
from fault_scripts import Fault, FaultKind, fault_script, status
from local_server import Asked, Reply
from observed_tables import rows
from typer.testing import CliRunner, Result

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import (
    list_publications,
    list_releases,
    register_release,
    set_release_status,
)
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.cli.output import console
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.track_metadata import Finding, TrackNews, fill_dates
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    AccessRefused,
    BadAnswer,
    NotConfigured,
    ProviderError,
    QuotaSpent,
)
from noktvrn_ai_artist.records import ReleaseStatus
from noktvrn_ai_artist.settings import Settings

# The fifth of the faked tracks is gone.
ONE, TWO, GONE = (str(number).zfill(22) for number in (1, 2, 5))
DAY = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def collected(database: Database, tmp_path: Path) -> Iterator[Collected]:
    clock = FakeClock()
    with collecting_from(clock, database=database, folder=tmp_path) as found:
        yield found


def register(
    collected: Collected, title: str, track: str, *, published_at: datetime | None = None
) -> int:
    entry = ReleaseEntry(artist="Ada", title=title, external_id=track, published_at=published_at)
    return register_release(collected.database, entry, platform="Spotify")


def filled(collected: Collected) -> list[TrackNews]:
    return list(fill_dates(collected.database, collected.service()))


def dates(collected: Collected) -> dict[str, datetime | None]:
    return {release.title: release.published_at for release in list_releases(collected.database)}


def test_a_date_that_is_not_known_is_filled_in_and_no_more_is_kept(collected: Collected) -> None:
    release = register(collected, "A song", ONE)
    before = everything(collected.database)
    (news,) = filled(collected)
    assert news == TrackNews(
        external_id=ONE,
        release_ids=(release,),
        finding=Finding.FILLED,
        title="Work 1",
        isrc="QZES72600001",
        released_on=date(2026, 10, 1),
    )
    assert dates(collected) == {"A song": DAY}
    (publication,) = list_publications(collected.database, release)
    assert publication.published_at is None
    after = everything(collected.database)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"approved_releases", "kept_tokens", "provider_quotas"}
    for told in ("Work 1", "QZES72600001"):
        assert told not in repr(after)


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    named = rows(database, "select tablename from pg_tables where schemaname = 'public'")
    return {name: rows(database, f"select * from {name}") for (name,) in named}


def test_a_date_that_is_known_is_left_alone_and_not_asked_for(collected: Collected) -> None:
    own = datetime(2025, 5, 5, 5, tzinfo=UTC)
    register(collected, "Known", ONE, published_at=own)
    withdrawn = register(collected, "Withdrawn", TWO)
    set_release_status(collected.database, withdrawn, ReleaseStatus.WITHDRAWN)
    assert filled(collected) == []
    assert collected.server.asked == []
    assert dates(collected) == {"Known": own, "Withdrawn": None}


def test_it_asks_once_for_each_track_and_only_as_long_as_it_must(collected: Collected) -> None:
    ids = {register(collected, "A song", ONE), register(collected, "Another", TWO)}
    again = ReleaseEntry(artist="Bea", title="The same", external_id=ONE)
    ids.add(register_release(collected.database, again, platform="Spotify"))
    told = filled(collected)
    assert {one for news in told for one in news.release_ids} == ids
    tracks = [asked.path for asked in collected.server.asked if "/tracks/" in asked.path]
    assert tracks == [f"/v1/tracks/{ONE}", f"/v1/tracks/{TWO}"]
    assert filled(collected) == []


def test_what_is_missing_or_no_id_is_told_and_stops_nothing(collected: Collected) -> None:
    for title, track in (("Gone", GONE), ("No id", "spotify:track:1"), ("Fine", TWO)):
        register(collected, title, track)
    told = {news.external_id: news.finding for news in filled(collected)}
    assert told == {
        GONE: Finding.MISSING,
        "spotify:track:1": Finding.NO_ID,
        TWO: Finding.FILLED,
    }
    assert dates(collected) == {"Gone": None, "No id": None, "Fine": DAY}
    assert [asked.path for asked in collected.server.asked].count(f"/v1/tracks/{GONE}") == 1


@pytest.mark.parametrize(
    ("written", "precision"), [("2026", "year"), ("2026-10", "month"), ("0001-01-01", "day")]
)
def test_what_is_no_release_day_is_told_and_not_filled_in(
    collected: Collected, monkeypatch: pytest.MonkeyPatch, written: str, precision: str
) -> None:
    register(collected, "Vague", ONE)
    world = collected.platforms.spotify

    def vague(asked: Asked) -> Reply:
        reply = world(asked)
        if "/tracks/" not in asked.path:
            return reply
        album = {"release_date": written, "release_date_precision": precision}
        return Reply.json({**json.loads(reply.body), "album": album})

    monkeypatch.setattr(collected.server, "world", vague)
    (news,) = filled(collected)
    assert (news.finding, news.title) == (Finding.NO_DAY, "Work 1")
    assert dates(collected) == {"Vague": None}


def test_an_answer_that_cannot_be_read_fails_it_but_not_the_others(collected: Collected) -> None:
    register(collected, "First", ONE)
    register(collected, "Second", TWO)
    collected.server.play([None, Fault(kind=FaultKind.CUT_JSON)])
    told = []
    with pytest.raises(BadAnswer):
        told.extend(fill_dates(collected.database, collected.service()))
    assert dates(collected) == {"First": None, "Second": DAY}
    assert filled(collected)[0].finding is Finding.FILLED


def test_an_id_that_spotify_does_not_take_stops_nothing_behind_it(collected: Collected) -> None:
    register(collected, "First", ONE)
    register(collected, "Second", TWO)
    collected.server.play([None, status(400)])
    findings = [news.finding for news in filled(collected)]
    assert findings == [Finding.REFUSED, Finding.FILLED]
    assert dates(collected) == {"First": None, "Second": DAY}


def test_a_token_that_spotify_refuses_before_its_time_is_asked_for_anew(
    collected: Collected,
) -> None:
    register(collected, "First", ONE)
    filled(collected)
    register(collected, "Second", TWO)
    collected.clock.move(timedelta(minutes=30))
    collected.server.play([status(401)])
    assert [news.finding for news in filled(collected)] == [Finding.FILLED]
    paths = [asked.path for asked in collected.server.asked][-3:]
    assert paths == [f"/v1/tracks/{TWO}", "/api/token", f"/v1/tracks/{TWO}"]


def test_whatever_goes_wrong_a_date_is_the_tracks_own_or_still_not_known(
    collected: Collected,
) -> None:
    for title, track in (("First", ONE), ("Second", TWO)):
        register(collected, title, track)
    ends = set()
    for seed in range(30):
        rng = Random(seed)
        collected.server.play(fault_script(rng, length=8, rate=rng.choice([0.3, 0.7])))
        told: list[TrackNews] = []
        try:
            told.extend(fill_dates(collected.database, collected.service()))
        except ProviderError as error:
            ends.add(type(error).__name__)
        # What is told as filled in is, and nothing else.
        known = {title for title, at in dates(collected).items() if at == DAY}
        titles = {ONE: "First", TWO: "Second"}
        assert known == {titles[one.external_id] for one in told if one.finding is Finding.FILLED}
        assert set(dates(collected).values()) <= {DAY, None}
        ends |= {one.finding for one in told}
        forget_all(collected)
    assert {Finding.FILLED, "ProviderUnavailable", "QuotaSpent", "AccessRefused"} <= ends


def forget_all(collected: Collected) -> None:
    """As on another day, when no date or token is known."""
    collected.clock.move(timedelta(days=2))
    with collected.database.transaction() as connection:
        connection.execute("update approved_releases set published_at = null")


def test_faults_that_pass_cost_nothing_but_time(collected: Collected) -> None:
    register(collected, "A song", ONE)
    collected.server.play([status(503), None, status(429, "2"), Fault(kind=FaultKind.RESET)])
    assert [news.finding for news in filled(collected)] == [Finding.FILLED]


def test_a_quota_that_is_spent_keeps_what_came_before(collected: Collected) -> None:
    register(collected, "First", ONE)
    register(collected, "Second", TWO)
    collected.settings = collected.settings.model_copy(update={"quotas": {Provider.SPOTIFY: 1}})
    with pytest.raises(QuotaSpent):
        filled(collected)
    assert dates(collected) == {"First": DAY, "Second": None}


def test_without_keys_it_says_which_to_set(collected: Collected) -> None:
    register(collected, "A song", ONE)
    collected.settings = Settings(data_dir=collected.settings.data_dir)
    keys = "set NOKTVRN_SPOTIFY_CLIENT_ID and NOKTVRN_SPOTIFY_CLIENT_SECRET$"
    with pytest.raises(NotConfigured, match=keys):
        filled(collected)


@pytest.fixture
def outside(collected: Collected, own_state: Path, monkeypatch: pytest.MonkeyPatch) -> Collected:
    """The settings of a real installation."""
    urls = dict.fromkeys((Provider.SPOTIFY, Provider.SPOTIFY_ACCOUNTS), collected.server.url)
    monkeypatch.setenv("NOKTVRN_BASE_URLS", json.dumps(urls))
    monkeypatch.setenv("NOKTVRN_SPOTIFY_CLIENT_ID", spotify_world.CLIENT)
    monkeypatch.setenv("NOKTVRN_SPOTIFY_CLIENT_SECRET", spotify_world.SECRET)
    monkeypatch.setattr(console, "width", 200)
    return collected


def told(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["metadata", *arguments])
    assert "canary" not in result.output
    return result


def test_the_command_tells_title_isrc_and_date_and_that_no_more_is_stored(
    outside: Collected,
) -> None:
    register(outside, "A song", ONE)
    register(outside, "Gone", GONE)
    result = told()
    assert result.exit_code == 0
    for word in ("Work 1", "QZES72600001", "2026-10-01", "there is no such track"):
        assert word in result.output
    assert "1 release has its date now; nothing else was stored" in result.output
    assert dates(outside) == {"A song": DAY, "Gone": None}


def test_programs_are_told_in_json(outside: Collected) -> None:
    release = register(outside, "A song", ONE)
    (news,) = json.loads(told("--json").stdout)
    assert news == {
        "external_id": ONE,
        "release_ids": [release],
        "finding": "date filled in",
        "title": "Work 1",
        "isrc": "QZES72600001",
        "released_on": "2026-10-01",
    }
    assert json.loads(told("--json").stdout) == []
    assert "no date was asked for" in told().output


def test_what_was_filled_in_before_it_broke_off_is_told(outside: Collected) -> None:
    register(outside, "First", ONE)
    register(outside, "Second", TWO)
    outside.server.play([status(403)])
    assert told().output == ""
    outside.server.play([None, None, status(403)])
    result = told("--json")
    assert isinstance(result.exception, AccessRefused)
    assert [news["external_id"] for news in json.loads(result.stdout)] == [ONE]
