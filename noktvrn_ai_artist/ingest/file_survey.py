"""The first reading of a file: all that is wrong with it, and the releases it names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import pyarrow as pa

from noktvrn_ai_artist.analytics.observation_batches import Progress, RejectionSink
from noktvrn_ai_artist.analytics.observation_landing import MOST_REJECTIONS_LISTED
from noktvrn_ai_artist.analytics.release_entries import Identity, ReleaseEntry
from noktvrn_ai_artist.database.arrow_memory import numbers
from noktvrn_ai_artist.errors import Rejection
from noktvrn_ai_artist.ingest.block_reading import FoundBatch, NamedRelease
from noktvrn_ai_artist.ingest.cell_screens import microseconds

Entries = Mapping[str, Mapping[Identity, ReleaseEntry]]
# Which of these ids are no release's.
UnknownOf = Callable[[Collection[int]], Collection[int]]

_WHOLE = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a file names and what of it is refused; `listed` are the first hundred refusals.

    `before_publication` counts observations stamped before their release came out.
    """

    form: str
    entries: Entries
    before_publication: int
    rejected: int
    listed: Sequence[Rejection]


class Surveyor:
    """Looks through the batches of a file, and keeps what has to be known before one is stored."""

    def __init__(self, unknown_of: UnknownOf) -> None:
        self._unknown_of = unknown_of
        self._known_ids: set[int] = set()
        self._entries: dict[str, dict[Identity, ReleaseEntry]] = {}
        self._early = self._rejected = 0
        self._listed: list[Rejection] = []

    def look_through(
        self, batches: Iterable[FoundBatch], *, on_survey: Progress, on_rejection: RejectionSink
    ) -> None:
        """Take all batches in; `on_rejection` hears of everything that is refused."""
        read = 0
        for batch in batches:
            for rejection in self._rejections(batch):
                on_rejection(rejection)
                self._list(rejection)
            if batch.named is not None:
                self._early += self._look_at_entries(batch.checked.columns, batch.named)
            read += batch.checked.read
            on_survey(read)

    def survey(self, form: str) -> Survey:
        """What all batches together say."""
        return Survey(
            form=form,
            entries=self._entries,
            before_publication=self._early,
            rejected=self._rejected,
            listed=self._listed,
        )

    def _list(self, rejection: Rejection) -> None:
        self._rejected += 1
        if len(self._listed) < MOST_REJECTIONS_LISTED:
            self._listed.append(rejection)

    def _rejections(self, batch: FoundBatch) -> list[Rejection]:
        unknown = [] if batch.named is not None else self._of_unknown(batch.checked.columns)
        return sorted([*batch.checked.rejected, *unknown], key=attrgetter("row"))

    def _of_unknown(self, columns: pa.RecordBatch) -> Iterator[Rejection]:
        ids = set(columns["release_id"].unique().to_pylist()) - self._known_ids
        unknown = set(self._unknown_of(ids)) if ids else set()
        self._known_ids |= ids - unknown
        if unknown:
            told = zip(columns["row"].to_pylist(), columns["release_id"].to_pylist(), strict=True)
            for row, release_id in told:
                if release_id in unknown:
                    rule = f"there is no release {release_id}"
                    yield Rejection(row=row, column="release_id", rule=rule)

    def _look_at_entries(self, columns: pa.RecordBatch, named: Sequence[NamedRelease]) -> int:
        """How many observations are stamped before their release came out."""
        places, rows = numbers(columns["release_id"]), numbers(columns["row"])
        first = np.full(len(named), _WHOLE.max)
        np.minimum.at(first, places, rows)
        published = np.full(len(named), _WHOLE.min)
        # What only rows without a number name is not there.
        for place in [at for at in np.argsort(first, kind="stable") if first[at] < _WHOLE.max]:
            platform, entry = named[place]
            used = self._entries.setdefault(platform, {}).setdefault(entry.identity, entry)
            if used.published_at is not None:
                published[place] = microseconds(used.published_at)
        return int((numbers(columns["recorded_at"]) < published[places]).sum())
