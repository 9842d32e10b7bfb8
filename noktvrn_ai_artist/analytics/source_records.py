"""What the tracker is told and what it answers: frozen values that refuse what breaks a rule."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.errors import BadTrackerInput, BadValue

RELEASES_FOR_EVIDENCE = 3


@contextmanager
def refused_as_tracker_input() -> Iterator[None]:
    """Refuse what breaks a rule of observations with the tracker's error, in the same words.

    Raises:
        BadTrackerInput: a rule was broken within.
    """
    try:
        yield
    except BadValue as error:
        raise BadTrackerInput(error.rule, column=error.column) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipUsage:
    """One use of one stock clip in one release.

    `event_id` names the event, so that a repeated call is recognised; without one every usage
    counts. Source names are settled (see `settled_source_name`), clip ids are taken verbatim.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> ClipUsage(source_name=" Ｐexels", clip_id="8512", release_id=7, used_at=noon).source_name
    'pexels'

    Raises:
        BadTrackerInput: a field breaks a rule.
    """

    source_name: str
    clip_id: str
    release_id: int
    used_at: datetime
    event_id: str | None = None

    @refused_as_tracker_input()
    def __post_init__(self) -> None:
        _settle(self, "source_name", settled_source_name(self.source_name))
        _settle(self, "clip_id", rules.checked_label(self.clip_id, column="clip_id"))
        _settle(self, "release_id", rules.checked_release_id(self.release_id))
        _settle(self, "used_at", rules.checked_since_2005(self.used_at, column="used_at"))
        if self.event_id is not None:
            rules.checked_label(self.event_id, column="event_id")

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated event must agree with; the first one's time stands."""
        return (self.source_name, self.clip_id, self.release_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """How well a release had done when somebody looked: any finite number, higher is better.

    One given exactly, whole or a fraction, ends at 2**53 in size, where floats stop keeping it.

    Raises:
        BadTrackerInput: a field breaks a rule.
    """

    release_id: int
    score: float
    reported_at: datetime
    event_id: str | None = None

    @refused_as_tracker_input()
    def __post_init__(self) -> None:
        _settle(self, "release_id", rules.checked_release_id(self.release_id))
        _settle(self, "score", rules.checked_number(self.score, column="performance_score"))
        _settle(
            self, "reported_at", rules.checked_since_2005(self.reported_at, column="reported_at")
        )
        if self.event_id is not None:
            rules.checked_label(self.event_id, column="event_id")

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


@refused_as_tracker_input()
def settled_source_name(value: object) -> str:
    """The one spelling of a source's name: NFKC, case-folded, without surrounding white space.

    Look-alikes of another alphabet stay different names.

    Raises:
        BadTrackerInput: not text, empty, longer than 64 characters, or not printable.
    """
    return _folded(_checked_source_name(value))


def _checked_source_name(value: object) -> str:
    return rules.checked_label(value, column="source_name", longest=rules.LONGEST_NAME)


@lru_cache(maxsize=1024)
def _folded(value: str) -> str:
    folded = unicodedata.normalize("NFKC", value).casefold()
    # Folding can leave a form that NFKC composes or folds anew, as for U+0345 and U+03F4.
    name = unicodedata.normalize("NFKC", folded).casefold().strip()
    if not name.isprintable():
        raise BadValue("has characters that cannot be printed", column="source_name")
    return _checked_source_name(name)  # folding may empty or lengthen a name


def _settle(record: object, field: str, value: object) -> None:
    object.__setattr__(record, field, value)
