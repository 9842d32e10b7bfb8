"""Which stock footage goes with releases that do well: log uses and scores, ask for the ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from numpy.random import Generator

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.source_choice import drawn_selection
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_parts import Part, part_standings_of
from noktvrn_ai_artist.analytics.source_ranking import (
    Ranking,
    explanation_of,
    median_score_of,
    ranked,
    standings_of,
)
from noktvrn_ai_artist.analytics.source_records import (
    ClipUsage,
    Explanation,
    PartStanding,
    ScoreReport,
    Selection,
    Standing,
    checked_count,
    refused_as_tracker_input,
    settled_source_name,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.source_words import ScoreScale, ScoreUnit
from noktvrn_ai_artist.errors import BadTrackerInput


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


class SourceStore(Protocol):
    """Where a tracker keeps its history: `SourceStatsFile`, or `SourceLedger` in PostgreSQL."""

    def read(self) -> SourceHistory:
        """All that is stored."""

    def add_usages(
        self,
        usages: Sequence[ClipUsage],
        selections: Sequence[Selection] = (),
        *,
        first_of: int | None = None,
    ) -> int:
        """Store all or none; says how many were new. `first_of`: as `log_clip_usages` says."""

    def add_reports(self, reports: Sequence[ScoreReport]) -> int:
        """Store all or none; says how many were no repetitions."""

    def forget_release(self, release_id: int) -> bool:
        """Drop all of a release; says whether there was anything."""


class StockSuccessTracker:
    """Clip usages and release scores, kept in a file, and what they say about the sources.

    When a logging call has returned, what it logged is stored for good, exactly once. An exception
    means maybe: repeat the call with the same event id, and nothing doubles. Several processes may
    log at once. What the ranking shows is association, not proof of cause.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tracker = StockSuccessTracker(Path(folder) / "source_stats.json")
    ...     for release, source, views in [(1, "Pexels", 900.0), (2, "Coverr", 20.0)]:
    ...         tracker.log_clip_usage(source, "a clip", release)
    ...         tracker.log_release_performance(release, views)
    ...     tracker.get_top_sources()
    ['pexels', 'coverr']

    Raises, from every method:
        BadTrackerInput: a value breaks a rule; nothing was stored.
        StateFileUnreadable: the state file is damaged or foreign; it was left as it is.
        StateFileNotWritten: a change could not be stored.
        PerformanceDbError: the history is in PostgreSQL, and it could not be reached or changed.
    """

    def __init__(
        self,
        state_file: Path | str = "source_stats.json",
        *,
        store: SourceStore | None = None,
        half_life: timedelta = timedelta(days=45),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """A tracker over a state file, or over a `store`, which then stands in its place.

        `half_life` is how long it takes until half of what a source's present form shares with that
        of another day is gone; `clock` is what stamps the logging calls and ages the evidence.

        Raises:
            BadTrackerInput: the half-life is not longer than no time.
        """
        if half_life <= timedelta(0):
            raise BadTrackerInput("must be longer than no time", column="half_life")
        self._store = SourceStatsFile(state_file) if store is None else store
        self._half_life = half_life
        self._clock = clock

    def log_clip_usage(
        self,
        source_name: str,
        clip_id: str,
        release_id: int,
        *,
        event_id: str | None = None,
        search_term: str | None = None,
        creator: str | None = None,
        selection: Selection | None = None,
    ) -> None:
        """Note that a release uses a clip; every call is one use, unless its event id is known.

        `selection` is what `propose_sources` returned when the source was chosen: it is stored with
        the usage, probabilities and all.
        """
        usage = ClipUsage(
            source_name=source_name,
            clip_id=clip_id,
            release_id=release_id,
            used_at=self._now(),
            event_id=event_id,
            search_term=search_term,
            creator=creator,
            selection_id=None if selection is None else selection.selection_id,
        )
        self._store.add_usages([usage], [] if selection is None else [selection])

    def log_clip_usages(
        self,
        usages: Iterable[ClipUsage],
        *,
        selections: Iterable[Selection] = (),
        first_of: int | None = None,
    ) -> int:
        """Note many uses, and the selections they name, in one write, all or none.

        Says how many uses were new. `first_of` is a release whose first selection this must be, or
        the same told again: of several that come at once, one is stored.

        Raises:
            BadValue: that release has another selection's clips already; nothing was stored.
        """
        noted = tuple(usages)
        self._refuse_the_future((usage.used_at for usage in noted), column="used_at")
        known_id = None if first_of is None else rules.checked_release_id(first_of)
        return self._store.add_usages(noted, tuple(selections), first_of=known_id)

    def log_release_performance(
        self,
        release_id: int,
        performance_score: float,
        *,
        event_id: str | None = None,
        artist_id: int | None = None,
    ) -> None:
        """Note how well a release does now: raw views or a lift, the same unit for every release.

        It replaces what was reported of the release before. By the clock: a report of a later
        instant stands, and of the same instant the one that came later. Earlier reports only teach
        how scores mature. `artist_id`, once told, stands for the release: the ranking then does
        not take a good artist for good footage.
        """
        report = ScoreReport(
            release_id=release_id,
            score=performance_score,
            reported_at=self._now(),
            event_id=event_id,
            artist_id=artist_id,
        )
        self._store.add_reports([report])

    def log_release_performances(self, reports: Iterable[ScoreReport]) -> int:
        """Note many scores in one write, all or none; says how many were not repetitions."""
        noted = tuple(reports)
        self._refuse_the_future((report.reported_at for report in noted), column="reported_at")
        return self._store.add_reports(noted)

    def get_top_sources(self, top_n: int = 3) -> list[str]:
        """The names of the best sources by today's estimate, ties by name; nothing is drawn.

        It always answers; whether there is evidence enough is each standing's `verdict`.
        """
        wanted = checked_count(top_n, column="top_n")
        ranking = self._ranked(*self._known())
        return [ranking.belief.sources[place] for place in ranking.order[:wanted].tolist()]

    def standings(self, *, as_of: datetime | None = None) -> list[Standing]:
        """What is believed about every source, the best first.

        As of a past instant: what was believed then, from the uses and reports up to then.
        """
        return standings_of(self._ranked(*self._known(as_of)))

    def part_standings(
        self, source_name: str, *, part: Part = Part.CLIP, as_of: datetime | None = None
    ) -> list[PartStanding]:
        """What is believed about the clips of a source, or its search terms, or its creators.

        Partially pooled: each is believed to be as good as its source until it shows otherwise.
        Uses without a search term or creator are left out. Empty if the source was never used.
        """
        history, instant = self._known(as_of)
        source = settled_source_name(source_name)
        return part_standings_of(self._ranked(history, instant), history, source=source, part=part)

    def explain(self, source_name: str, *, as_of: datetime | None = None) -> Explanation:
        """Which releases made a source's estimate, and how much each of them adds.

        Raises:
            UnknownSource: no clip of it was used.
        """
        history, instant = self._known(as_of)
        return explanation_of(
            self._ranked(history, instant), history, settled_source_name(source_name)
        )

    def propose_sources(
        self,
        top_n: int = 3,
        *,
        rng: Generator,
        among: Iterable[str] | None = None,
    ) -> Selection:
        """Draw the sources to use next: good ones first, little known ones given their chance.

        Hand the answer to `log_clip_usage` with each clip chosen by it: the probabilities it was
        drawn with are stored, and the log can later be used to judge other ways of choosing.
        `among` names the sources that can be had now, also ones that were never used: they enter
        as average ones, with all the doubt there is. Without it, all that were ever used.
        """
        if isinstance(among, str):
            raise BadTrackerInput("must be names, not one text", column="among")
        wanted = checked_count(top_n, column="top_n")
        ranking = self._ranked(*self._known())
        sources = (
            ranking.belief.sources
            if among is None
            else sorted({settled_source_name(source) for source in among})
        )
        belief = ranking.belief.among(sources)
        return drawn_selection(belief, top_n=wanted, drawn_at=self._now(), rng=rng)

    @refused_as_tracker_input()
    def forget_release(self, release_id: int) -> bool:
        """Drop a release as if nothing had been logged of it, event ids included."""
        return self._store.forget_release(rules.checked_release_id(release_id))

    @refused_as_tracker_input()
    def usages(self, release_id: int | None = None) -> list[ClipUsage]:
        """The clip uses of one release or of all, by release and time."""
        usages = self._store.read().usages
        if release_id is None:
            return usages
        wanted = rules.checked_release_id(release_id)
        return [usage for usage in usages if usage.release_id == wanted]

    def reports(self) -> list[ScoreReport]:
        """Every score report that is kept, by release and time; a release's last one stands."""
        return self._store.read().reports

    def score_scale(self) -> ScoreScale:
        """What effects are measured against: a median release's score, and the scores' unit.

        Doublings if all that stand came from `noktvrn score`; else differences if any is negative.
        """
        history, instant = self._known()
        return ScoreScale(
            median=median_score_of(self._ranked(history, instant)),
            unit=_unit_of(history),
        )

    def selections(self) -> list[Selection]:
        """Every selection that a kept usage names, the latest draw first."""
        kept = self._store.read().selections.values()
        return sorted(kept, key=lambda one: (one.drawn_at, one.selection_id), reverse=True)

    @refused_as_tracker_input()
    def _known(self, as_of: datetime | None = None) -> tuple[SourceHistory, datetime]:
        """What had happened by an instant, and the instant; by now, if none is given.

        Now is the time of the latest event where another machine's clock is a little ahead of this
        one's. What a wrong clock stamped further ahead is left out until its time has come.
        """
        history = self._store.read()
        if as_of is not None:
            instant = rules.checked_since_2005(as_of, column="as_of")
            return history.as_of(instant), instant
        now = self._now()
        if history.last_told > now + rules.CLOCK_SKEW:
            history = history.as_of(now + rules.CLOCK_SKEW)
        return history, max(now, history.last_told)

    def _ranked(self, history: SourceHistory, instant: datetime) -> Ranking:
        return ranked(history, as_of=instant, half_life=self._half_life)

    @refused_as_tracker_input()
    def _now(self) -> datetime:
        return rules.checked_since_2005(self._clock(), column="clock")

    @refused_as_tracker_input()
    def _refuse_the_future(self, instants: Iterable[datetime], *, column: str) -> None:
        now = self._now()
        for instant in instants:
            rules.checked_time(instant, now=now, column=column)


def _unit_of(history: SourceHistory) -> ScoreUnit:
    if history.is_doublings:
        return ScoreUnit.DOUBLING
    negative = any(report.score < 0 for report in history.standing_reports)
    return ScoreUnit.DIFFERENCE if negative else ScoreUnit.AMOUNT
