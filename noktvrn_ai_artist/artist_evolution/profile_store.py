"""Profiles, their progression and releases' parameters in PostgreSQL; the caller commits."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from psycopg.rows import dict_row

from noktvrn_ai_artist.artist_evolution.profiles import (
    ArtistProfile,
    Traits,
    neutral_profile,
)
from noktvrn_ai_artist.artist_evolution.progression import (
    EntryKind,
    ProgressionEntry,
    change_from,
    judgement_from,
    trait_rows,
    traits_from,
)
from noktvrn_ai_artist.artist_evolution.style_adaptor import GenerationParameters
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_together
from noktvrn_ai_artist.database.connection_manager import Connection
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue, UnknownArtist, UnknownRelease


def hold_artist(connection: Connection, artist_id: int) -> None:
    """Let nobody else change the artist's profile to the end of the transaction.

    Raises:
        UnknownArtist: no artist has this id.
    """
    _require_artist(connection, artist_id, query("hold_artist"))


def known_profile(connection: Connection, artist_id: int) -> ArtistProfile:
    """The artist's profile now; the neutral one while none is kept.

    Raises:
        UnknownArtist: no artist has this id.
    """
    _require_artist(connection, artist_id, query("artist_exists"))
    rows = connection.execute(query("artist_profile"), {"artist_id": artist_id}).fetchall()
    for version, traits in rows:
        return ArtistProfile(artist_id=artist_id, version=version, traits=traits_from(traits))
    return neutral_profile(artist_id)


def last_fingerprint(connection: Connection, artist_id: int, *, basis: str | None) -> str | None:
    """Of scores of this basis, the evidence that the profile last evolved by."""
    values = {"artist_id": artist_id, "basis": basis}
    rows = connection.execute(query("last_fingerprint"), values).fetchall()
    return next((str(name) for (name,) in rows), None)


def keep_entry(connection: Connection, entry: ProgressionEntry) -> None:
    """Keep a new version of a profile, and how it came to be."""
    values = {
        "artist_id": entry.artist_id,
        "version": entry.version,
        "entry_kind": entry.kind.value,
        "happened_at": entry.happened_at,
        "basis": entry.basis,
        "fingerprint": entry.fingerprint,
        "releases": entry.releases,
        "traits": _json(trait_rows(entry.after)),
        "traits_before": _json(trait_rows(entry.before)),
        "traits_after": _json(trait_rows(entry.after)),
        "changes": _json([asdict(change) for change in entry.changes]),
        "judgements": _json([asdict(one) for one in entry.judgements]),
    }
    connection.execute(query("keep_profile"), values)
    connection.execute(query("add_progression"), values)


def known_progression(connection: Connection, artist_id: int) -> list[ProgressionEntry]:
    """How every version of the profile came to be, the oldest first."""
    cursor = connection.cursor(row_factory=dict_row)
    return [
        ProgressionEntry(
            artist_id=artist_id,
            version=row["version"],
            kind=EntryKind(row["kind"]),
            happened_at=row["happened_at"],
            basis=row["basis"],
            fingerprint=row["fingerprint"],
            releases=row["releases"],
            before=traits_from(row["traits_before"]),
            after=traits_from(row["traits_after"]),
            changes=tuple(change_from(one) for one in row["changes"]),
            judgements=tuple(judgement_from(one) for one in row["judgements"]),
        )
        for row in cursor.execute(query("progression"), {"artist_id": artist_id})
    ]


def keep_parameters(
    connection: Connection, release_id: int, parameters: GenerationParameters, *, now: datetime
) -> bool:
    """Remember what a release was made with; False where just that is remembered already.

    Raises:
        UnknownRelease: no release has this id.
        BadValue: the parameters are another artist's, or the release was made with others.
    """
    kept, is_new = settled_parameters(connection, release_id, parameters, now=now)
    if kept != parameters:
        raise BadValue("was made with other parameters already", column="release_id")
    return is_new


def settled_parameters(
    connection: Connection, release_id: int, parameters: GenerationParameters, *, now: datetime
) -> tuple[GenerationParameters, bool]:
    """What a release is made with: these, unless others are remembered; and whether that is new.

    Raises:
        UnknownRelease: no release has this id.
        BadValue: the parameters are another artist's.
    """
    hold_together(connection, AdvisoryLock.UNDO)
    artist_id = artist_of_release(connection, release_id)
    if artist_id != parameters.artist_id:
        rule = f"is of artist {artist_id}, and these are parameters of {parameters.artist_id}"
        raise BadValue(rule, column="release_id")
    values = {
        "release_id": release_id,
        "profile_version": parameters.profile_version,
        "traits": _json(trait_rows(parameters.traits)),
        "recorded_at": now,
    }
    if connection.execute(query("keep_parameters"), values).rowcount:
        return parameters, True
    return known_parameters(connection, release_id) or parameters, False


def known_parameters(connection: Connection, release_id: int) -> GenerationParameters | None:
    """What a release is made with, where that is remembered.

    Raises:
        UnknownRelease: no release has this id.
    """
    artist_id = artist_of_release(connection, release_id)
    rows = connection.execute(query("parameters_of_release"), {"release_id": release_id}).fetchall()
    for version, traits in rows:
        return GenerationParameters(
            artist_id=artist_id, profile_version=version, traits=traits_from(traits)
        )
    return None


def artist_of_release(connection: Connection, release_id: int) -> int:
    """Whose a release is.

    Raises:
        UnknownRelease: no release has this id.
    """
    rows = connection.execute(query("artist_of_release"), {"release_id": release_id}).fetchall()
    for (artist_id,) in rows:
        return int(artist_id)
    raise UnknownRelease(release_id)


def parameters_of_artist(connection: Connection, artist_id: int) -> dict[int, Traits]:
    """What each release of the artist was made with, where that is known."""
    rows = connection.execute(query("parameters_of_artist"), {"artist_id": artist_id})
    return {release_id: traits_from(traits) for release_id, traits in rows}


def _require_artist(connection: Connection, artist_id: int, question: bytes) -> None:
    if not connection.execute(question, {"artist_id": artist_id}).rowcount:
        raise UnknownArtist(f"there is no artist {artist_id}")


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False)
