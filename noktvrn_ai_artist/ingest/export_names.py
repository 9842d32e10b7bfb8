"""What the name of an export says for sure, whatever a browser made of it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

# " (1)", "-2" and " copy" are put behind a name that is taken.
_COPIES = r"(?:\s*\(\d{1,3}\)|[-_ ]\d{1,2}|\s+copy(?:\s+\d{1,2})?)*"
_ENDING = re.compile(r"(?:\.csv)+$", re.IGNORECASE)
_TIMELINE = re.compile(rf"(?P<title>.*\S)\s*[-_ ]timeline{_COPIES}", re.IGNORECASE)
_COPIED = re.compile(r"(?P<title>.*\S)\s*\(\d{1,3}\)")
_WINDOW = re.compile(
    r"songs[-_ ]+(?:last[-_ ]*)?(?P<many>\d{1,2})[-_ ]*(?P<unit>d|m|y)"
    rf"(?:ays?|onths?|ears?)?{_COPIES}$",
    re.IGNORECASE,
)
_WINDOWS = {"7d": "7d", "28d": "28d", "12m": "12m", "1y": "12m"}
# What a file's name cannot hold is saved as an underscore.
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def title_in(file_name: str) -> str | None:
    """The title in the name of a song's timeline; None where the name is no such name.

    >>> title_in("First Light-timeline (1).csv"), title_in("export.csv")
    ('First Light', None)
    """
    found = _TIMELINE.fullmatch(_stem(file_name))
    title = found["title"] if found else ""
    return title if title and not title.lower().endswith("audience") else None


def possible_titles(file_name: str) -> tuple[str, ...]:
    """The titles that a file might be named after; only a known release's can be meant.

    >>> possible_titles("Song (1).csv")
    ('Song (1)', 'Song')
    """
    stem = _stem(file_name)
    copied = _COPIED.fullmatch(stem)
    titles = (title_in(file_name), stem, copied["title"] if copied else None)
    return tuple(dict.fromkeys(title for title in titles if title))


def as_in_a_name(title: str) -> str:
    """A title with the letters that a file's name can hold.

    >>> as_in_a_name("Why / not?")
    'Why _ not_'
    """
    return _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", title)).strip()


def may_have_lost_letters(title: str) -> bool:
    """Whether a title from a file's name may have been written with other letters."""
    return "_" in title


def window_in(file_name: str) -> str | None:
    """The window in the name of a list of songs; None where it says none.

    >>> window_in("Nova-songs-28day (2).csv"), window_in("songs-1year.csv"), window_in("songs.csv")
    ('28d', '12m', None)
    """
    found = _WINDOW.search(_stem(file_name))
    return _WINDOWS.get(f"{found['many']}{found['unit'].lower()}") if found else None


def _stem(file_name: str) -> str:
    return unicodedata.normalize("NFC", _ENDING.sub("", PurePath(file_name).name)).strip()
