"""What the tracker is told and what it answers: frozen values that refuse what breaks a rule."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.errors import BadTrackerInput, BadValue

RELEASES_FOR_EVIDENCE = 3
SURE_ENOUGH = 0.8
LOOP_EVENTS = "noktvrn score "
"""What the ids of the feedback loop's reports begin with."""


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
    counts. Source names are settled (see `settled_source_name`), clip ids, search terms and
    creators are taken verbatim. `selection_id` names the `Selection` that proposed the source.

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
    search_term: str | None = None
    creator: str | None = None
    selection_id: str | None = None

    @refused_as_tracker_input()
    def __post_init__(self) -> None:
        _settle(self, "source_name", settled_source_name(self.source_name))
        _settle(self, "clip_id", rules.checked_label(self.clip_id, column="clip_id"))
        _settle(self, "release_id", rules.checked_release_id(self.release_id))
        _settle(self, "used_at", rules.checked_since_2005(self.used_at, column="used_at"))
        for column in ("event_id", "search_term", "creator", "selection_id"):
            if (label := getattr(self, column)) is not None:
                rules.checked_label(label, column=column)

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated event must agree with; the first one's time stands."""
        return (
            self.source_name,
            self.clip_id,
            self.release_id,
            self.search_term,
            self.creator,
            self.selection_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """How well a release had done when somebody looked: any finite number, higher is better.

    One given exactly, whole or a fraction, ends at 2**53 in size, where floats stop keeping it.
    `artist_id` is any whole number from 0 on that is the same for all releases of an artist.

    Raises:
        BadTrackerInput: a field breaks a rule.
    """

    release_id: int
    score: float
    reported_at: datetime
    event_id: str | None = None
    artist_id: int | None = None

    @refused_as_tracker_input()
    def __post_init__(self) -> None:
        _settle(self, "release_id", rules.checked_release_id(self.release_id))
        _settle(self, "score", rules.checked_number(self.score, column="performance_score"))
        _settle(
            self, "reported_at", rules.checked_since_2005(self.reported_at, column="reported_at")
        )
        if self.event_id is not None:
            rules.checked_label(self.event_id, column="event_id")
        if self.artist_id is not None:
            _settle(self, "artist_id", _checked_artist_id(self.artist_id))

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated event must agree with; the first one's time stands."""
        return (self.release_id, self.score, self.artist_id)

    @property
    def is_doublings(self) -> bool:
        """Whether the feedback loop told it: then it is in doublings against the artist's usual."""
        return (self.event_id or "").startswith(LOOP_EVENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One source when a choice was drawn: what was believed of it, and how likely it was.

    `mean` and `sd` are in standard deviations of release performance, `sd` without the doubt about
    the level and with the releases still without a score counted as evidence already bought;
    `probability` is that of being among the first `Selection.top_n`.
    """

    source: str
    mean: float
    sd: float
    probability: float

    @refused_as_tracker_input()
    def __post_init__(self) -> None:
        _settle(self, "source", settled_source_name(self.source))
        for column in ("mean", "sd", "probability"):
            number = getattr(self, column)
            _settle(
                self, column, rules.checked_value(number, signed=column == "mean", column=column)
            )
        if self.probability > 1:
            raise BadValue("must be at most 1", column="probability")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A draw of sources to use next: every known source, in the order drawn.

    The first `top_n` are what was proposed. The probabilities add up to `top_n`, or to the number
    of sources if there are fewer.
    """

    selection_id: str
    drawn_at: datetime
    top_n: int
    candidates: tuple[Candidate, ...]

    @refused_as_tracker_input()
    def __post_init__(self) -> None:
        rules.checked_label(self.selection_id, column="selection_id")
        _settle(self, "drawn_at", rules.checked_since_2005(self.drawn_at, column="drawn_at"))
        _settle(self, "top_n", checked_count(self.top_n, column="top_n"))
        _settle(self, "candidates", tuple(self.candidates))

    @property
    def proposed(self) -> list[str]:
        """The sources proposed, the first to try first."""
        return [candidate.source for candidate in self.candidates[: self.top_n]]

    def has(self, usage: ClipUsage) -> bool:
        """Whether the source that was used is one of the candidates."""
        return any(candidate.source == usage.source_name for candidate in self.candidates)


class Verdict(StrEnum):
    """What may be said of a source without saying more than is known."""

    TOO_LITTLE_DATA = "too little data"
    TOO_EARLY_TO_SAY = "too early to say"
    ABOVE = "better than most"
    BELOW = "worse than most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is believed about one source.

    `mean` and `sd` are in standard deviations of release performance, 0 being the average source;
    the true value lies between `low` and `high` with the probability
    `source_ranking.CREDIBLE_LEVEL`. `expected_score` is what an otherwise median release, cut
    from this source alone, would come to in the unit of the scores (`low_score` to `high_score`);
    None without a score. `releases` counts the scored releases it was used in; so many releases of
    today, cut from it alone, as `effective_releases` says would tell as much. `maturing` of the
    scored ones may still move, and `awaiting` releases have no score yet. The probabilities compare
    it with all others. It is association: a source may only have been used where releases do well.
    """

    source: str
    mean: float
    sd: float
    low: float
    high: float
    expected_score: float | None
    low_score: float | None
    high_score: float | None
    probability_best: float
    probability_top_three: float
    probability_above_median: float
    releases: int
    effective_releases: float
    maturing: int
    awaiting: int
    usages: int
    last_used: datetime

    @property
    def enough_evidence(self) -> bool:
        """Whether RELEASES_FOR_EVIDENCE scored releases or more stand behind the estimate."""
        return self.releases >= RELEASES_FOR_EVIDENCE

    @property
    def verdict(self) -> Verdict:
        """Above or below the median source only if that is SURE_ENOUGH, and there is evidence."""
        return verdict_on(self.probability_above_median, releases=self.releases)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStanding:
    """What is believed about one clip, search term or creator of a source.

    `mean`, `sd`, `low` and `high` as of a `Standing`; `releases` counts the scored releases it is
    in, `probability_above_source` is how likely it is better than its source's average.
    """

    part: str
    mean: float
    sd: float
    low: float
    high: float
    probability_above_source: float
    releases: int
    usages: int
    last_used: datetime

    @property
    def verdict(self) -> Verdict:
        """Above or below its source only if that is SURE_ENOUGH, and there is evidence."""
        return verdict_on(self.probability_above_source, releases=self.releases)


def verdict_on(probability_above: float, *, releases: int) -> Verdict:
    """What a probability of being better may be called, with so many scored releases behind it.

    >>> verdict_on(0.8, releases=3), verdict_on(0.2, releases=3)
    (<Verdict.ABOVE: 'better than most'>, <Verdict.BELOW: 'worse than most'>)
    >>> verdict_on(0.9, releases=2), verdict_on(0.79, releases=3)
    (<Verdict.TOO_LITTLE_DATA: 'too little data'>, <Verdict.TOO_EARLY_TO_SAY: 'too early to say'>)
    """
    if releases < RELEASES_FOR_EVIDENCE:
        return Verdict.TOO_LITTLE_DATA
    if probability_above >= SURE_ENOUGH:
        return Verdict.ABOVE
    return Verdict.BELOW if 1 - probability_above >= SURE_ENOUGH else Verdict.TOO_EARLY_TO_SAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one scored release adds to a source's mean.

    `worth` is how the release did among all (standard deviations, 0 the median), `share` the part
    of its clips that came from the source, `effect` what it adds; it may be negative for a good
    release, where others explain that better.
    """

    release_id: int
    score: float
    worth: float
    share: float
    effect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A source's standing and the releases that made it, the strongest first.

    The effects add up to `standing.mean`.
    """

    standing: Standing
    contributions: tuple[Contribution, ...]


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


@refused_as_tracker_input()
def checked_count(value: object, *, column: str) -> int:
    """A whole number from 0 on; above 2**63 - 1 it makes no difference any more.

    Raises:
        BadTrackerInput: it is something else.
    """
    number = rules.checked_whole(value, column=column)
    if number < 0:
        raise BadValue("must not be negative", column=column)
    return min(number, rules.LARGEST_ID)


def _checked_artist_id(value: object) -> int:
    number = rules.checked_whole(value, column="artist_id")
    if not 0 <= number <= rules.LARGEST_ID:
        raise BadValue("must be between 0 and 2**63 - 1", column="artist_id")
    return number


def _settle(record: object, field: str, value: object) -> None:
    object.__setattr__(record, field, value)
