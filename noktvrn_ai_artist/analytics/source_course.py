"""How estimates came to be what they are: their course in time, and what moved them lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from noktvrn_ai_artist.analytics.source_records import (
    ClipUsage,
    Contribution,
    Explanation,
    ScoreReport,
    Standing,
    settled_source_name,
)
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

_MOST_MOVES, _VISIBLE = 3, 0.005
POINTS = 12
"""At how many instants a course is looked at, the present one included."""
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was believed at one instant."""

    instant: datetime
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoint:
    """What was believed of one source at one instant."""

    instant: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """By how much one release moved an estimate; `is_new` if it had no score before."""

    release_id: int
    change: float
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How an estimate went since an instant, and the releases that moved it, the strongest first.

    `before` is None where the source was not in use by then; it was believed to be average, 0.
    The moves add up to what `now` is above `before`.
    """

    since: datetime
    before: float | None
    now: float
    moves: tuple[Move, ...]

    @property
    def worth_saying(self) -> list[Move]:
        """The strongest moves, three at most, without those that nobody would see."""
        return [move for move in self.moves[:_MOST_MOVES] if abs(move.change) >= _VISIBLE]


def past_instants(reports: Iterable[ScoreReport], *, until: datetime) -> tuple[datetime, ...]:
    """Up to POINTS - 1 midnights between the first score report and `until`, the oldest first.

    Evenly spread, so that they stay the same for a day and what they show can be kept.
    """
    first = min((report.reported_at for report in reports), default=until)
    today = datetime.combine(until.date(), time(), tzinfo=until.tzinfo)
    step = (today - first) / POINTS
    days = {(today - place * step).date() for place in range(1, POINTS)}
    midnights = (datetime.combine(day, time(), tzinfo=until.tzinfo) for day in sorted(days))
    return tuple(midnight for midnight in midnights if first < midnight < until)


def moments(tracker: StockSuccessTracker, instants: Sequence[datetime]) -> list[Moment]:
    """What was believed at each of these instants."""
    return [
        Moment(instant=instant, standings=tuple(tracker.standings(as_of=instant)))
        for instant in instants
    ]


def course_of(source: str, seen: Iterable[Moment]) -> list[CoursePoint]:
    """One source's standings, from when it was first used."""
    return [
        CoursePoint(instant=moment.instant, standing=standing)
        for moment in seen
        for standing in moment.standings
        if standing.source == source
    ]


def explanation_then(
    tracker: StockSuccessTracker, source_name: str, instant: datetime
) -> Explanation | None:
    """What explained a source at an instant; None if it was not in use yet."""
    source = settled_source_name(source_name)
    if not _was_used(tracker.usages(), source, by=instant):
        return None
    return tracker.explain(source, as_of=instant)


def own_contributions(
    contributions: Iterable[Contribution],
) -> tuple[list[Contribution], float]:
    """Those of releases that use the source, and what all others add together.

    A release without the source moves it by what it tells of the level, and of the sources that it
    shared a release with.
    """
    told = list(contributions)
    own = [one for one in told if one.share > 0]
    return own, sum(one.effect for one in told if one.share == 0)


def change_between(before: Explanation | None, now: Explanation, *, since: datetime) -> Change:
    """What changed from one explanation of a source to a later one."""
    old = {} if before is None else {one.release_id: one.effect for one in before.contributions}
    new = {one.release_id: one.effect for one in now.contributions}
    moves = [
        Move(
            release_id=release_id,
            change=new.get(release_id, 0.0) - old.get(release_id, 0.0),
            is_new=release_id not in old,
        )
        for release_id in old.keys() | new.keys()
    ]
    return Change(
        since=since,
        before=None if before is None else before.standing.mean,
        now=now.standing.mean,
        moves=tuple(sorted(moves, key=lambda move: (-abs(move.change), move.release_id))),
    )


def _was_used(usages: Iterable[ClipUsage], source: str, *, by: datetime) -> bool:
    return any(usage.source_name == source and usage.used_at <= by for usage in usages)
