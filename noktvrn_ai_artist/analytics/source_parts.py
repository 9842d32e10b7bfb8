"""What the clips, search terms or creators of one source let us believe, by partial pooling.

What the sources do not explain of a release is shared over the parts used in it:

    residual = sum over parts of share * deviation + noise,    deviation ~ N(0, PART_SD^2),

jointly over all releases of the source (a random intercept each; Gelman and Hill, Data Analysis
Using Regression and Multilevel/Hierarchical Models, 2007, chapter 12). A part is its source and its
deviation, so one that was used once is believed to be about as good as its source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

import numpy as np

from noktvrn_ai_artist.analytics.score_maturing import Floats
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_ranking import DECIMALS, HALF_WIDTH, Ranking
from noktvrn_ai_artist.analytics.source_records import ClipUsage, PartStanding

PART_SD = 0.3
"""How far the clips of a source are believed to differ, in sd of release performance."""
MOST_RELEASES = 1000
"""The latest so many scored releases of a source are looked at: the cost grows with their cube."""


class Part(StrEnum):
    """What a source is made of."""

    CLIP = "clip"
    SEARCH_TERM = "search term"
    CREATOR = "creator"

    def of(self, usage: ClipUsage) -> str | None:
        """The clip, search term or creator of a usage."""
        match self:
            case Part.CLIP:
                return usage.clip_id
            case Part.SEARCH_TERM:
                return usage.search_term
            case Part.CREATOR:
                return usage.creator


@dataclass(slots=True)
class _Uses:
    """Where a part was used: its share of the clips by row of the evidence, how often, and when."""

    last_used: datetime
    usages: int = 0
    shares: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))


def part_standings_of(
    ranking: Ranking, history: SourceHistory, *, source: str, part: Part
) -> list[PartStanding]:
    """Every part of a source, the best mean first, ties by name; empty if it was never used."""
    uses = _uses_by_part(ranking, history, source=source, part=part)
    if not uses:
        return []
    evidence, belief = ranking.evidence, ranking.belief
    place = evidence.sources.index(source)
    rows = np.flatnonzero(evidence.scored & (evidence.shares[:, place] > 0))
    rows = rows[np.argsort(evidence.ages[rows], kind="stable")][:MOST_RELEASES]
    places = {row: number for number, row in enumerate(rows.tolist())}
    seen = [name for name in sorted(uses) if uses[name].shares.keys() & places.keys()]
    means, sds = _deviations(
        _shares([uses[name] for name in seen], places),
        belief.residual[rows],
        belief.variance[rows],
    )
    deviations = dict(zip(seen, zip(means.tolist(), sds.tolist(), strict=True), strict=True))
    standings = [
        _standing(
            name,
            its,
            base=(float(belief.mean[place]), float(belief.sd[place])),
            deviation=deviations.get(name, (0.0, PART_SD)),
            releases=sum(bool(evidence.scored[row]) for row in its.shares),
        )
        for name, its in uses.items()
    ]
    return sorted(standings, key=lambda standing: (-round(standing.mean, DECIMALS), standing.part))


def _uses_by_part(
    ranking: Ranking, history: SourceHistory, *, source: str, part: Part
) -> dict[str, _Uses]:
    found: dict[str, _Uses] = {}
    for row, release_id in enumerate(ranking.evidence.releases.tolist()):
        usages = history.releases[release_id].usages
        for usage in usages:
            name = part.of(usage)
            if usage.source_name == source and name is not None:
                its = found.setdefault(name, _Uses(last_used=usage.used_at))
                its.shares[row] += 1 / len(usages)
                its.usages += 1
                its.last_used = max(its.last_used, usage.used_at)
    return found


def _shares(uses: Sequence[_Uses], places: Mapping[int, int]) -> Floats:
    """The share that each part (column) has of the releases of these places."""
    shares = np.zeros((len(places), len(uses)))
    for column, its in enumerate(uses):
        for row in its.shares.keys() & places.keys():
            shares[places[row], column] = its.shares[row]
    return shares


def _deviations(shares: Floats, residual: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Posterior means and standard deviations of the parts' deviations from their source."""
    prior = PART_SD**2
    seen = prior * shares @ shares.T + np.diag(noise)
    solved = np.linalg.solve(seen, np.column_stack([residual, shares]))
    mean = prior * shares.T @ solved[:, 0]
    variance = prior - prior**2 * np.einsum("rp,rp->p", shares, solved[:, 1:])
    return mean, np.sqrt(variance)


def _standing(
    name: str,
    uses: _Uses,
    *,
    base: tuple[float, float],
    deviation: tuple[float, float],
    releases: int,
) -> PartStanding:
    mean, sd = base[0] + deviation[0], sqrt(base[1] ** 2 + deviation[1] ** 2)
    return PartStanding(
        part=name,
        mean=mean,
        sd=sd,
        low=mean - HALF_WIDTH * sd,
        high=mean + HALF_WIDTH * sd,
        probability_above_source=NormalDist().cdf(deviation[0] / deviation[1]),
        releases=releases,
        usages=uses.usages,
        last_used=uses.last_used,
    )
