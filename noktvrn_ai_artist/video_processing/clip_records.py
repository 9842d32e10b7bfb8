"""Clips of stock libraries as frozen values: what they are, where from, and whom to credit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

_WORDS = re.compile(r"[^\W_]+")
_LONGEST_URL = 2048
ClipKey = tuple[str, str]
"""Which clip: the source's name, and the clip's id there."""


class Orientation(StrEnum):
    """How the picture lies; what is square may be cut from either."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One file of a clip; `size` is in bytes, where it is told.

    `link` is where the file is fetched. Coverr's links carry a token that goes with the key, so
    they are shown in no `repr`.
    """

    rendition_id: str
    width: int
    height: int
    link: str = field(repr=False)
    size: int | None = None

    def lies(self, wanted: Orientation) -> bool:
        """Whether the picture can be used as it lies."""
        match wanted:
            case Orientation.LANDSCAPE:
                return self.width > self.height
            case Orientation.PORTRAIT:
                return self.height > self.width
            case Orientation.SQUARE:
                return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip as a library offered it in answer to a search term.

    `words` is what the library says of it (title, tags), empty where it says nothing. `page` is
    where people see it, `licence` names the terms it comes under, `credit` is the text to show.
    """

    source: str
    clip_id: str
    search_term: str
    words: str
    page: str | None
    creator: str | None
    duration: timedelta
    renditions: tuple[Rendition, ...]
    licence: str
    credit: str

    @property
    def key(self) -> ClipKey:
        """Which clip it is."""
        return self.source, self.clip_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSearch:
    """What a library is asked: `page` counts from 0, whatever the library does."""

    term: str
    orientation: Orientation
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPage:
    """The clips of one page, each once, in the library's order; `more` says whether one follows."""

    clips: tuple[Clip, ...]
    more: bool


def words_of(text: str) -> frozenset[str]:
    """The words of a text, NFKC and case-folded.

    >>> sorted(words_of("Neon-City, at NIGHT"))
    ['at', 'city', 'neon', 'night']
    """
    return frozenset(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def plain(text: str | None, *, longest: int = 200) -> str | None:
    """A library's text on one line, cut where it is too long; None where nothing is left.

    >>> plain(" Ana\\n Lu\\0 ")
    'Ana Lu'
    """
    kept = "".join(letter if letter.isprintable() else " " for letter in text or "")
    return " ".join(kept.split())[:longest].strip() or None


def web_address(text: str | None) -> str | None:
    """An address that a browser may be sent to; None where it is another, or none."""
    address = text or ""
    is_web = address.startswith(("https://", "http://")) and address.isprintable()
    return address if is_web and len(address) <= _LONGEST_URL else None
