"""From a song to search terms: the rules as they are documented, and what breaks a range."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.artist_evolution.profiles import neutral_profile
from noktvrn_ai_artist.artist_evolution.vocabulary import GROUPS, Trait
from noktvrn_ai_artist.errors import BadFile, BadValue, SettingsError
from noktvrn_ai_artist.video_processing.audio_features import (
    AudioFeatures,
    SoundMeasures,
    features_of,
    slot_length,
)
from noktvrn_ai_artist.video_processing.audio_files import measure
from noktvrn_ai_artist.video_processing.clip_records import words_of
from noktvrn_ai_artist.video_processing.search_terms import (
    MOOD_SCENES,
    MOST_TERMS,
    is_avoided,
    search_terms,
)


@dataclass(frozen=True)
class Taste:
    search_terms: tuple[str, ...] = ()
    avoided_terms: tuple[str, ...] = ()


words = st.sampled_from(["neon", "city", "Neon City", "rain", "ocean waves", "fog", "city  NEON"])
tastes = st.builds(
    Taste,
    search_terms=st.lists(words, max_size=5).map(tuple),
    avoided_terms=st.lists(words, max_size=3).map(tuple),
)
features = st.builds(
    AudioFeatures,
    tempo=st.none() | st.floats(20, 400),
    energy=st.none() | st.floats(0, 1),
    mood=st.none() | st.sampled_from(sorted(MOOD_SCENES)),
    keywords=st.lists(words, max_size=4).map(tuple),
)


@given(features, tastes)
def test_terms_are_few_differ_and_are_not_avoided(song: AudioFeatures, taste: Taste) -> None:
    terms = search_terms(song, taste)
    assert len(terms) <= MOST_TERMS
    assert len({words_of(term) for term in terms}) == len(terms)
    assert not [term for term in terms if is_avoided(term, taste.avoided_terms)]
    assert terms == search_terms(song, taste)


def test_keywords_come_first_then_the_artist_mood_and_pace_by_turns() -> None:
    song = AudioFeatures(tempo=128, energy=0.8, mood="Dark", keywords=("neon", "city"))
    terms = search_terms(song, Taste(search_terms=("night drive", "rainy street")))
    assert terms == ("neon city", "neon", "city", "night drive", "dark alley", "timelapse")


def test_the_pace_is_that_of_the_energy_and_else_of_the_tempo() -> None:
    scenes = {
        (None, None): (),
        (60.0, 0.9): ("timelapse",),
        (180.0, 0.1): ("slow motion",),
        (180.0, 0.5): ("timelapse",),
        (70.0, 0.5): ("slow motion",),
        (110.0, None): ("city walk",),
    }
    for (tempo, energy), scene in scenes.items():
        assert search_terms(AudioFeatures(tempo=tempo, energy=energy), Taste()) == scene


def test_an_artist_who_avoids_all_leaves_nothing() -> None:
    song = AudioFeatures(keywords=("neon city",))
    assert search_terms(song, Taste(("city NEON",), ("city",))) == ()


def test_every_mood_of_the_vocabulary_has_scenes() -> None:
    assert {mood for group in GROUPS[Trait.MOOD] for mood in group} == set(MOOD_SCENES)


def test_an_artists_profile_is_such_a_taste() -> None:
    profile = neutral_profile(1)
    assert set(search_terms(AudioFeatures(), profile)) <= set(profile.search_terms)


@pytest.mark.parametrize(
    ("given_", "column"),
    [
        ({"tempo": 19.9}, "tempo"),
        ({"tempo": math.nan}, "tempo"),
        ({"tempo": True}, "tempo"),
        ({"energy": 1.01}, "energy"),
        ({"energy": -0.01}, "energy"),
        ({"mood": " "}, "mood"),
        ({"keywords": ("neon", "")}, "keywords"),
        ({"keywords": "neon"}, "keywords"),
        ({"keywords": ("x" * 65,)}, "keywords"),
        ({"keywords": tuple("abcdefghijklm")}, "keywords"),
    ],
)
def test_what_is_out_of_its_range_is_refused(given_: dict[str, object], column: str) -> None:
    with pytest.raises(BadValue) as refused:
        AudioFeatures(**given_)  # type: ignore[arg-type]
    assert refused.value.column == column


@given(features)
def test_a_slot_is_neither_too_short_nor_too_long(song: AudioFeatures) -> None:
    assert timedelta(seconds=2) <= slot_length(song) <= timedelta(seconds=12)


def measures(level: float, onsets: int, tempo: float = 128) -> SoundMeasures:
    loudness = np.full(100, level)
    return SoundMeasures(
        tempo=tempo, loudness=loudness, onsets=onsets, duration=timedelta(seconds=10)
    )


def test_silence_has_no_energy_and_a_loud_dense_song_has_all() -> None:
    assert features_of(measures(0.0, 0)).energy == 0
    assert features_of(measures(1.0, 80)).energy == 1
    assert features_of(measures(1.0, 0)).energy == 0.6
    assert features_of(measures(10 ** (-24 / 20), 0)).energy == pytest.approx(0.3, abs=0.001)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 200), st.integers(0, 200))
def test_louder_or_denser_is_never_less_energy(a: float, b: float, m: int, n: int) -> None:
    low, high = (
        features_of(measures(min(a, b), min(m, n))),
        features_of(measures(max(a, b), max(m, n))),
    )
    assert low.energy is not None
    assert high.energy is not None
    assert low.energy <= high.energy


def test_a_tempo_that_cannot_be_one_is_not_known() -> None:
    assert features_of(measures(0.1, 10, tempo=0.0)).tempo is None


def test_without_the_extra_a_song_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(SettingsError, match=r"pip install 'noktvrn-ai-artist\[audio\]'"):
        measure(Path("song.wav"))


def test_whatever_a_song_breaks_off_at_it_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> object:
        raise ValueError("audio buffer is not finite\neverywhere")

    heard = SimpleNamespace(
        load=lambda _path, **_more: (np.array([math.nan, 0.5]), 22_050),
        beat=SimpleNamespace(beat_track=refuse),
    )
    monkeypatch.setitem(sys.modules, "librosa", heard)
    with pytest.raises(BadFile, match=r"^the file cannot be read as sound$"):
        measure(Path("song.wav"))
    heard.load = lambda _path, **_more: (np.array([]), 22_050)
    with pytest.raises(BadFile, match=r"^the file holds no sound$"):
        measure(Path("song.wav"))
