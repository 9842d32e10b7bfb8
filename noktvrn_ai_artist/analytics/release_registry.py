"""Artists, releases, publications, annotations: who made what, and where and when it came out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.rows import class_row, dict_row

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.release_entries import Identity, ReleaseEntry, checked_entry
from noktvrn_ai_artist.database.advisory_locks import (
    AdvisoryLock,
    hold_alone,
    hold_together,
)
from noktvrn_ai_artist.database.cluster import go_node_by_node
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue, UnknownArtist, UnknownRelease
from noktvrn_ai_artist.records import Annotation, Artist, Publication, Release, ReleaseStatus


def register_release(
    database: Database, entry: ReleaseEntry, *, platform: str | None = None
) -> int:
    """The id of a release, registered now unless it is known.

    A release that is known by artist and title is published on one more platform by naming that
    platform and its external id there. What is registered by hand stays when the import that
    brought it first is undone.

    Raises:
        BadValue: a text or time breaks its rule, or a platform and an external id come one
            without the other.
        UnknownPlatform: the platform is not in the catalogue.
    """
    entry = checked_entry(entry)
    if (entry.external_id is None) != (platform is None):
        column = "external_id" if entry.external_id is None else "platform"
        raise BadValue("a platform and an external id go together", column=column)
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

    A release is known by its external id; else by artist and title, if it is not published on this
    platform yet. Of entries with one identity the first is used. Those with an external id come
    first, so that a title alone finds them, now as in any repetition. What is found and came with
    an import that was undone is of this one from now on, or (None) of none, and then what came with
    any import is. Runs in the caller's transaction, and holds off other registrations until its
    end.
    """
    given = list(entries)
    wanted = {entry.identity: entry for entry in reversed(given)}
    hold_together(connection, AdvisoryLock.UNDO)
    hold_alone(connection, AdvisoryLock.REGISTRATION)
    # Artists are registered after their releases were looked for.
    go_node_by_node(connection)
    named = [wanted[identity] for identity in dict.fromkeys(entry.identity for entry in given)]
    published = [entry for entry in named if entry.external_id is not None]
    titled = [entry for entry in named if entry.external_id is None]
    found = _published_ids(connection, published, platform)
    new = [entry for entry in published if entry.identity not in found]
    found |= _titled_ids(connection, new, platform)
    found |= _register(connection, _not_in(found, new), batch_id=batch_id)
    _publish(connection, new, found, platform=platform, batch_id=batch_id)
    found |= _titled_ids(connection, titled, None)
    found |= _register(connection, _not_in(found, titled), batch_id=batch_id)
    _fill_dates(connection, given, found)
    _adopt(connection, published, found, platform=platform, batch_id=batch_id)
    return found


def _not_in(found: dict[Identity, int], entries: Sequence[ReleaseEntry]) -> list[ReleaseEntry]:
    return [entry for entry in entries if entry.identity not in found]


def _published_ids(
    connection: Connection, entries: Sequence[ReleaseEntry], platform: str
) -> dict[Identity, int]:
    values = {"platform": platform, "external_ids": [entry.external_id for entry in entries]}
    rows = connection.execute(query("publications_known_as"), values)
    return {(external_id,): release_id for external_id, release_id in rows}


def _titled_ids(
    connection: Connection, entries: Sequence[ReleaseEntry], unpublished_on: str | None
) -> dict[Identity, int]:
    """Ids by artist and title; each release for one entry only where a platform is named."""
    values = {
        "names": [entry.artist for entry in entries],
        "titles": [entry.title for entry in entries],
        "unpublished_on": unpublished_on,
    }
    known: dict[tuple[str, str], list[int]] = {}
    for name, title, release_id in connection.execute(query("releases_titled"), values):
        known.setdefault((name, title), []).append(release_id)
    ids: dict[Identity, int] = {}
    for entry in entries:
        candidates = known.get((entry.artist, entry.title), [])
        if candidates:
            ids[entry.identity] = candidates[0] if unpublished_on is None else candidates.pop(0)
    return ids


def _fill_dates(
    connection: Connection, entries: Iterable[ReleaseEntry], release_ids: dict[Identity, int]
) -> None:
    dated = [entry for entry in entries if entry.published_at is not None]
    values = {
        "release_ids": [release_ids[entry.identity] for entry in dated],
        "published": [entry.published_at for entry in dated],
    }
    connection.execute(query("fill_publication_dates"), values)


def _adopt(
    connection: Connection,
    published: Sequence[ReleaseEntry],
    release_ids: dict[Identity, int],
    *,
    platform: str,
    batch_id: int | None,
) -> None:
    of_publications = {
        "release_ids": [release_ids[entry.identity] for entry in published],
        "external_ids": [entry.external_id for entry in published],
        "platform": platform,
        "batch_id": batch_id,
    }
    connection.execute(query("adopt_publications"), of_publications)
    values = {"release_ids": sorted(set(release_ids.values())), "batch_id": batch_id}
    connection.execute(query("adopt_releases"), values)
    connection.execute(query("adopt_artists"), values)


def _register(
    connection: Connection, entries: Sequence[ReleaseEntry], *, batch_id: int | None
) -> dict[Identity, int]:
    if not entries:
        return {}
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
            "statuses": [_first_status(entry).value for entry in entries],
            "batch_id": batch_id,
        },
    )
    return dict(zip((entry.identity for entry in entries), release_ids, strict=True))


def _first_status(entry: ReleaseEntry) -> ReleaseStatus:
    """What has an address or a date is out; the rest is approved, and waits."""
    if entry.external_id is None and entry.published_at is None:
        return ReleaseStatus.APPROVED
    return ReleaseStatus.PUBLISHED


def _publish(
    connection: Connection,
    entries: Sequence[ReleaseEntry],
    release_ids: dict[Identity, int],
    *,
    platform: str,
    batch_id: int | None,
) -> None:
    connection.execute(
        query("insert_publications"),
        {
            "release_ids": [release_ids[entry.identity] for entry in entries],
            "external_ids": [entry.external_id for entry in entries],
            "urls": [entry.url for entry in entries],
            "published": [entry.published_at for entry in entries],
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
    """All releases, or one artist's, by artist and title.

    Raises:
        UnknownArtist: no artist has this id.
    """
    checked = rules.checked_filter_id(artist_id, column="artist_id")
    with database.transaction() as connection:
        asked = {"artist_id": checked}
        if checked and not connection.execute(query("artist_exists"), asked).rowcount:
            raise UnknownArtist(f"there is no artist {artist_id}")
        return _read_releases(connection, artist_id=checked)


def get_release(database: Database, release_id: int) -> Release:
    """One release.

    Raises:
        UnknownRelease: no release has this id.
    """
    checked = rules.checked_release_id(release_id)
    with database.transaction() as connection:
        found = _read_releases(connection, release_id=checked)
    if not found:
        raise UnknownRelease(release_id)
    return found[0]


def set_release_status(database: Database, release_id: int, status: ReleaseStatus) -> None:
    """Say where a release stands, as the operator knows it.

    Raises:
        UnknownRelease: no release has this id.
    """
    checked = rules.checked_release_id(release_id)
    values = {"release_id": checked, "status": status.value}
    with database.transaction() as connection:
        if not connection.execute(query("set_release_status"), values).rowcount:
            raise UnknownRelease(checked)


def set_publication_date(database: Database, release_id: int, published_at: datetime) -> None:
    """Say when a release came out, whatever was known before; its ages are counted anew from there.

    Raises:
        BadValue: the time breaks its rule.
        UnknownRelease: no release has this id.
    """
    values = {
        "release_id": rules.checked_release_id(release_id),
        "published_at": rules.checked_publication_time(published_at),
    }

    def work(connection: Connection) -> None:
        # Nothing is handed on meanwhile, to be scored by the old date and not looked at again.
        hold_alone(connection, AdvisoryLock.DIGEST)
        if not connection.execute(query("set_publication_date"), values).rowcount:
            raise UnknownRelease(release_id)
        connection.execute(query("note_curves_of_release"), values)

    database.transact(work)


def list_publications(database: Database, release_id: int) -> list[Publication]:
    """Where a release was published."""
    checked = rules.checked_release_id(release_id)
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Publication))
        return cursor.execute(query("publications"), {"release_id": checked}).fetchall()


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
    values = {
        "release_id": rules.checked_filter_id(release_id),
        "happened_at": rules.checked_publication_time(happened_at, column="happened_at"),
        "kind": rules.checked_name(kind, column="kind"),
        "text": rules.checked_name(text, column="text", longest=rules.LONGEST_TITLE),
    }
    with database.transaction() as connection:
        hold_together(connection, AdvisoryLock.UNDO)
        if release_id is not None and not _read_releases(connection, release_id=release_id):
            raise UnknownRelease(release_id)
        return int(first_value(connection.execute(query("insert_annotation"), values)))


def list_annotations(database: Database, *, release_id: int | None = None) -> list[Annotation]:
    """Events of everything and of one release (None: of every release), the oldest first."""
    checked = rules.checked_filter_id(release_id)
    with database.transaction() as connection:
        cursor = connection.cursor(row_factory=class_row(Annotation))
        return cursor.execute(query("annotations"), {"release_id": checked}).fetchall()


def delete_annotation(database: Database, annotation_id: int) -> bool:
    """Take an event back; False where there was none."""
    values = {"annotation_id": rules.checked_release_id(annotation_id, column="annotation_id")}
    with database.transaction() as connection:
        return connection.execute(query("delete_annotation"), values).rowcount == 1


def _read_releases(
    connection: Connection, *, release_id: int | None = None, artist_id: int | None = None
) -> list[Release]:
    rows = connection.cursor(row_factory=dict_row).execute(
        query("releases"), {"release_id": release_id, "artist_id": artist_id}
    )
    return [Release(**{**row, "status": ReleaseStatus(row["status"])}) for row in rows]
