"""How much better or worse a release did than its artist's usual one at the same age: one number.

A score is in doublings: 0 is usual, +1 twice as much, -1 half. At a fixed age the logarithm of a
total is held against what is usual on the platform, and what is left of it against what is usual
for the artist, as far as that is known. Both look back only, at releases that came out before: so a
score at an age, once known, moves only if a number behind it is corrected or comes late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from noktvrn_ai_artist.analytics.release_milestones import MILESTONES, MilestoneTable
from noktvrn_ai_artist.analytics.usual_performance import (
    QUARTILES_IN_SD,
    Floats,
    Ints,
    artist_usual,
    noise_of_usual,
    platform_usual,
)

# How far a release still moves against the others from each milestone to the next, in doublings, as
# long as few show it, and how many that show it weigh as much.
_USUAL_STEPS = np.array([0.5, 0.4, 0.3, 0.3, 0.25, 0.25, 0.25, 0.3, 0.4])
_STEPS_WEIGH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseScore:
    """How one release does on one platform, at the most mature age that can be compared.

    `score` and `sd` are in doublings; `sd` is how far the score may be from the one that the
    release would end with, were everything usual known exactly. `maturity` is the part of the
    movement between the first milestone (0) and the last (1) that lies behind. `value` is the total
    at `age`, `usual` what was usual for the artist there, `baseline` what was usual on the
    platform, over `baseline_releases`; `artist_releases` are those that the artist's usual rests
    on. `observed_at` is the last observation in `value`.
    """

    release_id: int
    artist_id: int
    platform: str
    metric_type: str
    score: float
    sd: float
    age: timedelta
    maturity: float
    value: float
    usual: float
    baseline: float
    baseline_releases: int
    artist_releases: int
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The score of a release over the platforms it has one on: its `parts`, heaviest first."""

    release_id: int
    artist_id: int
    score: float
    sd: float
    observed_at: datetime
    parts: tuple[ReleaseScore, ...]


def score_releases(table: MilestoneTable, *, platform: str, metric_type: str) -> list[ReleaseScore]:
    """The scores of all releases that can be compared with others, in the order they came out.

    A release is left out where none of its milestones is known of five others.
    """
    logs = np.log2(table.values + 1)
    usual = platform_usual(logs)
    lifts = logs - usual.location
    remaining = _remaining_variance(lifts)
    at = _most_mature(lifts)
    rows, places = at
    expected, own = artist_usual(lifts, table.artist_ids, at, usual.spread[at])
    noise = remaining[places] + noise_of_usual(usual.spread[at], usual.releases[at], own)
    columns = {
        "release_id": table.release_ids[rows],
        "artist_id": table.artist_ids[rows],
        "score": lifts[at] - expected,
        "sd": np.sqrt(noise),
        "age": np.array(MILESTONES, dtype=np.object_)[places],
        "maturity": 1 - remaining[places] / remaining[0],
        "value": table.values[at],
        "usual": np.exp2(usual.location[at] + expected) - 1,
        "baseline": np.exp2(usual.location[at]) - 1,
        "baseline_releases": usual.releases[at],
        "artist_releases": own,
        "observed_at": table.observed[at],
    }
    found = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        ReleaseScore(
            platform=platform, metric_type=metric_type, **dict(zip(columns, row, strict=True))
        )
        for row in found
    ]


def rated(
    scores: Mapping[str, Sequence[ReleaseScore]], weights: Mapping[str, float]
) -> list[Rating]:
    """The weighted mean of each release's scores over platforms, by release.

    A platform without a score of a release is left out of it: its weight goes to the others.
    """
    parts: dict[int, list[ReleaseScore]] = {}
    for platform in sorted(weights, key=lambda name: (-weights[name], name)):
        for score in scores[platform]:
            parts.setdefault(score.release_id, []).append(score)
    return [_rating(tuple(parts[release_id]), weights) for release_id in sorted(parts)]


def _rating(parts: tuple[ReleaseScore, ...], weights: Mapping[str, float]) -> Rating:
    shares = np.array([weights[part.platform] for part in parts])
    shares /= shares.sum()
    return Rating(
        release_id=parts[0].release_id,
        artist_id=parts[0].artist_id,
        score=float(shares @ [part.score for part in parts]),
        sd=float(np.sqrt(shares**2 @ [part.sd**2 for part in parts])),
        observed_at=max(part.observed_at for part in parts),
        parts=parts,
    )


def _most_mature(lifts: Floats) -> tuple[Ints, Ints]:
    """Where the last known lift of each release stands that has one: its row and column."""
    known = ~np.isnan(lifts)
    rows = np.flatnonzero(known.any(axis=1))
    return rows, lifts.shape[1] - 1 - np.argmax(known[rows, ::-1], axis=1)


def _remaining_variance(lifts: Floats) -> Floats:
    """How far a release still moves against the others from each milestone to the last, squared."""
    steps = lifts[:, 1:] - lifts[:, :-1]
    variances = _USUAL_STEPS**2
    for place in range(steps.shape[1]):
        seen = steps[~np.isnan(steps[:, place]), place]
        if seen.size:
            low, high = np.percentile(seen, [25, 75])
            own = ((high - low) / QUARTILES_IN_SD) ** 2
            weigh = seen.size + _STEPS_WEIGH
            variances[place] = (seen.size * own + _STEPS_WEIGH * variances[place]) / weigh
    return np.append(np.cumsum(variances[::-1])[::-1], 0.0)
