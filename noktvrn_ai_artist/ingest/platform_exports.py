"""The CSV exports of Spotify for Artists and YouTube Studio, read as ordinary tables are.

Each row becomes a row of a wide table, which the same rules judge; what they refuse is told under
the export's own column names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.analytics.observation_rules import checked_time
from noktvrn_ai_artist.errors import BadFile, BadValue, Rejection
from noktvrn_ai_artist.ingest.block_reading import BlockReader, FoundBatch
from noktvrn_ai_artist.ingest.csv_blocks import block_of
from noktvrn_ai_artist.ingest.export_answers import (
    ExportAnswers,
    moment_of,
    option,
    refuse_useless,
    window_of,
)
from noktvrn_ai_artist.ingest.export_cells import day_from, number_cell, start_of
from noktvrn_ai_artist.ingest.export_contents import Contents, ExportRows
from noktvrn_ai_artist.ingest.export_layouts import (
    LIFETIME,
    Amount,
    Layout,
    NamedBy,
    Written,
    folded_header,
)
from noktvrn_ai_artist.ingest.export_releases import (
    KnownReleases,
    Naming,
    of_one_release,
    of_songs,
    of_videos,
)
from noktvrn_ai_artist.ingest.file_forms import TableReader, understand
from noktvrn_ai_artist.ingest.text_blocks import NumberTable, TableRow

_ROWS_AT_ONCE = 8192
# Columns that describe a row, besides those of numbers; of others it is told that they are read
# over.
_DESCRIBING = frozenset(
    {
        "date",
        "content",
        "video_title",
        "video_publish_time",
        "duration",
        "song",
        "release_date",
        "refused_column",
        "refused_rule",
    }
)
# What the ordinary table's columns are called in an export.
_TOLD_AS = (
    ("recorded_at", "date"),
    ("external_id", "content"),
    ("title", "song"),
    ("title", "video_title"),
    ("published_at", "release_date"),
    ("published_at", "video_publish_time"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A column of numbers of an export: its folded name, its metric, and its writing."""

    column: str
    metric: str
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformExport:
    """One export, understood; `reader` is None where it has no rows.

    `moment` is when all numbers were so, or None where each row has its day. `read_over` are the
    columns of numbers that the product has no metric for.
    """

    rows: ExportRows
    layout: Layout
    told_as: Mapping[str, str]
    twice: frozenset[tuple[str, ...]]
    zone: str
    read_over: tuple[str, ...] = ()
    measures: Sequence[Measure] = ()
    moment: datetime | None = None
    naming: Naming | None = None
    reader: TableReader | None = None

    @property
    def form(self) -> str:
        """What kind of export it is, in words."""
        return self.layout.form

    @property
    def source(self) -> str:
        """Where its numbers come from."""
        return self.layout.source

    def found(self) -> Iterator[FoundBatch]:
        """The observations of all rows, and what is refused of them."""
        if self.reader is None or self.naming is None:
            return
        blocks, rows = BlockReader(self.reader), iter(self.rows)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            yield self._found_in(some, blocks, self.reader, self.naming)

    def _found_in(
        self, rows: Sequence[TableRow], blocks: BlockReader, reader: TableReader, naming: Naming
    ) -> FoundBatch:
        told = [self._told(row, naming) for row in rows]
        kept = [one for one in told if isinstance(one, TableRow)]
        refused = [one for one in told if isinstance(one, Rejection)]
        found = blocks.read(block_of(kept, misfits=[], wanted=reader.wanted))
        refused += [self._under_its_name(one) for one in found.checked.rejected]
        read = found.checked.columns.num_rows + len(refused)
        return replace(found, checked=replace(found.checked, rejected=refused, read=read))

    def _told(self, row: TableRow, naming: Naming) -> TableRow | Rejection:
        """A row as the ordinary table would have it, or the first rule it breaks."""
        if not self.rows.fits(row):
            rule = f"has {len(row.cells)} cells where the header has {len(self.rows.names)}"
            return Rejection(row=row.number, column="row", rule=rule)
        cells = self.rows.cells(row)
        for column in self.layout.key:
            if not cells[column]:
                return self._refused(row, column=column, rule="must not be empty")
        if self.rows.key(cells) in self.twice:
            rule = "stands in several rows"
            return self._refused(row, column=self.layout.key[-1], rule=rule)
        try:
            numbers = [
                number_cell(cells[one.column], one.written, column=one.column)
                for one in self.measures
            ]
            moment = self.moment or self._day(cells)
            names = naming.name(cells)
        except BadValue as error:
            return self._refused(row, column=error.column, rule=error.rule)
        told = [*names, moment.isoformat(), self.layout.source, *numbers]
        return TableRow(number=row.number, cells=told)

    def _day(self, cells: Mapping[str, str]) -> datetime:
        return start_of(day_from(cells["date"], column="date"), self.zone)

    def _refused(self, row: TableRow, *, column: str, rule: str) -> Rejection:
        return self._under_its_name(Rejection(row=row.number, column=column, rule=rule))

    def _under_its_name(self, rejection: Rejection) -> Rejection:
        return replace(rejection, column=self.told_as.get(rejection.column, rejection.column))


def understand_export(
    table: NumberTable,
    layout: Layout,
    *,
    answers: ExportAnswers,
    known: KnownReleases,
    catalogue: Catalogue,
    now: datetime,
    ignore: frozenset[str] = frozenset(),
) -> PlatformExport:
    """How to read a platform's export. One without any rows needs no answers.

    Raises:
        BadFile: an answer is missing, says nothing here or cannot be kept; the dates are no days;
            or there are rows, and no number in them.
        BadValue, UnknownRelease: the moment given breaks its rule, or the release is not there.
    """
    refuse_useless(answers, layout)
    rows, zone = ExportRows(table, layout), catalogue.platform(layout.platform).day_zone
    skipped = _skipped(ignore, rows.names, layout)
    called, contents = _names_of(table.header), rows.contents()
    export = PlatformExport(
        rows=rows, layout=layout, told_as=called, twice=contents.twice, zone=zone
    )
    if not contents.rows:
        return export
    window = window_of(answers, layout)
    measures = _measures(rows.names, layout, window, skipped)
    _refuse_empty(contents, rows.names, measures)
    naming = _naming(contents.names, answers, known, layout=layout, zone=zone)
    header = [*naming.columns, "recorded_at", "source", *(one.metric for one in measures)]
    return replace(
        export,
        read_over=_read_over(called, _DESCRIBING | skipped | {one.column for one in measures}),
        told_as=_told_as(called, measures),
        measures=measures,
        moment=_moment(answers, layout, window, zone=zone, now=now),
        naming=naming,
        reader=understand(header, catalogue=catalogue, now=now, platform=layout.platform),
    )


def _skipped(ignore: frozenset[str], names: Sequence[str], layout: Layout) -> set[str]:
    skipped = dict(zip(folded_header(sorted(ignore)), sorted(ignore), strict=True))
    for folded, name in skipped.items():
        if folded not in names:
            raise BadFile(f"has no column {name[:64]!r} to read over")
        if folded in layout.key:
            raise BadFile(f"means nothing without its column {name[:64]!r}")
    return set(skipped)


def _measures(
    names: Sequence[str], layout: Layout, window: str | None, skipped: set[str]
) -> list[Measure]:
    """The columns of numbers that the product has a metric for."""
    found = []
    for name in names:
        amount = layout.amounts.get(name)
        metric = _metric(name, amount, layout, window) if amount and name not in skipped else None
        if amount and metric:
            found.append(Measure(column=name, metric=metric, written=amount.written))
    return found


def _metric(name: str, amount: Amount, layout: Layout, window: str | None) -> str | None:
    if layout.named_by is NamedBy.SONG:
        return f"{name}_{window}"
    return amount.since_publication if window == LIFETIME else amount.of_day


def _moment(
    answers: ExportAnswers, layout: Layout, window: str | None, *, zone: str, now: datetime
) -> datetime | None:
    moment = moment_of(answers, layout, window)
    if moment is not None:
        return checked_time(moment, now=now, column=option("exported_at"))
    return None if window is None else start_of(day_from(window, column=option("window")), zone)


def _naming(
    names: Sequence[str],
    answers: ExportAnswers,
    known: KnownReleases,
    *,
    layout: Layout,
    zone: str,
) -> Naming:
    if layout.named_by is NamedBy.SONG:
        return of_songs(names, answers, known)
    if layout.named_by is NamedBy.VIDEO:
        return of_videos(names, answers, known, zone=zone)
    return of_one_release(answers, known, layout=layout)


def _refuse_empty(contents: Contents, names: Sequence[str], measures: Sequence[Measure]) -> None:
    places = {names.index(one.column) for one in measures}
    if not places & contents.filled:
        raise BadFile(f"has {contents.rows:,} rows, and no number in them that can be kept")


def _names_of(header: Sequence[str]) -> dict[str, str]:
    """What each column is called in the file, by its folded name."""
    folded = folded_header(header)
    twins = [name for name in folded if name and folded.count(name) > 1]
    if twins:
        raise BadFile(f"has two columns for {twins[0][:64]!r}")
    return dict(zip(folded, header, strict=True))


def _told_as(called: Mapping[str, str], measures: Sequence[Measure]) -> dict[str, str]:
    """What the columns of the ordinary table are called in the file."""
    ours = {ours: called[theirs] for ours, theirs in _TOLD_AS if theirs in called}
    return {one.metric: called[one.column] for one in measures} | ours | dict(called)


def _read_over(called: Mapping[str, str], understood: set[str] | frozenset[str]) -> tuple[str, ...]:
    return tuple(name for folded, name in called.items() if folded and folded not in understood)
