"""All that the tracker was told, as one value, and how further events change it: pure rules.

An event with an id counts once: repeated, it changes nothing, in whatever order it comes; with
other content it is refused. Ids of usages and ids of scores are two separate sets. Forgetting a
release forgets its ids too.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from noktvrn_ai_artist.analytics.score_maturing import AGE_GROUPS, age_group
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport, Selection
from noktvrn_ai_artist.analytics.source_rows import reports_text, usages_text
from noktvrn_ai_artist.errors import BadTrackerInput

Event = TypeVar("Event", ClipUsage, ScoreReport)
Contents = Mapping[str, tuple[object, ...]]

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ReleaseHistory:
    """What was told of one release: its clips and its reports, both in the order of their times.

    Of two reports of the same instant the one that came later stands, last; the other is kept only
    if it has an event id, to recognise its repetition, or is the last of them to tell the artist.
    """

    usages: tuple[ClipUsage, ...] = ()
    reports: tuple[ScoreReport, ...] = ()

    @cached_property
    def last_told(self) -> datetime:
        """The time of the latest event."""
        used = [self.usages[-1].used_at] if self.usages else []
        reported = [self.reports[-1].reported_at] if self.reports else []
        return max([_BEFORE_ALL, *used, *reported])

    @cached_property
    def usages_text(self) -> str:
        """Its usages as a file has them: made once, as long as nothing is told of the release."""
        return usages_text(self.usages)

    @cached_property
    def reports_text(self) -> str:
        """Its reports as a file has them, made once."""
        return reports_text(self.reports)

    @cached_property
    def cut_at(self) -> float:
        """When its footage was chosen, in seconds since 1970: the first use of a clip.

        Nothing that is told later, above all no new score, makes a release young again.
        """
        return self.usages[0].used_at.timestamp()

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """The part of its clips that each source has; they add up to 1."""
        clips = Counter(usage.source_name for usage in self.usages)
        return {source: number / len(self.usages) for source, number in clips.items()}

    @cached_property
    def last_used(self) -> Mapping[str, float]:
        """When each source was last used in it, in seconds since 1970, in the order of `shares`."""
        times = dict.fromkeys(self.shares, 0.0)
        for usage in self.usages:
            times[usage.source_name] = usage.used_at.timestamp()
        return times

    @cached_property
    def scores_by_age(self) -> tuple[float, ...]:
        """The latest score in each age group, NaN where none was reported."""
        scores = [math.nan] * AGE_GROUPS
        for report in self.reports:
            scores[age_group(report.reported_at - self.usages[0].used_at)] = report.score
        return tuple(scores)

    @cached_property
    def artist_id(self) -> int | None:
        """The artist it was last told to be of."""
        told = [report.artist_id for report in self.reports if report.artist_id is not None]
        return told[-1] if told else None

    def as_of(self, instant: datetime) -> ReleaseHistory:
        """Only what had happened by then."""
        if self.last_told <= instant:
            return self
        return ReleaseHistory(
            usages=tuple(usage for usage in self.usages if usage.used_at <= instant),
            reports=tuple(report for report in self.reports if report.reported_at <= instant),
        )

    def with_usages(self, usages: Iterable[ClipUsage]) -> ReleaseHistory:
        """With these usages too."""
        return replace(self, usages=tuple(sorted((*self.usages, *usages), key=_usage_order)))

    def with_reports(self, reports: Iterable[ScoreReport]) -> ReleaseHistory:
        """With these reports too."""
        ordered = sorted((*self.reports, *reports), key=lambda report: report.reported_at)
        standing = {report.reported_at: place for place, report in enumerate(ordered)}
        telling = {
            report.reported_at: place
            for place, report in enumerate(ordered)
            if report.artist_id is not None
        }
        kept = {*standing.values(), *telling.values()}
        return replace(
            self,
            reports=tuple(
                report
                for place, report in enumerate(ordered)
                if place in kept or report.event_id is not None
            ),
        )


@dataclass(frozen=True, kw_only=True)
class SourceHistory:
    """The releases by id, and the selections that their usages name.

    Equal histories are equal values, in whatever order they were told.
    """

    releases: Mapping[int, ReleaseHistory] = field(default_factory=dict)
    selections: Mapping[str, Selection] = field(default_factory=dict)
    usage_events: Contents = field(default_factory=dict, repr=False, compare=False)
    report_events: Contents = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def standing_reports(self) -> Sequence[ScoreReport]:
        """The latest report of each release whose clips are known: those that sources rank by."""
        return [told.reports[-1] for told in self.releases.values() if told.usages and told.reports]

    @cached_property
    def is_doublings(self) -> bool:
        """Whether all of those are in doublings against the artist's usual."""
        standing = self.standing_reports
        return bool(standing) and all(report.is_doublings for report in standing)

    def with_usages(
        self, usages: Iterable[ClipUsage], selections: Iterable[Selection] = ()
    ) -> tuple[SourceHistory, int]:
        """This history and these usages, and how many of them were new.

        Selections that no usage names are not kept.

        Raises:
            BadTrackerInput: an event id stands for another usage already, or a selection is not
                known or was another.
        """
        fresh, events = _unknown(self.usage_events, usages)
        changed = {
            release_id: self._release(release_id).with_usages(told)
            for release_id, told in _by_release(fresh).items()
        }
        return (
            replace(
                self,
                releases={**self.releases, **changed},
                selections=self._named_selections(fresh, selections),
                usage_events=events,
            ),
            len(fresh),
        )

    def with_reports(self, reports: Iterable[ScoreReport]) -> tuple[SourceHistory, int]:
        """This history and these reports, and how many of them were not repetitions.

        Raises:
            BadTrackerInput: an event id stands for another report already.
        """
        fresh, events = _unknown(self.report_events, reports)
        changed = {
            release_id: self._release(release_id).with_reports(told)
            for release_id, told in _by_release(fresh).items()
        }
        return (
            replace(self, releases={**self.releases, **changed}, report_events=events),
            len(fresh),
        )

    def without_release(self, release_id: int) -> tuple[SourceHistory, bool]:
        """This history as if nothing had been logged of a release, and whether anything had."""
        if release_id not in self.releases:
            return self, False
        gone = self.releases[release_id]
        rest = {known: told for known, told in self.releases.items() if known != release_id}
        named = {usage.selection_id for told in rest.values() for usage in told.usages}
        return replace(
            self,
            releases=rest,
            selections={name: one for name, one in self.selections.items() if name in named},
            usage_events=_without(self.usage_events, gone.usages),
            report_events=_without(self.report_events, gone.reports),
        ), True

    def as_of(self, instant: datetime) -> SourceHistory:
        """What had happened by an instant, to be looked at: without event ids and selections."""
        then = {release_id: told.as_of(instant) for release_id, told in self.releases.items()}
        return SourceHistory(
            releases={known: told for known, told in then.items() if told.usages or told.reports}
        )

    @property
    def last_told(self) -> datetime:
        """The time of the latest event."""
        return max((told.last_told for told in self.releases.values()), default=_BEFORE_ALL)

    @property
    def usages(self) -> list[ClipUsage]:
        """All usages by release and time."""
        return [usage for release in self._in_order() for usage in release.usages]

    @property
    def reports(self) -> list[ScoreReport]:
        """All reports by release and time."""
        return [report for release in self._in_order() for report in release.reports]

    def _in_order(self) -> Iterable[ReleaseHistory]:
        return (self.releases[release_id] for release_id in sorted(self.releases))

    def _release(self, release_id: int) -> ReleaseHistory:
        return self.releases.get(release_id, ReleaseHistory())

    def _named_selections(
        self, usages: Iterable[ClipUsage], arriving: Iterable[Selection]
    ) -> Mapping[str, Selection]:
        named = {usage.selection_id for usage in usages if usage.selection_id is not None}
        known = dict(self.selections)
        for selection in arriving:
            name = selection.selection_id
            if name in named and known.setdefault(name, selection) != selection:
                raise BadTrackerInput(f"{name!r} was another selection", column="selection_id")
        for name in sorted(named - known.keys()):
            raise BadTrackerInput(f"{name!r} is not known", column="selection_id")
        for usage in usages:
            if usage.selection_id is not None and not known[usage.selection_id].has(usage):
                raise BadTrackerInput(
                    f"{usage.source_name!r} was no candidate of its selection", column="source_name"
                )
        return known


def _unknown(known: Contents, arriving: Iterable[Event]) -> tuple[list[Event], Contents]:
    """The arriving events that repeat no known one and not each other, and all ids then known."""
    contents = dict(known)
    fresh = []
    for event in arriving:
        if event.event_id is None:
            fresh.append(event)
        elif event.event_id not in contents:
            contents[event.event_id] = event.content
            fresh.append(event)
        elif contents[event.event_id] != event.content:
            raise BadTrackerInput(
                f"{event.event_id!r} was used before, for something else", column="event_id"
            )
    return fresh, contents


def _without(contents: Contents, events: Iterable[ClipUsage] | Iterable[ScoreReport]) -> Contents:
    gone = {event.event_id for event in events}
    return {known: content for known, content in contents.items() if known not in gone}


def _by_release(events: Iterable[Event]) -> Mapping[int, list[Event]]:
    releases: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        releases[event.release_id].append(event)
    return releases


def _usage_order(usage: ClipUsage) -> tuple[datetime, str, str, str, str, str, str]:
    """By time, and of the same instant by all the rest, so that equal histories are equal."""
    return (
        usage.used_at,
        usage.source_name,
        usage.clip_id,
        usage.event_id or "",
        usage.search_term or "",
        usage.creator or "",
        usage.selection_id or "",
    )
