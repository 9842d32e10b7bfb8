"""What the tracker is to be told: the scores that are not those it has, and why they moved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from noktvrn_ai_artist.analytics.release_scoring import Rating
from noktvrn_ai_artist.analytics.scored_metrics import Basis, ScoredMetric
from noktvrn_ai_artist.analytics.source_records import ScoreReport

# Scores are told to a thousandth of a doubling: less is no news.
_DIGITS = 3
_OURS = "noktvrn score "


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One score that moved: what the tracker has, what it is to have, and the rating behind it.

    `rating` is None, and the score told is 0, where a release has no numbers left: of one that
    nothing is known of the usual is expected.
    """

    old: ScoreReport | None
    report: ScoreReport
    rating: Rating | None


def news(
    standing: Mapping[int, ScoreReport],
    ratings: Sequence[Rating],
    *,
    basis: Basis,
    now: datetime,
) -> list[News]:
    """What moved, by release; once it is told there is no news.

    A report is of the instant of the last observation behind it, but not before ours that it is to
    replace. What somebody else reported later than our numbers reach stands.
    """
    rated = {rating.release_id for rating in ratings}
    lost = [
        old
        for release_id, old in standing.items()
        if release_id not in rated and (old.event_id or "").startswith(_mark(basis)) and old.score
    ]
    found = [
        _news(standing.get(rating.release_id), rating, basis=basis, now=now)
        for rating in ratings
        if _moved(standing.get(rating.release_id), rating)
    ]
    return sorted(
        [*found, *(_gone(old, basis=basis, now=now) for old in lost)],
        key=lambda one: one.report.release_id,
    )


def told_metrics(
    standing: Mapping[int, ScoreReport], metrics: Iterable[ScoredMetric]
) -> list[ScoredMetric]:
    """Those metrics that some standing report of ours was made of alone, and says something."""
    ids = [old.event_id or "" for old in standing.values() if old.score]
    marks = {metric: _mark(Basis(shares=((metric, 1.0),))) for metric in metrics}
    return [metric for metric, mark in marks.items() if any(i.startswith(mark) for i in ids)]


def overruled(standing: Mapping[int, ScoreReport], ratings: Sequence[Rating]) -> int:
    """Of how many releases somebody else reported later than our numbers reach."""
    pairs = ((standing.get(rating.release_id), rating) for rating in ratings)
    return sum(old is not None and _overrules(old, rating) for old, rating in pairs)


def _moved(old: ScoreReport | None, rating: Rating) -> bool:
    if old is None:
        return True
    return not _overrules(old, rating) and (not _is_ours(old) or old.score != _told(rating))


def _overrules(old: ScoreReport, rating: Rating) -> bool:
    return not _is_ours(old) and old.reported_at >= rating.observed_at


def _is_ours(report: ScoreReport) -> bool:
    return (report.event_id or "").startswith(_OURS)


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
        event_id=_event_id(rating.release_id, basis=basis, now=now),
        artist_id=rating.artist_id,
    )
    return News(old=old, report=report, rating=rating)


def _gone(old: ScoreReport, *, basis: Basis, now: datetime) -> News:
    report = ScoreReport(
        release_id=old.release_id,
        score=0.0,
        reported_at=old.reported_at,
        event_id=_event_id(old.release_id, basis=basis, now=now),
        artist_id=old.artist_id,
    )
    return News(old=old, report=report, rating=None)


def _event_id(release_id: int, *, basis: Basis, now: datetime) -> str:
    return f"{_mark(basis)}{release_id} {now.isoformat()}"


def _mark(basis: Basis) -> str:
    """What the ids of our reports on a basis begin with, however long its name is."""
    exact = repr([(str(metric), share) for metric, share in basis.shares])
    return f"{_OURS}{hashlib.sha256(exact.encode()).hexdigest()[:12]} "
