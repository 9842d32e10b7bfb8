"""A profile becomes the parameters of one release: drawn by weight, the same for the same dice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from numpy.random import Generator

from noktvrn_ai_artist.artist_evolution.profiles import (
    ArtistProfile,
    Traits,
    TraitWeight,
    checked_traits,
    in_order,
    weights_of,
)
from noktvrn_ai_artist.artist_evolution.vocabulary import (
    CLOSED,
    ENERGY_LEVELS,
    TEMPO_BANDS,
    Range,
    Trait,
)
from noktvrn_ai_artist.errors import BadValue

DRAWN: Mapping[Trait, int] = MappingProxyType(
    {Trait.GENRE: 1, Trait.MOOD: 2, Trait.TEMPO: 1, Trait.ENERGY: 1, Trait.SEARCH_TERM: 3}
)
"""How many values of each trait a release is made with, as far as the profile has so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationParameters:
    """What one release is made with: values of an artist's profile (of a version), with weights.

    Raises:
        BadValue: a value breaks its rule, or a trait has none, or tempo or energy more than one.
    """

    artist_id: int
    profile_version: int
    traits: Traits

    def __post_init__(self) -> None:
        given = {trait: weights_of(self.traits, trait) for trait in Trait}
        object.__setattr__(self, "traits", checked_traits(given))
        for trait in CLOSED:
            if len(self._values(trait)) != 1:
                raise BadValue("must be one value", column=trait.value)

    @property
    def style(self) -> str:
        """Mood and genre in a few words."""
        moods, genres = self._values(Trait.MOOD), self._values(Trait.GENRE)
        return f"{', '.join(moods)} {' and '.join(genres)}"

    @property
    def tempo(self) -> Range:
        """Beats a minute, from and to."""
        return TEMPO_BANDS[self._values(Trait.TEMPO)[0]]

    @property
    def energy(self) -> Range:
        """A share of the most there is, from and to."""
        return ENERGY_LEVELS[self._values(Trait.ENERGY)[0]]

    @property
    def search_terms(self) -> dict[str, float]:
        """What stock footage is searched for, and how much each term weighs."""
        return weights_of(self.traits, Trait.SEARCH_TERM)

    @property
    def prompt(self) -> str:
        """What a music generator is asked for."""
        low, high = self.tempo
        energy = self._values(Trait.ENERGY)[0]
        return f"{self.style}, {low:g} to {high:g} BPM, {energy} energy"

    def _values(self, trait: Trait) -> list[str]:
        return list(weights_of(self.traits, trait))


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageTaste:
    """What stock footage is searched for, the most wanted first, and what must not be."""

    search_terms: tuple[str, ...]
    avoided_terms: tuple[str, ...]


def taste_of(profile: ArtistProfile, made_with: GenerationParameters | None) -> FootageTaste:
    """A release's taste: the terms it is made with, else its artist's; the artist avoids for it."""
    terms = profile.search_terms
    if made_with is not None:
        weights = made_with.search_terms
        terms = tuple(sorted(weights, key=lambda term: (-weights[term], term)))
    return FootageTaste(search_terms=terms, avoided_terms=profile.avoided_terms)


def adapted(profile: ArtistProfile, *, rng: Generator) -> GenerationParameters:
    """The parameters of a next release; the same generator state draws the same.

    A value is drawn with a probability in proportion to its weight, without replacement.
    """
    return GenerationParameters(
        artist_id=profile.artist_id,
        profile_version=profile.version,
        traits=in_order(
            TraitWeight(trait=trait, value=value, weight=weight)
            for trait, most in DRAWN.items()
            for value, weight in _drawn(profile.wanted(trait), most, rng).items()
        ),
    )


def _drawn(weights: Mapping[str, float], most: int, rng: Generator) -> dict[str, float]:
    total = sum(weights.values())
    chances = [weight / total for weight in weights.values()]
    names = list(weights)
    places = rng.choice(len(names), size=min(most, len(names)), replace=False, p=chances)
    return {names[place]: weights[names[place]] for place in places.tolist()}
