"""What the tracker is told and what it answers: frozen values that refuse what breaks a rule."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from numbers import Integral, Rational, Real

from noktvrn_ai_artist.errors import BadTrackerInput

GREATEST_RELEASE_ID = 2**63 - 1
GREATEST_WHOLE_SCORE = 2**53
LONGEST_SOURCE_NAME = 64
LONGEST_LABEL = 256
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)
RELEASES_FOR_EVIDENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipUsage:
    """One use of one stock clip in one release.

    `event_id` names the event, so that a repeated call is recognised; without one every usage
    counts. Source names are settled (see `settled_source_name`), clip ids are taken verbatim.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> ClipUsage(source_name=" Pexels", clip_id="8512", release_id=7, used_at=noon).source_name
    'pexels'

    Raises:
        BadTrackerInput: a field breaks a rule.
    """

    source_name: str
    clip_id: str
    release_id: int
    used_at: datetime
    event_id: str | None = None

    def __post_init__(self) -> None:
        _settle(self, "source_name", settled_source_name(self.source_name))
        _settle(self, "clip_id", checked_label(self.clip_id, column="clip_id"))
        _settle(self, "release_id", checked_release_id(self.release_id))
        _settle(self, "used_at", checked_instant(self.used_at, column="used_at"))
        if self.event_id is not None:
            checked_label(self.event_id, column="event_id")

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated event must agree with; the first one's time stands."""
        return (self.source_name, self.clip_id, self.release_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """How well a release had done when somebody looked: any finite number, higher is better.

    Raises:
        BadTrackerInput: a field breaks a rule.
    """

    release_id: int
    score: float
    reported_at: datetime
    event_id: str | None = None

    def __post_init__(self) -> None:
        _settle(self, "release_id", checked_release_id(self.release_id))
        _settle(self, "score", checked_score(self.score))
        _settle(self, "reported_at", checked_instant(self.reported_at, column="reported_at"))
        if self.event_id is not None:
            checked_label(self.event_id, column="event_id")

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated event must agree with; the first one's time stands."""
        return (self.release_id, self.score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is believed about one source.

    `mean` is in standard deviations of release performance, 0 being the average release; the true
    value lies between `low` and `high` with the credibility `source_ranking.CREDIBLE_LEVEL`.
    `releases` counts the scored releases the source was used in, `effective_releases` is what they
    still weigh. It is association: a source may only have been used by the artists who do well.
    """

    source: str
    mean: float
    low: float
    high: float
    releases: int
    effective_releases: float
    usages: int
    last_used: datetime

    @property
    def enough_evidence(self) -> bool:
        """Whether three scored releases or more stand behind the estimate."""
        return self.releases >= RELEASES_FOR_EVIDENCE


def settled_source_name(value: object) -> str:
    """The one spelling of a source's name: NFKC, case-folded, without surrounding white space.

    Look-alikes of another alphabet stay different names.

    >>> settled_source_name(" Ｐｅｘｅｌｓ ")
    'pexels'

    Raises:
        BadTrackerInput: not text, empty, longer than 64 characters, or not printable.
    """
    if not isinstance(value, str):
        raise BadTrackerInput("must be text", column="source_name")
    if len(value) > LONGEST_SOURCE_NAME:
        raise BadTrackerInput(f"longer than {LONGEST_SOURCE_NAME}", column="source_name")
    return _settled_name(value)


@lru_cache(maxsize=1024)
def _settled_name(value: str) -> str:
    folded = unicodedata.normalize("NFKC", value).casefold()
    # Folding can leave a form that NFKC composes or folds anew, as for U+0345 and U+03F4.
    name = unicodedata.normalize("NFKC", folded).casefold().strip()
    if not name:
        raise BadTrackerInput("must not be empty", column="source_name")
    if len(name) > LONGEST_SOURCE_NAME:
        raise BadTrackerInput(f"longer than {LONGEST_SOURCE_NAME}", column="source_name")
    if not name.isprintable():
        raise BadTrackerInput("has characters that cannot be printed", column="source_name")
    return name


def checked_label(value: object, *, column: str) -> str:
    """An identifier taken verbatim: 1 to 256 characters, no NUL, no half of a surrogate pair.

    Raises:
        BadTrackerInput: the value is none.
    """
    if not isinstance(value, str):
        raise BadTrackerInput("must be text", column=column)
    if not value.strip():
        raise BadTrackerInput("must not be empty", column=column)
    if len(value) > LONGEST_LABEL:
        raise BadTrackerInput(f"longer than {LONGEST_LABEL}", column=column)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadTrackerInput("has characters that cannot be stored", column=column)
    return value


def checked_release_id(value: object) -> int:
    """A release's id: a whole number from 1 to 2^63 - 1.

    Raises:
        BadTrackerInput: the value is none.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise BadTrackerInput("must be a whole number", column="release_id")
    number = int(value)
    if not 1 <= number <= GREATEST_RELEASE_ID:
        raise BadTrackerInput("must be between 1 and 2^63 - 1", column="release_id")
    return number


def checked_score(value: object) -> float:
    """A performance score: any finite number; whole ones up to 2^53, the last that floats keep.

    Raises:
        BadTrackerInput: the value is none; the message does not repeat it.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise BadTrackerInput("must be a number", column="performance_score")
    if isinstance(value, Rational) and abs(int(value.numerator)) > GREATEST_WHOLE_SCORE:
        raise BadTrackerInput("whole numbers end at 2^53", column="performance_score")
    number = float(value)
    if not isfinite(number):
        raise BadTrackerInput("must be finite", column="performance_score")
    return number + 0.0  # -0.0 becomes 0.0


def checked_instant(value: object, *, column: str) -> datetime:
    """An instant with its offset, in UTC, from 2005 on.

    Raises:
        BadTrackerInput: the value is none.
    """
    if not isinstance(value, datetime):
        raise BadTrackerInput("must be a datetime", column=column)
    if value.utcoffset() is None:
        raise BadTrackerInput("needs a UTC offset", column=column)
    if not EARLIEST <= value <= LATEST:
        raise BadTrackerInput("must be between 2005 and 9998", column=column)
    return value.astimezone(UTC)


def _settle(record: object, field: str, value: object) -> None:
    object.__setattr__(record, field, value)
