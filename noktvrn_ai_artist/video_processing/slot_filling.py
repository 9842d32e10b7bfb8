"""Which clip goes into which slot: pure rules over whatever supplies the clips.

Each slot takes the first source of the order that has a clip that fits, and of that source's clips
the one that fits best. A source asks for the slot's own term first, then for the others; it gives
clips that nobody used before as long as it has any. Once a source has half of the video, with the
clips that it gave to it before, the others are asked first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from noktvrn_ai_artist.video_processing.clip_matching import Fit, Wanted, fit_of
from noktvrn_ai_artist.video_processing.clip_records import Clip, ClipKey
from noktvrn_ai_artist.video_processing.diversity_guard import (
    GuardRules,
    PastClips,
    most_of_a_source,
)


class Supply(Protocol):
    """Who knows the clips of each source."""

    def clips(self, source: str, term: str) -> Iterator[Sequence[Clip]]:
        """Page by page what the source has for a term; a source that fails has no more pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSlot:
    """A slot (the first is 0), the clip it takes, and how well that fits."""

    slot: int
    clip: Clip
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is to be filled: so many slots of one kind, and by which rules.

    The terms are those to search for, the best first; slot after slot begins with the next.
    """

    slots: int
    wanted: Wanted
    terms: tuple[str, ...]
    past: PastClips
    rules: GuardRules


def fill_slots(brief: Brief, supply: Supply, *, order: Sequence[str]) -> tuple[FilledSlot, ...]:
    """The slots that can be filled, from the sources of the order; others are left out."""
    filling = _Filling(
        brief, supply, order, of_source=brief.past.of_source, of_creator=brief.past.of_creator
    )
    for slot in range(brief.slots):
        filling.fill(slot)
    return tuple(filling.filled)


@dataclass(slots=True)
class _Filling:
    """What is filled so far, and what may still be taken; counts are of the whole video."""

    brief: Brief
    supply: Supply
    order: Sequence[str]
    of_source: Counter[str]
    of_creator: Counter[tuple[str, str]]
    filled: list[FilledSlot] = field(default_factory=list)
    taken: set[ClipKey] = field(default_factory=set)

    def fill(self, slot: int) -> None:
        for source in self._by_turns():
            found = self._best(source, slot)
            if found is not None:
                self._take(found)
                return

    def _by_turns(self) -> list[str]:
        """The sources by the order, those with their half behind the others."""
        most = most_of_a_source(len(self.brief.past.own) + self.brief.slots)
        return sorted(self.order, key=lambda source: self.of_source[source] >= most)

    def _best(self, source: str, slot: int) -> FilledSlot | None:
        """The best clip of the first page that has one; unused ones of all pages come first."""
        for used_before in (False, True):
            for page in self._pages(source, slot):
                found = [
                    FilledSlot(slot=slot, clip=clip, fit=fit)
                    for clip in page
                    if (clip.key in self.brief.past.used) is used_before
                    if self._may_take(clip)
                    if (fit := fit_of(clip, self.brief.wanted)) is not None
                ]
                if found:
                    # Of equals the library's first.
                    return max(found, key=lambda each: each.fit.total)
        return None

    def _pages(self, source: str, slot: int) -> Iterator[Sequence[Clip]]:
        terms = self.brief.terms
        first = slot % len(terms) if terms else 0
        for term in (*terms[first:], *terms[:first]):
            yield from self.supply.clips(source, term)

    def _may_take(self, clip: Clip) -> bool:
        if clip.key in self.taken or clip.key in self.brief.past.resting:
            return False
        most = self.brief.rules.clips_of_a_creator
        return clip.creator is None or self.of_creator[clip.source, clip.creator] < most

    def _take(self, found: FilledSlot) -> None:
        clip = found.clip
        self.filled.append(found)
        self.taken.add(clip.key)
        self.of_source[clip.source] += 1
        if clip.creator is not None:
            self.of_creator[clip.source, clip.creator] += 1
