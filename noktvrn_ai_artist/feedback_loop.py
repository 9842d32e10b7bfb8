"""New numbers become scores, and the tracker is told of those that moved.

1. The change log is digested, which hands on the curves that changed; they are read again and their
   milestones kept, some hundreds in a transaction.
2. All releases are scored from the milestones, which is arithmetic over a small table.
3. The tracker is told, in one write, of every score that is not the one it has.

Every run finds anew what is left to do, in the notes of changed curves and in what the tracker
says. So the next run finishes what was ended anywhere, and after a whole run there is nothing to
tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from noktvrn_ai_artist.analytics import milestone_keeping as keeping
from noktvrn_ai_artist.analytics.change_digest import digest_changes
from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.analytics.milestone_keeping import TakenIn
from noktvrn_ai_artist.analytics.release_scoring import (
    Rating,
    ReleaseScore,
    rated,
    score_releases,
)
from noktvrn_ai_artist.analytics.score_news import (
    News,
    is_ahead,
    lost_reports,
    news,
    overruled,
    unrated,
)
from noktvrn_ai_artist.analytics.scored_metrics import (
    Basis,
    blend_of,
    one_metric,
    only_basis,
    usual_metrics,
)
from noktvrn_ai_artist.analytics.source_records import ScoreReport
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.errors import BadValue

T = TypeVar("T")


class ScoreBook(Protocol):
    """Whoever is told of the scores: the stock success tracker."""

    def reports(self) -> Sequence[ScoreReport]:
        """What it was told; the last one of a release stands."""

    def log_release_performances(self, reports: Iterable[ScoreReport], /) -> int:
        """Note these reports, all or none."""


class Transact(Protocol):
    """What does a piece of work in a transaction."""

    def __call__(self, work: Callable[[Connection], T], /) -> T:
        """What the work returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One score that moved: what the tracker had, what it has now, and the scores behind that.

    `parts` is empty and `new` is 0 where a release has no numbers left. `artist` and `title` are
    None where the release itself is gone.
    """

    release_id: int
    artist: str | None
    title: str | None
    old: float | None
    new: float
    sd: float | None
    parts: tuple[ReleaseScore, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopReport:
    """What a run did; `basis` is None where no release can be scored yet.

    `curves` were read again, from `observations`; `scored` releases have a score; `overruled` are
    those of which somebody else told the tracker later than our numbers reach; `ahead` have a
    number of an instant that has not come yet, and wait for it.
    """

    basis: str | None
    curves: int
    observations: int
    scored: int
    overruled: int
    ahead: int
    moves: tuple[Move, ...]
    dry_run: bool


def run_feedback(
    database: Database,
    book: ScoreBook,
    *,
    now: datetime,
    platform: str | None = None,
    metric: str | None = None,
    blend: Mapping[str, float] | None = None,
    dry_run: bool = False,
) -> LoopReport:
    """Score what can be scored, and tell the book of what moved.

    By default it is the one platform with numbers, by its usual metric. A dry run keeps nothing.

    Raises:
        BadValue, UnknownName: what is to be scored is not clear, or cannot be scored or blended.
        DatabaseUnavailable, TrackerError: some of it may be done; run it again.
    """
    catalogue = load_catalogue(database)
    asked = _asked(catalogue, platform, metric, blend)
    with _transactions(database, dry_run=dry_run) as transact:
        taken = _take_in(transact, catalogue, asked)
        standing = {report.release_id: report for report in book.reports()}
        basis = asked or only_basis(transact(keeping.metrics_with_milestones))
        ratings = _ratings(transact, basis) if basis else []
        lost = _lost(transact, unrated(standing, ratings), basis)
        found = news(standing, ratings, lost=lost, basis=basis, now=now)
        moves = _moves(transact, found)
    if found and not dry_run:
        book.log_release_performances([one.report for one in found])
    return LoopReport(
        basis=str(basis) if basis else None,
        curves=taken.curves,
        observations=taken.observations,
        scored=len(ratings),
        overruled=overruled(standing, ratings),
        ahead=sum(is_ahead(rating, now=now) for rating in ratings),
        moves=moves,
        dry_run=dry_run,
    )


def _asked(
    catalogue: Catalogue,
    platform: str | None,
    metric: str | None,
    blend: Mapping[str, float] | None,
) -> Basis | None:
    if blend is not None and (platform or metric):
        raise BadValue("names platforms already: leave out the others", column="blend")
    if blend is not None:
        return blend_of(catalogue, blend)
    if platform is not None:
        return one_metric(catalogue, platform, metric)
    if metric is not None:
        raise BadValue("is a metric of a platform: name that too", column="metric")
    return None


@contextmanager
def _transactions(database: Database, *, dry_run: bool) -> Iterator[Transact]:
    """A transaction for each piece of work, or one for all of it that is taken back at the end."""
    if not dry_run:
        yield database.transact
        return
    with database.transaction() as connection, connection.transaction(force_rollback=True):

        def rehearse(work: Callable[[Connection], T], /) -> T:
            return work(connection)

        yield rehearse


def _take_in(transact: Transact, catalogue: Catalogue, asked: Basis | None) -> TakenIn:
    metrics = usual_metrics() + [metric for metric, _ in (asked.shares if asked else ())]
    transact(partial(keeping.follow_metrics, metrics=metrics))
    transact(digest_changes)
    transact(keeping.note_unread)
    taken = TakenIn()
    for metric in transact(keeping.followed_metrics):
        kind = catalogue.metric(metric.platform, metric.metric_type).kind
        more = True
        while more:
            part = transact(partial(keeping.take_in, metric=metric, kind=kind))
            taken, more = taken + part, part.curves > 0
    return taken


def _ratings(transact: Transact, basis: Basis) -> list[Rating]:
    scores = {
        metric.platform: score_releases(
            transact(partial(keeping.known_milestones, metric=metric)),
            platform=metric.platform,
            metric_type=metric.metric_type,
        )
        for metric, _ in basis.shares
    }
    return rated(scores, {metric.platform: share for metric, share in basis.shares})


def _lost(
    transact: Transact, unrated: Sequence[ScoreReport], basis: Basis | None
) -> list[ScoreReport]:
    ids = [old.release_id for old in unrated]
    known = transact(partial(keeping.known_metrics, release_ids=ids))
    followed = transact(keeping.followed_metrics)
    return lost_reports(unrated, known, basis=basis, followed=followed)


def _moves(transact: Transact, found: Sequence[News]) -> tuple[Move, ...]:
    ids = [one.report.release_id for one in found]
    names = transact(partial(keeping.release_names, release_ids=ids))
    return tuple(
        Move(
            release_id=one.report.release_id,
            artist=names.get(one.report.release_id, (None, None))[0],
            title=names.get(one.report.release_id, (None, None))[1],
            old=one.old.score if one.old else None,
            new=one.report.score,
            sd=one.rating.sd if one.rating else None,
            parts=one.rating.parts if one.rating else (),
        )
        for one in found
    )
