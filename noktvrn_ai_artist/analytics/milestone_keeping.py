"""The milestones of every scored curve in PostgreSQL, read again where observations changed.

The digest of the change log hands on the curves of followed metrics (`curves_to_score`); whoever
reads a curve again deletes just the notes it saw, in the transaction that keeps what it read. So
there is no instant up to which all is known, and nothing that commits late can fall before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from psycopg.rows import class_row

from noktvrn_ai_artist.analytics.growth_curves import growth_curve
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_questions import HistoryPoint
from noktvrn_ai_artist.analytics.release_milestones import (
    SPAN,
    KnownMilestone,
    Milestone,
    MilestoneTable,
    milestone_table,
    milestones_of,
)
from noktvrn_ai_artist.analytics.scored_metrics import ScoredMetric
from noktvrn_ai_artist.database.connection_manager import Connection
from noktvrn_ai_artist.database.queries import query

CURVES_AT_ONCE = 500
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """How many curves were read again, and of how many observations they were made."""

    curves: int = 0
    observations: int = 0

    def __add__(self, other: TakenIn) -> TakenIn:
        return TakenIn(
            curves=self.curves + other.curves, observations=self.observations + other.observations
        )


def followed_metrics(connection: Connection) -> list[ScoredMetric]:
    """The metrics whose changed curves are handed on."""
    rows = connection.execute(query("scored_metrics"))
    return [ScoredMetric(platform=platform, metric_type=name) for platform, name, _ in rows]


def follow_metrics(connection: Connection, *, metrics: Iterable[ScoredMetric]) -> None:
    """Have changed curves of these metrics handed on by every digest from now on.

    What a digest does not hand on because it has not heard of it was there before, and so it is
    among the curves that are noted afterwards, in a transaction of its own.
    """
    wanted = sorted(set(metrics) - set(followed_metrics(connection)))
    if wanted:
        values = {
            "platforms": [metric.platform for metric in wanted],
            "metric_types": [metric.metric_type for metric in wanted],
        }
        connection.execute(query("add_scored_metrics"), values)


def note_unread(connection: Connection) -> None:
    """Note every curve of a metric that is followed since a transaction before this one."""
    for platform, name, all_noted in connection.execute(query("scored_metrics")).fetchall():
        metric = ScoredMetric(platform=platform, metric_type=name)
        if not all_noted and not _held(connection, metric):
            connection.execute(query("note_every_curve"), _names(metric))
            connection.execute(query("mark_all_noted"), _names(metric))


def take_in(connection: Connection, *, metric: ScoredMetric, kind: MetricKind) -> TakenIn:
    """Read the next changed curves of a metric again and keep their milestones; none: all is read.

    One run at a time: an older reading must not overwrite a younger one.
    """
    _held(connection, metric)
    values = {**_names(metric), "most": CURVES_AT_ONCE, "span": SPAN}
    taken = connection.execute(query("take_curves_to_score"), values).fetchall()
    if not taken:
        return TakenIn()
    release_ids = sorted({release_id for (release_id,) in taken})
    values["release_ids"] = release_ids
    cursor = connection.cursor(row_factory=class_row(HistoryPoint), binary=True)
    history = cursor.execute(query("histories_of"), values).fetchall()
    connection.execute(query("forget_milestones"), values)
    _insert(connection, metric, dict(_milestones(history, kind)))
    return TakenIn(curves=len(release_ids), observations=len(history))


def known_milestones(connection: Connection, *, metric: ScoredMetric) -> MilestoneTable:
    """All milestones of a metric."""
    rows = connection.cursor(binary=True).execute(query("milestones"), _names(metric))
    return milestone_table(
        KnownMilestone(
            release_id=release_id,
            artist_id=artist_id,
            published_at=published_at,
            age=hours * _HOUR,
            value=value,
            observed_at=observed_at,
        )
        for release_id, artist_id, published_at, hours, value, observed_at in rows
    )


def metrics_with_milestones(connection: Connection) -> list[ScoredMetric]:
    """The metrics that some release can be scored by."""
    cursor = connection.cursor(row_factory=class_row(ScoredMetric))
    return cursor.execute(query("metrics_with_milestones")).fetchall()


def known_metrics(
    connection: Connection, *, release_ids: Iterable[int]
) -> dict[int, list[ScoredMetric]]:
    """The metrics that milestones are known of, of those of these releases that have any."""
    known: dict[int, list[ScoredMetric]] = {}
    rows = connection.execute(query("known_metrics"), {"release_ids": list(release_ids)})
    for release_id, platform, name in rows:
        metric = ScoredMetric(platform=platform, metric_type=name)
        known.setdefault(release_id, []).append(metric)
    return known


def release_names(
    connection: Connection, *, release_ids: Iterable[int]
) -> dict[int, tuple[str, str]]:
    """Artist and title of releases, of those that are still there."""
    rows = connection.execute(query("release_names"), {"release_ids": list(release_ids)})
    return {release_id: (artist, title) for release_id, artist, title in rows}


def _held(connection: Connection, metric: ScoredMetric) -> bool:
    """Whether every curve of a metric was noted; other runs keep off it from here on."""
    rows = connection.execute(query("hold_scored_metric"), _names(metric)).fetchall()
    return any(all_noted for (all_noted,) in rows)


def _milestones(
    history: Iterable[HistoryPoint], kind: MetricKind
) -> Iterator[tuple[int, list[Milestone]]]:
    for release_id, points in groupby(history, key=attrgetter("release_id")):
        own = list(points)
        published_at = own[0].published_at
        if published_at is not None:
            curve = growth_curve(
                release_id,
                published_at=published_at,
                times=[point.recorded_at for point in own],
                values=[point.metric_value for point in own],
                kind=kind,
            )
            yield release_id, milestones_of(curve, published_at=published_at, kind=kind)


def _insert(
    connection: Connection, metric: ScoredMetric, milestones: Mapping[int, Sequence[Milestone]]
) -> None:
    found = [(release_id, one) for release_id, own in milestones.items() for one in own]
    values = {
        **_names(metric),
        "release_ids": [release_id for release_id, _ in found],
        "age_hours": [one.age // _HOUR for _, one in found],
        "metric_values": [one.value for _, one in found],
        "observed": [one.observed_at for _, one in found],
    }
    connection.execute(query("insert_milestones"), values)


def _names(metric: ScoredMetric) -> dict[str, object]:
    return {"platform": metric.platform, "metric_type": metric.metric_type}
