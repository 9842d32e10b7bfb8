"""Tables about stock sources, out of what the tracker answers: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

import pandas as pd

from noktvrn_ai_artist.analytics.source_course import Change
from noktvrn_ai_artist.analytics.source_records import (
    RELEASES_FOR_EVIDENCE,
    ClipUsage,
    Contribution,
    PartStanding,
    Selection,
    Standing,
    Verdict,
)
from noktvrn_ai_artist.analytics.source_words import ScoreScale, explored, reason_for
from streamlit_app.analytics.wording import MISSING, shown_time

Labels = Mapping[int, str]
EFFECT = "Against a median release"


def standings_frame(standings: Sequence[Standing], scale: ScoreScale, zone: tzinfo) -> pd.DataFrame:
    """Every source; where there is too little data, nothing is estimated."""
    judged = [standing.enough_evidence for standing in standings]

    def if_judged(values: Iterable[object]) -> list[object]:
        return [value if sure else None for value, sure in zip(values, judged, strict=True)]

    return pd.DataFrame(
        {
            "Source": [s.source for s in standings],
            "Verdict": [verdict_words(s) for s in standings],
            EFFECT: if_judged(scale.effect_of(s) for s in standings),
            "Estimate": if_judged(s.mean for s in standings),
            "Low": if_judged(s.low for s in standings),
            "High": if_judged(s.high for s in standings),
            "Best": if_judged(_percent(s.probability_best) for s in standings),
            "In the top three": if_judged(_percent(s.probability_top_three) for s in standings),
            "Scored releases": [s.releases for s in standings],
            "They weigh": [s.effective_releases for s in standings],
            "Still maturing": [s.maturing for s in standings],
            "Awaiting a score": [s.awaiting for s in standings],
            "Clip uses": [s.usages for s in standings],
            "Last used": [shown_time(s.last_used, zone) for s in standings],
        }
    )


def verdict_words(standing: Standing | PartStanding) -> str:
    """The verdict, and how far the evidence is from being enough."""
    if standing.verdict is Verdict.TOO_LITTLE_DATA:
        return f"{standing.verdict} ({standing.releases} of {RELEASES_FOR_EVIDENCE} releases)"
    return str(standing.verdict)


def evidence_frame(
    contributions: Iterable[Contribution], change: Change, labels: Labels
) -> pd.DataFrame:
    """The releases behind a source, what each adds to its estimate, and by how much that moved."""
    told = list(contributions)
    moved = {move.release_id: move.change for move in change.moves}
    return pd.DataFrame(
        {
            "Release": [label_of(one.release_id, labels) for one in told],
            "Score": [one.score for one in told],
            "Place among all": [one.worth for one in told],
            "Of its clips": [_percent(one.share) for one in told],
            "Effect": [one.effect for one in told],
            "Change lately": [moved.get(one.release_id, 0.0) for one in told],
        }
    )


def parts_frame(parts: Sequence[PartStanding], *, name: str, zone: tzinfo) -> pd.DataFrame:
    """The clips, search terms or creators of a source, judged against the source itself."""
    judged = [part.verdict is not Verdict.TOO_LITTLE_DATA for part in parts]
    return pd.DataFrame(
        {
            name: [part.part for part in parts],
            "Verdict": [verdict_words(part) for part in parts],
            "Estimate": [p.mean if sure else None for p, sure in zip(parts, judged, strict=True)],
            "Low": [p.low if sure else None for p, sure in zip(parts, judged, strict=True)],
            "High": [p.high if sure else None for p, sure in zip(parts, judged, strict=True)],
            "Scored releases": [part.releases for part in parts],
            "Clip uses": [part.usages for part in parts],
            "Last used": [shown_time(part.last_used, zone) for part in parts],
        }
    )


def tried_frame(
    selections: Iterable[Selection],
    usages: Sequence[ClipUsage],
    labels: Labels,
    zone: tzinfo,
) -> pd.DataFrame:
    """What was proposed although it was not among the best, the latest first, and what came of it.

    So the order of the selections must be.
    """
    tried = [(chosen, one) for chosen in selections for one in explored(chosen)]
    used: dict[tuple[str | None, str], dict[str, None]] = {}
    for usage in usages:
        key = usage.selection_id, usage.source_name
        used.setdefault(key, {})[label_of(usage.release_id, labels)] = None
    return pd.DataFrame(
        {
            "Drawn": [shown_time(chosen.drawn_at, zone) for chosen, _ in tried],
            "Source": [one.source for _, one in tried],
            "Why": [reason_for(one, chosen) for chosen, one in tried],
            "Probability": [_percent(one.probability) for _, one in tried],
            "Estimate then": [one.mean for _, one in tried],
            "Doubt then": [one.sd for _, one in tried],
            "Used in": [
                ", ".join(used.get((chosen.selection_id, one.source), {})) or MISSING
                for chosen, one in tried
            ],
        }
    )


def usages_frame(usages: Iterable[ClipUsage], labels: Labels, zone: tzinfo) -> pd.DataFrame:
    """Every use of a clip."""
    told = list(usages)
    return pd.DataFrame(
        {
            "Release": [label_of(usage.release_id, labels) for usage in told],
            "Clip": [usage.clip_id for usage in told],
            "Search term": [usage.search_term or MISSING for usage in told],
            "Creator": [usage.creator or MISSING for usage in told],
            "Used": [shown_time(usage.used_at, zone) for usage in told],
        }
    )


def label_of(release_id: int, labels: Labels) -> str:
    """A release's title and artist, or its id if it is not registered here."""
    return labels.get(release_id, f"release {release_id}")


def _percent(share: float) -> float:
    """A share in whole per cent: more would be noise."""
    return round(share, 2)
