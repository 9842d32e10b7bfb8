"""What a history holds for the ranking, as arrays: one row a release, one column a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics.score_maturing import AGE_GROUPS, Floats, matured, normal_scores
from noktvrn_ai_artist.analytics.source_history import ReleaseHistory, SourceHistory

Whole = NDArray[np.int64]

UNTOLD = -1
"""In place of the artist of a release whose artist was not told."""
_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """The releases that were cut by an instant, by id, and the sources they were cut from, by name.

    `ages` are days since the first clip use, when the footage was chosen; `shares` (releases,
    sources) are the parts of the clips, each row a sum of 1; `worth` is the normal score of the
    matured score among all matured scores, NaN while a release has none; `unsettled` is the
    variance that is still to come to it, in the squared spread of all; `settled` is the matured
    score in the unit of the scores, `groups` the age group of the latest report; `artists` are
    numbers from 0 on, or UNTOLD. `usages` (sources,) are the clip uses, `last_used` (sources,) the
    time of the latest, in seconds since 1970.
    """

    sources: tuple[str, ...]
    releases: Whole
    ages: Floats
    shares: Floats
    worth: Floats
    unsettled: Floats
    settled: Floats
    groups: Whole
    artists: Whole
    usages: Whole
    last_used: Floats

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which releases have a score."""
        return ~np.isnan(self.worth)


def evidence_of(history: SourceHistory, *, as_of: datetime) -> Evidence:
    """The arrays of a history that has nothing later than `as_of`."""
    known = sorted(number for number, told in history.releases.items() if told.usages)
    told = [history.releases[number] for number in known]
    sources = sorted(set(chain.from_iterable(release.shares for release in told)))
    reported = np.array([release.scores_by_age for release in told], dtype=np.float64)
    reported = reported.reshape(len(told), AGE_GROUPS)
    mature = matured(reported, differences=history.is_doublings)
    scored = ~np.isnan(mature.values)
    worth = np.full(len(told), np.nan)
    worth[scored] = normal_scores(mature.values[scored])
    shares, last_used = _shares_and_last_uses(told, sources)
    clips = np.array([len(release.usages) for release in told], dtype=np.float64)
    cut_at = np.array([release.cut_at for release in told], dtype=np.float64)
    return Evidence(
        sources=tuple(sources),
        releases=np.array(known, dtype=np.int64),
        ages=(as_of.timestamp() - cut_at) / _DAY,
        shares=shares,
        worth=worth,
        unsettled=mature.variances,
        settled=mature.values,
        groups=mature.groups,
        artists=_numbered([release.artist_id for release in told]),
        usages=(shares.T @ clips).round().astype(np.int64),
        last_used=last_used,
    )


def _shares_and_last_uses(
    told: Sequence[ReleaseHistory], sources: Sequence[str]
) -> tuple[Floats, Floats]:
    columns = {source: column for column, source in enumerate(sources)}
    rows = np.repeat(np.arange(len(told)), [len(release.shares) for release in told])
    places = np.array([columns[source] for release in told for source in release.shares], dtype=int)
    shares, last = np.zeros((len(told), len(sources))), np.zeros(len(sources))
    shares[rows, places] = [share for release in told for share in release.shares.values()]
    uses = [time for release in told for time in release.last_used.values()]
    np.maximum.at(last, places, np.array(uses, dtype=np.float64))
    return shares, last


def _numbered(artists: Sequence[int | None]) -> Whole:
    """The artists as 0, 1, 2, ... in the order of their ids."""
    numbers: dict[int | None, int] = {
        artist: number
        for number, artist in enumerate(sorted({one for one in artists if one is not None}))
    }
    return np.array([numbers.get(artist, UNTOLD) for artist in artists], dtype=np.int64)
