"""What each platform's metric is: kind, unit, day, lag, definition, and the names it goes by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

from noktvrn_ai_artist.errors import UnknownMetric, UnknownPlatform

# Where a word begins inside of a name such as viewCount.
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class MetricKind(StrEnum):
    """How values of a metric may be combined over time.

    A `COUNTER` counts since publication: only differences of it add up. `DAILY` amounts belong to
    one day and add up. A `GAUGE` is a level, now. A `ROLLING_UNIQUE` counts people in a window:
    such counts never add up, over days or over releases. A `RATIO` is never averaged: it is
    computed again from its parts.
    """

    COUNTER = "counter"
    DAILY = "daily"
    GAUGE = "gauge"
    ROLLING_UNIQUE = "rolling_unique"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a platform counted under a name from a date on (None: from the beginning)."""

    id: str
    since: date | None
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of one platform.

    `unit` is what one step of the value is ("views", "seconds", "1" for a ratio of 0-1); `lag` is
    how long the platform usually takes to report; `spellings` are other names it goes by, folded.
    """

    name: str
    kind: MetricKind
    unit: str
    spellings: frozenset[str] = frozenset()
    signed: bool = False
    lag: timedelta = timedelta(0)
    definitions: tuple[Definition, ...] = ()

    def definition_at(self, when: datetime) -> Definition | None:
        """The definition that held at an instant; None where the catalogue records no change."""
        held = [d for d in self.definitions if d.since is None or d.since <= when.date()]
        return held[-1] if held else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One platform as it writes itself, the zone its days are in, and its metrics by name."""

    name: str
    day_zone: str
    metrics: Mapping[str, Metric]
    spellings: frozenset[str] = frozenset()

    def metric(self, name: str) -> Metric:
        """The metric of this name or spelling.

        Raises:
            UnknownMetric: with the nearest names that are known.
        """
        wanted = fold(name)
        for metric in self.metrics.values():
            if wanted == metric.name or wanted in metric.spellings:
                return metric
        nearest = _nearest(wanted, self.metrics)
        shown = _shown(name)
        raise UnknownMetric(
            f"{self.name} has no metric {shown}; {_suggestion(nearest, self.metrics)}",
            name=name,
            nearest=nearest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All platforms that are known, by the name they write themselves with."""

    platforms: Mapping[str, Platform]

    def platform(self, name: str) -> Platform:
        """The platform of this name, without regard to case.

        Letters that only look alike are another name: they are refused, and the nearest known
        name is shown.

        Raises:
            UnknownPlatform: with the nearest names that are known.
        """
        wanted = _squeezed(name)
        for platform in self.platforms.values():
            if wanted == _squeezed(platform.name) or wanted in platform.spellings:
                return platform
        nearest = _nearest(unicodedata.normalize("NFKC", name), self.platforms)
        raise UnknownPlatform(
            f"unknown platform {_shown(name)}; {_suggestion(nearest, self.platforms)}",
            name=name,
            nearest=nearest,
        )

    def metric(self, platform: str, name: str) -> Metric:
        """The metric of a platform, both by any of their spellings.

        Raises:
            UnknownPlatform, UnknownMetric: with the nearest names that are known.
        """
        return self.platform(platform).metric(name)

    def with_platform(self, platform: Platform) -> Catalogue:
        """This catalogue and one more platform (or the same one, replaced)."""
        return replace(self, platforms={**self.platforms, platform.name: platform})

    def with_metrics(self, platform: str, metrics: Iterable[Metric]) -> Catalogue:
        """This catalogue with more metrics on one of its platforms."""
        known = self.platform(platform)
        more = {**known.metrics, **{metric.name: metric for metric in metrics}}
        return self.with_platform(replace(known, metrics=more))


def fold(name: str) -> str:
    """A metric's name as it is compared: lower case, words joined by underscores.

    >>> fold("viewCount"), fold("Watch time"), fold("comment_count")
    ('view_count', 'watch_time', 'comment_count')
    """
    spaced = _HUMP.sub("_", name.strip())
    return _lowered(spaced.replace(" ", "_").replace("-", "_"))


def _lowered(name: str) -> str:
    # Letters outside ASCII stay as they are: some of them fold to ASCII, and only look alike.
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def _squeezed(name: str) -> str:
    return _lowered(name.strip()).replace(" ", "").replace("_", "").replace("-", "")


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    return list(_found_near(name, tuple(known)))


@lru_cache(maxsize=256)  # a column with one wrong name asks for it in every row
def _found_near(name: str, known: tuple[str, ...]) -> list[str]:
    by_folded = {fold(candidate): candidate for candidate in known}
    found = get_close_matches(fold(name)[:64], by_folded, n=3, cutoff=0.55)
    return [by_folded[folded] for folded in found]


def _suggestion(nearest: list[str], known: Iterable[str]) -> str:
    if nearest:
        return f"nearest known: {', '.join(nearest)}"
    return f"known: {', '.join(sorted(known)) or 'none yet'}"


def _shown(name: str) -> str:
    short = name if len(name) <= 64 else f"{name[:61]}..."  # noqa: PLR2004 - the limit of names
    return ascii(short) if not short.isprintable() else repr(short)
