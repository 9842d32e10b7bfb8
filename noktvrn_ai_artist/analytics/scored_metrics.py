"""Which metric of each platform a score is made of, and which platforms may be weighed together."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue, MetricKind
from noktvrn_ai_artist.errors import BadValue

# What a listener does on purpose and the platform counts most steadily, by platform.
SCORED: Mapping[str, str] = MappingProxyType(
    {
        "Instagram": "views",
        "SoundCloud": "plays",
        "Spotify": "streams",
        "TikTok": "views",
        "YouTube": "views",
    }
)
# Whose terms forbid one figure over several platforms, and where they say so.
NOT_TO_BLEND: Mapping[str, str] = MappingProxyType(
    {
        # "do not combine ... with other platforms"; a score of YouTube alone needs its amendment:
        # https://developers.google.com/youtube/terms/derived-metrics-policy
        "YouTube": "https://developers.google.com/youtube/terms/developer-policies-guide",
        # "new or derived listenership metrics"
        "Spotify": "https://developer.spotify.com/policy",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ScoredMetric:
    """One metric of one platform that scores are made of, under the catalogue's names."""

    platform: str
    metric_type: str

    def __str__(self) -> str:
        return f"{self.platform} {self.metric_type}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What scores are made of: metrics, and what share each has; the shares add up to 1."""

    shares: tuple[tuple[ScoredMetric, float], ...]

    def __str__(self) -> str:
        if len(self.shares) == 1:
            return str(self.shares[0][0])
        return " + ".join(f"{share:.0%} {metric}" for metric, share in self.shares)


def one_metric(catalogue: Catalogue, platform: str, metric: str | None = None) -> Basis:
    """Scores of one platform: by the metric that is named, or by its usual one.

    Raises:
        UnknownPlatform, UnknownMetric: with the nearest known names.
        BadValue: the platform has no usual metric, or the one named has no total that grows.
    """
    known = catalogue.platform(platform)
    name = metric or SCORED.get(known.name)
    if name is None:
        raise BadValue(f"name the one that {known.name} is scored by", column="metric")
    found = known.metric(name)
    if found.kind not in {MetricKind.COUNTER, MetricKind.DAILY} or found.signed:
        kind = "signed metric" if found.signed else found.kind.replace("_", " ")
        rule = f"{found.name} is a {kind}: it has no total that only grows, so no score"
        raise BadValue(rule, column="metric")
    return Basis(shares=((ScoredMetric(platform=known.name, metric_type=found.name), 1.0),))


def blend_of(catalogue: Catalogue, weights: Mapping[str, float]) -> Basis:
    """Scores over several platforms, each by its usual metric.

    >>> from noktvrn_ai_artist.analytics.known_platforms import KNOWN
    >>> print(blend_of(KNOWN, {"tiktok": 3, "instagram": 1}))
    25% Instagram views + 75% TikTok views

    Raises:
        UnknownPlatform: with the nearest known names.
        BadValue: a weight is not above 0, a platform is named twice or has no usual metric, or its
            terms forbid one figure over several platforms.
    """
    named = [(catalogue.platform(name).name, weight) for name, weight in weights.items()]
    blend = dict(named)
    if len(blend) < len(named):
        raise BadValue("names a platform twice", column="blend")
    if not blend or not all(math.isfinite(w) and w > 0 for w in blend.values()):
        raise BadValue("needs a weight above 0 for each platform", column="blend")
    forbidden = sorted(blend.keys() & NOT_TO_BLEND.keys())
    if forbidden and len(blend) > 1:
        said = "; ".join(f"{name}: {NOT_TO_BLEND[name]}" for name in forbidden)
        rule = f"leave out {' and '.join(forbidden)}, whose terms forbid one figure with others"
        raise BadValue(f"{rule} ({said})", column="blend")
    total = math.fsum(blend.values())
    metrics = [one_metric(catalogue, name).shares[0][0] for name in sorted(blend)]
    return Basis(shares=tuple((metric, blend[metric.platform] / total) for metric in metrics))


def only_basis(found: Collection[ScoredMetric]) -> Basis | None:
    """Scores of the one platform that has numbers; None where none has.

    Raises:
        BadValue: several have, or the one has several metrics and no usual one among them.
    """
    platforms = sorted({metric.platform for metric in found})
    if len(platforms) > 1:
        rule = f"{_listed(platforms)} have numbers: name the one to score by"
        allowed = [platform for platform in platforms if platform not in NOT_TO_BLEND]
        blend = f", or weigh {_listed(allowed)} with --blend" if len(allowed) > 1 else ""
        raise BadValue(rule + blend, column="platform")
    usual = [metric for metric in found if metric.metric_type == SCORED.get(metric.platform)]
    metrics = sorted(usual or found)
    if len(metrics) > 1:
        names = ", ".join(metric.metric_type for metric in metrics)
        raise BadValue(f"name one of {names} with --metric", column="metric")
    return Basis(shares=((metrics[0], 1.0),)) if metrics else None


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def usual_metrics() -> list[ScoredMetric]:
    """What every platform known from the start is scored by."""
    return [ScoredMetric(platform=name, metric_type=metric) for name, metric in SCORED.items()]
