"""From a song's sound and an artist's taste to what stock libraries are asked for: pure rules.

1. The song's keywords come first: all of them as one term where there are two or three, then each.
2. Then, by turns, the artist's terms (the heaviest first), the scenes of the song's mood, and a
   scene of its pace.
3. What the artist avoids is left out: a term with all the words of an avoided one.
4. Each term once, however it is spelled, and no more than `MOST_TERMS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Protocol

from noktvrn_ai_artist.video_processing.audio_features import (
    HIGH_ENERGY,
    LOW_ENERGY,
    AudioFeatures,
)
from noktvrn_ai_artist.video_processing.clip_records import words_of

MOST_TERMS = 6
_JOINED = range(2, 4)
SLOW_TEMPO, FAST_TEMPO = 90.0, 130.0
MOOD_SCENES: Mapping[str, tuple[str, ...]] = {
    "bittersweet": ("autumn leaves", "empty street"),
    "calm": ("calm lake", "slow clouds"),
    "dark": ("dark alley", "storm clouds"),
    "dreamy": ("soft light bokeh", "floating feathers"),
    "energetic": ("dancing crowd", "running people"),
    "epic": ("mountains aerial", "ocean storm"),
    "happy": ("friends laughing", "summer park"),
    "hopeful": ("sunrise", "open road"),
    "melancholic": ("rain on window", "lonely walk"),
    "mysterious": ("forest fog", "smoke"),
    "nostalgic": ("vintage film", "old photographs"),
    "peaceful": ("calm water", "meadow wind"),
    "playful": ("colorful balloons", "skateboard"),
    "powerful": ("lightning", "waves crashing"),
    "romantic": ("couple sunset", "candle light"),
    "tender": ("hands close up", "morning light"),
    "tense": ("city traffic night", "flickering light"),
    "uplifting": ("sunrise aerial", "birds flying"),
}
"""What a mood looks like, for the moods of the artists' vocabulary."""
SLOW_SCENE, MODERATE_SCENE, FAST_SCENE = "slow motion", "city walk", "timelapse"


class HasFootageTaste(Protocol):
    """Whoever has terms for stock footage, and terms to keep away from: an `ArtistProfile`."""

    @property
    def search_terms(self) -> Sequence[str]:
        """What footage is searched for, the most wanted first."""

    @property
    def avoided_terms(self) -> Sequence[str]:
        """What it must not be searched for."""


def search_terms(features: AudioFeatures, taste: HasFootageTaste) -> tuple[str, ...]:
    """What to search for, the best first; empty only if the artist avoids all of it."""
    by_turns = zip_longest(
        taste.search_terms, MOOD_SCENES.get((features.mood or "").casefold(), ()), _pace(features)
    )
    given = chain(_keywords(features.keywords), chain.from_iterable(by_turns))
    terms: dict[frozenset[str], str] = {}
    for term in given:
        if term and words_of(term) and not is_avoided(term, taste.avoided_terms):
            terms.setdefault(words_of(term), term)
    return tuple(terms.values())[:MOST_TERMS]


def is_avoided(text: str, avoided: Iterable[str]) -> bool:
    """Whether all words of an avoided term stand in the text.

    >>> is_avoided("Neon city at night", ["city neon"])
    True
    """
    words = words_of(text)
    return any(named and named <= words for named in map(words_of, avoided))


def _keywords(keywords: Sequence[str]) -> list[str]:
    together = [" ".join(keywords)] if len(keywords) in _JOINED else []
    return [*together, *keywords]


def _pace(features: AudioFeatures) -> tuple[str, ...]:
    """One scene, by energy where it says something, else by tempo; none where both are unknown."""
    tempo, energy = features.tempo, features.energy
    if tempo is None and energy is None:
        return ()
    if energy is not None and not LOW_ENERGY <= energy < HIGH_ENERGY:
        return (FAST_SCENE if energy >= HIGH_ENERGY else SLOW_SCENE,)
    if tempo is not None and not SLOW_TEMPO <= tempo < FAST_TEMPO:
        return (FAST_SCENE if tempo >= FAST_TEMPO else SLOW_SCENE,)
    return (MODERATE_SCENE,)
