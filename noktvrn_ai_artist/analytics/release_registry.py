"""Artists, releases, publications, annotations: who made what, and where and when it came out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.rows import class_row, dict_row

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.release_entries import Identity, ReleaseEntry, checked_entry
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue, UnknownRelease
from noktvrn_ai_artist.records import Annotation, Artist, Publication, Release, ReleaseStatus

# Any fixed number will do, as long as nothing else locks it; these are the letters "rele".
LOCK_KEY = 0x72656C65


def register_release(
    database: Database, entry: ReleaseEntry, *, platform: str | None = None
) -> int:
    """The id of a release, registered now unless it is known.

    Raises:
        BadValue: a text or time breaks its rule, or an external id comes without its platform.
        UnknownPlatform: the platform is not in the catalogue.
    """
    entry = checked_entry(entry)
    if entry.external_id is not None and platform is None:
        raise BadValue("is needed beside an external id", column="platform")
    shown = load_catalogue(database).platform(platform).name if platform else ""

    def work(connection: Connection) -> int:
        ids = register_entries(connection, [entry], platform=shown, batch_id=None)
        return ids[entry.identity]

    return database.transact(work)


def register_entries(
    connection: Connection,
    entries: Iterable[ReleaseEntry],
    *,
    platform: str,
    batch_id: int | None,
) -> dict[Identity, int]:
    """The release id behind each (checked) entry's identity; what is not known is registered.

    Of entries with one identity the first is used. Those with an external id come first, so that
    a title alone finds them, now as in any repetition. Runs in the caller's transaction, and
    holds off other registrations until its end.
    """
    wanted: dict[Identity, ReleaseEntry] = {}
    for entry in entries:
        wanted.setdefault(entry.identity, entry)
    connection.execute(query("lock_registration"), {"key": LOCK_KEY})
    published = [entry for entry in wanted.values() if entry.external_id is not None]
    titled = [entry for entry in wanted.values() if entry.external_id is None]
    found: dict[Identity, int] = {}
    for some in (published, titled):
        found |= _known_ids(connection, some, platform)
        missing = [entry for entry in some if entry.identity not in found]
        if missing:
            found |= _register(connection, missing, batch_id=batch_id)
            _publish(connection, missing, found, platform=platform, batch_id=batch_id)
    return found


def _known_ids(
    connection: Connection, entries: Sequence[ReleaseEntry], platform: str
) -> dict[Identity, int]:
    published = [entry.external_id for entry in entries if entry.external_id is not None]
    titled = [entry for entry in entries if entry.external_id is None]
    known: dict[Identity, int] = {}
    values = {"platform": platform, "external_ids": published}
    for external_id, release_id in connection.execute(query("publications_known_as"), values):
        known[(external_id,)] = release_id
    titles = {"names": [e.artist for e in titled], "titles": [e.title for e in titled]}
    for name, title, release_id in connection.execute(query("releases_titled"), titles):
        known.setdefault((name, title), release_id)
    return known


def _register(
    connection: Connection, entries: Sequence[ReleaseEntry], *, batch_id: int | None
) -> dict[Identity, int]:
    names = sorted({entry.artist for entry in entries})
    connection.execute(query("insert_artists"), {"names": names, "batch_id": batch_id})
    rows = connection.execute(query("artists_named"), {"names": names}).fetchall()
    artist_ids: dict[str, int] = dict(rows)
    drawn = connection.execute(query("next_release_ids"), {"how_many": len(entries)}).fetchall()
    release_ids = sorted(drawn_id for (drawn_id,) in drawn)
    connection.execute(
        query("insert_releases"),
        {
            "release_ids": release_ids,
            "artist_ids": [artist_ids[entry.artist] for entry in entries],
            "titles": [entry.title for entry in entries],
            "published": [entry.published_at for entry in entries],
            "status": ReleaseStatus.APPROVED.value,
            "batch_id": batch_id,
        },
    )
    return dict(zip((entry.identity for entry in entries), release_ids, strict=True))


def _publish(
    connection: Connection,
    entries: Sequence[ReleaseEntry],
    release_ids: dict[Identity, int],
    *,
    platform: str,
    batch_id: int | None,
) -> None:
    published = [entry for entry in entries if entry.external_id is not None]
    if published:
        connection.execute(
            query("insert_publications"),
            {
                "release_ids": [release_ids[entry.identity] for entry in published],
                "external_ids": [entry.external_id for entry in published],
                "urls": [entry.url for entry in published],
                "published": [entry.published_at for entry in published],
                "platform": platform,
                "batch_id": batch_id,
            },
        )


def list_artists(database: Database) -> list[Artist]:
    """All artists by name, with how many releases each has."""
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Artist))
        return cursor.execute(query("artists")).fetchall()


def list_releases(database: Database, *, artist_id: int | None = None) -> list[Release]:
    """All releases, or one artist's, by artist and title."""
    return _releases(database, release_id=None, artist_id=artist_id)


def get_release(database: Database, release_id: int) -> Release:
    """One release.

    Raises:
        UnknownRelease: no release has this id.
    """
    found = _releases(database, release_id=rules.checked_release_id(release_id), artist_id=None)
    if not found:
        raise UnknownRelease(release_id)
    return found[0]


def list_publications(database: Database, release_id: int) -> list[Publication]:
    """Where a release was published."""
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Publication))
        return cursor.execute(query("publications"), {"release_id": release_id}).fetchall()


def annotate(
    database: Database,
    text: str,
    *,
    happened_at: datetime,
    kind: str = "note",
    release_id: int | None = None,
) -> int:
    """Note an event of one release, or (without a release) of all; returns the annotation's id.

    Raises:
        BadValue: a text or time breaks its rule.
        UnknownRelease: no release has this id.
    """
    if release_id is not None:
        get_release(database, release_id)
    values = {
        "release_id": release_id,
        "happened_at": rules.checked_publication_time(happened_at, column="happened_at"),
        "kind": rules.checked_name(kind, column="kind"),
        "text": rules.checked_name(text, column="text", longest=rules.LONGEST_TITLE),
    }
    with database.transaction() as connection:
        return int(first_value(connection.execute(query("insert_annotation"), values)))


def list_annotations(database: Database, *, release_id: int | None = None) -> list[Annotation]:
    """Events of everything and of one release (None: of every release), the oldest first."""
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Annotation))
        return cursor.execute(query("annotations"), {"release_id": release_id}).fetchall()


def delete_annotation(database: Database, annotation_id: int) -> bool:
    """Take an event back; False where there was none."""
    with database.transaction() as connection:
        values = {"annotation_id": annotation_id}
        return connection.execute(query("delete_annotation"), values).rowcount == 1


def _releases(
    database: Database, *, release_id: int | None, artist_id: int | None
) -> list[Release]:
    with database.transaction() as connection:
        rows = connection.cursor(row_factory=dict_row).execute(
            query("releases"), {"release_id": release_id, "artist_id": artist_id}
        )
        return [Release(**{**row, "status": ReleaseStatus(row["status"])}) for row in rows]
