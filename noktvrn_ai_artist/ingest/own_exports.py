"""Tables that `noktvrn export` wrote as CSV: how they are known, and their texts as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from noktvrn_ai_artist.analytics.performance_files import FORMULA
from noktvrn_ai_artist.analytics.performance_reads import RECORD_KEYS
from noktvrn_ai_artist.ingest.export_layouts import REFUSAL
from noktvrn_ai_artist.ingest.text_blocks import TextBlock, Wanted

_BEHIND_AN_APOSTROPHE = FORMULA.replace("^", "^'")


def is_own_export(header: Sequence[str]) -> bool:
    """Whether a header is that of an export of ours, or of the rows that were refused of one."""
    return tuple(name for name in header if name not in REFUSAL) == RECORD_KEYS


def as_it_was(block: TextBlock, wanted: Wanted) -> TextBlock:
    """A block without the apostrophes that keep spreadsheets from running its texts."""
    texts = {place: _bare(block.columns[place]) for place in wanted.names}
    return replace(block, columns={**block.columns, **texts})


def _bare(column: pa.DictionaryArray) -> pa.DictionaryArray:
    words = pc.replace_substring_regex(column.dictionary, _BEHIND_AN_APOSTROPHE, r"\1")
    return pa.DictionaryArray.from_arrays(column.indices, words)
