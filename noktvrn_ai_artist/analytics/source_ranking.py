"""What usages and scores let us believe about each source: pure arithmetic, no clock, no I/O.

Scores are compared by rank, so neither their unit nor an outlier matters; a release's credit is
shared between its sources by their part of its clips; old releases fade; and a source of which
little is known is believed to be average until it shows otherwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import fsum, sqrt
from statistics import NormalDist

from noktvrn_ai_artist.analytics.source_records import ClipUsage, Standing

CREDIBLE_LEVEL = 0.9
PRIOR_RELEASES = 1.0
"""How many average releases every source is credited with before its first."""

_HALF_WIDTH = NormalDist().inv_cdf((1 + CREDIBLE_LEVEL) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The releases behind one source: how many, what they weigh, and their weighted worth."""

    releases: int = 0
    weight: float = 0.0
    worth: float = 0.0


def rank_sources(
    usages: Iterable[ClipUsage],
    scores: Mapping[int, float],
    *,
    as_of: datetime,
    half_life: timedelta,
) -> list[Standing]:
    """Every source used by `as_of`, the best estimate first, ties by name.

    A source's mean is the posterior of a normal prior around 0 that weighs as much as
    `PRIOR_RELEASES` releases: sum(w y) / (sum(w) + k), with the variance 1 / (sum(w) + k). A source
    without a scored release stands at 0 with the prior's full width, not at the bottom. Usages
    after `as_of` are left out; scores are those known today. All sums are correctly rounded, so
    the order in which things were logged cannot move the last bit.
    """
    seen = [usage for usage in usages if usage.used_at <= as_of]
    clips = Counter(usage.source_name for usage in seen)
    last_used: dict[str, datetime] = {}
    for usage in seen:
        last_used[usage.source_name] = max(
            usage.used_at, last_used.get(usage.source_name, usage.used_at)
        )
    evidence = evidence_by_source(seen, scores, as_of=as_of, half_life=half_life)
    standings = [
        _standing(source, evidence.get(source, Evidence()), clips[source], last_used[source])
        for source in clips
    ]
    return sorted(standings, key=lambda standing: (-standing.mean, standing.source))


def evidence_by_source(
    usages: Iterable[ClipUsage],
    scores: Mapping[int, float],
    *,
    as_of: datetime,
    half_life: timedelta,
) -> dict[str, Evidence]:
    """What the scored releases weigh for each source.

    A release weighs 2^(-age / half_life), and its age runs from its first clip use, when it was
    cut: that is when the footage was chosen, and nothing that is logged later, above all no new
    score, makes a release young again. Sums of such weights fade as one, whatever the landmark
    (forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009).
    """
    worth = dict(zip(scores, normal_scores(list(scores.values())), strict=True))
    weights: defaultdict[str, list[float]] = defaultdict(list)
    worths: defaultdict[str, list[float]] = defaultdict(list)
    for release_id, used in _by_release(usages).items():
        if release_id not in worth:
            continue
        fading = decay(as_of - min(usage.used_at for usage in used), half_life=half_life)
        for source, clips in Counter(usage.source_name for usage in used).items():
            weight = fading * clips / len(used)
            weights[source].append(weight)
            worths[source].append(weight * worth[release_id])
    return {
        source: Evidence(releases=len(parts), weight=fsum(parts), worth=fsum(worths[source]))
        for source, parts in weights.items()
    }


def decay(age: timedelta, *, half_life: timedelta) -> float:
    """What is left of a weight of 1 after `age`; decaying twice is decaying once by the sum.

    >>> decay(timedelta(days=90), half_life=timedelta(days=45))
    0.25
    """
    return float(2.0 ** -(age / half_life))


def normal_scores(values: Sequence[float]) -> list[float]:
    """Each value's normal score: Phi^-1((rank - 3/8) / (n + 1/4)); ties share their mean rank.

    What a normal sample of this size would be expected to hold in this place (Blom, Statistical
    Estimates and Transformed Beta-Variables, 1958). Only order counts, so any growing function of
    all values, such as a positive factor that neither overflows nor rounds two of them into one,
    changes nothing.

    >>> normal_scores([10.0, 1e9, 3.0])[0]
    0.0
    """
    quantile = NormalDist().inv_cdf
    score_of: dict[float, float] = {}
    below = 0
    for value, ties in groupby(sorted(values)):
        count = sum(1 for _ in ties)
        rank = below + (count + 1) / 2
        score_of[value] = quantile((rank - 3 / 8) / (len(values) + 1 / 4))
        below += count
    return [score_of[value] for value in values]


def _by_release(usages: Iterable[ClipUsage]) -> dict[int, list[ClipUsage]]:
    releases: defaultdict[int, list[ClipUsage]] = defaultdict(list)
    for usage in usages:
        releases[usage.release_id].append(usage)
    return releases


def _standing(source: str, evidence: Evidence, usages: int, last_used: datetime) -> Standing:
    precision = evidence.weight + PRIOR_RELEASES
    mean = evidence.worth / precision
    half_width = _HALF_WIDTH / sqrt(precision)
    return Standing(
        source=source,
        mean=mean,
        low=mean - half_width,
        high=mean + half_width,
        releases=evidence.releases,
        effective_releases=evidence.weight,
        usages=usages,
        last_used=last_used,
    )
