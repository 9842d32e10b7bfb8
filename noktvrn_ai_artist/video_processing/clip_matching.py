"""How well a clip fits a slot of a video: pure arithmetic, from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from noktvrn_ai_artist.video_processing.clip_records import (
    Clip,
    Orientation,
    Rendition,
    words_of,
)

TERMS_WEIGHT, DURATION_WEIGHT, RESOLUTION_WEIGHT = 0.5, 0.25, 0.25
SMALLEST_SIDE, WANTED_SIDE = 720, 1080
"""The shorter side of the picture in pixels: what is still taken, and what is wanted."""
LONG = 4
"""A clip of more than so many slots is longer than it need be."""
UNTOLD = 0.5
"""How well words match where the library says nothing of a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one slot needs: a clip of at least this length that lies this way."""

    slot: timedelta
    orientation: Orientation


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well one file of a clip fits, by parts; each part is between 0 and 1."""

    rendition: Rendition
    terms: float
    duration: float
    resolution: float

    @property
    def total(self) -> float:
        """The parts, weighed."""
        return (
            TERMS_WEIGHT * self.terms
            + DURATION_WEIGHT * self.duration
            + RESOLUTION_WEIGHT * self.resolution
        )


def fit_of(clip: Clip, wanted: Wanted) -> Fit | None:
    """How well a clip fits; None if it is too short, too small, or lies the other way.

    Duration: 1 up to four slots, then falling. Resolution: the shorter side against 1080 pixels,
    1 at most. Terms: the share of the search term's words that the library uses for the clip.
    """
    usable = [
        rendition
        for rendition in clip.renditions
        if rendition.lies(wanted.orientation) and _side(rendition) >= SMALLEST_SIDE
    ]
    if not usable or clip.duration < wanted.slot or wanted.slot <= timedelta(0):
        return None
    rendition = min(usable, key=_distance)
    return Fit(
        rendition=rendition,
        terms=_terms(clip),
        duration=min(1.0, LONG * wanted.slot / clip.duration),
        resolution=min(1.0, _side(rendition) / WANTED_SIDE),
    )


def _side(rendition: Rendition) -> int:
    return min(rendition.width, rendition.height)


def _distance(rendition: Rendition) -> tuple[bool, int, int, str]:
    """The smallest file of the wanted size, or else the largest; ties by extent and name."""
    side = _side(rendition)
    short = side < WANTED_SIDE
    longer = max(rendition.width, rendition.height)
    return short, -side if short else side, longer, rendition.rendition_id


def _terms(clip: Clip) -> float:
    wanted, told = words_of(clip.search_term), words_of(clip.words)
    if not told or not wanted:
        return UNTOLD
    return len(wanted & told) / len(wanted)
