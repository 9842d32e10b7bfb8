"""Small histories and bodies of evidence for the tests of what is believed about sources."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from noktvrn_ai_artist.analytics.source_evidence import UNTOLD, Evidence
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport

Floats = NDArray[np.floating]

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=200)
DAY = timedelta(days=1)
HALF_LIFE = timedelta(days=45)
NAMES = ("coverr", "own", "pexels", "pixabay", "videvo")


def use(source: str, release_id: int, *, day: float = 0.0, **fields: str) -> ClipUsage:
    return ClipUsage(
        source_name=source,
        clip_id=fields.pop("clip_id", "clip"),
        release_id=release_id,
        used_at=START + day * DAY,
        **fields,
    )


def report(
    release_id: int,
    score: float,
    *,
    day: float = 30.0,
    artist_id: int | None = None,
    event_id: str | None = None,
) -> ScoreReport:
    return ScoreReport(
        release_id=release_id,
        score=score,
        reported_at=START + day * DAY,
        event_id=event_id,
        artist_id=artist_id,
    )


def told(usages: Iterable[ClipUsage] = (), reports: Iterable[ScoreReport] = ()) -> SourceHistory:
    return SourceHistory().with_usages(usages)[0].with_reports(reports)[0]


releases = st.integers(1, 7)
days = st.integers(0, 190)
usages = st.lists(
    st.builds(
        lambda source, release, day, clip, term: use(
            source, release, day=day, clip_id=clip, **({"search_term": term} if term else {})
        ),
        st.sampled_from(NAMES[:4]),
        releases,
        days,
        st.sampled_from(["beach", "city", "rain"]),
        st.none() | st.sampled_from(["night", "day"]),
    ),
    max_size=16,
)


def reports(scores: st.SearchStrategy[float]) -> st.SearchStrategy[list[ScoreReport]]:
    """Reports of which no two are of one release and one instant, where the later call stands."""
    return st.lists(
        st.builds(
            lambda release, score, day, artist: report(release, score, day=day, artist_id=artist),
            releases,
            scores,
            days,
            st.none() | st.integers(1, 2),
        ),
        max_size=14,
        unique_by=lambda each: (each.release_id, each.reported_at),
    )


lifts = st.floats(-4, 4).map(lambda score: round(score, 3))
views = st.floats(0, 1e6).map(lambda score: round(score, 1))
some_reports = reports(lifts) | reports(views)


def evidence(
    shares: Sequence[Sequence[float]] | Floats,
    worth: Sequence[float] | Floats,
    *,
    ages: Sequence[float] | Floats | None = None,
    artists: Sequence[int] | NDArray[np.int64] | None = None,
    unsettled: Sequence[float] | None = None,
) -> Evidence:
    """Evidence as it is written down here, row by row; clips may stand for their shares."""
    rows = np.array(shares, dtype=np.float64)
    number = len(rows)

    def column(given: Sequence[float] | NDArray[np.generic] | None, otherwise: float) -> Floats:
        return np.array([otherwise] * number if given is None else given, dtype=np.float64)

    return Evidence(
        sources=tuple([*NAMES, *(f"source {number}" for number in range(100))][: rows.shape[1]]),
        releases=np.arange(1, number + 1),
        ages=column(ages, 0.0),
        shares=rows / rows.sum(axis=1, keepdims=True),
        worth=column(worth, 0.0),
        unsettled=column(unsettled, 0.0),
        settled=np.exp(column(worth, 0.0)),
        groups=np.full(number, 5),
        artists=column(artists, UNTOLD).astype(np.int64),
        usages=np.count_nonzero(rows, axis=0),
        last_used=np.full(rows.shape[1], START.timestamp()),
    )


@st.composite
def release_rows(draw: st.DrawFn, *, clips: st.SearchStrategy[list[int]]) -> dict[str, object]:
    """One release: its clips by source, and all else that evidence holds of it.

    An artist is told with a score, so a release without a score has none, and nothing to settle.
    """
    row: dict[str, object] = {
        "shares": draw(clips.filter(any)),
        "ages": draw(st.floats(0, 300).map(lambda age: round(age, 1))),
    }
    if draw(st.integers(0, 4)) == 0:
        return {**row, "worth": math.nan, "artists": UNTOLD, "unsettled": 0.0}
    return {
        **row,
        "worth": draw(st.floats(-2.5, 2.5).map(lambda worth: round(worth, 4))),
        "artists": draw(st.sampled_from([UNTOLD, 0, 1])),
        "unsettled": draw(st.sampled_from([0.0, 0.0, 0.3, 1.0])),
    }


def evidence_of_rows(rows: Sequence[dict[str, object]], *, sources: int) -> Evidence:
    columns = {key: [row[key] for row in rows] for key in ("worth", "ages", "artists", "unsettled")}
    shares = np.array([row["shares"] for row in rows], dtype=np.float64).reshape(-1, sources)
    return evidence(shares, columns.pop("worth"), **columns)


def clips_of(sources: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 3), min_size=sources, max_size=sources)


@st.composite
def bodies_of_evidence(draw: st.DrawFn, *, most: int = 8) -> Evidence:
    """Up to `most` releases of one to four sources."""
    sources = draw(st.integers(1, 4))
    rows = draw(st.lists(release_rows(clips=clips_of(sources)), max_size=most))
    return evidence_of_rows(rows, sources=sources)
