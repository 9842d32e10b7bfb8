"""A file of numbers, read twice: what is wrong with it and whom it names, then its observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.analytics.observation_batches import (
    Progress,
    RejectionSink,
)
from noktvrn_ai_artist.analytics.observation_columns import CheckedBatch, regrouped
from noktvrn_ai_artist.analytics.release_entries import Identity
from noktvrn_ai_artist.database.arrow_memory import arrow, numbers
from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.block_reading import BlockReader, FoundBatch
from noktvrn_ai_artist.ingest.csv_table import CsvTable
from noktvrn_ai_artist.ingest.export_answers import ExportAnswers, refuse_useless
from noktvrn_ai_artist.ingest.export_layouts import layout_of
from noktvrn_ai_artist.ingest.export_releases import KnownReleases
from noktvrn_ai_artist.ingest.file_forms import SOURCE, TableReader, understand
from noktvrn_ai_artist.ingest.file_survey import Survey, Surveyor, UnknownOf
from noktvrn_ai_artist.ingest.number_files import opened_table
from noktvrn_ai_artist.ingest.own_exports import as_it_was, is_own_export
from noktvrn_ai_artist.ingest.platform_exports import PlatformExport, understand_export
from noktvrn_ai_artist.ingest.text_blocks import NumberTable

ReleaseIds = Mapping[tuple[str, Identity], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryTable:
    """A table in one of our own forms, understood.

    `neutral` says that its texts were kept from being run: `noktvrn export` wrote it as CSV.
    """

    table: NumberTable
    reader: TableReader
    neutral: bool

    @property
    def source(self) -> str:
        """Where its numbers come from, where no row says."""
        return SOURCE

    @property
    def read_over(self) -> Sequence[str]:
        """No column unless it was asked for."""
        return ()

    @property
    def form(self) -> str:
        """Long or wide."""
        return self.reader.form.value

    def found(self) -> Iterator[FoundBatch]:
        """The observations of all rows, and what is refused of them."""
        blocks = BlockReader(self.reader)
        for block in self.table.blocks(self.reader.wanted):
            yield blocks.read(as_it_was(block, self.reader.wanted) if self.neutral else block)


class FileReadings:
    """The two readings of one file.

    Raises:
        BadFile: it cannot be read as a table, or answers to what it does not say are missing.
        BadValue: an answer breaks its rule.
        UnknownPlatform: the platform given is not in the catalogue.
        UnknownRelease: the release given is not there.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        catalogue: Catalogue,
        now: datetime,
        platform: str | None,
        ignore: frozenset[str],
        answers: ExportAnswers,
        known: KnownReleases,
    ) -> None:
        table = opened_table(file)
        layout = layout_of(table.header)
        self.told: OrdinaryTable | PlatformExport
        if layout is None:
            refuse_useless(answers, layout)
            reader = understand(
                table.header, catalogue=catalogue, now=now, platform=platform, ignore=ignore
            )
            neutral = isinstance(table, CsvTable) and is_own_export(table.header)
            self.told = OrdinaryTable(table=table, reader=reader, neutral=neutral)
            return
        if platform is not None and catalogue.platform(platform).name != layout.platform:
            raise BadFile(f"is a {layout.form}, and of no other platform")
        self.told = understand_export(
            table,
            layout,
            answers=answers,
            known=known,
            catalogue=catalogue,
            now=now,
            ignore=ignore,
        )

    def survey(
        self, unknown_of: UnknownOf, on_survey: Progress, on_rejection: RejectionSink
    ) -> Survey:
        """What the first reading finds.

        Raises:
            BadFile: from some place on it cannot be read.
        """
        surveyor = Surveyor(unknown_of)
        found = self.told.found()
        surveyor.look_through(found, on_survey=on_survey, on_rejection=on_rejection)
        return surveyor.survey(self.told.form)

    def batches(self, ids: ReleaseIds) -> Iterator[CheckedBatch]:
        """The observations, under the ids of their releases.

        Raises:
            BadFile: it is not what it was at the first reading.
        """
        return regrouped(_numbered(found, ids) for found in self.told.found())


def _numbered(found: FoundBatch, ids: ReleaseIds) -> CheckedBatch:
    """The batch with the ids of its releases.

    Raises:
        BadFile: it names a release that the first reading did not find.
    """
    if found.named is None:
        return found.checked
    columns = found.checked.columns
    # What only rows without a number name was not registered.
    of_named = np.array([ids.get((on, entry.identity), 0) for on, entry in found.named], np.int64)
    release_ids = of_named[numbers(columns["release_id"])]
    if not release_ids.all():
        raise BadFile("changed while it was read")
    at = columns.schema.get_field_index("release_id")
    numbered = arrow(release_ids, pa.int64())
    return replace(
        found.checked, columns=columns.set_column(at, columns.schema.field(at), numbered)
    )
