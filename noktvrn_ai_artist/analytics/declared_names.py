"""Platforms and metrics the operator declared, kept beside those known from the start."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from zoneinfo import available_timezones

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import (
    Catalogue,
    Metric,
    MetricKind,
    Platform,
    fold,
)
from noktvrn_ai_artist.analytics.observation_rules import checked_name
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue, UnknownName

T = TypeVar("T")

_PLATFORM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}", re.ASCII)
_METRIC_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def load_catalogue(database: Database) -> Catalogue:
    """All that is known: from the start, and by declaration."""
    with database.transaction() as connection:
        return _read_catalogue(connection)


def with_known_names(database: Database, work: Callable[[Catalogue], T]) -> T:
    """What `work` makes of a catalogue; declared names are fetched only when they are needed."""
    try:
        return work(KNOWN)
    except UnknownName:
        return work(load_catalogue(database))


def declare_platform(database: Database, name: str, *, day_zone: str = "UTC") -> None:
    """Let one more platform be known; `day_zone` is the IANA zone its days are in.

    Raises:
        BadValue: the name is not of ASCII letters, digits, spaces and `._+-`, or known already in
            another writing, or the zone is unknown.
    """
    name = checked_name(name, column="platform")
    if not _PLATFORM_NAME.fullmatch(name):
        raise BadValue("must be of ASCII letters, digits, spaces and ._+-", column="platform")
    if day_zone not in available_timezones():
        raise BadValue("must be an IANA time zone", column="day_zone")
    known = _known_name(load_catalogue(database), name)
    if known in KNOWN.platforms or known not in {None, name}:
        raise BadValue(f"{known} is known already", column="platform")
    values = {"platform": name, "day_zone": day_zone}
    database.transact(lambda connection: connection.execute(query("declare_platform"), values))


def declare_metric(
    database: Database,
    platform: str,
    name: str,
    *,
    kind: MetricKind,
    unit: str,
    signed: bool = False,
) -> None:
    """Let one more metric of a platform be known; `signed` lets its values be negative.

    Declared again, it may get another unit; another kind only while it has no values, which would
    mean something else all at once.

    Raises:
        UnknownPlatform: the platform must be known first.
        BadValue: the name is not of lower-case letters, digits and underscores, or known already,
            or values of another kind were told.
    """
    folded = fold(checked_name(name, column="metric_type"))
    if not _METRIC_NAME.fullmatch(folded):
        raise BadValue("must be of ASCII letters, digits and underscores", column="metric_type")
    declared = load_catalogue(database).platform(platform)
    shown = declared.name
    if shown in KNOWN.platforms and _has(KNOWN.platforms[shown], folded):
        raise BadValue(f"{shown} has {folded} already", column="metric_type")
    values = {
        "platform": shown,
        "metric_type": folded,
        "kind": kind.value,
        "unit": checked_name(unit, column="unit"),
        "signed": signed,
    }
    database.transact(partial(_declare, values=values, before=declared.metrics.get(folded)))


def _declare(
    connection: Connection, *, values: Mapping[str, object], before: Metric | None
) -> None:
    is_another = before and (before.kind.value, before.signed) != (values["kind"], values["signed"])
    if is_another and first_value(connection.execute(query("is_observed"), values)):
        raise BadValue("has values already, and they would mean something else", column="kind")
    connection.execute(query("declare_metric"), values)


def _read_catalogue(connection: Connection) -> Catalogue:
    catalogue = KNOWN
    for platform, day_zone in connection.execute(query("declared_platforms")):
        declared = Platform(name=platform, day_zone=day_zone, metrics={})
        catalogue = catalogue.with_platform(declared)
    for platform, name, kind, unit, signed in connection.execute(query("declared_metrics")):
        metric = Metric(name=name, kind=MetricKind(kind), unit=unit, signed=signed)
        catalogue = catalogue.with_metrics(platform, [metric])
    return catalogue


def _known_name(catalogue: Catalogue, platform: str) -> str | None:
    try:
        return catalogue.platform(platform).name
    except UnknownName:
        return None


def _has(platform: Platform, metric: str) -> bool:
    try:
        platform.metric(metric)
    except UnknownName:
        return False
    return True
