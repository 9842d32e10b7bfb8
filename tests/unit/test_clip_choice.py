"""Which clips are chosen: laws over made-up libraries, and the arithmetic of what fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.source_records import ClipUsage
from noktvrn_ai_artist.errors import BadTrackerInput, BadValue
from noktvrn_ai_artist.video_processing import slot_filling
from noktvrn_ai_artist.video_processing.clip_matching import Wanted, fit_of
from noktvrn_ai_artist.video_processing.clip_records import Clip, Orientation, Rendition
from noktvrn_ai_artist.video_processing.diversity_guard import (
    GuardRules,
    PastClips,
    most_of_a_source,
    past_clips,
    reuse_risk,
)
from noktvrn_ai_artist.video_processing.slot_filling import Brief, FilledSlot, fill_slots

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = Wanted(slot=timedelta(seconds=4), orientation=Orientation.LANDSCAPE)
SOURCES, TERMS = ("a", "b", "c"), ("neon", "rain")


def file_of(width: int = 1920, height: int = 1080) -> Rendition:
    return Rendition(rendition_id=f"{width}x{height}", width=width, height=height, link="https://x")


def clip_of(
    source: str = "a", number: int = 1, *, creator: str | None = None, seconds: float = 8
) -> Clip:
    return Clip(
        source=source,
        clip_id=str(number),
        search_term="neon",
        words="neon",
        page=None,
        creator=creator,
        duration=timedelta(seconds=seconds),
        renditions=(file_of(),),
        licence="",
        credit="",
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """Clips in pages of three, the same for every term, and overlapping by one."""

    stock: dict[str, list[Clip]]

    def clips(self, source: str, term: str) -> Iterator[Sequence[Clip]]:
        clips = self.stock.get(source, [])
        for start in range(0, len(clips), 2):
            yield [replace(clip, search_term=term) for clip in clips[start : start + 3]]


shelves = st.fixed_dictionaries(
    {
        source: st.lists(
            st.builds(
                clip_of,
                st.just(source),
                st.integers(1, 12),
                creator=st.sampled_from([None, "ana", "ben", "cy"]),
                seconds=st.sampled_from([2, 5, 60]),
            ),
            max_size=12,
            unique_by=lambda clip: clip.clip_id,
        )
        for source in SOURCES
    }
)
keys = st.frozensets(st.tuples(st.sampled_from(SOURCES), st.integers(1, 12).map(str)))
briefs = st.builds(
    Brief,
    slots=st.integers(1, 9),
    wanted=st.just(WANTED),
    terms=st.just(TERMS),
    past=st.builds(
        lambda resting, used, own: PastClips(
            resting=resting | {(one.source_name, one.clip_id) for one in own},
            used=resting | used,
            own=tuple(own),
        ),
        keys,
        keys,
        st.lists(
            st.builds(
                ClipUsage,
                source_name=st.sampled_from(SOURCES),
                clip_id=st.integers(1, 12).map(str),
                release_id=st.just(4),
                used_at=st.just(NOON),
                creator=st.sampled_from([None, "ana", "ben", "cy"]),
            ),
            max_size=4,
        ),
    ),
    rules=st.builds(GuardRules, clips_of_a_creator=st.integers(1, 3)),
)


@given(briefs, shelves, st.permutations(SOURCES))
@examples(max_examples=150)
def test_whatever_is_on_the_shelves_every_law_holds(
    brief: Brief, stock: dict[str, list[Clip]], order: list[str]
) -> None:
    filled = fill_slots(brief, Shelf(stock), order=order)
    taken = [one.clip.key for one in filled]
    assert len(set(taken)) == len(taken) <= brief.slots
    assert not set(taken) & brief.past.resting
    creators = Counter((one.clip.source, one.clip.creator) for one in filled if one.clip.creator)
    for creator, number in creators.items():
        assert number + brief.past.of_creator[creator] <= brief.rules.clips_of_a_creator
    assert all(fit_of(one.clip, brief.wanted) == one.fit for one in filled)
    assert filled == fill_slots(brief, Shelf(stock), order=order)
    check_shares(brief, stock, order, filled)


def check_shares(
    brief: Brief, stock: dict[str, list[Clip]], order: list[str], filled: Sequence[FilledSlot]
) -> None:
    """A source is above its half, or a slot is empty, only if nobody else has a clip to take."""
    creators: Counter[tuple[str, str | None]] = Counter(
        (one.source_name, one.creator) for one in brief.past.own
    )
    gone, sources = set(brief.past.resting), Counter(one.source_name for one in brief.past.own)
    by_slot = {one.slot: one.clip for one in filled}
    for slot in range(brief.slots):
        can = [
            source
            for source in order
            for clip in stock[source]
            if clip.key not in gone
            and fit_of(clip, brief.wanted)
            and (
                clip.creator is None
                or creators[source, clip.creator] < brief.rules.clips_of_a_creator
            )
        ]
        half = most_of_a_source(brief.slots + len(brief.past.own))
        free = [source for source in can if sources[source] < half] or can
        clip = by_slot.get(slot)
        assert (None if clip is None else clip.source) == (free[0] if free else None)
        if clip is not None:
            gone.add(clip.key)
            sources[clip.source] += 1
            creators[clip.source, clip.creator] += 1


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_may_take", lambda _filling, _clip: True),
        ("_by_turns", lambda filling: list(filling.order)),
        ("_take", lambda filling, found: filling.filled.append(found)),
    ],
)
def test_a_filling_without_one_of_its_guards_would_be_caught(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., object]
) -> None:
    monkeypatch.setattr(slot_filling._Filling, name, broken)
    with pytest.raises((AssertionError, ExceptionGroup)):
        test_whatever_is_on_the_shelves_every_law_holds()


def test_unused_clips_go_before_used_ones_of_the_same_source() -> None:
    stock = {"a": [clip_of(number=number) for number in range(1, 7)]}
    used = PastClips(used=frozenset({("a", "1"), ("a", "2"), ("a", "3")}))
    brief = Brief(slots=4, wanted=WANTED, terms=TERMS, past=used, rules=GuardRules())
    filled = fill_slots(brief, Shelf(stock), order=["a"])
    assert [one.clip.clip_id for one in filled] == ["4", "5", "6", "1"]


def test_slot_after_slot_begins_with_the_next_term() -> None:
    stock = {"a": [clip_of(number=number) for number in range(1, 9)]}
    brief = Brief(slots=4, wanted=WANTED, terms=TERMS, past=PastClips(), rules=GuardRules())
    filled = fill_slots(brief, Shelf(stock), order=["a"])
    assert [one.clip.search_term for one in filled] == ["neon", "rain", "neon", "rain"]


def usage(release: int, clip: str, day: int) -> ClipUsage:
    return ClipUsage(
        source_name="a", clip_id=clip, release_id=release, used_at=NOON + timedelta(days=day)
    )


def test_the_last_releases_of_the_artist_rest_and_no_others() -> None:
    log = [usage(1, "x", 0), usage(2, "y", 1), usage(3, "z", 2), usage(9, "other", 3)]
    log += [usage(1, "late", 50), usage(4, "own", 4)]
    past = past_clips(log, release_id=4, artist_releases={1, 2, 3, 4, 5}, cooldown=2)
    assert past.resting == {("a", "y"), ("a", "z"), ("a", "own")}
    assert past.used == {("a", name) for name in ("x", "y", "z", "other", "late", "own")}
    without = past_clips(log, release_id=4, artist_releases={1, 2, 3, 4, 5}, cooldown=0)
    assert without.resting == {("a", "own")}


def test_the_risk_of_reuse_is_told_in_shares() -> None:
    clips = [clip_of(number=n, creator="ana" if n < 3 else None) for n in range(1, 4)]
    clips.append(clip_of("b", 9))
    risk = reuse_risk(clips, past=PastClips(used=frozenset({("a", "1")})), slots=4)
    assert (risk.used_before, risk.used_before_share) == (1, 0.25)
    assert (risk.source_share, risk.creator_share) == (0.75, 0.5)
    assert risk.allowed == (
        "a gives 3 of 4 clips: no other source could give one more",
        "1 clip was used before, by none of the artist's last releases",
    )
    assert reuse_risk([], past=PastClips(), slots=0).source_share == 0


def test_the_risk_is_that_of_the_whole_video() -> None:
    log = [usage(9, "1", 0), usage(4, "1", 1), usage(4, "2", 1), usage(4, "3", 1)]
    log += [usage(8, "2", 2), replace(usage(4, "4", 1), creator="ana")]
    past = past_clips(log, release_id=4, artist_releases={4}, cooldown=5)
    risk = reuse_risk([clip_of("b", 7), clip_of("b", 8)], past=past, slots=3)
    assert (risk.clips, risk.used_before) == (6, 1)
    assert (risk.source_share, risk.creator_share) == (4 / 6, 1 / 6)
    whole = reuse_risk([clip_of("b", 7), clip_of("b", 8)], past=past, slots=2)
    assert whole.allowed[0] == "a gives 4 of 6 clips: they were there already"


@pytest.mark.parametrize(
    ("clip", "orientation"),
    [
        (clip_of(seconds=3.9), Orientation.LANDSCAPE),
        (clip_of(), Orientation.PORTRAIT),
        (replace(clip_of(), renditions=(file_of(1279, 719),)), Orientation.LANDSCAPE),
        (replace(clip_of(), renditions=()), Orientation.SQUARE),
    ],
)
def test_what_is_too_short_too_small_or_lies_otherwise_does_not_fit(
    clip: Clip, orientation: Orientation
) -> None:
    assert fit_of(clip, Wanted(slot=timedelta(seconds=4), orientation=orientation)) is None


@given(st.floats(4, 1000), st.integers(1280, 8000), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_a_fit_lies_between_nothing_and_all(seconds: float, width: int, words: set[str]) -> None:
    clip = replace(
        clip_of(seconds=seconds), words=" ".join(words), renditions=(file_of(width, 720),)
    )
    fit = fit_of(replace(clip, search_term="a b c"), WANTED)
    assert fit is not None
    assert all(0 <= part <= 1 for part in (fit.terms, fit.duration, fit.resolution, fit.total))


def test_the_smallest_file_that_is_large_enough_is_taken() -> None:
    sizes = [(1280, 720), (1920, 1080), (3840, 2160)]
    for kept, expected in [
        (sizes, "1920x1080"),
        (sizes[::2], "3840x2160"),
        (sizes[:1], "1280x720"),
    ]:
        clip = replace(clip_of(), renditions=tuple(file_of(*size) for size in kept))
        fit = fit_of(clip, WANTED)
        assert fit is not None
        assert fit.rendition.rendition_id == expected


def test_a_guard_that_lets_no_creator_give_a_clip_is_refused() -> None:
    with pytest.raises(BadValue, match="must be 1 or more"):
        GuardRules(clips_of_a_creator=0)
    with pytest.raises(BadTrackerInput, match="must not be negative"):
        GuardRules(cooldown=-1)
