"""The values that pass between the rooms: frozen, typed, with their units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReleaseStatus(StrEnum):
    """Where a release stands: only approved and published ones are worth watching."""

    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artist:
    """One artist and how many releases are known."""

    artist_id: int
    name: str
    releases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One approved release; `published_at` is aware UTC, or None while it is not out."""

    release_id: int
    artist_id: int
    artist: str
    title: str
    published_at: datetime | None
    status: ReleaseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A release on one platform, under the id that the platform gave it."""

    release_id: int
    platform: str
    external_id: str
    url: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One metric of one release, as one platform reported it at one instant.

    `metric_value` is in the metric's own unit (see the catalogue) and between -2**53 and 2**53;
    `recorded_at` is aware UTC; `source` says where the number came from ("manual", "csv", ...).
    """

    release_id: int
    platform: str
    metric_type: str
    metric_value: float
    recorded_at: datetime
    source: str = "manual"
    source_url: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A value that once stood for an observation, and where it had come from."""

    release_id: int
    recorded_at: datetime
    platform: str
    metric_type: str
    metric_value: float
    revision: int
    source: str
    batch_id: int | None
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """One import or one save: what it was asked to store, what came of it, whether it was undone.

    `read == stored + duplicate + rejected`, always; `corrected` is the part of `stored` that
    replaced an earlier value, `expired` the part that is gone since (see retention).
    """

    batch_id: int
    source: str
    label: str
    created_at: datetime
    read: int
    stored: int
    corrected: int
    duplicate: int
    rejected: int
    undone_at: datetime | None
    expired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """How an import came out; `batch_id` is None where nothing was written."""

    batch_id: int | None
    read: int
    stored: int
    corrected: int
    duplicate: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoCounts:
    """What an undo took away: `restored` observations went back to the value before the import."""

    removed: int
    restored: int
    releases: int
    artists: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """An event worth a line on a chart, of one release or (None) of everything."""

    annotation_id: int
    release_id: int | None
    happened_at: datetime
    kind: str
    text: str
