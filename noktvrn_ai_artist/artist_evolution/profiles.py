"""What an artist's profile is: for each trait its values, and how often each is wanted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.artist_evolution.vocabulary import CLOSED, FIRST, Trait
from noktvrn_ai_artist.errors import BadValue

NEVER, NEUTRAL = 0.0, 1.0
LIGHTEST, HEAVIEST = 0.25, 4.0
MOST_VALUES = 24
"""A trait holds at most so many values."""
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TraitWeight:
    """One value of a trait and its weight.

    A value that weighs twice as much is drawn twice as often. A weight lies between 0.25 and 4, 1
    being neutral; or it is 0: then the operator does not want the value, and nothing brings it back
    but the operator.
    """

    trait: Trait
    value: str
    weight: float


Traits = tuple[TraitWeight, ...]
"""By trait and value, each value once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistProfile:
    """What an artist's releases are made of now; version 0 is the neutral profile, not stored."""

    artist_id: int
    version: int
    traits: Traits

    def weights(self, trait: Trait) -> dict[str, float]:
        """The values of one trait and their weights, the unwanted ones too."""
        return weights_of(self.traits, trait)

    def wanted(self, trait: Trait) -> dict[str, float]:
        """The values of one trait that may be drawn, the heaviest first, ties by name."""
        held = self.weights(trait).items()
        ordered = sorted(held, key=lambda item: (-item[1], item[0]))
        return {value: weight for value, weight in ordered if weight > NEVER}

    @property
    def search_terms(self) -> tuple[str, ...]:
        """What stock footage is searched for, the heaviest first."""
        return tuple(self.wanted(Trait.SEARCH_TERM))

    @property
    def avoided_terms(self) -> tuple[str, ...]:
        """What stock footage must not be searched for."""
        held = self.weights(Trait.SEARCH_TERM)
        return tuple(value for value, weight in held.items() if weight == NEVER)


def weights_of(traits: Iterable[TraitWeight], trait: Trait) -> dict[str, float]:
    """The values of one trait and their weights."""
    return {one.value: one.weight for one in traits if one.trait is trait}


def neutral_profile(artist_id: int) -> ArtistProfile:
    """Where a new artist begins: the vocabulary's first values, all of weight 1.

    >>> neutral_profile(3).wanted(Trait.ENERGY)
    {'high': 1.0, 'low': 1.0, 'medium': 1.0}
    """
    return ArtistProfile(
        artist_id=artist_id,
        version=0,
        traits=in_order(
            TraitWeight(trait=trait, value=value, weight=NEUTRAL)
            for trait, values in FIRST.items()
            for value in values
        ),
    )


def in_order(traits: Iterable[TraitWeight]) -> Traits:
    """By trait (in the order of the vocabulary) and value."""
    places = list(Trait)
    return tuple(sorted(traits, key=lambda one: (places.index(one.trait), one.value)))


def checked_traits(given: Mapping[Trait, Mapping[str, float]]) -> Traits:
    """Values and weights under their settled names, if every one keeps its rule.

    Raises:
        BadValue: a value or weight breaks its rule, a value stands twice, or a trait has no value
            that may be drawn, or more than 24.
    """
    return in_order(one for trait, weights in given.items() for one in _checked(trait, weights))


def settled_value(trait: Trait, value: object) -> str:
    """A value as it is kept: NFKC, lower case, single spaces.

    >>> settled_value(Trait.GENRE, "  Lo-Fi   Hip Hop ")
    'lo-fi hip hop'

    Raises:
        BadValue: it is empty or too long, or a tempo or energy that is not declared.
    """
    name = rules.checked_name(value, column=trait.value)
    settled = " ".join(unicodedata.normalize("NFKC", name).lower().split())
    if trait in CLOSED and settled not in CLOSED[trait]:
        raise BadValue(f"must be one of {', '.join(CLOSED[trait])}", column=trait.value)
    return rules.checked_name(settled, column=trait.value)


def _checked(trait: Trait, weights: Mapping[str, float]) -> list[TraitWeight]:
    found = {
        settled_value(trait, value): _checked_weight(trait, weight)
        for value, weight in weights.items()
    }
    if len(found) < len(weights):
        raise BadValue("names a value twice", column=trait.value)
    if not any(found.values()) or len(found) > MOST_VALUES:
        rule = f"needs a value that is wanted, and at most {MOST_VALUES} values"
        raise BadValue(rule, column=trait.value)
    return [TraitWeight(trait=trait, value=value, weight=held) for value, held in found.items()]


def _checked_weight(trait: Trait, weight: object) -> float:
    number = round(rules.checked_number(weight, column=trait.value), _DIGITS)
    if number != NEVER and not LIGHTEST <= number <= HEAVIEST:
        rule = f"a weight lies between {LIGHTEST:g} and {HEAVIEST:g}, or is 0 for never"
        raise BadValue(rule, column=trait.value)
    return number
