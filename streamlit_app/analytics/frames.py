"""The numbers of one release, cut and combined for the eye: pure functions over frames.

A series is a frame with the columns `time` (aware UTC, ascending) and `value`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan

import numpy as np
import pandas as pd

from noktvrn_ai_artist.analytics.growth_curves import widest_gap
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from streamlit_app.analytics.periods import Period

MOST_POINTS = 2_000
GROWING = frozenset({MetricKind.COUNTER, MetricKind.DAILY})
_SMALLEST_GAP = timedelta(hours=36)
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one metric in a period and in an earlier one; None is unknown, never zero.

    For a growing metric `now` and `before` are what was gained in each period; for any other kind
    they are the last values of each. `from_start` says that the release came out in this period.
    """

    value: float | None
    now: float | None
    before: float | None
    seen: datetime | None
    from_start: bool = False

    @property
    def share(self) -> float | None:
        """How much more than in the earlier one, as a fraction; None if that is unknown or 0."""
        if self.now is None or not self.before:
            return None
        return self.now / self.before - 1


_IMPORTANCE = (
    "views",
    "streams",
    "plays",
    "listeners",
    "engaged_views",
    "likes",
    "comments",
    "shares",
    "saves",
    "followers",
    "subscribers_gained",
    "watch_time",
    "listen_time",
    "impressions",
    "click_through_rate",
    "dislikes",
)


def by_importance(metric: str) -> tuple[int, str]:
    """The key that puts what matters most first, and the rest by name."""
    place = _IMPORTANCE.index(metric) if metric in _IMPORTANCE else len(_IMPORTANCE)
    return place, metric


def series_of(frame: pd.DataFrame, platform: str, metric: str) -> pd.DataFrame:
    """One metric of one platform as a series."""
    rows = frame[(frame["platform"] == platform) & (frame["metric_type"] == metric)]
    rows = rows.sort_values("recorded_at", kind="stable", ignore_index=True)
    return pd.DataFrame({"time": rows["recorded_at"], "value": rows["metric_value"]})


def metrics_in(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Which metrics of which platforms a frame holds: the most observed platform first."""
    often = frame["platform"].value_counts().to_dict()
    pairs = frame[["platform", "metric_type"]].drop_duplicates().itertuples(index=False)
    found = [(str(platform), str(metric)) for platform, metric in pairs]
    return sorted(found, key=lambda pair: (-often[pair[0]], pair[0], by_importance(pair[1])))


def within(series: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The part of a series that lies in a period."""
    inside = (series["time"] >= period.start) & (series["time"] < period.end)
    return series[inside].reset_index(drop=True)


def change_of(
    series: pd.DataFrame,
    period: Period,
    *,
    compared: Period | None,
    kind: MetricKind,
    published_at: datetime | None,
) -> Change:
    """What a metric did in a period, against the one it is compared with (if any)."""
    inside = within(series, period)
    if inside.empty:
        return Change(value=None, now=None, before=None, seen=None)
    seen = inside["time"].iloc[-1].to_pydatetime()
    if kind is MetricKind.DAILY:
        total = float(inside["value"].sum())
        return Change(value=total, now=total, before=_sum_of(series, compared), seen=seen)
    last = float(inside["value"].iloc[-1])
    if kind is MetricKind.COUNTER:
        gain = _gain_in(series, period, published_at)
        before = _gain_in(series, compared, published_at)
        from_start = published_at is not None and published_at >= period.start
        return Change(value=last, now=gain, before=before, seen=seen, from_start=from_start)
    return Change(value=last, now=last, before=_last_of(series, compared), seen=seen)


def _sum_of(series: pd.DataFrame, period: Period | None) -> float | None:
    inside = series.iloc[:0] if period is None else within(series, period)
    return None if inside.empty else float(inside["value"].sum())


def _last_of(series: pd.DataFrame, period: Period | None) -> float | None:
    inside = series.iloc[:0] if period is None else within(series, period)
    return None if inside.empty else float(inside["value"].iloc[-1])


def _gain_in(
    series: pd.DataFrame, period: Period | None, published_at: datetime | None
) -> float | None:
    """A counter's growth: unknown without a snapshot shortly before, unless it came out since."""
    if period is None:
        return None
    inside = within(series, period)
    if inside.empty:
        return None
    oldest = period.start - widest_gap(period.end - period.start)
    earlier = series[(series["time"] >= oldest) & (series["time"] < period.start)]
    if not earlier.empty:
        return float(inside["value"].iloc[-1] - earlier["value"].iloc[-1])
    if published_at is not None and published_at >= period.start:
        return float(inside["value"].iloc[-1])
    return None


def steps_of(series: pd.DataFrame) -> pd.DataFrame:
    """A counter's growth from snapshot to snapshot: `start`, `end`, `gain`, `a_day`, `gap`.

    `a_day` is the average over the step, which says something about a single day only where the
    step is no `gap`.
    """
    times, values = series["time"], series["value"]
    days = times.diff().dt.total_seconds().to_numpy(dtype=np.float64) / _DAY_SECONDS
    steps = pd.DataFrame(
        {
            "start": times.shift(),
            "end": times,
            "gain": values.diff(),
            "a_day": values.diff().to_numpy(dtype=np.float64) / np.where(days > 0, days, np.nan),
            "gap": times.diff() > widest_step(series),
        }
    )
    return steps.iloc[1:].reset_index(drop=True)


def widest_step(series: pd.DataFrame) -> timedelta:
    """The longest step between two snapshots that is no gap: 36 hours, or 1.5 usual steps."""
    usual = float(series["time"].diff().dt.total_seconds().median())
    return _SMALLEST_GAP if isnan(usual) else max(_SMALLEST_GAP, timedelta(seconds=1.5 * usual))


def with_gaps(series: pd.DataFrame) -> pd.DataFrame:
    """The series with an empty value in the middle of each gap: no line is drawn over it."""
    step = series["time"].diff()
    after = series[step > widest_step(series)]
    holes = pd.DataFrame(
        {"time": after["time"] - step[after.index] / 2, "value": np.full(len(after), np.nan)}
    ).astype({"time": series["time"].dtype})
    if holes.empty:
        return series
    return pd.concat([series, holes]).sort_values("time", ignore_index=True)


def falls_in(series: pd.DataFrame) -> pd.DataFrame:
    """The snapshots whose value is below the one before."""
    return series[series["value"].diff() < 0].reset_index(drop=True)


def thinned(series: pd.DataFrame, *, most: int = MOST_POINTS) -> pd.DataFrame:
    """At most so many points, evenly chosen, the first and the last among them."""
    if len(series) <= most:
        return series
    chosen = np.unique(np.linspace(0, len(series) - 1, most).round().astype(int))
    return series.iloc[chosen].reset_index(drop=True)


def complete_before(metric: Metric, *, now: datetime) -> datetime:
    """From this instant on a number may still change: its day, or its report, is not over."""
    return now - timedelta(days=1) - metric.lag


def sparkline(series: pd.DataFrame, kind: MetricKind, *, most: int = 60) -> list[float]:
    """The last values for a small chart: gains a day for a counter that has some, else values."""
    values = series["value"]
    if kind is MetricKind.COUNTER and len(series) > 2:  # noqa: PLR2004 - two steps make a shape
        values = steps_of(series)["a_day"].dropna()
    return [float(value) for value in values.tail(most)]


def leaderboard(
    latest: Sequence[object],
    gains: Iterable[tuple[int, float | None]],
    recent: Mapping[int, list[float]],
) -> pd.DataFrame:
    """One row a release: its total, what it gained, and its last values, the most gained first."""
    table = pd.DataFrame(latest)
    table["gain"] = table["release_id"].map(dict(gains)).astype("float64")
    table["trend"] = table["release_id"].map(recent)
    return table.sort_values(
        ["gain", "metric_value"], ascending=False, na_position="last", ignore_index=True
    )
