"""Commands about what an artist's releases are made of: the profile, its evolution, the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from numpy.random import default_rng

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.observation_rules import number_from, release_id_from
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import (
    ArtistEvolutionService,
    Evolution,
)
from noktvrn_ai_artist.artist_evolution.evolution_words import (
    ASSOCIATION,
    GATE,
    evidence_words,
)
from noktvrn_ai_artist.artist_evolution.profiles import NEUTRAL, ArtistProfile
from noktvrn_ai_artist.artist_evolution.progression import Change, Judgement
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say
from noktvrn_ai_artist.cli.scoring import Blend, ScoredMetric, ScoredPlatform, weights_from
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.errors import BadValue

profile = typer.Typer(
    no_args_is_help=True, help="What an artist's releases are made of, and how that came to be."
)

ArtistId = Annotated[str, typer.Argument(metavar="ARTIST", help="An id; see `noktvrn artists`.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed draws the same again.")]
Values = list[str] | None


def evolve(
    artist: ArtistId,
    platform: ScoredPlatform = None,
    metric: ScoredMetric = None,
    blend: Blend = None,
    seed: Seed = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; keep nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Move an artist's profile by what its scored releases say, and remember why.

    The same evidence changes nothing twice.
    """
    weights = None if blend is None else weights_from(blend)
    service.apply_schema()
    found = _service().evolve_artist(
        _id(artist),
        now=datetime.now(UTC),
        rng=default_rng(seed),
        dry_run=dry_run,
        platform=platform,
        metric=metric,
        blend=weights,
    )
    if as_json:
        print_json(found)
        return
    _tell(found)


@profile.command("show")
def show(artist: ArtistId, as_json: AsJson = False) -> None:
    """Show what an artist's releases are made of now."""
    service.check_schema()
    found = _service().profile(_id(artist))
    if as_json:
        print_json(found)
        return
    _print_profile(found)


@profile.command("set")
def set_profile(
    artist: ArtistId,
    genre: Annotated[Values, typer.Option(help="VALUE or VALUE=WEIGHT; may be repeated.")] = None,
    mood: Annotated[Values, typer.Option(help="The same for moods.")] = None,
    tempo: Annotated[Values, typer.Option(help="Such as 80-100 or 80-100=2.")] = None,
    energy: Annotated[Values, typer.Option(help="low, medium or high.")] = None,
    term: Annotated[Values, typer.Option(help="Search terms for stock footage.")] = None,
) -> None:
    """Set the values of traits: weights lie between 0.25 and 4; 0 keeps a value away for good.

    A trait gets just the values that are named; traits that are not named stay as they are.
    """
    named = zip(Trait, (genre, mood, tempo, energy, term), strict=True)
    given = {trait: _weights(trait, values) for trait, values in named if values}
    if not given:
        raise BadValue("name at least one value of a trait", column="profile")
    service.apply_schema()
    _print_profile(_service().set_profile(_id(artist), given, now=datetime.now(UTC)))


@profile.command("history")
def history(artist: ArtistId, as_json: AsJson = False) -> None:
    """Show how an artist's profile came to be, and on what grounds."""
    service.check_schema()
    found = _service().progression(_id(artist))
    if as_json:
        print_json(found)
        return
    if not found:
        say("nothing changed yet: the profile is the neutral one")
    for entry in found:
        by = f" by {entry.releases:,} releases scored by {entry.basis}" if entry.basis else ""
        say(f"version {entry.version}, {entry.happened_at:%Y-%m-%d %H:%M}: {entry.kind}{by}")
        for change in entry.changes:
            say(f"  {_change_words(change)}")
    say(ASSOCIATION)


@profile.command("next")
def next_parameters(
    artist: ArtistId,
    release: Annotated[
        str | None, typer.Option(help="Remember that this release is made with them.")
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Draw what the next release is made with, by the weights of the profile.

    For a release of which that is noted already, show what is noted.
    """
    release_id = None if release is None else release_id_from(release)
    if release_id is None:
        service.check_schema()
    else:
        service.apply_schema()
    drawn, is_new = _service().next_parameters(_id(artist), rng=default_rng(seed)), False
    if release_id is not None:
        drawn, is_new = _service().settle_parameters(release_id, drawn, now=datetime.now(UTC))
    if as_json:
        print_json(
            {
                "artist_id": drawn.artist_id,
                "profile_version": drawn.profile_version,
                "prompt": drawn.prompt,
                "style": drawn.style,
                "tempo": drawn.tempo,
                "energy": drawn.energy,
                "search_terms": drawn.search_terms,
                "traits": drawn.traits,
                "release_id": release_id,
                "noted_already": release_id is not None and not is_new,
            }
        )
        return
    say(drawn.prompt)
    say(f"footage: {', '.join(drawn.search_terms)}")
    if release_id is not None:
        noted = "noted" if is_new else "noted already"
        say(f"{noted}: release {release_id} is made with these")


def _service() -> ArtistEvolutionService:
    return ArtistEvolutionService(shared_database())


def _id(artist: str) -> int:
    return release_id_from(artist, column="artist_id")


def _weights(trait: Trait, values: Sequence[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for text in values:
        value, equals, weight = text.rpartition("=")
        name = value if equals else text
        if name in weights:
            raise BadValue("names a value twice", column=trait.value)
        weights[name] = number_from(weight, column=trait.value) if equals else NEUTRAL
    return weights


def _print_profile(found: ArtistProfile) -> None:
    print_table(
        f"Version {found.version}" + ("" if found.version else ": the neutral profile"),
        ("trait", "value", "weight"),
        [(one.trait, one.value, f"{one.weight:.2f}") for one in found.traits],
    )


def _tell(found: Evolution) -> None:
    if found.judgements:
        print_table(
            "What goes with better releases",
            ("trait", "value", "", "evidence"),
            [_judgement_cells(one) for one in found.judgements],
        )
    say(_outcome(found))
    for change in found.changes:
        say(f"  {_change_words(change)}")
    if found.without_parameters:
        said = f"{found.without_parameters:,} more scored releases"
        say(f"{said} count for nothing: what they were made with was not recorded")
    say(GATE)
    say(ASSOCIATION)


def _outcome(found: Evolution) -> str:
    by = f" by {found.basis}" if found.basis else ""
    scored = f"{found.releases:,} releases with known parameters are scored{by}"
    if found.seen_before:
        return f"nothing to do: {scored}, and the profile evolved by just this evidence already"
    if not found.changes:
        return f"nothing changes: {scored}"
    would = "would become" if found.dry_run else "is now"
    return f"{scored}; the profile {would} version {found.after.version}:"


def _change_words(change: Change) -> str:
    weight = "dropped" if change.after is None else f"{change.after:.2f}"
    return f"{change.trait} {change.value}: {change.kind}, {weight} ({change.reason})"


def _judgement_cells(one: Judgement) -> tuple[str, ...]:
    return (one.trait, one.value, one.finding, evidence_words(one))
