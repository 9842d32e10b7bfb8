"""What the tools of the MCP server answer: frozen models, whose schemas clients are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from noktvrn_ai_artist.analytics.performance_questions import Freshness, MetricValue
from noktvrn_ai_artist.analytics.release_growth import AgeComparison
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    Contribution,
    Selection,
    Standing,
    Verdict,
)
from noktvrn_ai_artist.analytics.source_words import ScoreScale
from noktvrn_ai_artist.artist_evolution.progression import Change, EntryKind
from noktvrn_ai_artist.records import Release

T = TypeVar("T")


class Answer(BaseModel):
    """Any answer; `notes` say what was left out of it, and what it does not prove."""

    model_config = ConfigDict(frozen=True)
    notes: tuple[str, ...] = ()


class ReleaseList(Answer):
    """Releases, the latest publication first, those without a date last."""

    releases: tuple[Release, ...]


class SeenValue(BaseModel):
    """One observation; the unit is the metric's own."""

    model_config = ConfigDict(frozen=True)
    platform: str
    metric_type: str
    metric_value: float
    recorded_at: datetime
    source: str


class PerformanceAnswer(Answer):
    """Observations of one release, the newest first."""

    release: Release
    observations: tuple[SeenValue, ...]


class LatestAnswer(Answer):
    """The newest value of each metric of a release."""

    release: Release
    values: tuple[MetricValue, ...]


class GrowthAnswer(Answer):
    """A release at fixed ages against its artist's other releases."""

    release: Release
    platform: str
    metric_type: str
    ages: tuple[AgeComparison, ...]


class FreshnessAnswer(Answer):
    """How far the numbers of each platform and metric reach."""

    metrics: tuple[Freshness, ...]


class StandingAnswer(BaseModel):
    """What is believed about one source.

    `mean`, `low` and `high` are in standard deviations of release performance, 0 being the average
    source. `effect` says what releases cut from it do against a median one.
    """

    model_config = ConfigDict(frozen=True)
    source: str
    verdict: Verdict
    mean: float
    low: float
    high: float
    effect: str | None
    probability_best: float
    probability_above_median: float
    releases: int = Field(description="Scored releases behind the estimate.")
    awaiting: int = Field(description="Releases that have no score yet.")
    usages: int
    last_used: datetime

    @classmethod
    def of(cls, standing: Standing, scale: ScoreScale) -> Self:
        """The standing, with its effect in words."""
        named = set(cls.model_fields) - {"effect"}
        fields = {name: getattr(standing, name) for name in named}
        return cls(effect=scale.effect_of(standing), **fields)


class StandingsAnswer(Answer):
    """Every source, the best estimate first."""

    headline: str
    sources: tuple[StandingAnswer, ...]


class ExplanationAnswer(Answer):
    """A source and the releases that made its estimate, the strongest first."""

    source: StandingAnswer
    contributions: tuple[Contribution, ...]
    of_others: float = Field(description="What releases without the source add to the mean.")


class KeptSelection(BaseModel):
    """A draw of sources that was kept, and the releases whose clips name it."""

    model_config = ConfigDict(frozen=True)
    selection_id: str
    drawn_at: datetime
    proposed: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    release_ids: tuple[int, ...]

    @classmethod
    def of(cls, selection: Selection, release_ids: Iterable[int]) -> Self:
        """The selection with the releases that use it."""
        return cls(
            selection_id=selection.selection_id,
            drawn_at=selection.drawn_at,
            proposed=tuple(selection.proposed),
            candidates=selection.candidates,
            release_ids=tuple(sorted(release_ids)),
        )


class SelectionsAnswer(Answer):
    """Selections whose clips were logged, the latest draw first."""

    selections: tuple[KeptSelection, ...]


class ProfileChange(BaseModel):
    """How one version of a profile came to be."""

    model_config = ConfigDict(frozen=True)
    version: int
    kind: EntryKind
    happened_at: datetime
    basis: str | None
    releases: int
    changes: tuple[Change, ...]


class ProfileAnswer(Answer):
    """An artist's profile now: for each trait its values and weights; and its last changes."""

    artist_id: int
    version: int
    traits: dict[str, dict[str, float]]
    last_changes: tuple[ProfileChange, ...]


class ProposalAnswer(Answer):
    """A draw of sources to use next; the first `top_n` candidates are what is proposed."""

    selection_id: str
    drawn_at: datetime
    top_n: int
    proposed: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    reasons: dict[str, str]


def first_of(found: Iterable[T], most: int, *, what: str) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """The first so many, and a note where there are more.

    >>> first_of("abc", 2, what="letters")
    (('a', 'b'), ('only the first 2 letters are here; there are more',))
    """
    counted: Sequence[T] = list(islice(found, most + 1))
    if len(counted) <= most:
        return tuple(counted), ()
    return tuple(counted[:most]), (f"only the first {most:,} {what} are here; there are more",)
