"""What a table's header says it is, and what its rows then say: observations, or why not.

Two forms are understood. Long: one observation a row, with `metric_type` and `metric_value`.
Wide: one snapshot a row, with a column for each metric; an empty cell is a number the platform
hides, and no observation. Releases are named by `release_id`, by an external id with artist and
title, or by artist and title alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue, Metric, Platform, fold
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry, checked_entry
from noktvrn_ai_artist.errors import (
    BadFile,
    BadValue,
    Rejection,
    UnknownMetric,
    UnknownPlatform,
)
from noktvrn_ai_artist.ingest.text_blocks import TableRow, Wanted
from noktvrn_ai_artist.records import Observation

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "release_id": ("release_id",),
    "external_id": ("external_id", "video_key", "video_id", "track_id"),
    "artist": ("artist", "artist_name", "channel_title"),
    "title": ("title", "release_title", "video_title", "song"),
    "published_at": ("published_at", "publish_time"),
    "recorded_at": ("recorded_at", "timestamp"),
    "platform": ("platform",),
    "metric_type": ("metric_type", "metric_name", "metric"),
    "metric_value": ("metric_value", "value"),
    "source": ("source",),
    "source_url": ("source_url",),
    "url": ("url",),
    "notes": ("notes",),
}
# Where a number comes from whose row does not say.
SOURCE = "csv"
# Columns that describe and are read over: those of well-known exports, and of our own rejects.
READ_OVER = frozenset({"artist_id", "category_id", "refused_column", "refused_rule"})
# A key column that only one platform's exports have.
IMPLIED_PLATFORM = {"video_key": "YouTube", "video_id": "YouTube"}

_NUMBERS = ("release_id", "metric_value")
_LONG_COLUMNS = ("metric_type", "metric_value")
_ROLES = {spelling: role for role, spellings in SPELLINGS.items() for spelling in spellings}


class Form(StrEnum):
    """How a table holds its observations."""

    LONG = "long"
    WIDE = "wide"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObservation:
    """A checked observation whose release is named by an entry, or by the id it carries."""

    row: int
    entry: ReleaseEntry | None
    observation: Observation


Found = FoundObservation | Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReader:
    """The understanding of one table: where each role's column is, and which columns are metrics.

    `now` and `catalogue` are those of the moment of reading; `platform` is that of every row, or
    None where a column names it.
    """

    form: Form
    columns: Mapping[str, int]
    metrics: Mapping[str, int]
    width: int
    platform: Platform | None
    catalogue: Catalogue
    now: datetime

    def observations(self, row: TableRow) -> Iterator[Found]:
        """What one row says: its observations, each checked, or the first rule it breaks."""
        try:
            self._check_width(row)
            entry, platform = self.entry(row.cells), self._platform(row.cells)
            draft = self._draft(row.cells, platform, by_id=entry is None)
        except BadValue as error:
            yield Rejection(row=row.number, column=error.column, rule=error.rule)
            return
        except UnknownPlatform as error:
            yield Rejection(row=row.number, column="platform", rule=str(error))
            return
        seen: set[str] = set()
        for column, name, text in self._values(row.cells):
            found = _found(row.number, entry, draft, platform, column=column, name=name, text=text)
            yield _told_once(found, seen, column=column)

    def _check_width(self, row: TableRow) -> None:
        if len(row.cells) != self.width:
            rule = f"has {len(row.cells)} cells where the header has {self.width}"
            raise BadValue(rule, column="row")

    def _values(self, cells: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        if self.form is Form.LONG:
            yield (
                "metric_value",
                self._cell(cells, "metric_type"),
                self._cell(cells, "metric_value"),
            )
            return
        for name, place in self.metrics.items():
            if cells[place].strip():
                yield name, name, cells[place]

    def _draft(self, cells: Sequence[str], platform: Platform, *, by_id: bool) -> _Draft:
        recorded_at = rules.instant_from(self._cell(cells, "recorded_at").strip())
        release_id = 0
        if by_id:
            release_id = rules.release_id_from(self._cell(cells, "release_id").strip())
        return _Draft(
            release_id=release_id,
            recorded_at=rules.checked_time(recorded_at, now=self.now),
            source=source_from(self._optional(cells, "source") or ""),
            source_url=url_from(self._optional(cells, "source_url") or ""),
            notes=notes_from(self._optional(cells, "notes") or ""),
            platform=platform.name,
        )

    @property
    def wanted(self) -> Wanted:
        """Which columns say something, and which of them seldom say it twice."""
        numbers = set(self.metrics.values())
        numbers |= {self.columns[role] for role in _NUMBERS if role in self.columns}
        return Wanted(names=set(self.columns.values()) - numbers, numbers=numbers)

    def entry(self, cells: Sequence[str]) -> ReleaseEntry | None:
        """How a row names its release; None where it does so by id.

        Raises:
            BadValue: naming the column and the rule.
        """
        if "release_id" in self.columns:
            return None
        published = self._optional(cells, "published_at")
        return checked_entry(
            ReleaseEntry(
                artist=self._cell(cells, "artist"),
                title=self._cell(cells, "title"),
                published_at=(
                    rules.instant_from(published.strip(), column="published_at")
                    if published
                    else None
                ),
                external_id=self._optional(cells, "external_id"),
                url=self._optional(cells, "url"),
            )
        )

    def _platform(self, cells: Sequence[str]) -> Platform:
        if self.platform is not None:
            return self.platform
        return self.platform_from(self._cell(cells, "platform"))

    def platform_from(self, cell: str) -> Platform:
        """The platform that a cell names.

        Raises:
            BadValue, UnknownPlatform: it names none.
        """
        return self.catalogue.platform(rules.checked_name(cell, column="platform"))

    def _cell(self, cells: Sequence[str], role: str) -> str:
        return cells[self.columns[role]]

    def _optional(self, cells: Sequence[str], role: str) -> str | None:
        return self._cell(cells, role).strip() or None if role in self.columns else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What all observations of one row have in common."""

    release_id: int
    recorded_at: datetime
    source: str
    source_url: str | None
    notes: str | None
    platform: str


def metric_from(cell: str, platform: Platform) -> Metric:
    """The metric of a platform that a cell or a column names.

    Raises:
        BadValue, UnknownMetric: it names none.
    """
    return platform.metric(rules.checked_name(cell, column="metric_type"))


def source_from(cell: str) -> str:
    """Where a number comes from, by its cell."""
    return rules.checked_name(cell.strip() or SOURCE, column="source")


def url_from(cell: str) -> str | None:
    """Where a number can be seen, by its cell."""
    return rules.checked_text(cell.strip() or None, column="source_url", longest=rules.LONGEST_URL)


def notes_from(cell: str) -> str | None:
    """What is worth remembering of a number, by its cell."""
    return rules.checked_text(cell.strip() or None, column="notes", longest=rules.LONGEST_NOTE)


def understand(
    header: Sequence[str],
    *,
    catalogue: Catalogue,
    now: datetime,
    platform: str | None = None,
    ignore: frozenset[str] = frozenset(),
) -> TableReader:
    """How to read a table with this header.

    `platform` is that of every row, where no column names it; `ignore` are columns to read over,
    whatever they mean.

    Raises:
        BadFile: a column is there twice, is needed and missing, or means nothing; or one to read
            over is not there.
        UnknownPlatform: the platform given is not in the catalogue.
    """
    folded = _without([fold(name) for name in header], ignore)
    _refuse_twins(folded)
    columns = {_ROLES[name]: place for place, name in enumerate(folded) if name in _ROLES}
    rest = {n: i for i, n in enumerate(folded) if n and n not in _ROLES and n not in READ_OVER}
    form = Form.LONG if columns.keys() & set(_LONG_COLUMNS) else Form.WIDE
    _refuse_missing(columns, form)
    known = _platform_of_all(folded, columns, catalogue, platform)
    metrics = _metric_columns(rest, form, known, catalogue)
    return TableReader(
        form=form,
        columns=columns,
        metrics=metrics,
        width=len(header),
        platform=known,
        catalogue=catalogue,
        now=now,
    )


def _found(
    row: int,
    entry: ReleaseEntry | None,
    draft: _Draft,
    platform: Platform,
    *,
    column: str,
    name: str,
    text: str,
) -> Found:
    try:
        metric = metric_from(name, platform)
        number = rules.number_from(text.strip(), column=column)
        value = rules.checked_value(number, signed=metric.signed, column=column)
    except BadValue as error:
        return Rejection(row=row, column=error.column, rule=error.rule)
    except UnknownMetric as error:
        named_in = "metric_type" if column == "metric_value" else column  # a wide table's header
        return Rejection(row=row, column=named_in, rule=str(error))
    observation = Observation(
        release_id=draft.release_id,
        platform=draft.platform,
        metric_type=metric.name,
        metric_value=value,
        recorded_at=draft.recorded_at,
        source=draft.source,
        source_url=draft.source_url,
        notes=draft.notes,
    )
    return FoundObservation(row=row, entry=entry, observation=observation)


def _told_once(found: Found, seen: set[str], *, column: str) -> Found:
    """Two spellings of one metric in one row would correct each other."""
    if isinstance(found, FoundObservation):
        metric = found.observation.metric_type
        if metric in seen:
            return Rejection(row=found.row, column=column, rule=f"says {metric} a second time")
        seen.add(metric)
    return found


def _without(folded: Sequence[str], ignore: frozenset[str]) -> list[str]:
    """The header with an empty name, which means nothing, for each column to read over."""
    skipped = {fold(name): name for name in sorted(ignore)}
    strange = [name for known, name in skipped.items() if known not in folded]
    if strange:
        raise BadFile(f"has no column {strange[0][:64]!r} to read over")
    return ["" if name in skipped else name for name in folded]


def _refuse_twins(folded: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in folded:
        role = _ROLES.get(name, name)
        if role and role in seen:
            raise BadFile(f"has two columns for {role[:64]!r}")
        seen.add(role)


def _refuse_missing(columns: Mapping[str, int], form: Form) -> None:
    needed = (
        ["recorded_at"] if form is Form.WIDE else ["metric_type", "metric_value", "recorded_at"]
    )
    if "release_id" not in columns:
        needed += ["artist", "title"]
    missing = [role for role in needed if role not in columns]
    if missing:
        raise BadFile(f"has no column for {', '.join(missing)}")


def _platform_of_all(
    folded: Sequence[str], columns: Mapping[str, int], catalogue: Catalogue, given: str | None
) -> Platform | None:
    if "platform" in columns:
        return None
    implied = next((IMPLIED_PLATFORM[name] for name in folded if name in IMPLIED_PLATFORM), None)
    if given is None and implied is None:
        raise BadFile("has no column for platform; name the platform with --platform")
    return catalogue.platform(given or implied or "")


def _metric_columns(
    rest: Mapping[str, int], form: Form, known: Platform | None, catalogue: Catalogue
) -> dict[str, int]:
    platforms = [known] if known is not None else list(catalogue.platforms.values())
    strange = [name for name in rest if form is Form.LONG or not _has_metric(platforms, name)]
    if strange:
        raise BadFile(
            f"has a column {strange[0][:64]!r} that is no metric and no known column;"
            " leave it out, or say that it is to be ignored"
        )
    if form is Form.WIDE and not rest:
        raise BadFile("has no metric column")
    twins = [] if known is None else _same_metric(known, rest)
    if twins:
        raise BadFile(f"has two columns for {twins[0]!r}")
    return dict(rest)


def _has_metric(platforms: Sequence[Platform], name: str) -> bool:
    return any(_known_metric(platform, name) is not None for platform in platforms)


def _same_metric(platform: Platform, names: Mapping[str, int]) -> list[str]:
    found = [metric.name for name in names if (metric := _known_metric(platform, name))]
    return [name for name in found if found.count(name) > 1]


def _known_metric(platform: Platform, name: str) -> Metric | None:
    try:
        return platform.metric(name)
    except UnknownMetric:
        return None
