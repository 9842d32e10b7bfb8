"""SIMULATED clip usage for the demo's releases: which footage they might have been cut from.

The simulation ties nothing true to any stock source. It lets releases that did better be a little
more likely to use some sources and search terms than others, so that there is something to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.random import Generator, default_rng

from noktvrn_ai_artist.analytics.score_maturing import age_group
from noktvrn_ai_artist.analytics.source_choice import drawn_selection
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_ranking import ranked
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport, Selection

# How strongly the simulation ties each source to the score of the release, in log odds.
SIMULATED_TIES = {
    "pexels": 0.6,
    "pixabay": 0.0,
    "coverr": 0.3,
    "videvo": -0.4,
    "own footage": -0.1,
}
# One that came late, and is used only where it is proposed.
NEWCOMER, NEWCOMER_TIE, NEWCOMER_SINCE = "mixkit", 0.2, datetime(2018, 1, 14, tzinfo=UTC)
SIMULATED_TERMS = {"neon street": 0.5, "rain on glass": 0.2, "crowd": 0.0, "empty road": -0.4}
CLIP_EVENT, SCORE_EVENT = "demo clip ", "demo score "
_SEED = 20180121
_MOST_CLIPS = 6
_CLIPS_PER_TERM = 8
_CREATORS = 5
# Some releases were proposed their sources, once there was something to learn from.
_PROPOSED_EVERY, _FIRST_PROPOSED, _PROPOSED_SOURCES = 5, 60, 3
_HALF_LIFE = timedelta(days=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A demo release: the video's key, its real views as they grew, and how far above the others.

    `standing` is in standard deviations of the logarithm of the latest views.
    """

    key: str
    release_id: int
    artist_id: int
    published_at: datetime
    views: Sequence[tuple[datetime, float]]
    standing: float

    @property
    def cut_at(self) -> datetime:
        """When its footage was chosen."""
        return self.published_at - timedelta(days=1)


def score_reports(video: Video) -> list[ScoreReport]:
    """The real views as scores: the last of each age at which scores are compared."""
    by_age = {age_group(seen_at - video.cut_at): (seen_at, seen) for seen_at, seen in video.views}
    return [
        ScoreReport(
            release_id=video.release_id,
            score=views,
            reported_at=seen_at,
            # A corrected value is another event, should an earlier start have been killed.
            event_id=f"{SCORE_EVENT}{video.key} {seen_at:%Y-%m-%d} {views:.0f}",
            artist_id=video.artist_id,
        )
        for seen_at, views in by_age.values()
    ]


def simulated_log(videos: Iterable[Video]) -> tuple[list[ClipUsage], list[Selection]]:
    """The clips of every video, and what was proposed for some of them, in the order of time."""
    ordered = sorted(videos, key=lambda video: (video.cut_at, video.key))
    reports = [report for video in ordered for report in score_reports(video)]
    history, _ = SourceHistory().with_reports(reports)
    selections = []
    for place, video in enumerate(ordered):
        rng = default_rng([_SEED, *video.key.encode()])
        selection = None
        if place >= _FIRST_PROPOSED and place % _PROPOSED_EVERY == 0:
            selection = _proposed(history, video.cut_at, rng)
            selections.append(selection)
        history, _ = history.with_usages(_clips(video, selection, rng), selections[-1:])
    return history.usages, selections


def _proposed(history: SourceHistory, now: datetime, rng: Generator) -> Selection:
    """What the tracker would have proposed at that time."""
    belief = ranked(history.as_of(now), as_of=now, half_life=_HALF_LIFE).belief
    if now >= NEWCOMER_SINCE:
        belief = belief.among([*SIMULATED_TIES, NEWCOMER])
    return drawn_selection(belief, top_n=_PROPOSED_SOURCES, drawn_at=now, rng=rng)


def _clips(video: Video, selection: Selection | None, rng: Generator) -> list[ClipUsage]:
    ties = SIMULATED_TIES
    if selection is not None:
        ties = {source: SIMULATED_TIES.get(source, NEWCOMER_TIE) for source in selection.proposed}
    return [
        ClipUsage(
            source_name=_drawn(ties, video.standing, rng),
            clip_id=f"simulated {term} {(number := int(rng.integers(_CLIPS_PER_TERM)))}",
            release_id=video.release_id,
            used_at=video.cut_at,
            event_id=f"{CLIP_EVENT}{video.key}-{place}",
            search_term=f"simulated: {term}",
            creator=f"simulated creator {number % _CREATORS + 1}",
            selection_id=None if selection is None else selection.selection_id,
        )
        for place in range(int(rng.integers(1, _MOST_CLIPS + 1)))
        for term in [_drawn(SIMULATED_TERMS, video.standing, rng)]
    ]


def _drawn(ties: dict[str, float], standing: float, rng: Generator) -> str:
    odds = np.exp(np.array(list(ties.values())) * standing)
    return list(ties)[int(rng.choice(len(odds), p=odds / odds.sum()))]
