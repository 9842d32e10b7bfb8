"""What is remembered of an artist's way: each change of the profile, its grounds, its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from noktvrn_ai_artist.artist_evolution.profiles import Traits, TraitWeight, in_order
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait


class Finding(StrEnum):
    """What may be said of a value of a trait."""

    TOO_LITTLE_DATA = "too little data"
    OPEN = "too early to say"
    BETTER = "goes with better releases"
    WORSE = "goes with worse releases"


class ChangeKind(StrEnum):
    """What happened to a value: by the evidence, for a trial, or by the operator."""

    REINFORCED = "reinforced"
    REDUCED = "reduced"
    TRIED = "tried"
    SET = "set"
    DROPPED = "dropped"


class EntryKind(StrEnum):
    """Who changed the profile."""

    EVOLVED = "evolved"
    SET = "set by the operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the scores say of one value: `with_it` releases that had it against `without_it`.

    `difference` is the mean difference in doublings, `effect` the same shrunken towards 0, `sd` its
    doubt, `probability_better` that it is above 0; all None where a side has no release.
    """

    trait: Trait
    value: str
    with_it: int
    without_it: int
    difference: float | None
    effect: float | None
    sd: float | None
    probability_better: float | None
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value whose weight changed; None is not in the profile.

    `drawn_from` is what chance had to choose from, each with the same probability.
    """

    trait: Trait
    value: str
    kind: ChangeKind
    before: float | None
    after: float | None
    reason: str
    drawn_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressionEntry:
    """How one version of a profile came to be.

    `fingerprint` names the evidence, `basis` what the scores were made of, and `releases` how many
    of them count; None, None and 0 where the operator set the profile.
    """

    artist_id: int
    version: int
    kind: EntryKind
    happened_at: datetime
    basis: str | None
    fingerprint: str | None
    releases: int
    before: Traits
    after: Traits
    changes: tuple[Change, ...]
    judgements: tuple[Judgement, ...]


def applied(traits: Traits, changes: Iterable[Change]) -> Traits:
    """The values and weights after some changes."""
    held = {(one.trait, one.value): one.weight for one in traits}
    for change in changes:
        if change.after is None:
            held.pop((change.trait, change.value), None)
        else:
            held[change.trait, change.value] = change.after
    return in_order(
        TraitWeight(trait=trait, value=value, weight=weight)
        for (trait, value), weight in held.items()
    )


def replayed(entries: Sequence[ProgressionEntry]) -> Traits:
    """What the changes of at least one entry, oldest first, make of where the first began."""
    traits = entries[0].before
    for entry in entries:
        traits = applied(traits, entry.changes)
    return traits


def changes_to(before: Traits, after: Traits, *, reason: str) -> tuple[Change, ...]:
    """What the operator changed: values set to a weight, and values taken away."""
    old = {(one.trait, one.value): one.weight for one in before}
    new = {(one.trait, one.value): one.weight for one in after}
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        Change(
            trait=trait,
            value=value,
            kind=ChangeKind.SET if (trait, value) in new else ChangeKind.DROPPED,
            before=old.get((trait, value)),
            after=new.get((trait, value)),
            reason=reason,
        )
        for trait, value in keys
        if old.get((trait, value)) != new.get((trait, value))
    )


def trait_rows(traits: Traits) -> list[list[object]]:
    """Values and weights as they are kept in JSON."""
    return [[one.trait.value, one.value, one.weight] for one in traits]


def traits_from(rows: Iterable[Sequence[object]]) -> Traits:
    """Values and weights out of JSON."""
    return in_order(
        TraitWeight(trait=Trait(str(trait)), value=str(value), weight=float(str(weight)))
        for trait, value, weight in rows
    )


def change_from(row: Mapping[str, object]) -> Change:
    """A change out of JSON."""
    fields = {**row, "trait": Trait(str(row["trait"])), "kind": ChangeKind(str(row["kind"]))}
    drawn_from = row["drawn_from"]
    listed = drawn_from if isinstance(drawn_from, list) else []
    return Change(**{**fields, "drawn_from": tuple(listed)})  # type: ignore[arg-type]


def judgement_from(row: Mapping[str, object]) -> Judgement:
    """A judgement out of JSON."""
    fields = {**row, "trait": Trait(str(row["trait"])), "finding": Finding(str(row["finding"]))}
    return Judgement(**fields)  # type: ignore[arg-type]
