"""The columns of a block, each read by one screen: its values by row, and which rows are clear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.metric_catalogue import Metric, Platform
from noktvrn_ai_artist.database.arrow_memory import Numbers
from noktvrn_ai_artist.errors import BadValue, UnknownName
from noktvrn_ai_artist.ingest.cell_screens import (
    empty_cells,
    screened_ids,
    screened_instants,
    screened_numbers,
)
from noktvrn_ai_artist.ingest.file_forms import (
    Form,
    TableReader,
    metric_from,
    notes_from,
    source_from,
    url_from,
)
from noktvrn_ai_artist.ingest.text_blocks import TextBlock
from noktvrn_ai_artist.ingest.told_columns import CodedTexts, coded_places, codes, combined

T = TypeVar("T")
G = TypeVar("G")

OPTIONAL_TEXTS: Mapping[str, Callable[[str], str | None]] = {
    "source": source_from,
    "source_url": url_from,
    "notes": notes_from,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlatforms:
    """The platform of each row, by its place among those that the block names; -1 is none."""

    places: Numbers
    known: Sequence[Platform]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNumbers:
    """A column of numbers of one metric a row; a row whose `there` is False tells none."""

    metrics: CodedTexts
    values: Numbers
    there: Numbers
    clear: Numbers


def read_platforms(block: TextBlock, reader: TableReader) -> ReadPlatforms:
    """The platform of each row."""
    if reader.platform is not None:
        return ReadPlatforms(places=np.zeros(len(block.numbers), np.int32), known=[reader.platform])
    column = block.columns[reader.columns["platform"]]
    found = [judged(reader.platform_from, cell)[1] for cell in column.dictionary.to_pylist()]
    by_name = {platform.name: platform for platform in found if platform is not None}
    places, names = coded_places([None if one is None else one.name for one in found])
    return ReadPlatforms(places=places[codes(column)], known=[by_name[name] for name in names])


def read_instants(block: TextBlock, reader: TableReader) -> tuple[Numbers, Numbers]:
    """The microseconds since 1970 of each row, and which of them are clear."""
    column = block.columns[reader.columns["recorded_at"]]
    found, clear = screened_instants(column.dictionary, now=reader.now)
    places = codes(column)
    return found[places], clear[places]


def read_ids(block: TextBlock, reader: TableReader) -> tuple[Numbers, Numbers]:
    """The release id of each row, and which of them are clear."""
    return screened_ids(block.columns[reader.columns["release_id"]])


def read_text(block: TextBlock, reader: TableReader, role: str) -> tuple[CodedTexts, Numbers]:
    """The optional text of each row, and which of them are clear."""
    rule = OPTIONAL_TEXTS[role]
    if role in reader.columns:
        column = block.columns[reader.columns[role]]
        cells, places = column.dictionary.to_pylist(), codes(column)
    else:
        cells, places = [""], np.zeros(len(block.numbers), np.int32)
    found = [judged(rule, cell) for cell in cells]
    of_cells, names = coded_places([text for _, text in found])
    clear = np.array([good for good, _ in found], np.bool_)
    return CodedTexts(places=of_cells[places], names=names), clear[places]


def read_numbers(
    block: TextBlock, reader: TableReader, platforms: ReadPlatforms
) -> list[ReadNumbers]:
    """The columns of numbers: one in the long form, one for each metric in the wide one."""
    if reader.form is Form.LONG:
        return [_long_numbers(block, reader, platforms)]
    told_twice = _platforms_that_tell_twice(reader, platforms)
    return [
        _wide_numbers(block.columns[place], name, platforms, told_twice)
        for name, place in reader.metrics.items()
    ]


def judged(rule: Callable[[G], T], given: G) -> tuple[bool, T | None]:
    """Whether what is given keeps a rule, and what the rule makes of it."""
    try:
        return True, rule(given)
    except (BadValue, UnknownName):
        return False, None


def _long_numbers(block: TextBlock, reader: TableReader, platforms: ReadPlatforms) -> ReadNumbers:
    named = block.columns[reader.columns["metric_type"]]
    keys = (
        [named]
        if reader.platform is not None
        else [named, block.columns[reader.columns["platform"]]]
    )
    places, first = combined(keys)
    cells = named.dictionary.to_pylist()
    of_first = zip(codes(named)[first].tolist(), platforms.places[first].tolist(), strict=True)
    metrics = [
        _metric(cells[cell], platforms.known[platform]) if platform >= 0 else None
        for cell, platform in of_first
    ]
    values, clear = screened_numbers(block.columns[reader.columns["metric_value"]])
    there = np.ones(len(values), np.bool_)
    return _numbers(metrics, places, values=values, there=there, clear=clear)


def _wide_numbers(
    column: pa.StringArray, name: str, platforms: ReadPlatforms, told_twice: Numbers
) -> ReadNumbers:
    metrics = [_metric(name, platform) for platform in platforms.known]
    values, clear = screened_numbers(column)
    there = clear if clear.all() else ~empty_cells(column)
    clear = clear & ~told_twice
    return _numbers(metrics, platforms.places, values=values, there=there, clear=clear)


def _numbers(
    metrics: Sequence[Metric | None],
    places: Numbers,
    *,
    values: Numbers,
    there: Numbers,
    clear: Numbers,
) -> ReadNumbers:
    """Numbers and the metric of each row by its place; the place -1 is that of no metric."""
    names_at, names = coded_places([*(None if one is None else one.name for one in metrics), None])
    signed = np.array([*(one is not None and one.signed for one in metrics), False], np.bool_)
    of_rows = names_at[places]
    return ReadNumbers(
        metrics=CodedTexts(places=of_rows, names=names),
        values=values,
        there=there,
        clear=clear & (of_rows >= 0) & ((values >= 0) | signed[places]),
    )


def _platforms_that_tell_twice(reader: TableReader, platforms: ReadPlatforms) -> Numbers:
    """Which rows are of a platform that knows two of the columns as one metric."""
    twice = [_tells_twice(list(_metrics(reader, platform))) for platform in platforms.known]
    return np.array([*twice, False], np.bool_)[platforms.places]


def _tells_twice(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)


def _metrics(reader: TableReader, platform: Platform) -> Iterator[str]:
    for name in reader.metrics:
        metric = _metric(name, platform)
        if metric is not None:
            yield metric.name


def _metric(name: str, platform: Platform) -> Metric | None:
    return judged(lambda cell: metric_from(cell, platform), name)[1]
