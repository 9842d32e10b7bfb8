"""What is known of a song's sound, in ranges that hold, and how measures become that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.errors import BadValue

SLOWEST, FASTEST = 20.0, 400.0
MOST_KEYWORDS = 12
LOW_ENERGY, HIGH_ENERGY = 0.33, 0.67
"""Below the first a song is calm, from the second on it is lively; as in artists' profiles."""
QUIET_DB, LOUD_DB = -40.0, -8.0
"""Mean loudness (of full scale) that counts as no energy, and as all there is."""
MOST_ONSETS = 8.0
"""So many beginnings of notes in a second count as all the energy there is."""
_LOUDNESS_WEIGHT = 0.6
_SILENCE = 1e-5
_SHORTEST_SLOT, _LONGEST_SLOT = timedelta(seconds=2), timedelta(seconds=12)
_USUAL_SLOT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFeatures:
    """A song's sound: `tempo` in beats a minute (20-400), `energy` from 0 to 1.

    Both may be unknown. `mood` is one word or two; `keywords`, at most 12, say what should be seen.

    >>> AudioFeatures(tempo=128, energy=0.8, keywords=("neon", "city")).tempo
    128.0

    Raises:
        BadValue: a value is out of its range, or a text is empty or too long.
    """

    tempo: float | None = None
    energy: float | None = None
    mood: str | None = None
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _settle(self, "tempo", _within(self.tempo, SLOWEST, FASTEST, column="tempo"))
        _settle(self, "energy", _within(self.energy, 0.0, 1.0, column="energy"))
        if self.mood is not None:
            _settle(self, "mood", rules.checked_name(self.mood, column="mood"))
        if isinstance(self.keywords, str):
            raise BadValue("must be words, not one text", column="keywords")
        given = tuple(rules.checked_name(word, column="keywords") for word in self.keywords)
        if len(given) > MOST_KEYWORDS:
            raise BadValue(f"must be at most {MOST_KEYWORDS}", column="keywords")
        _settle(self, "keywords", given)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundMeasures:
    """What was measured of a recording: its tempo, its loudness over time, its onsets.

    `loudness` is the root mean square of frames, 1 being full scale; `onsets` counts the
    beginnings of notes in `duration`.
    """

    tempo: float
    loudness: NDArray[np.float64]
    onsets: int
    duration: timedelta


def features_of(
    measures: SoundMeasures, *, mood: str | None = None, keywords: Sequence[str] = ()
) -> AudioFeatures:
    """Features from measures: energy is 0.6 of loudness and 0.4 of how densely notes begin.

    Loudness is the mean over all frames in decibels, from -40 dB (0) to -8 dB (1); density goes
    from none (0) to 8 onsets a second (1). A tempo that cannot be one is taken as unknown.
    """
    tempo = measures.tempo if SLOWEST <= measures.tempo <= FASTEST else None
    energy = _LOUDNESS_WEIGHT * _loudness(measures) + (1 - _LOUDNESS_WEIGHT) * _density(measures)
    return AudioFeatures(tempo=tempo, energy=round(energy, 3), mood=mood, keywords=tuple(keywords))


def slot_length(features: AudioFeatures) -> timedelta:
    """How long one clip is shown: 16 beats of a calm song, 12 of a moderate, 8 of a lively one.

    It lies between 2 and 12 seconds; 5 seconds where the tempo is not known.

    >>> slot_length(AudioFeatures(tempo=120, energy=0.9)).total_seconds()
    4.0
    """
    if features.tempo is None:
        return _USUAL_SLOT
    energy = 0.5 if features.energy is None else features.energy
    beats = 16 if energy < LOW_ENERGY else 8 if energy >= HIGH_ENERGY else 12
    return min(_LONGEST_SLOT, max(_SHORTEST_SLOT, timedelta(minutes=beats / features.tempo)))


def _loudness(measures: SoundMeasures) -> float:
    level = float(np.sqrt(np.mean(np.square(measures.loudness)))) if measures.loudness.size else 0.0
    decibels = 20 * np.log10(max(level, _SILENCE))
    return float(np.clip((decibels - QUIET_DB) / (LOUD_DB - QUIET_DB), 0.0, 1.0))


def _density(measures: SoundMeasures) -> float:
    seconds = measures.duration.total_seconds()
    return min(1.0, measures.onsets / seconds / MOST_ONSETS) if seconds > 0 else 0.0


def _within(value: float | None, low: float, high: float, *, column: str) -> float | None:
    if value is None:
        return None
    number = rules.checked_number(value, column=column)
    if not low <= number <= high:
        raise BadValue(f"must lie between {low:g} and {high:g}", column=column)
    return number


def _settle(record: object, field: str, value: object) -> None:
    object.__setattr__(record, field, value)
