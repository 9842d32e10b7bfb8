"""Tables about an artist's profile and its changes: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

import pandas as pd

from noktvrn_ai_artist.artist_evolution.evolution_words import evidence_words
from noktvrn_ai_artist.artist_evolution.profiles import NEVER, ArtistProfile, Traits
from noktvrn_ai_artist.artist_evolution.progression import Change, Judgement, ProgressionEntry
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from streamlit_app.analytics.wording import shown_time

Key = tuple[Trait, str]


def profile_frame(profile: ArtistProfile) -> pd.DataFrame:
    """Every value of a profile, by trait, the heaviest first."""
    places = list(Trait)
    ordered = sorted(profile.traits, key=lambda o: (places.index(o.trait), -o.weight, o.value))
    return pd.DataFrame(
        {
            "Trait": [one.trait.capitalize() for one in ordered],
            "Value": [one.value for one in ordered],
            "Weight": [one.weight for one in ordered],
            "Wanted": ["never" if one.weight == NEVER else "yes" for one in ordered],
        }
    )


def changes_frame(entries: Sequence[ProgressionEntry], zone: tzinfo) -> pd.DataFrame:
    """Every change, those of the latest version first."""
    told = [(entry, change) for entry in reversed(entries) for change in entry.changes]
    return pd.DataFrame(
        {
            "Version": [entry.version for entry, _ in told],
            "When": [shown_time(entry.happened_at, zone) for entry, _ in told],
            "Trait": [change.trait.capitalize() for _, change in told],
            "Value": [change.value for _, change in told],
            "Change": [str(change.kind) for _, change in told],
            "From": [change.before for _, change in told],
            "To": [change.after for _, change in told],
            "Why": [change.reason for _, change in told],
            "Drawn from": [", ".join(change.drawn_from) for _, change in told],
        }
    )


def judgements_frame(judgements: Iterable[Judgement]) -> pd.DataFrame:
    """What the scores say of every value; nothing is estimated of what is not judged."""
    told = list(judgements)
    return pd.DataFrame(
        {
            "Trait": [one.trait.capitalize() for one in told],
            "Value": [one.value for one in told],
            "Finding": [str(one.finding) for one in told],
            "Evidence": [evidence_words(one) for one in told],
        }
    )


def changed_keys(entries: Sequence[ProgressionEntry]) -> dict[Key, str]:
    """The values that ever changed by their labels, those of the latest version first."""
    changes = (change for entry in reversed(entries) for change in entry.changes)
    return {(one.trait, one.value): label(one) for one in changes}


def label(one: Change) -> str:
    """A value and its trait."""
    return f"{one.value} ({one.trait})"


def weight_course(
    entries: Sequence[ProgressionEntry], key: Key
) -> list[tuple[datetime, float | None]]:
    """A value's weight before the first version and from each on; None while it is not there."""
    first = entries[0]
    return [
        (first.happened_at, _weight(first.before, key)),
        *((entry.happened_at, _weight(entry.after, key)) for entry in entries),
    ]


def _weight(traits: Traits, key: Key) -> float | None:
    return next((one.weight for one in traits if (one.trait, one.value) == key), None)
