"""All that the tracker was told, as one value, and how further events change it: pure rules.

An event with an id counts once: repeated, it changes nothing, in whatever order it comes; with
other content it is refused. Ids of usages and ids of scores are two separate sets. Forgetting a
release forgets its ids too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, pairwise
from typing import TypeVar

from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.errors import BadTrackerInput

Event = TypeVar("Event", ClipUsage, ScoreReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHistory:
    """Usages and score reports in one settled order, so that equal histories are equal values.

    Of a release's reports the latest stands. Replaced ones are kept only if they have an event id,
    to recognise their repetition.
    """

    usages: tuple[ClipUsage, ...] = ()
    reports: tuple[ScoreReport, ...] = ()

    def with_usages(self, usages: Iterable[ClipUsage]) -> tuple[SourceHistory, int]:
        """This history and these usages, and how many of them were new.

        Raises:
            BadTrackerInput: an event id stands for another usage already.
        """
        fresh = _unknown(self.usages, usages)
        ordered = tuple(sorted((*self.usages, *fresh), key=_usage_order))
        return replace(self, usages=ordered), len(fresh)

    def with_reports(self, reports: Iterable[ScoreReport]) -> tuple[SourceHistory, int]:
        """This history and these reports, and how many of them were not repetitions.

        The latest by `reported_at` stands; of two of the same instant, the one that came later.

        Raises:
            BadTrackerInput: an event id stands for another report already.
        """
        fresh = _unknown(self.reports, reports)
        ordered = sorted((*self.reports, *fresh), key=_report_order)
        kept = tuple(
            report
            for report, following in pairwise(chain(ordered, [None]))
            if report is not None and (report.event_id is not None or _is_latest(report, following))
        )
        return replace(self, reports=kept), len(fresh)

    def without_release(self, release_id: int) -> tuple[SourceHistory, bool]:
        """This history as if nothing had been logged of a release, and whether anything had."""
        usages = tuple(usage for usage in self.usages if usage.release_id != release_id)
        reports = tuple(report for report in self.reports if report.release_id != release_id)
        return (
            SourceHistory(usages=usages, reports=reports),
            (usages, reports) != (self.usages, self.reports),
        )

    @property
    def scores(self) -> dict[int, float]:
        """The score that stands, by release."""
        return {report.release_id: report.score for report in self.reports}


def _unknown(known: Iterable[Event], arriving: Iterable[Event]) -> list[Event]:
    """The arriving events that are no repetition of a known one or of each other."""
    contents = {event.event_id: event.content for event in known}
    fresh = []
    for event in arriving:
        if event.event_id is None or event.event_id not in contents:
            contents[event.event_id] = event.content
            fresh.append(event)
        elif contents[event.event_id] != event.content:
            raise BadTrackerInput(
                f"{event.event_id!r} was used before, for something else", column="event_id"
            )
    return fresh


def _usage_order(usage: ClipUsage) -> tuple[int, datetime, str, str, str]:
    return (
        usage.release_id,
        usage.used_at,
        usage.source_name,
        usage.clip_id,
        usage.event_id or "",
    )


def _report_order(report: ScoreReport) -> tuple[int, datetime]:
    return (report.release_id, report.reported_at)


def _is_latest(report: ScoreReport, following: ScoreReport | None) -> bool:
    return following is None or following.release_id != report.release_id
