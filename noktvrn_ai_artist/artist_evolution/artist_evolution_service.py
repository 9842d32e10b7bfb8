"""An artist evolves: scores of what was made become the profile of what is made next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from numpy.random import Generator, default_rng

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.source_records import ScoreReport
from noktvrn_ai_artist.artist_evolution import profile_store as store
from noktvrn_ai_artist.artist_evolution.evolution_rules import (
    MadeRelease,
    as_evidence,
    evolved,
    fingerprint,
)
from noktvrn_ai_artist.artist_evolution.profiles import (
    ArtistProfile,
    Traits,
    checked_traits,
    in_order,
)
from noktvrn_ai_artist.artist_evolution.progression import (
    Change,
    EntryKind,
    Judgement,
    ProgressionEntry,
    changes_to,
)
from noktvrn_ai_artist.artist_evolution.style_adaptor import (
    FootageTaste,
    GenerationParameters,
    adapted,
    taste_of,
)
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.feedback_loop import Move, run_feedback

# A seed is drawn once: work that has to be repeated begins with the same dice.
_LARGEST_SEED = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolution:
    """What an evolution did, or would do: `after` is `before` where `changes` is empty.

    `releases` are scored and known to be made with something; `without_parameters` are scored, and
    what they were made with is not known. `seen_before` says that the profile evolved by just this
    evidence already. `basis` is None where no release can be scored yet.
    """

    artist_id: int
    basis: str | None
    releases: int
    without_parameters: int
    seen_before: bool
    before: ArtistProfile
    after: ArtistProfile
    changes: tuple[Change, ...]
    judgements: tuple[Judgement, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class ArtistEvolutionService:
    """The profiles of artists in a database with an up-to-date schema, and how they evolve."""

    database: Database

    def evolve_artist(
        self,
        artist_id: int,
        *,
        now: datetime,
        rng: Generator,
        dry_run: bool = False,
        platform: str | None = None,
        metric: str | None = None,
        blend: Mapping[str, float] | None = None,
    ) -> Evolution:
        """Move the artist's profile by what its scored releases say, and remember why.

        Scores are those of `run_feedback`, which says what can be named; a blend over platforms
        is made only where it is asked for. The same evidence of a basis changes nothing twice; what
        moves nothing leaves no entry. Chance only picks what is tried. A dry run keeps nothing.

        Raises:
            UnknownArtist: no artist has this id.
            BadValue, UnknownName: it is not clear what to score, or it cannot be scored.
        """
        known_id = self.profile(artist_id).artist_id
        report = run_feedback(
            self.database,
            _Scores(),
            now=now,
            platform=platform,
            metric=metric,
            blend=blend,
            dry_run=dry_run,
        )
        asked = _Question(
            artist_id=known_id,
            scored=[move for move in report.moves if _artist_of(move) == known_id],
            basis=report.basis,
            now=now,
            seed=int(rng.integers(_LARGEST_SEED)),
            dry_run=dry_run,
        )
        return self.database.transact(partial(_evolve, asked=asked))

    def profile(self, artist_id: int) -> ArtistProfile:
        """The artist's profile now; the neutral one, of version 0, while none is kept.

        Raises:
            UnknownArtist: no artist has this id.
        """
        known_id = rules.checked_release_id(artist_id, column="artist_id")
        with self.database.transaction() as connection:
            return store.known_profile(connection, known_id)

    def set_profile(
        self, artist_id: int, given: Mapping[Trait, Mapping[str, float]], *, now: datetime
    ) -> ArtistProfile:
        """Give traits the values and weights that the operator wants; other traits stay.

        A value that is not named leaves its trait, a weight of 0 keeps it away for good. What is so
        already makes no new version.

        Raises:
            UnknownArtist: no artist has this id.
            BadValue: a value or weight breaks its rule.
        """
        known_id = rules.checked_release_id(artist_id, column="artist_id")
        checked_traits(given)
        return self.database.transact(partial(_set, artist_id=known_id, given=given, now=now))

    def progression(self, artist_id: int) -> list[ProgressionEntry]:
        """How every version of the artist's profile came to be, the oldest first."""
        known_id = rules.checked_release_id(artist_id, column="artist_id")
        with self.database.transaction() as connection:
            return store.known_progression(connection, known_id)

    def next_parameters(self, artist_id: int, *, rng: Generator) -> GenerationParameters:
        """What the artist's next release is to be made with: drawn from the profile by weight."""
        return adapted(self.profile(artist_id), rng=rng)

    def record_parameters(
        self, release_id: int, parameters: GenerationParameters, *, now: datetime
    ) -> bool:
        """Remember what a release was made with; False where just that is remembered already.

        Raises:
            UnknownRelease: no release has this id.
            BadValue: the parameters are another artist's, or the release was made with others.
        """
        known_id = rules.checked_release_id(release_id)
        work = partial(store.keep_parameters, release_id=known_id, parameters=parameters, now=now)
        return self.database.transact(work)

    def settle_parameters(
        self, release_id: int, drawn: GenerationParameters, *, now: datetime
    ) -> tuple[GenerationParameters, bool]:
        """What a release is made with from now on, and whether this call decided it.

        It is what is drawn, unless something is remembered already: then that stands.

        Raises:
            UnknownRelease: no release has this id.
            BadValue: the parameters are another artist's.
        """
        known_id = rules.checked_release_id(release_id)
        work = partial(store.settled_parameters, release_id=known_id, parameters=drawn, now=now)
        return self.database.transact(work)

    def parameters_of(self, release_id: int) -> GenerationParameters | None:
        """What a release is made with, where that is remembered.

        Raises:
            UnknownRelease: no release has this id.
        """
        known_id = rules.checked_release_id(release_id)
        with self.database.transaction() as connection:
            return store.known_parameters(connection, known_id)

    def footage_taste(self, release_id: int) -> FootageTaste:
        """What footage a release is searched with, and what its artist avoids.

        The terms are those that the release is made with, so that its score tells of them; its
        artist's, where it is not remembered what it is made with.

        Raises:
            UnknownRelease: no release has this id.
        """
        known_id = rules.checked_release_id(release_id)
        with self.database.transaction() as connection:
            made_with = store.known_parameters(connection, known_id)
            artist_id = store.artist_of_release(connection, known_id)
            return taste_of(store.known_profile(connection, artist_id), made_with)


class _Scores:
    """A score book that was told nothing yet: so the loop's report holds every score there is."""

    def reports(self) -> Sequence[ScoreReport]:
        """None: every score is news."""
        return []

    def log_release_performances(self, reports: Iterable[ScoreReport], /) -> int:
        """They are in the loop's report already."""
        return len(list(reports))


def _artist_of(move: Move) -> int:
    return move.parts[0].artist_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What an evolution rests on beside what the database keeps of the artist."""

    artist_id: int
    scored: Sequence[Move]
    basis: str | None
    now: datetime
    seed: int
    dry_run: bool


def _evolve(connection: Connection, *, asked: _Question) -> Evolution:
    store.hold_artist(connection, asked.artist_id)
    before = store.known_profile(connection, asked.artist_id)
    made = _made(asked.scored, store.parameters_of_artist(connection, asked.artist_id))
    name = fingerprint(made, basis=asked.basis or "")
    seen_before = store.last_fingerprint(connection, asked.artist_id, basis=asked.basis) == name
    steps = evolved(before, made, rng=default_rng(asked.seed))
    changes = () if seen_before else steps.changes
    after = replace(before, version=before.version + 1, traits=steps.after) if changes else before
    found = Evolution(
        artist_id=asked.artist_id,
        basis=asked.basis,
        releases=len(made),
        without_parameters=len(asked.scored) - len(made),
        seen_before=seen_before,
        before=before,
        after=after,
        changes=changes,
        judgements=steps.judgements,
        dry_run=asked.dry_run,
    )
    if changes and not asked.dry_run:
        store.keep_entry(connection, _entry(found, fingerprint=name, now=asked.now))
    return found


def _entry(found: Evolution, *, fingerprint: str, now: datetime) -> ProgressionEntry:
    return ProgressionEntry(
        artist_id=found.artist_id,
        version=found.after.version,
        kind=EntryKind.EVOLVED,
        happened_at=now,
        basis=found.basis,
        fingerprint=fingerprint,
        releases=found.releases,
        before=found.before.traits,
        after=found.after.traits,
        changes=found.changes,
        judgements=found.judgements,
    )


def _made(scored: Sequence[Move], parameters: Mapping[int, Traits]) -> list[MadeRelease]:
    """The scored releases whose parameters are known."""
    return as_evidence(
        MadeRelease(
            release_id=move.release_id,
            score=move.new,
            sd=move.sd or 0.0,
            traits=frozenset((one.trait, one.value) for one in parameters[move.release_id]),
        )
        for move in scored
        if move.release_id in parameters
    )


def _set(
    connection: Connection,
    *,
    artist_id: int,
    given: Mapping[Trait, Mapping[str, float]],
    now: datetime,
) -> ArtistProfile:
    store.hold_artist(connection, artist_id)
    before = store.known_profile(connection, artist_id)
    kept = [one for one in before.traits if one.trait not in given]
    after = in_order([*kept, *checked_traits(given)])
    if after == before.traits:
        return before
    entry = ProgressionEntry(
        artist_id=artist_id,
        version=before.version + 1,
        kind=EntryKind.SET,
        happened_at=now,
        basis=None,
        fingerprint=None,
        releases=0,
        before=before.traits,
        after=after,
        changes=changes_to(before.traits, after, reason="set by the operator"),
        judgements=(),
    )
    store.keep_entry(connection, entry)
    return replace(before, version=entry.version, traits=after)
