"""Standings and a history of footage, for the tests of the page of stock sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
    Standing,
)
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

START = datetime(2026, 1, 1, tzinfo=UTC)


def a_standing(
    source: str, *, mean: float = 0.0, half: float = 0.5, releases: int = 9, above: float = 0.5
) -> Standing:
    """What might be believed of a source; a score is 100 times the mean above 200."""
    return Standing(
        source=source,
        mean=mean,
        sd=half / 1.645,
        low=mean - half,
        high=mean + half,
        expected_score=200 + 100 * mean,
        low_score=200 + 100 * (mean - half),
        high_score=200 + 100 * (mean + half),
        probability_best=0.25,
        probability_top_three=0.755,
        probability_above_median=above,
        releases=releases,
        effective_releases=float(releases),
        maturing=1,
        awaiting=2,
        usages=releases,
        last_used=START,
    )


def a_selection(*candidates: tuple[str, float, float], top_n: int = 2) -> Selection:
    """A draw of (source, mean, sd) in this order."""
    return Selection(
        selection_id="a draw",
        drawn_at=START,
        top_n=top_n,
        candidates=tuple(
            Candidate(source=source, mean=mean, sd=sd, probability=0.5)
            for source, mean, sd in candidates
        ),
    )


def tell_of_footage(tracker: StockSuccessTracker, release_ids: list[int]) -> None:
    """Forty days of releases: good ones from pexels, bad ones from videvo, one tried from coverr.

    The tracker must know a present after 2026-03-01. Five times as many uses as releases are told.
    """
    tried = a_selection(("pexels", 0.5, 0.2), ("coverr", -0.1, 0.5), ("videvo", 0.0, 0.2))
    usages, reports = [], []
    for place in range(20):
        release_id = release_ids[place] if place < len(release_ids) else 9_000 + place
        cut = START + timedelta(days=2 * place)
        source = "pexels" if place % 2 else "videvo"
        usages.append(
            ClipUsage(
                source_name="coverr" if place == 19 else source,
                clip_id=f"clip {place % 4}",
                release_id=release_id,
                used_at=cut,
                search_term="rain",
                selection_id=tried.selection_id if place == 19 else None,
            )
        )
        reports += [
            ScoreReport(
                release_id=release_id,
                score=age * (1000.0 if place % 2 else 100.0) + place,
                reported_at=cut + timedelta(days=age),
            )
            for age in (3, 12)
        ]
    tracker.log_release_performances(reports)
    tracker.log_clip_usages(usages, selections=[tried])
