"""Profiles, the vocabulary they are made of, their replay, and the parameters drawn from them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.artist_evolution.profiles import (
    HEAVIEST,
    LIGHTEST,
    MOST_VALUES,
    ArtistProfile,
    Traits,
    checked_traits,
    neutral_profile,
    settled_value,
    weights_of,
)
from noktvrn_ai_artist.artist_evolution.progression import (
    Change,
    ChangeKind,
    EntryKind,
    Finding,
    Judgement,
    ProgressionEntry,
    applied,
    change_from,
    changes_to,
    judgement_from,
    replayed,
    trait_rows,
    traits_from,
)
from noktvrn_ai_artist.artist_evolution.style_adaptor import (
    DRAWN,
    GenerationParameters,
    adapted,
)
from noktvrn_ai_artist.artist_evolution.vocabulary import CLOSED, FIRST, GROUPS, Trait, neighbours
from noktvrn_ai_artist.errors import BadValue

OPEN = [trait for trait in Trait if trait not in CLOSED]
weights = st.floats(LIGHTEST, HEAVIEST).map(lambda weight: round(weight, 3))


def values_of(trait: Trait) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({value for group in GROUPS[trait] for value in group}))


def weights_for(trait: Trait) -> st.SearchStrategy[dict[str, float]]:
    wanted = st.dictionaries(values_of(trait), weights | st.just(0.0), min_size=1, max_size=8)
    return wanted.filter(lambda given: any(given.values()))


all_traits = st.fixed_dictionaries({trait: weights_for(trait) for trait in Trait}).map(
    checked_traits
)


def profile_of(traits: Traits) -> ArtistProfile:
    return ArtistProfile(artist_id=1, version=3, traits=traits)


@pytest.mark.parametrize("trait", Trait)
def test_who_is_near_to_whom_is_mutual_and_settled(trait: Trait) -> None:
    values = {value for group in GROUPS[trait] for value in group}
    for value in values:
        near = neighbours(trait, value)
        assert near
        assert value not in near
        assert all(value in neighbours(trait, other) for other in near)
        assert settled_value(trait, value) == value
    assert set(FIRST[trait]) <= values


def test_the_neutral_profile_is_a_profile() -> None:
    neutral = neutral_profile(1)
    given = {trait: weights_of(neutral.traits, trait) for trait in Trait}
    assert checked_traits(given) == neutral.traits
    assert {one.weight for one in neutral.traits} == {1.0}


@pytest.mark.parametrize(
    ("trait", "given"),
    [
        (Trait.GENRE, {"house": 5.0}),
        (Trait.GENRE, {"house": 0.1}),
        (Trait.GENRE, {"house": -1.0}),
        (Trait.GENRE, {"house": float("nan")}),
        (Trait.GENRE, {"house": True}),
        (Trait.GENRE, {"house": 0.0}),
        (Trait.GENRE, {}),
        (Trait.GENRE, {"House": 1.0, "house ": 1.0}),
        (Trait.GENRE, {"x" * 65: 1.0}),
        (Trait.GENRE, {" ": 1.0}),
        (Trait.GENRE, {"a\0b": 1.0}),
        (Trait.GENRE, {f"genre {n}": 1.0 for n in range(MOST_VALUES + 1)}),
        (Trait.TEMPO, {"90-110": 1.0}),
        (Trait.ENERGY, {"extreme": 1.0}),
    ],
)
def test_what_breaks_a_rule_is_refused_naming_the_trait(
    trait: Trait, given: dict[str, float]
) -> None:
    with pytest.raises(BadValue) as refusal:
        checked_traits({trait: given})
    assert refusal.value.column == trait


def test_terms_are_searched_heaviest_first_and_unwanted_ones_avoided() -> None:
    given = {Trait.SEARCH_TERM: {"crowds": 0.0, "Neon  City": 2.0, "aurora": 2.0, "rain": 0.5}}
    profile = profile_of(checked_traits(given))
    assert profile.search_terms == ("aurora", "neon city", "rain")
    assert profile.avoided_terms == ("crowds",)


@given(all_traits)
def test_traits_survive_json(traits: Traits) -> None:
    assert traits_from(json.loads(json.dumps(trait_rows(traits)))) == traits


@given(all_traits, all_traits)
def test_the_changes_between_two_profiles_lead_from_one_to_the_other(
    before: Traits, after: Traits
) -> None:
    changes = changes_to(before, after, reason="why")
    assert applied(before, changes) == after
    assert changes_to(after, after, reason="why") == ()


@given(st.lists(all_traits, min_size=2, max_size=6))
def test_the_replay_of_a_progression_is_where_it_ended(versions: list[Traits]) -> None:
    entries = [
        ProgressionEntry(
            artist_id=1,
            version=number,
            kind=EntryKind.SET,
            happened_at=datetime(2026, 3, 1, tzinfo=UTC),
            basis=None,
            fingerprint=None,
            releases=0,
            before=before,
            after=after,
            changes=changes_to(before, after, reason="why"),
            judgements=(),
        )
        for number, (before, after) in enumerate(pairwise(versions), start=1)
    ]
    assert replayed(entries) == versions[-1]


def test_changes_and_judgements_survive_json() -> None:
    change = Change(
        trait=Trait.GENRE,
        value="drone",
        kind=ChangeKind.TRIED,
        before=None,
        after=1.0,
        reason="why",
        drawn_from=("chillout", "drone"),
    )
    judgement = Judgement(
        trait=Trait.SEARCH_TERM,
        value="aurora",
        with_it=3,
        without_it=0,
        difference=None,
        effect=None,
        sd=None,
        probability_better=None,
        finding=Finding.TOO_LITTLE_DATA,
    )
    assert change_from(json.loads(json.dumps(asdict(change)))) == change
    assert judgement_from(json.loads(json.dumps(asdict(judgement)))) == judgement


@given(all_traits, st.integers(0, 2**32))
def test_the_same_dice_draw_the_same_parameters(traits: Traits, seed: int) -> None:
    profile = profile_of(traits)
    first, again = (adapted(profile, rng=np.random.default_rng(seed)) for _ in range(2))
    assert first == again
    for trait, most in DRAWN.items():
        drawn, wanted = weights_of(first.traits, trait), profile.wanted(trait)
        assert len(drawn) == min(most, len(wanted))
        assert drawn.items() <= wanted.items()


def test_a_value_is_drawn_in_proportion_to_its_weight() -> None:
    neutral = neutral_profile(1)
    kept = [one for one in neutral.traits if one.trait is not Trait.GENRE]
    heavy = checked_traits({Trait.GENRE: {"house": 4.0, "ambient": 1.0, "techno": 0.0}})
    profile = replace(neutral, traits=(*heavy, *kept))
    rng = np.random.default_rng(3)
    drawn = [weights_of(adapted(profile, rng=rng).traits, Trait.GENRE) for _ in range(2000)]
    counts = {name: sum(name in one for one in drawn) for name in ("house", "ambient", "techno")}
    assert counts["techno"] == 0
    assert counts["house"] / 2000 == pytest.approx(0.8, abs=0.04)


def parameters(**changed: dict[str, float]) -> GenerationParameters:
    given = {
        Trait.GENRE: {"Synthwave": 1.0},
        Trait.MOOD: {"dark": 1.0, "dreamy": 1.0},
        Trait.TEMPO: {"80-100": 1.0},
        Trait.ENERGY: {"low": 1.0},
        Trait.SEARCH_TERM: {"neon city": 2.0, "aurora": 1.0},
    }
    given |= {Trait[name]: values for name, values in changed.items()}
    return GenerationParameters(artist_id=1, profile_version=0, traits=checked_traits(given))


def test_parameters_are_told_as_a_prompt_ranges_and_terms() -> None:
    told = parameters()
    assert told.style == "dark, dreamy synthwave"
    assert told.prompt == "dark, dreamy synthwave, 80 to 100 BPM, low energy"
    assert (told.tempo, told.energy) == ((80, 100), (0.0, 0.33))
    assert told.search_terms == {"aurora": 1.0, "neon city": 2.0}


@pytest.mark.parametrize("trait", CLOSED)
def test_a_release_has_one_tempo_and_one_energy(trait: Trait) -> None:
    two = dict.fromkeys(CLOSED[trait][:2], 1.0)
    with pytest.raises(BadValue, match="must be one value"):
        parameters(**{trait.name: two})
