"""Discovery over the faked platforms: what a place lists becomes known, each work once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from collected_world import Collected, collecting_from
from fake_clock import START, FakeClock
from faked_works import Work
from fault_scripts import Fault, FaultKind, fault_script, status
from observed_tables import rows
from soundcloud_world import USER
from youtube_world import CHANNEL, HANDLE

from noktvrn_ai_artist.analytics.observation_batches import batches, undo_batch
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import list_releases, register_release
from noktvrn_ai_artist.collectors.channel_discovery import Discovery, discover
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    AccessRefused,
    BadAnswer,
    BadValue,
    NotConfigured,
    ProviderError,
    QuotaSpent,
)
from noktvrn_ai_artist.settings import Settings

YOUTUBE, TIKTOK, SOUNDCLOUD = FeedName.YOUTUBE, FeedName.TIKTOK, FeedName.SOUNDCLOUD
PLACES = [
    (YOUTUBE, CHANNEL),
    (YOUTUBE, HANDLE),
    (TIKTOK, None),
    (SOUNDCLOUD, USER),
    (SOUNDCLOUD, "42"),
]
# What is asked for before the second page of the listing.
BEFORE = {YOUTUBE: 2, TIKTOK: 2, SOUNDCLOUD: 2}


@pytest.fixture
def collected(database: Database, tmp_path: Path) -> Iterator[Collected]:
    clock = FakeClock(START + timedelta(minutes=10))
    with collecting_from(clock, database=database, folder=tmp_path) as found:
        yield found


def found_on(
    collected: Collected, name: FeedName, channel: str | None, *, dry_run: bool = False
) -> Discovery:
    return discover(
        collected.database,
        collected.service(),
        name,
        channel=channel,
        artist="Ada",
        now=collected.clock(),
        dry_run=dry_run,
    )


def put(collected: Collected, name: FeedName, works: list[Work]) -> None:
    held = collected.works(name)
    held.clear()
    held |= {work.external_id: work for work in works}


def titles(collected: Collected) -> list[str]:
    return [release.title for release in list_releases(collected.database)]


@pytest.mark.parametrize(("name", "channel"), PLACES)
@pytest.mark.parametrize("kind", [None, FaultKind.OVERLAPPING_PAGE])
def test_each_work_of_a_place_is_registered_once(
    collected: Collected, name: FeedName, channel: str | None, kind: FaultKind | None
) -> None:
    fault = None if kind is None else Fault(kind=kind)
    collected.server.play([*[None] * BEFORE[name], fault, fault])
    found = found_on(collected, name, channel)
    shown = [work for work in collected.works(name).values() if not work.gone]
    published = rows(
        collected.database,
        "select p.external_id, p.platform, p.published_at, r.published_at"
        " from publications p join approved_releases r using (release_id)",
    )
    assert sorted(published) == sorted(
        (work.external_id, FEEDS[name].platform, work.published_at, work.published_at)
        for work in shown
    )
    assert sorted(found.new) == sorted(titles(collected)) == sorted(work.title for work in shown)
    assert {release.artist for release in list_releases(collected.database)} == {"Ada"}
    again = found_on(collected, name, channel)
    assert (again.listed, again.known, again.new) == (len(shown), len(shown), ())
    assert len(titles(collected)) == len(shown)
    run = collected.service().collect(name)
    assert run is not None
    assert (run.asked, run.missing, run.refused) == (len(shown), 0, 0)


@pytest.mark.parametrize(("name", "channel"), PLACES[1:4])
def test_a_listing_that_breaks_off_registers_nothing(
    collected: Collected, name: FeedName, channel: str | None
) -> None:
    for fault, error in ((status(403), AccessRefused), (repeated(), BadAnswer)):
        # The token is kept, so the second time is a call shorter.
        asked = len([one for one in collected.server.asked if "token" in one.path])
        collected.server.play([*[None] * (BEFORE[name] - min(asked, 1)), fault])
        with pytest.raises(error):
            found_on(collected, name, channel)
    assert titles(collected) == []
    assert batches(collected.database) == []


@pytest.mark.parametrize(("name", "channel"), PLACES[1:4])
def test_whatever_goes_wrong_all_is_registered_or_nothing(
    collected: Collected, name: FeedName, channel: str | None
) -> None:
    works = [work for work in collected.works(name).values() if not work.gone][:250]
    put(collected, name, works)
    pages = (Fault(kind=FaultKind.OVERLAPPING_PAGE), repeated())
    ends = set()
    for seed in range(25):
        rng = Random(seed)
        script = fault_script(rng, length=8, rate=rng.choice([0.2, 0.5]))
        collected.server.play([rng.choice([each, each, *pages]) for each in script])
        try:
            found = found_on(collected, name, channel)
        except ProviderError as error:
            ends.add(type(error).__name__)
            assert titles(collected) == []
        else:
            ends.add("registered")
            assert sorted(found.new) == sorted(work.title for work in works)
            assert sorted(titles(collected)) == sorted(found.new)
            done = batches(collected.database)[0]
            undo_batch(collected.database, done.batch_id, now=collected.clock())
        collected.clock.move(timedelta(days=2))
    assert {"registered", "BadAnswer"} < ends


def repeated() -> Fault:
    return Fault(kind=FaultKind.REPEATED_PAGE)


@pytest.mark.parametrize(("name", "channel"), PLACES[1:4])
def test_a_dry_run_registers_nothing_and_an_undo_takes_all_back(
    collected: Collected, name: FeedName, channel: str | None
) -> None:
    dry = found_on(collected, name, channel, dry_run=True)
    assert (len(dry.new), titles(collected)) == (dry.listed, [])
    assert found_on(collected, name, channel) == dry
    (batch,) = batches(collected.database)
    assert batch.source == FEEDS[name].source
    undo_batch(collected.database, batch.batch_id, now=collected.clock())
    assert titles(collected) == []


def test_titles_are_cut_to_one_line_and_to_length_or_are_the_id(collected: Collected) -> None:
    told = {
        "1": "\r\n\t A song\tof\x00 mine \u2028#music #video",
        "2": "x" * 600,
        "3": "y" * 511 + " z",
        "4": " \n ",
        "5": "\x07\n\x00",
    }
    works = [Work(external_id=each, title=title) for each, title in told.items()]
    put(collected, TIKTOK, works)
    found = found_on(collected, TIKTOK, None)
    assert found.refused == 0
    known = rows(
        collected.database,
        "select external_id, title from publications join approved_releases using (release_id)",
    )
    assert dict(known) == {
        "1": "A song of  mine",
        "2": "x" * 512,
        "3": "y" * 511,
        # Without a title it is the description, which the faked platform ends with this.
        "4": "#music",
        "5": "5",
    }
    put(collected, SOUNDCLOUD, [Work(external_id="soundcloud:tracks:9", title=" \n ")])
    assert found_on(collected, SOUNDCLOUD, "42").new == ("soundcloud:tracks:9",)


def test_what_breaks_a_rule_is_counted_and_stops_nothing(collected: Collected) -> None:
    wrong = Work(external_id="8" * 300, title="Too long an id")
    put(collected, TIKTOK, [wrong, Work(external_id="9", title="Well")])
    found = found_on(collected, TIKTOK, None)
    assert (found.listed, found.new, found.refused) == (2, ("Well",), 1)


def test_a_track_registered_by_its_number_is_known(collected: Collected) -> None:
    entry = ReleaseEntry(artist="Someone", title="By number", external_id="17")
    register_release(collected.database, entry, platform="SoundCloud")
    put(collected, SOUNDCLOUD, [Work(external_id="soundcloud:tracks:17", title="By URN")])
    found = found_on(collected, SOUNDCLOUD, USER)
    assert (found.known, found.new) == (1, ())


def test_a_release_known_by_title_is_published_in_one_more_place(collected: Collected) -> None:
    release = register_release(collected.database, ReleaseEntry(artist="Ada", title="Both"))
    put(collected, TIKTOK, [Work(external_id="7", title="Both")])
    put(collected, SOUNDCLOUD, [Work(external_id="soundcloud:tracks:7", title="Both")])
    found_on(collected, TIKTOK, None)
    found_on(collected, SOUNDCLOUD, USER)
    published = rows(collected.database, "select release_id, platform from publications")
    assert sorted(published) == [(release, "SoundCloud"), (release, "TikTok")]


def test_a_youtube_channel_is_under_its_own_title_unless_an_artist_is_named(
    collected: Collected,
) -> None:
    service, now = collected.service(), collected.clock()
    found = discover(
        collected.database, service, YOUTUBE, channel=HANDLE, artist=None, now=now, dry_run=True
    )
    assert found.artist == "A faked channel"


@pytest.mark.parametrize(
    ("name", "channel", "artist", "words"),
    [
        (YOUTUBE, "UCnobody", None, "channel: there is no channel"),
        (YOUTUBE, None, None, "channel: must name a YouTube channel"),
        (TIKTOK, HANDLE, "Ada", "channel: must not be named"),
        (TIKTOK, None, None, "artist: must be told"),
        (SOUNDCLOUD, None, "Ada", "channel: must name a SoundCloud user"),
        (SOUNDCLOUD, "42/../43", "Ada", "channel: must name a SoundCloud user"),
        (SOUNDCLOUD, "soundcloud:tracks:42", "Ada", "channel: must name a SoundCloud user"),
        (SOUNDCLOUD, USER, "A\nda", "artist: must not contain"),
        (FeedName.YOUTUBE_ANALYTICS, HANDLE, "Ada", "platform: nothing is listed there"),
    ],
)
def test_what_names_no_place_or_artist_is_refused(
    collected: Collected, name: FeedName, channel: str | None, artist: str | None, words: str
) -> None:
    service, now = collected.service(), collected.clock()
    with pytest.raises(BadValue, match=f"^{words}"):
        discover(collected.database, service, name, channel=channel, artist=artist, now=now)
    assert titles(collected) == []


@pytest.mark.parametrize(("name", "channel"), PLACES[1:4])
def test_without_keys_it_says_which_to_set(
    collected: Collected, name: FeedName, channel: str | None
) -> None:
    collected.settings = Settings(data_dir=collected.settings.data_dir)
    with pytest.raises(NotConfigured, match="set NOKTVRN_"):
        found_on(collected, name, channel)


def test_a_spent_quota_is_not_asked_beyond(collected: Collected) -> None:
    collected.settings = collected.settings.model_copy(update={"quotas": {"tiktok": 2}})
    with pytest.raises(QuotaSpent, match="2 units per day are used up"):
        found_on(collected, TIKTOK, None)
    assert titles(collected) == []


def test_new_works_alone_are_added_to_what_is_known(collected: Collected) -> None:
    first = [Work(external_id="1", title="One"), Work(external_id="2", title="Two")]
    put(collected, TIKTOK, first)
    found_on(collected, TIKTOK, None)
    renamed = replace(first[0], title="One, renamed")
    put(collected, TIKTOK, [renamed, first[1], Work(external_id="3", title="Three")])
    assert found_on(collected, TIKTOK, None).new == ("Three",)
    assert sorted(titles(collected)) == ["One", "Three", "Two"]
