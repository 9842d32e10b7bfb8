"""The grounds of an artist's evolution in words that say no more than is known."""

from __future__ import annotations

from noktvrn_ai_artist.analytics.source_records import RELEASES_FOR_EVIDENCE, SURE_ENOUGH
from noktvrn_ai_artist.artist_evolution.progression import Finding, Judgement
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait

ASSOCIATION = (
    "This is association, not proof of cause: a style may only have been used where releases do "
    "well anyway, and what is always used together cannot be told apart."
)
GATE = (
    f"A value is judged from {RELEASES_FOR_EVIDENCE} scored releases with it and as many without "
    f"on, and its weight moves only where better or worse is at least {SURE_ENOUGH:.0%} likely."
)
_MOST_SAID = 0.99


def evidence_words(judgement: Judgement) -> str:
    """What is known of one value."""
    counts = f"{_releases(judgement.with_it)} with it, {judgement.without_it:,} without"
    effect, sd = judgement.effect, judgement.sd
    better = judgement.probability_better
    if judgement.finding is Finding.TOO_LITTLE_DATA or effect is None or better is None:
        return f"{counts}; {RELEASES_FOR_EVIDENCE} of each are needed"
    side, chance = ("better", better) if better >= 1 / 2 else ("worse", 1 - better)
    likely = f"{min(chance, _MOST_SAID):.0%}"
    numbers = f"{effect:+.2f} ± {sd:.2f} doublings, {side} with {likely}"
    return f"{counts}: {100 * (2**effect - 1):+.0f} % ({numbers})"


def move_reason(judgement: Judgement, *, before: float, after: float) -> str:
    """Why a weight moved."""
    return f"{judgement.finding}: {evidence_words(judgement)}; weight {before:.2f} to {after:.2f}"


def trial_reason(trait: Trait, value: str, candidates: int) -> str:
    """Why something new is tried."""
    if candidates == 1:
        return f"to try beside {trait} {value!r}, which did not do well: its one neighbour left"
    return (
        f"to try beside {trait} {value!r}, which did not do well: drawn by chance from its "
        f"{candidates} neighbours"
    )


def _releases(count: int) -> str:
    return "1 release" if count == 1 else f"{count:,} releases"
