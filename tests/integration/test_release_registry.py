"""Releases: registered once however they are named, found again, and annotated."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import HOUR, NOON, everything, few_examples, start_anew

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry, checked_entry
from noktvrn_ai_artist.analytics.release_registry import (
    annotate,
    delete_annotation,
    get_release,
    list_annotations,
    list_artists,
    list_publications,
    list_releases,
    register_entries,
    register_release,
    set_release_status,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, UnknownPlatform, UnknownRelease
from noktvrn_ai_artist.records import ReleaseStatus

entries = st.builds(
    ReleaseEntry,
    artist=st.sampled_from(["Ada", "Bo"]),
    title=st.sampled_from(["One", "Two"]),
    external_id=st.sampled_from([None, "k1", "k2"]),
    published_at=st.sampled_from([None, NOON]),
)


def register(database: Database, some: list[ReleaseEntry], platform: str = "YouTube") -> list[int]:
    with database.transaction() as connection:
        ids = register_entries(connection, some, platform=platform, batch_id=None)
    return [ids[entry.identity] for entry in some]


@few_examples
@given(st.lists(entries, max_size=8))
def test_registering_twice_is_registering_once(
    database: Database, some: list[ReleaseEntry]
) -> None:
    start_anew(database, releases=0)
    first = register(database, some)
    there = everything(database)
    assert register(database, some) == first
    assert register(database, some[::-1]) == first[::-1]
    assert everything(database) == there


@few_examples
@given(st.lists(entries, max_size=8), st.data())
def test_an_external_id_is_one_release(
    database: Database, some: list[ReleaseEntry], data: st.DataObject
) -> None:
    start_anew(database, releases=0)
    ids = register(database, some)
    cut = data.draw(st.integers(0, len(some)))
    assert register(database, some[cut:]) == ids[cut:]
    by_id = {entry.external_id: number for entry, number in zip(some, ids, strict=True)}
    by_id.pop(None, None)
    assert len(set(by_id.values())) == len(by_id)


def test_a_title_finds_the_release_that_an_external_id_brought(database: Database) -> None:
    named = ReleaseEntry(artist="Ada", title="One")
    known = ReleaseEntry(artist="Ada", title="One", external_id="k1")
    assert len(set(register(database, [named, known]))) == 1
    assert register_release(database, named) == register_release(database, known, platform="yt")


def test_a_release_is_published_on_several_platforms(database: Database) -> None:
    by_hand = register_release(database, ReleaseEntry(artist="Ada", title="One"))
    for platform, external_id in (("YouTube", "k1"), ("TikTok", "k1"), ("Spotify", "s1")):
        entry = ReleaseEntry(artist="Ada", title="One", external_id=external_id)
        assert register_release(database, entry, platform=platform) == by_hand
    known = [(one.platform, one.external_id) for one in list_publications(database, by_hand)]
    assert known == [("Spotify", "s1"), ("TikTok", "k1"), ("YouTube", "k1")]


def test_two_ids_on_one_platform_are_two_releases_of_one_title(database: Database) -> None:
    both = [ReleaseEntry(artist="Ada", title="One", external_id=key) for key in ("k1", "k2")]
    assert len({register_release(database, one, platform="YouTube") for one in both}) == 2
    third = ReleaseEntry(artist="Ada", title="One", external_id="t1")
    fourth = ReleaseEntry(artist="Ada", title="One", external_id="t2")
    assert len({register_release(database, one, platform="TikTok") for one in (third, fourth)}) == 2
    assert len(list_releases(database)) == 2


def test_a_date_that_was_not_known_is_filled_in_and_never_changed(database: Database) -> None:
    undated = ReleaseEntry(artist="Ada", title="One")
    number = register_release(database, undated)
    register_release(database, replace(undated, published_at=NOON))
    register_release(database, replace(undated, published_at=NOON - HOUR))
    assert get_release(database, number).published_at == NOON


def test_writers_at_once_register_a_release_once(database: Database) -> None:
    start = threading.Barrier(4)

    def work(number: int) -> list[int]:
        some = [
            ReleaseEntry(artist=f"A{n % 7}", title=f"T{n}", external_id=f"k{n}") for n in range(40)
        ]
        order = random.Random(number).sample(some, len(some))
        start.wait()
        return [
            number
            for _, number in sorted(
                zip([e.title for e in order], register(database, order), strict=True)
            )
        ]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(work, range(4))
    assert all(other == first for other in others)
    assert len(list_releases(database)) == 40
    assert len(list_artists(database)) == 7


def test_a_release_comes_back_as_it_was_registered(database: Database) -> None:
    entry = ReleaseEntry(
        artist=" Nova ", title="Song", published_at=NOON, external_id="k1", url="https://x.example"
    )
    number = register_release(database, entry, platform="youtube")
    release = get_release(database, number)
    assert (release.artist, release.title, release.published_at) == ("Nova", "Song", NOON)
    assert release.status is ReleaseStatus.PUBLISHED
    (publication,) = list_publications(database, number)
    assert (publication.platform, publication.external_id) == ("YouTube", "k1")
    assert (publication.url, publication.published_at) == ("https://x.example", NOON)


def test_artists_and_releases_are_listed_in_order(database: Database) -> None:
    for artist, title in [("Bo", "b"), ("Ada", "z"), ("Ada", "a")]:
        register_release(database, ReleaseEntry(artist=artist, title=title))
    assert [(a.name, a.releases) for a in list_artists(database)] == [("Ada", 2), ("Bo", 1)]
    assert [r.title for r in list_releases(database)] == ["a", "z", "b"]
    ada = list_artists(database)[0].artist_id
    assert [r.title for r in list_releases(database, artist_id=ada)] == ["a", "z"]


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_an_unknown_release_is_said_to_be_unknown(database: Database, number: int) -> None:
    with pytest.raises(UnknownRelease, match=f"there is no release {number}"):
        get_release(database, number)


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        (ReleaseEntry(artist="", title="x"), "artist"),
        (ReleaseEntry(artist="x" * 257, title="x"), "artist"),
        (ReleaseEntry(artist="x", title=" "), "title"),
        (ReleaseEntry(artist="x", title="x" * 513), "title"),
        (ReleaseEntry(artist="x", title="a\0"), "title"),
        (ReleaseEntry(artist="x", title="x", external_id="k" * 257), "external_id"),
        (ReleaseEntry(artist="x", title="x", url="u" * 2049), "url"),
        (ReleaseEntry(artist="x", title="x", published_at=datetime(2026, 1, 1)), "published_at"),  # noqa: DTZ001
        (
            ReleaseEntry(artist="x", title="x", published_at=datetime(1899, 1, 1, tzinfo=UTC)),
            "published_at",
        ),
    ],
)
def test_an_entry_that_breaks_a_rule_is_refused_by_name(entry: ReleaseEntry, column: str) -> None:
    with pytest.raises(BadValue) as refusal:
        checked_entry(entry)
    assert refusal.value.column == column


def test_an_external_id_needs_its_platform(database: Database) -> None:
    entry = ReleaseEntry(artist="Ada", title="One", external_id="k1")
    with pytest.raises(BadValue, match="go together"):
        register_release(database, entry)
    with pytest.raises(UnknownPlatform):
        register_release(database, entry, platform="myspace")
    with pytest.raises(BadValue, match="go together"):
        register_release(database, replace(entry, external_id=None), platform="YouTube")
    assert list_releases(database) == []


def test_events_are_noted_listed_in_time_and_taken_back(database: Database) -> None:
    start_anew(database)
    later = annotate(database, "second", happened_at=NOON.replace(hour=13), release_id=1)
    annotate(database, "first", happened_at=NOON, kind="definition")
    annotate(database, "elsewhere", happened_at=NOON, release_id=2)
    assert [a.text for a in list_annotations(database, release_id=1)] == ["first", "second"]
    assert len(list_annotations(database)) == 3
    assert delete_annotation(database, later) is True
    assert delete_annotation(database, later) is False
    with pytest.raises(UnknownRelease):
        annotate(database, "x", happened_at=NOON, release_id=77)
    with pytest.raises(BadValue):
        annotate(database, "", happened_at=NOON)


def test_a_release_is_approved_until_it_is_out_and_stands_where_it_is_said_to(
    database: Database,
) -> None:
    number = register_release(database, ReleaseEntry(artist="Ada", title="One"))
    assert get_release(database, number).status is ReleaseStatus.APPROVED
    for status in ReleaseStatus:
        set_release_status(database, number, status)
        assert get_release(database, number).status is status
    with pytest.raises(UnknownRelease):
        set_release_status(database, number + 1, ReleaseStatus.WITHDRAWN)


@pytest.mark.parametrize("number", ["x", 2**70, 0, True])
@pytest.mark.parametrize(
    ("ask", "column"),
    [
        (lambda database, number: list_releases(database, artist_id=number), "artist_id"),
        (list_publications, "release_id"),
        (lambda database, number: list_annotations(database, release_id=number), "release_id"),
        (delete_annotation, "annotation_id"),
    ],
)
def test_what_is_no_id_is_refused_by_name(
    database: Database, ask: Callable[..., object], column: str, number: object
) -> None:
    with pytest.raises(BadValue) as refusal:
        ask(database, number)
    assert refusal.value.column == column
