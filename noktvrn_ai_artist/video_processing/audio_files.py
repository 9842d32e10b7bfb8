"""A song's sound read from a file, by librosa, which is only there with the extra `audio`."""

from __future__ import annotations

import importlib
import warnings
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import numpy as np

from noktvrn_ai_artist.errors import BadFile, SettingsError
from noktvrn_ai_artist.video_processing.audio_features import SoundMeasures

LONGEST_HEARD = timedelta(minutes=10)
_RATE = 22_050


def measure(path: Path) -> SoundMeasures:
    """The measures of the first ten minutes of a recording.

    Raises:
        SettingsError: librosa is not installed.
        BadFile: the file cannot be read as sound, or there is none in it.
    """
    librosa = _librosa()
    try:
        found = _measures(librosa, path)
    # Its many readers each have errors of their own, and its measures others: of NaN, say.
    except Exception as error:
        raise BadFile("cannot be read as sound") from error
    if found is None:
        raise BadFile("holds no sound")
    return found


def _measures(librosa: ModuleType, path: Path) -> SoundMeasures | None:
    with warnings.catch_warnings():
        # It warns of each reader that cannot read a file, and then tries the next.
        warnings.simplefilter("ignore")
        sound, rate = librosa.load(
            path, sr=_RATE, mono=True, duration=LONGEST_HEARD.total_seconds()
        )
    if sound.size == 0:
        return None
    tempo, _ = librosa.beat.beat_track(y=sound, sr=rate)
    onsets = librosa.onset.onset_detect(y=sound, sr=rate)
    return SoundMeasures(
        tempo=float(np.ravel(tempo)[0]),
        loudness=np.ravel(librosa.feature.rms(y=sound)).astype(np.float64),
        onsets=len(onsets),
        duration=timedelta(seconds=sound.size / rate),
    )


def _librosa() -> ModuleType:
    try:
        return importlib.import_module("librosa")
    except ModuleNotFoundError as error:
        raise SettingsError(
            "reading a song needs librosa: pip install 'noktvrn-ai-artist[audio]'"
        ) from error
