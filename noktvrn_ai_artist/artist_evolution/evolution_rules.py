"""From a profile and scored releases to the next profile, by explicit rules: no clock, no I/O.

For each value of a trait, the releases that had it (W) are held against the artist's others (O):

    d     = sum_ij w_i w_j clip(s_i - s_j, -2, 2) / (sum_i w_i * sum_j w_j),   i in W, j in O
    w_i   = 1 / max(1, sd_i)^2
    V     = 1 / sum_W w_i + 1 / sum_O w_j
    effect = d * T / (T + V),   sd^2 = V * T / (T + V),   T = 0.5^2
    P(better) = Phi(effect / sd)

in doublings: the mean difference, shrunken towards 0 as by a prior N(0, T) on it (partial pooling;
Gelman and Hill, Data Analysis Using Regression and Multilevel/Hierarchical Models, 2007, ch. 12).
Between any two releases at most two doublings count, so that a hit stays one release. It is
association: what always goes together cannot be told apart.

The evidence gives each value a target, 2^effect, and a weight moves towards it, never back: up
where the value goes with better releases, down where with worse, by a factor of at most
1.5^|2P - 1|. So no evidence, however often it is looked at, takes a weight beyond its target.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

import numpy as np
from numpy.random import Generator

from noktvrn_ai_artist.analytics.source_records import RELEASES_FOR_EVIDENCE, SURE_ENOUGH
from noktvrn_ai_artist.artist_evolution.evolution_words import move_reason, trial_reason
from noktvrn_ai_artist.artist_evolution.profiles import (
    HEAVIEST,
    LIGHTEST,
    MOST_VALUES,
    NEUTRAL,
    NEVER,
    ArtistProfile,
    Traits,
)
from noktvrn_ai_artist.artist_evolution.progression import (
    Change,
    ChangeKind,
    Finding,
    Judgement,
    applied,
)
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait, neighbours

RULES = 1
"""Counts up with every change of these rules: then the same evidence is looked at again."""
LARGEST_STEP = 1.5
"""A weight moves by at most this factor in one evolution."""
SMALLEST_STEP = 1.05
"""What would move a weight by less leaves it."""
EFFECT_SD = 0.5
"""How far values of a trait are believed to differ, in doublings."""
RELEASE_SD = 1.0
"""How far an artist's releases lie apart whatever they are made of (docs/scores.md: 1.05)."""
LARGEST_DIFFERENCE = 2.0
"""So much better or worse than another a release counts at most, in doublings."""
_PARTS = 1000
_EVIDENCE_DIGITS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRelease:
    """A scored release and what it was made with; `score` and its `sd` are in doublings."""

    release_id: int
    score: float
    sd: float
    traits: frozenset[tuple[Trait, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What the evidence makes of a profile: judgements of all values, changes, and the result."""

    judgements: tuple[Judgement, ...]
    changes: tuple[Change, ...]
    after: Traits


def as_evidence(releases: Iterable[MadeRelease]) -> list[MadeRelease]:
    """Releases by id, scores and doubts to a tenth of a doubling: less is no other evidence."""
    return sorted(
        (
            MadeRelease(
                release_id=one.release_id,
                score=round(one.score, _EVIDENCE_DIGITS),
                sd=round(max(one.sd, RELEASE_SD), _EVIDENCE_DIGITS),
                traits=one.traits,
            )
            for one in releases
        ),
        key=lambda one: one.release_id,
    )


def fingerprint(releases: Sequence[MadeRelease], *, basis: str) -> str:
    """A name for the evidence: the same for the same releases, scores and rules, in any order."""
    told = [
        [one.release_id, one.score + 0.0, one.sd, sorted(one.traits)]
        for one in sorted(releases, key=lambda one: one.release_id)
    ]
    return hashlib.sha256(json.dumps([RULES, basis, told]).encode()).hexdigest()


def evolved(profile: ArtistProfile, releases: Sequence[MadeRelease], *, rng: Generator) -> Steps:
    """What a profile becomes; chance only picks which neighbour of a poor value is tried.

    At most one value is tried for each trait, and none beside a neighbour that is still on trial.
    """
    ordered = sorted(releases, key=lambda one: one.release_id)
    judgements = {
        (trait, value): judged(trait, value, ordered)
        for trait in Trait
        for value in sorted(profile.wanted(trait))
    }
    moves = [
        change
        for key, judgement in judgements.items()
        if (change := _move(profile.weights(key[0])[key[1]], judgement)) is not None
    ]
    trials = [
        trial
        for trait in Trait
        if (trial := _trial(profile, trait, moves, judgements, rng)) is not None
    ]
    changes = (*moves, *trials)
    return Steps(
        judgements=tuple(judgements.values()),
        changes=changes,
        after=applied(profile.traits, changes),
    )


def judged(trait: Trait, value: str, releases: Sequence[MadeRelease]) -> Judgement:
    """What the scores say of one value, by the formula at the top of this module."""
    having = [one for one in releases if (trait, value) in one.traits]
    others = [one for one in releases if (trait, value) not in one.traits]
    difference, effect, sd, better = _compared(having, others)
    return Judgement(
        trait=trait,
        value=value,
        with_it=len(having),
        without_it=len(others),
        difference=difference,
        effect=effect,
        sd=sd,
        probability_better=better,
        finding=_finding(min(len(having), len(others)), better),
    )


def _compared(
    having: Sequence[MadeRelease], others: Sequence[MadeRelease]
) -> tuple[float, float, float, float] | tuple[None, None, None, None]:
    """The mean difference, the same shrunken, its sd, and the probability that it is above 0."""
    if not having or not others:
        return None, None, None, None
    own, rest = (np.array([one.score for one in side]) for side in (having, others))
    own_weights, rest_weights = (
        np.array([max(one.sd, RELEASE_SD) ** -2 for one in side]) for side in (having, others)
    )
    pairs = np.clip(own[:, None] - rest, -LARGEST_DIFFERENCE, LARGEST_DIFFERENCE)
    difference = own_weights @ pairs @ rest_weights / (own_weights.sum() * rest_weights.sum())
    variance = 1 / own_weights.sum() + 1 / rest_weights.sum()
    kept = EFFECT_SD**2 / (EFFECT_SD**2 + variance)
    effect, sd = float(difference * kept), sqrt(variance * kept)
    return float(difference), effect, sd, NormalDist().cdf(effect / sd)


def _finding(fewest: int, better: float | None) -> Finding:
    if better is None or fewest < RELEASES_FOR_EVIDENCE:
        return Finding.TOO_LITTLE_DATA
    if better >= SURE_ENOUGH:
        return Finding.BETTER
    return Finding.WORSE if 1 - better >= SURE_ENOUGH else Finding.OPEN


def _move(weight: float, judgement: Judgement) -> Change | None:
    """The weight nearer to its target, or None where it stays."""
    effect, better = judgement.effect, judgement.probability_better
    if effect is None or better is None:
        return None
    step, target = LARGEST_STEP ** abs(2 * better - 1), 2.0**effect
    if judgement.finding is Finding.BETTER:
        after = _rounded(min(weight * step, target, HEAVIEST), up=False)
        moved = after >= weight * SMALLEST_STEP
    elif judgement.finding is Finding.WORSE:
        after = _rounded(max(weight / step, target, LIGHTEST), up=True)
        moved = after <= weight / SMALLEST_STEP
    else:
        return None
    if not moved:
        return None
    return Change(
        trait=judgement.trait,
        value=judgement.value,
        kind=ChangeKind.REINFORCED if after > weight else ChangeKind.REDUCED,
        before=weight,
        after=after,
        reason=move_reason(judgement, before=weight, after=after),
    )


def _rounded(weight: float, *, up: bool) -> float:
    """To three digits, towards where the weight came from, so that no bound is passed."""
    grown = weight * _PARTS
    return (ceil(grown) if up else floor(grown)) / _PARTS


def _trial(
    profile: ArtistProfile,
    trait: Trait,
    moves: Iterable[Change],
    judgements: dict[tuple[Trait, str], Judgement],
    rng: Generator,
) -> Change | None:
    """A neighbour to try of the value of a trait that did worst, of those that have one to try."""
    held = profile.weights(trait)
    reduced = [one for one in moves if one.trait is trait and one.kind is ChangeKind.REDUCED]
    worst_first = sorted(
        reduced, key=lambda one: (judgements[trait, one.value].effect or 0.0, one.value)
    )
    for change in worst_first if len(held) < MOST_VALUES else []:
        near = neighbours(trait, change.value)
        candidates = tuple(value for value in near if value not in held)
        if candidates and not any(_on_trial(trait, value, held, judgements) for value in near):
            return Change(
                trait=trait,
                value=candidates[int(rng.integers(len(candidates)))],
                kind=ChangeKind.TRIED,
                before=None,
                after=NEUTRAL,
                reason=trial_reason(trait, change.value, len(candidates)),
                drawn_from=candidates,
            )
    return None


def _on_trial(
    trait: Trait,
    value: str,
    held: dict[str, float],
    judgements: dict[tuple[Trait, str], Judgement],
) -> bool:
    """Whether a value is wanted, and too little is known of it yet."""
    if held.get(value, NEVER) == NEVER:
        return False
    return judgements[trait, value].finding is Finding.TOO_LITTLE_DATA
