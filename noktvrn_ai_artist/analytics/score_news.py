"""What the tracker is to be told: the scores that are not those it has, and why they moved."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from noktvrn_ai_artist.analytics.observation_rules import CLOCK_SKEW
from noktvrn_ai_artist.analytics.release_scoring import Rating
from noktvrn_ai_artist.analytics.scored_metrics import Basis, ScoredMetric
from noktvrn_ai_artist.analytics.source_records import LOOP_EVENTS, ScoreReport

# Scores are told to a thousandth of a doubling: less is no news.
_DIGITS = 3
_BASIS_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One score that moved: what the tracker has, what it is to have, and the rating behind it.

    `rating` is None, and the score told is 0, where a release has no numbers left: it counts as a
    usual one, since the tracker cannot be told that nothing is known.
    """

    old: ScoreReport | None
    report: ScoreReport
    rating: Rating | None


def news(
    standing: Mapping[int, ScoreReport],
    ratings: Sequence[Rating],
    *,
    lost: Iterable[ScoreReport],
    basis: Basis | None,
    now: datetime,
) -> list[News]:
    """What moved, by release; once it is told there is no news. Without a basis nothing is rated.

    A report is of the instant of the last observation behind it, but not before ours that it is to
    replace. What somebody else reported later than our numbers reach stands, and numbers of an
    instant that has not come yet wait for it.
    """
    found = [
        _news(standing.get(rating.release_id), rating, basis=basis, now=now)
        for rating in ratings
        if basis and not is_ahead(rating, now=now)
        if _moved(standing.get(rating.release_id), rating)
    ]
    return sorted(
        [*found, *(_gone(old, now=now) for old in lost)],
        key=lambda one: one.report.release_id,
    )


def unrated(standing: Mapping[int, ScoreReport], ratings: Sequence[Rating]) -> list[ScoreReport]:
    """Our standing reports that say something of a release without a rating."""
    rated = {rating.release_id for rating in ratings}
    reports = (old for release_id, old in standing.items() if release_id not in rated)
    return [old for old in reports if old.is_doublings and old.score]


def lost_reports(
    unrated: Iterable[ScoreReport],
    known: Mapping[int, Collection[ScoredMetric]],
    *,
    basis: Basis | None,
    followed: Iterable[ScoredMetric],
) -> list[ScoreReport]:
    """Those that nothing is behind any more; `known` is what each release still has numbers of.

    One on this basis would have a rating if it could. One on another stands while the metric that
    it was made of is known of its release; one on a blend, while any is.
    """
    metrics = {_mark(Basis(shares=((metric, 1.0),))): metric for metric in followed}

    def stands(old: ScoreReport) -> bool:
        mark, own = _mark_of(old), known.get(old.release_id, ())
        if basis and mark == _mark(basis):
            return False
        return metrics[mark] in own if mark in metrics else bool(own)

    return [old for old in unrated if not stands(old)]


def is_ahead(rating: Rating, *, now: datetime) -> bool:
    """Whether its last observation is of an instant that has not come yet, by a clock that lags."""
    return rating.observed_at > now + CLOCK_SKEW


def overruled(standing: Mapping[int, ScoreReport], ratings: Sequence[Rating]) -> int:
    """Of how many releases somebody else reported later than our numbers reach."""
    pairs = ((standing.get(rating.release_id), rating) for rating in ratings)
    return sum(old is not None and _overrules(old, rating) for old, rating in pairs)


def _moved(old: ScoreReport | None, rating: Rating) -> bool:
    if old is None:
        return True
    return not _overrules(old, rating) and (not old.is_doublings or old.score != _told(rating))


def _overrules(old: ScoreReport, rating: Rating) -> bool:
    return not old.is_doublings and old.reported_at >= rating.observed_at


def _told(rating: Rating) -> float:
    return round(rating.score, _DIGITS) + 0.0  # -0.0 becomes 0.0


def _news(old: ScoreReport | None, rating: Rating, *, basis: Basis, now: datetime) -> News:
    reported_at = rating.observed_at
    if old is not None and old.reported_at > reported_at:
        # Numbers were taken back; told of its own instant, the right score would be history.
        reported_at = old.reported_at
    report = ScoreReport(
        release_id=rating.release_id,
        score=_told(rating),
        reported_at=reported_at,
        event_id=_event_id(_mark(basis), rating.release_id, now=now),
        artist_id=rating.artist_id,
    )
    return News(old=old, report=report, rating=rating)


def _gone(old: ScoreReport, *, now: datetime) -> News:
    report = ScoreReport(
        release_id=old.release_id,
        score=0.0,
        reported_at=old.reported_at,
        event_id=_event_id(_mark_of(old), old.release_id, now=now),
        artist_id=old.artist_id,
    )
    return News(old=old, report=report, rating=None)


def _event_id(mark: str, release_id: int, *, now: datetime) -> str:
    return f"{mark}{release_id} {now.isoformat()}"


def _mark(basis: Basis) -> str:
    """What the ids of our reports on a basis begin with, however long its name is."""
    exact = repr([(str(metric), share) for metric, share in basis.shares])
    return f"{LOOP_EVENTS}{hashlib.sha256(exact.encode()).hexdigest()[:_BASIS_DIGITS]} "


def _mark_of(report: ScoreReport) -> str:
    return (report.event_id or "")[: len(LOOP_EVENTS) + _BASIS_DIGITS + 1]
