"""The declared vocabulary of styles: what there is to choose from, and what is near to what.

A value's neighbours are what is tried where the value itself did not do well. Values that are not
declared may stand in a profile too; they have no neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType


class Trait(StrEnum):
    """What the style of an artist is made of."""

    GENRE = "genre"
    MOOD = "mood"
    TEMPO = "tempo"
    ENERGY = "energy"
    SEARCH_TERM = "search term"


Range = tuple[float, float]

TEMPO_BANDS: Mapping[str, Range] = MappingProxyType(
    {
        "60-80": (60, 80),
        "80-100": (80, 100),
        "100-120": (100, 120),
        "120-140": (120, 140),
        "140-160": (140, 160),
        "160-180": (160, 180),
    }
)
"""Beats a minute, from (inclusive) and to (exclusive)."""
ENERGY_LEVELS: Mapping[str, Range] = MappingProxyType(
    {"low": (0.0, 0.33), "medium": (0.33, 0.67), "high": (0.67, 1.0)}
)
"""Shares of the loudest and densest there is, from 0 to 1."""

# Members of one group are neighbours of each other; who is in two groups joins them.
_GENRES = (
    ("ambient", "drone", "downtempo", "chillout"),
    ("lo-fi hip hop", "boom bap", "trip hop", "jazz hop"),
    ("synthwave", "darkwave", "chillwave", "synth-pop"),
    ("house", "deep house", "progressive house", "techno", "trance"),
    ("drum and bass", "jungle", "dubstep", "uk garage"),
    ("trap", "phonk", "drill", "hip hop"),
    ("indie pop", "dream pop", "synth-pop", "bedroom pop"),
    ("indie rock", "post-rock", "shoegaze", "alternative rock"),
    ("cinematic", "orchestral", "neoclassical", "solo piano"),
    ("afrobeats", "amapiano", "dancehall", "reggaeton"),
    ("soul", "r&b", "funk", "disco"),
    ("downtempo", "trip hop"),
    ("ambient", "neoclassical"),
    ("dream pop", "shoegaze", "chillwave"),
    ("boom bap", "hip hop"),
    ("disco", "house"),
)
_MOODS = (
    ("calm", "peaceful", "dreamy"),
    ("nostalgic", "bittersweet", "melancholic"),
    ("dark", "mysterious", "tense"),
    ("uplifting", "happy", "playful", "hopeful"),
    ("energetic", "powerful", "epic"),
    ("romantic", "tender", "dreamy"),
    ("melancholic", "dark"),
    ("tense", "powerful"),
)
_SEARCH_TERMS = (
    ("neon city", "city at night", "night drive", "rainy street"),
    ("ocean waves", "underwater", "beach sunset"),
    ("forest fog", "mountains aerial", "waterfall"),
    ("abstract particles", "ink in water", "light leaks"),
    ("concert lights", "dancing crowd", "dj booth"),
    ("clouds timelapse", "starry sky", "aurora"),
    ("vintage film", "retro car", "analog tv"),
    ("coffee shop", "rain on window", "reading nook"),
    ("rainy street", "rain on window"),
    ("beach sunset", "clouds timelapse"),
)


def _pairs(ordered: Mapping[str, Range]) -> tuple[tuple[str, ...], ...]:
    """What stands side by side."""
    return tuple(pairwise(ordered))


GROUPS: Mapping[Trait, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        Trait.GENRE: _GENRES,
        Trait.MOOD: _MOODS,
        Trait.TEMPO: _pairs(TEMPO_BANDS),
        Trait.ENERGY: _pairs(ENERGY_LEVELS),
        Trait.SEARCH_TERM: _SEARCH_TERMS,
    }
)
"""What is near to what."""
CLOSED: Mapping[Trait, tuple[str, ...]] = MappingProxyType(
    {Trait.TEMPO: tuple(TEMPO_BANDS), Trait.ENERGY: tuple(ENERGY_LEVELS)}
)
"""The traits that have no values but the declared ones."""
FIRST: Mapping[Trait, tuple[str, ...]] = MappingProxyType(
    {
        Trait.GENRE: ("ambient", "cinematic", "house", "indie pop", "lo-fi hip hop", "synthwave"),
        Trait.MOOD: ("calm", "dark", "energetic", "nostalgic", "uplifting"),
        Trait.TEMPO: tuple(TEMPO_BANDS),
        Trait.ENERGY: tuple(ENERGY_LEVELS),
        Trait.SEARCH_TERM: (
            "abstract particles",
            "clouds timelapse",
            "concert lights",
            "forest fog",
            "neon city",
            "ocean waves",
        ),
    }
)
"""What the neutral profile holds, each as heavy as any other."""


def neighbours(trait: Trait, value: str) -> tuple[str, ...]:
    """What is declared to be near a value, by name.

    >>> neighbours(Trait.TEMPO, "80-100")
    ('100-120', '60-80')
    >>> neighbours(Trait.GENRE, "polka")
    ()
    """
    near = {other for group in GROUPS[trait] if value in group for other in group}
    return tuple(sorted(near - {value}))
