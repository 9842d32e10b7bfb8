"""From a file to the database: artists, releases, publications and observations, all or nothing."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TextIO

from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.observation_batches import (
    Progress,
    RejectionSink,
    ignore_progress,
    ignore_rejection,
    open_batch,
)
from noktvrn_ai_artist.analytics.release_entries import Identity, ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_entries
from noktvrn_ai_artist.database.connection_manager import (
    Connection,
    Database,
    first_value,
    shared_database,
)
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import ImportRefused, Rejection
from noktvrn_ai_artist.ingest.export_answers import NO_ANSWERS, ExportAnswers
from noktvrn_ai_artist.ingest.export_releases import ReleasesInDatabase
from noktvrn_ai_artist.records import ImportCounts

if TYPE_CHECKING:
    from noktvrn_ai_artist.ingest.file_readings import FileReadings
    from noktvrn_ai_artist.ingest.file_survey import Survey

__all__ = ["IngestReport", "ingest_file", "write_rejects"]

_REFUSAL = ("refused_column", "refused_rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """How a file came out: its counts, what it registered, and what is odd about it.

    `before_publication` counts observations stamped before their release was published: they are
    stored, and no curve uses them. `read_over` are the columns of a platform's export that hold
    numbers for which there is no metric.
    """

    counts: ImportCounts
    form: str
    artists: int
    releases: int
    publications: int
    before_publication: int
    dry_run: bool
    read_over: tuple[str, ...] = ()


def ingest_file(
    file: BinaryIO,
    *,
    label: str,
    platform: str | None = None,
    ignore: frozenset[str] = frozenset(),
    answers: ExportAnswers = NO_ANSWERS,
    dry_run: bool = False,
    skip_bad: bool = False,
    on_survey: Progress = ignore_progress,
    on_progress: Progress = ignore_progress,
    on_rejection: RejectionSink = ignore_rejection,
) -> IngestReport:
    """Store the observations of a CSV or Parquet file, registering the releases it names.

    `answers` say of a platform's export what its cells and its name, the `label`, do not.

    It is read twice (so it must be seekable): for what is wrong with it and for its releases, then
    for its numbers; `on_survey` and `on_progress` hear how many observations each has met. More
    than a million new ones are committed by the million, under one import: the same call again
    stores the rest of what was broken off. A dry run commits nothing, and its counts are exact.

    Raises:
        BadFile, BadValue, UnknownRelease: it is no table; an answer is missing or breaks a rule.
        ImportRefused: rows break rules and `skip_bad` is not set; nothing was stored.
    """
    database, now = shared_database(), datetime.now(UTC)
    answers = replace(answers, file_name=answers.file_name or label)
    readings = _readings(database, file, now, answers, platform=platform, ignore=ignore)
    hear = ignore_rejection if skip_bad else on_rejection  # what is skipped, the second one tells
    survey = readings.survey(partial(_unknown_of, database), on_survey, hear)
    if survey.rejected and not skip_bad:
        raise ImportRefused(survey.listed, rejected=survey.rejected)
    terms = _Terms(label=_short(label), now=now, skip_bad=skip_bad, dry_run=dry_run)
    report = _stored(
        database, readings, survey, terms, on_progress=on_progress, on_rejection=on_rejection
    )
    if report.counts.stored and not dry_run:
        digest(database)
    return report


def write_rejects(file: BinaryIO, rejections: Mapping[int, Rejection], target: TextIO) -> None:
    """Copy a file's refused rows with two more columns that say why, ready to be mended.

    `rejections` are by row, the header being row 1; the two columns are read over when the mended
    file comes in again.
    """
    from noktvrn_ai_artist.ingest.number_files import opened_table  # noqa: PLC0415 - loads Arrow

    table = opened_table(file)
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
class _Terms:
    """How a file is to be stored."""

    label: str
    now: datetime
    skip_bad: bool
    dry_run: bool


def _readings(
    database: Database,
    file: BinaryIO,
    now: datetime,
    answers: ExportAnswers,
    *,
    platform: str | None,
    ignore: frozenset[str],
) -> FileReadings:
    from noktvrn_ai_artist.ingest.file_readings import FileReadings  # noqa: PLC0415 - loads Arrow

    return FileReadings(
        file,
        catalogue=load_catalogue(database),
        now=now,
        platform=platform,
        ignore=ignore,
        answers=answers,
        known=ReleasesInDatabase(database),
    )


def _stored(
    database: Database,
    readings: FileReadings,
    survey: Survey,
    terms: _Terms,
    *,
    on_progress: Progress,
    on_rejection: RejectionSink,
) -> IngestReport:
    from noktvrn_ai_artist.analytics.observation_landing import store_batches  # noqa: PLC0415

    with database.transaction() as connection:
        source = readings.told.source
        batch_id = open_batch(connection, source=source, label=terms.label, now=terms.now)
        ids = _register(connection, survey.entries, batch_id=batch_id)
        counts = store_batches(
            connection,
            readings.batches(ids),
            batch_id=batch_id,
            now=terms.now,
            skip_bad=terms.skip_bad,
            on_rejection=on_rejection,
            on_progress=on_progress,
            commit=None if terms.dry_run else connection.commit,
        )
        report = replace(
            _report(connection, counts, survey, batch_id=batch_id, dry_run=terms.dry_run),
            read_over=tuple(readings.told.read_over),
        )
        if terms.dry_run:
            connection.rollback()
    return report


def _unknown_of(database: Database, ids: Collection[int]) -> list[int]:
    values = {"release_ids": sorted(ids)}
    with database.transaction() as connection:
        return [one for (one,) in connection.execute(query("unknown_releases"), values)]


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


def _report(
    connection: Connection,
    counts: ImportCounts,
    survey: Survey,
    *,
    batch_id: int,
    dry_run: bool,
) -> IngestReport:
    def new(name: str) -> int:
        return int(first_value(connection.execute(query(name), {"batch_id": batch_id})))

    return IngestReport(
        counts=replace(counts, batch_id=None) if dry_run else counts,
        form=survey.form,
        artists=new("count_artists_of_batch"),
        releases=new("count_releases_of_batch"),
        publications=new("count_publications_of_batch"),
        before_publication=survey.before_publication,
        dry_run=dry_run,
    )


def _short(label: str) -> str:
    return label.replace("\0", "").encode("utf-8", "replace").decode()[:512]
