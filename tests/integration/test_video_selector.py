"""The Video Selector over real HTTP: what it chooses, logs, and does when libraries fail."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from fault_scripts import LASTING, LONG_PAUSES, PASSING, Fault, FaultKind, fault_script, status
from numpy.random import default_rng
from observed_tables import rows
from selecting_world import SOURCES, Footage, footage
from stock_worlds import KEYS, SimulatedClip, many_clips

from noktvrn_ai_artist.artist_evolution.profiles import ArtistProfile, TraitWeight, in_order
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, NoFootage, StateFileUnreadable
from noktvrn_ai_artist.video_processing.audio_features import AudioFeatures
from noktvrn_ai_artist.video_processing.clip_records import Orientation
from noktvrn_ai_artist.video_processing.video_selector import ClipSelection, log_selection

DOWN = [status(500)] * 5


@pytest.fixture
def stock(database: Database, tmp_path: Path) -> Iterator[Footage]:
    with footage(database, tmp_path) as stock:
        yield stock


def keys_of(chosen: ClipSelection) -> list[tuple[str, str]]:
    return [one.clip.key for one in chosen.clips]


def sources_of(chosen: ClipSelection) -> Counter[str]:
    return Counter(one.clip.source for one in chosen.clips)


def first_drawn(stock: Footage, seed: int) -> str:
    rng = default_rng(seed)
    return stock.tracker.propose_sources(2, rng=rng, among=SOURCES).proposed[0]


def check_laws(chosen: ClipSelection, *, count: int, creators: int = 2) -> None:
    keys = keys_of(chosen)
    assert len(set(keys)) == len(keys) == count - chosen.unfilled
    named = Counter((one.clip.source, one.clip.creator) for one in chosen.clips if one.clip.creator)
    assert max(named.values(), default=0) <= creators
    failed = {failure.source for failure in chosen.failures}
    if len(failed) < len(SOURCES) - 1:
        assert max(sources_of(chosen).values()) <= (count + 1) // 2


def test_the_two_sources_drawn_first_share_the_slots(stock: Footage) -> None:
    chosen = stock.select(count=5)
    check_laws(chosen, count=5)
    first, second = chosen.selection.proposed
    assert sources_of(chosen) == {first: 3, second: 2}
    assert (chosen.unfilled, chosen.failures, chosen.logged) == (0, (), 5)
    assert chosen.risk.allowed == ()


def test_what_is_logged_is_what_was_chosen_with_its_propensity(stock: Footage) -> None:
    stock.tracker.log_clip_usage("pexels", "old", 50)
    chosen = stock.select()
    usages = stock.tracker.usages(1)
    assert {(one.source_name, one.clip_id, one.search_term, one.creator) for one in usages} == {
        (one.clip.source, one.clip.clip_id, one.clip.search_term, one.clip.creator)
        for one in chosen.clips
    }
    (kept,) = stock.tracker.selections()
    assert kept == chosen.selection
    assert {one.selection_id for one in usages} == {kept.selection_id}
    likely = {candidate.source: candidate.probability for candidate in kept.candidates}
    assert sum(likely.values()) == pytest.approx(2)
    assert [one.propensity for one in chosen.clips] == [
        likely[one.clip.source] for one in chosen.clips
    ]


def test_a_source_that_took_over_has_no_propensity(stock: Footage) -> None:
    drawn = stock.tracker.propose_sources(2, rng=default_rng(7), among=SOURCES)
    first, second = drawn.proposed
    (other,) = set(SOURCES) - {first, second}
    stock.world.clips[first] = []
    chosen = stock.select(seed=7)
    assert chosen.selection.proposed == [first, second]
    likely = {one.source: one.probability for one in chosen.selection.candidates}
    assert {(one.clip.source, one.propensity) for one in chosen.clips} == {
        (second, likely[second]),
        (other, None),
    }


def test_of_two_choices_made_at_once_one_is_logged(stock: Footage) -> None:
    one, other = (stock.select(seed=seed, dry_run=True) for seed in (1, 2))
    log_selection(stock.tracker, one)
    before = stock.tracker.usages()
    with pytest.raises(BadValue, match="1 has its clips already"):
        log_selection(stock.tracker, other)
    assert stock.tracker.usages() == before
    assert log_selection(stock.tracker, other, more=True).logged == 6
    assert log_selection(stock.tracker, one).logged == 0


def test_more_clips_count_with_those_that_are_there(stock: Footage) -> None:
    solo = [SimulatedClip(number=n, words="neon city", creator="solo") for n in range(1, 30)]
    stock.world.clips = {"pexels": solo, "pixabay": many_clips("neon city", 30)}
    stock.select(count=2, sources=("pexels",))
    more = stock.select(count=2, more=True)
    assert sources_of(more) == {"pixabay": 2}
    assert (more.risk.clips, more.risk.source_share, more.risk.creator_share) == (4, 0.5, 0.5)
    whole = stock.select(count=4, more=True, seed=3)
    assert sources_of(whole) == {"pixabay": 4}
    assert whole.risk.allowed == (
        "pixabay gives 6 of 8 clips: no other source could give one more",
    )


def test_logging_the_same_selection_again_changes_nothing(stock: Footage) -> None:
    chosen = stock.select()
    before = stock.tracker.usages()
    assert log_selection(stock.tracker, chosen).logged == 0
    assert stock.tracker.usages() == before


def test_the_same_seed_chooses_the_same(stock: Footage) -> None:
    first = stock.select(seed=7, dry_run=True)
    assert stock.select(seed=7, dry_run=True) == first
    drawn = {tuple(stock.select(seed=n, dry_run=True).selection.proposed) for n in range(12)}
    assert len(drawn) > 1


def test_a_dry_run_logs_nothing(stock: Footage) -> None:
    assert stock.select(dry_run=True).logged == 0
    assert stock.tracker.usages() == []


def test_a_release_gets_its_clips_once_unless_more_are_asked_for(stock: Footage) -> None:
    first = stock.select()
    with pytest.raises(BadValue, match="has its clips already"):
        stock.select()
    more = stock.select(more=True)
    assert not set(keys_of(first)) & set(keys_of(more))
    assert len(stock.tracker.usages(1)) == 12


def test_clips_of_recent_releases_rest_and_then_may_come_again(stock: Footage) -> None:
    few = {name: many_clips("neon", 6, first=9) for name in SOURCES}
    stock.world.clips = few
    seen: list[set[tuple[str, str]]] = []
    for release in range(1, 8):
        chosen = stock.select(release=release, count=4, cooldown=2)
        check_laws(chosen, count=4)
        assert not set(keys_of(chosen)) & set().union(*seen[-2:])
        seen.append(set(keys_of(chosen)))
        stock.clock.move(timedelta(days=1))
    assert chosen.risk.used_before > 0
    assert "used before, by none of the artist's last releases" in chosen.risk.allowed[-1]


def test_another_artists_clips_may_be_taken_and_count_as_used_before(stock: Footage) -> None:
    stock.world.clips = {"pexels": many_clips("neon", 2)}
    stock.select(release=500, count=2, sources=("pexels",))
    chosen = stock.select(release=1, count=2, sources=("pexels",))
    assert chosen.risk.used_before_share == 1
    assert all(one.used_before for one in chosen.clips)


def test_what_the_artist_avoids_is_not_searched_for_and_not_taken(stock: Footage) -> None:
    traits = [("neon", 1.0), ("gun", 0.0)]
    profile = ArtistProfile(
        artist_id=1,
        version=1,
        traits=in_order(
            TraitWeight(trait=Trait.SEARCH_TERM, value=value, weight=weight)
            for value, weight in traits
        ),
    )
    clips = [SimulatedClip(number=1, words="neon gun"), SimulatedClip(number=2, words="neon sign")]
    stock.world.clips = {"pexels": clips}
    chosen = stock.select(profile=profile, song=AudioFeatures(keywords=("gun",)), count=2)
    assert (chosen.terms, keys_of(chosen)) == (("neon",), [("pexels", "2")])
    assert chosen.unfilled == 1
    with pytest.raises(BadValue, match="nothing is left to search for"):
        stock.select(
            profile=replace(profile, traits=profile.traits[:1]),
            song=AudioFeatures(keywords=("gun",)),
            release=2,
        )


def test_upright_videos_are_cut_from_upright_clips(stock: Footage) -> None:
    upright = SimulatedClip(number=900, words="neon city", width=1080, height=1920)
    stock.world.clips = {"pixabay": [*stock.world.clips["pixabay"], upright]}
    chosen = stock.select(orientation=Orientation.PORTRAIT, count=1)
    assert keys_of(chosen) == [("pixabay", "900")]
    assert chosen.clips[0].fit.rendition.height == 1920


@pytest.mark.parametrize("failing", SOURCES)
@pytest.mark.parametrize("fault", [*LASTING, *LONG_PAUSES], ids=lambda fault: str(fault.kind))
def test_if_a_source_fails_the_others_take_over_and_it_is_said(
    stock: Footage, failing: str, fault: Fault
) -> None:
    seed = next(seed for seed in range(50) if first_drawn(stock, seed) == failing)
    stock.servers[failing].play([fault])
    chosen = stock.select(seed=seed)
    check_laws(chosen, count=6)
    assert failing not in sources_of(chosen)
    assert [failure.source for failure in chosen.failures] == [failing]
    assert chosen.failures[0].reason
    assert len(stock.tracker.usages(1)) == 6


@pytest.mark.parametrize("fault", PASSING[1:8:2], ids=lambda fault: str(fault.kind))
def test_a_passing_fault_is_not_seen(stock: Footage, fault: Fault) -> None:
    for server in stock.servers.values():
        server.play([replace(fault, retry_after=fault.retry_after or "1")])
    assert stock.select().failures == ()


def test_if_all_fail_the_error_says_which_and_why_and_nothing_is_logged(stock: Footage) -> None:
    stock.servers["coverr"].play(DOWN)
    stock.servers["pexels"].play([status(401)])
    stock.servers["pixabay"].play([Fault(kind=FaultKind.HTML)])
    with pytest.raises(NoFootage) as told:
        stock.select()
    said = str(told.value)
    assert "coverr: status 500; given up after 5 attempts" in said
    assert "pexels: the key is refused (status 401)" in said
    assert "pixabay: its answer is not as documented" in said
    assert "nothing was logged" in said
    assert stock.tracker.usages() == []
    assert stock.tracker.selections() == []


def test_if_all_fail_halfway_nothing_is_logged_either(stock: Footage) -> None:
    stock.world.clips = {name: many_clips("neon", 1) for name in SOURCES}
    for server in stock.servers.values():
        server.play([None, *DOWN])
    with pytest.raises(NoFootage):
        stock.select(count=8)
    assert stock.tracker.usages() == []


def test_if_nothing_fits_the_error_says_so(stock: Footage) -> None:
    stock.world.clips = {}
    with pytest.raises(NoFootage, match="pexels: no clip that fits"):
        stock.select()


def test_a_source_that_is_alone_fills_all_slots_and_that_is_said(stock: Footage) -> None:
    chosen = stock.select(sources=("pixabay",), dry_run=True)
    assert sources_of(chosen) == {"pixabay": 6}
    assert chosen.risk.allowed == (
        "pixabay gives 6 of 6 clips: no other source could give one more",
    )


def test_answers_are_asked_for_once_a_day_except_those_with_tokens(
    stock: Footage, database: Database
) -> None:
    stock.select(dry_run=True)
    first = stock.asked()
    stock.select(dry_run=True)
    again = stock.asked()
    assert (again["pexels"], again["pixabay"]) == (first["pexels"], first["pixabay"])
    stock.clock.move(timedelta(hours=25))
    stock.select(dry_run=True)
    assert sum(stock.asked().values()) > sum(again.values())
    kept = rows(database, "select provider, body from kept_answers")
    assert kept
    assert "coverr" not in {provider for provider, _ in kept}


def test_no_key_is_told_anywhere(
    stock: Footage, database: Database, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    chosen = stock.select()
    stock.servers["pexels"].play([status(401)] * 9)
    told = [repr(chosen), caplog.text, (tmp_path / "stats.json").read_text()]
    told += [str(bytes(body)) for (body,) in rows(database, "select body from kept_answers")]
    for secret in (*KEYS.values(), "canary-token"):
        assert not [each for each in told if secret in each]


def test_repeated_and_overlapping_pages_give_no_clip_twice(stock: Footage) -> None:
    stock.world.clips = {name: many_clips("neon", 90) for name in SOURCES}
    for kind in (FaultKind.REPEATED_PAGE, FaultKind.OVERLAPPING_PAGE):
        for server in stock.servers.values():
            server.play([Fault(kind=kind)] * 40)
        chosen = stock.select(count=60, dry_run=True)
        check_laws(chosen, count=60)
        stock.clock.move(timedelta(days=2))


def test_under_any_fault_script_there_is_a_whole_choice_or_an_error(stock: Footage) -> None:
    rng, ends = Random(5), Counter[str]()
    for release in range(1, 26):
        stock.clock.move(timedelta(days=40))
        for server in stock.servers.values():
            server.play(fault_script(rng, length=8, rate=rng.choice([0.2, 0.6, 1.0])))
        try:
            chosen = stock.select(release=release, seed=release, count=4)
        except NoFootage:
            ends["no footage"] += 1
            assert stock.tracker.usages(release) == []
        else:
            ends["chosen"] += 1
            check_laws(chosen, count=4)
            assert len(stock.tracker.usages(release)) == len(chosen.clips)
    assert set(ends) == {"chosen", "no footage"}


@pytest.mark.parametrize("count", [0, -1, 61, True, 2.0])
def test_a_number_of_clips_out_of_range_is_refused(stock: Footage, count: int) -> None:
    with pytest.raises(BadValue, match="number_of_clips"):
        stock.select(count=count)
    assert stock.asked() == dict.fromkeys(SOURCES, 0)


def test_a_log_that_cannot_be_read_is_said_before_anybody_is_asked(
    stock: Footage, tmp_path: Path
) -> None:
    (tmp_path / "stats.json").write_text("{")
    with pytest.raises(StateFileUnreadable):
        stock.select()
    assert stock.asked() == dict.fromkeys(SOURCES, 0)
