"""From a file to the database: artists, releases, publications and observations, all or nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, TextIO

from psycopg import Rollback

from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.observation_batches import (
    Progress,
    RejectionSink,
    ignore_progress,
    ignore_rejection,
    open_batch,
    store_rows,
)
from noktvrn_ai_artist.analytics.observation_door import NumberedObservation, Row
from noktvrn_ai_artist.analytics.release_entries import Identity, ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_entries
from noktvrn_ai_artist.database.connection_manager import Connection, first_value, shared_database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import Rejection
from noktvrn_ai_artist.ingest.csv_table import CsvTable
from noktvrn_ai_artist.ingest.file_forms import (
    SOURCE,
    Found,
    FoundObservation,
    TableReader,
    understand,
)
from noktvrn_ai_artist.records import ImportCounts

__all__ = ["IngestReport", "ingest_file", "write_rejects"]

_REFUSAL = ("refused_column", "refused_rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """How a file came out: its counts, what it registered, and what is odd about it.

    `before_publication` counts observations stamped before their release was published: they are
    stored, and no curve uses them.
    """

    counts: ImportCounts
    form: str
    artists: int
    releases: int
    publications: int
    before_publication: int
    dry_run: bool


def ingest_file(
    file: BinaryIO,
    *,
    label: str,
    platform: str | None = None,
    ignore: frozenset[str] = frozenset(),
    dry_run: bool = False,
    skip_bad: bool = False,
    on_survey: Progress = ignore_progress,
    on_progress: Progress = ignore_progress,
    on_rejection: RejectionSink = ignore_rejection,
) -> IngestReport:
    """Store the observations of a CSV file, registering the releases it names.

    The file is read twice (so it must be seekable): for its releases, then for its numbers;
    `on_survey` hears of the observations of the first reading, `on_progress` of the second.
    Everything happens in one transaction, which a dry run takes back: its counts are exact.

    Raises:
        BadFile: it cannot be read as a table.
        ImportRefused: rows break rules and `skip_bad` is not set; nothing was stored.
    """
    database, now = shared_database(), datetime.now(UTC)
    table = CsvTable(file)
    known = load_catalogue(database)
    reader = understand(table.header, catalogue=known, now=now, platform=platform, ignore=ignore)
    with database.transaction() as connection, _kept_unless(connection, dry_run):
        survey = _survey(_all_found(table, reader), on_survey)
        batch_id = open_batch(connection, source=SOURCE, label=_short(label), now=now)
        ids = _register(connection, survey.entries, batch_id=batch_id)
        counts = store_rows(
            connection,
            (_numbered(found, ids) for found in _all_found(table, reader)),
            batch_id=batch_id,
            now=now,
            skip_bad=skip_bad,
            on_rejection=on_rejection,
            on_progress=on_progress,
        )
        return _report(connection, reader, counts, survey, batch_id=batch_id, dry_run=dry_run)


def write_rejects(file: BinaryIO, rejections: Mapping[int, Rejection], target: TextIO) -> None:
    """Copy a file's refused rows with two more columns that say why, ready to be mended.

    `rejections` are by row, the header being row 1; the two columns are read over when the mended
    file comes in again.
    """
    table = CsvTable(file)
    # A file that was mended once already has the two columns.
    kept = [place for place, name in enumerate(table.header) if name not in _REFUSAL]
    out = csv.writer(target, lineterminator="\n")
    out.writerow([*(table.header[place] for place in kept), *_REFUSAL])
    for row in table.rows():
        rejection = rejections.get(row.number)
        if rejection is not None:
            cells = [*row.cells, *[""] * (len(table.header) - len(row.cells))]
            rest = cells[len(table.header) :]
            out.writerow([*(cells[i] for i in kept), *rest, rejection.column, rejection.rule])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """What a file names: its releases by platform, and how many of its dates are odd."""

    entries: Mapping[str, Mapping[Identity, ReleaseEntry]]
    before_publication: int


def _all_found(table: CsvTable, reader: TableReader) -> Iterator[Found]:
    for row in table.rows():
        yield from reader.observations(row)


def _survey(found: Iterator[Found], on_survey: Progress) -> _Survey:
    entries: dict[str, dict[Identity, ReleaseEntry]] = {}
    early = 0
    for number, one in enumerate(found, start=1):
        on_survey(number)
        if isinstance(one, FoundObservation) and one.entry is not None:
            of_platform = entries.setdefault(one.observation.platform, {})
            entry = of_platform.setdefault(one.entry.identity, one.entry)
            published = entry.published_at
            early += published is not None and one.observation.recorded_at < published
    return _Survey(entries=entries, before_publication=early)


def _register(
    connection: Connection,
    entries: Mapping[str, Mapping[Identity, ReleaseEntry]],
    *,
    batch_id: int,
) -> dict[tuple[str, Identity], int]:
    ids: dict[tuple[str, Identity], int] = {}
    for platform, named in entries.items():
        found = register_entries(connection, named.values(), platform=platform, batch_id=batch_id)
        ids |= {(platform, identity): release_id for identity, release_id in found.items()}
    return ids


def _numbered(found: Found, ids: Mapping[tuple[str, Identity], int]) -> Row:
    if isinstance(found, Rejection):
        return found
    observation = found.observation
    if found.entry is None:
        return NumberedObservation(row=found.row, observation=observation)
    release_id = ids[observation.platform, found.entry.identity]
    return NumberedObservation(
        row=found.row, observation=replace(observation, release_id=release_id)
    )


@contextmanager
def _kept_unless(connection: Connection, dry_run: bool) -> Iterator[None]:
    """A savepoint that a dry run gives back, with everything that was done in it."""
    with connection.transaction() as savepoint:
        yield
        if dry_run:
            raise Rollback(savepoint)


def _report(
    connection: Connection,
    reader: TableReader,
    counts: ImportCounts,
    survey: _Survey,
    *,
    batch_id: int,
    dry_run: bool,
) -> IngestReport:
    def new(name: str) -> int:
        return int(first_value(connection.execute(query(name), {"batch_id": batch_id})))

    return IngestReport(
        counts=replace(counts, batch_id=None) if dry_run else counts,
        form=reader.form.value,
        artists=new("count_artists_of_batch"),
        releases=new("count_releases_of_batch"),
        publications=new("count_publications_of_batch"),
        before_publication=survey.before_publication,
        dry_run=dry_run,
    )


def _short(label: str) -> str:
    return label.replace("\0", "").encode("utf-8", "replace").decode()[:512]
