"""A release by its age beside the usual band, and the little table of ages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from noktvrn_ai_artist.analytics.growth_curves import (
    AGES,
    Band,
    GrowthCurve,
    Maturity,
    value_at,
)
from streamlit_app.analytics.charts import ALARM, BAND, INK, QUIET, Chart
from streamlit_app.analytics.wording import percent, short, whole

_SHORTEST_AXIS, _EARLY, _AGE_STEPS = 7.0, 365.0, 80
_REASONS = {
    Maturity.NOT_YET_MATURE: "too early",
    Maturity.NOT_OBSERVED: "not observed that early",
    Maturity.IN_A_GAP: "in a gap between snapshots",
    Maturity.NO_DATA: "no data",
}
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRow:
    """One age of the table: this release's value, or why there is none, and the usual one."""

    age: str
    value: float | None
    reason: str
    median: float | None
    low: float | None
    high: float | None
    releases: int


def axis_end(curve: GrowthCurve) -> float:
    """How many days are drawn: up to the newest snapshot of the first year."""
    if not curve.ages.size:
        return _SHORTEST_AXIS
    early = curve.ages[curve.ages <= _EARLY]
    return max(_SHORTEST_AXIS, 1.1 * float(early[-1] if early.size else curve.ages[-1]))


def axis_ages(curve: GrowthCurve) -> tuple[float, ...]:
    """The ages (in days) to draw: to a little after the newest snapshot, and the table's ages."""
    table = [age / timedelta(days=1) for age in AGES]
    return tuple(sorted({*np.linspace(0, axis_end(curve), _AGE_STEPS).tolist(), *table}))


def age_rows(curve: GrowthCurve, band: Band) -> list[AgeRow]:
    """The value at 24 hours, 7 and 28 days beside the usual one."""
    rows = []
    for age in AGES:
        at = value_at(curve, age)
        place = int(np.argmin(np.abs(band.ages - age / timedelta(days=1))))
        usual = [float(values[place]) for values in (band.median, band.low, band.high)]
        median, low, high = (None if np.isnan(value) else value for value in usual)
        rows.append(
            AgeRow(
                age="24 hours" if age == timedelta(hours=24) else f"{age.days} days",
                value=at.value,
                reason=_REASONS.get(at.maturity, ""),
                median=median,
                low=low,
                high=high,
                releases=int(band.releases[place]),
            )
        )
    return rows


def age_table(rows: Sequence[AgeRow]) -> pd.DataFrame:
    """The rows in words: a number, or a dash and why it is not known."""
    few = f"– fewer than {_FEWEST} releases"
    return pd.DataFrame(
        {
            "Age": [row.age for row in rows],
            "This release": [
                f"– {row.reason}" if row.value is None else whole(row.value) for row in rows
            ],
            "Usual": [few if row.median is None else whole(row.median) for row in rows],
            "Middle half": [
                "–"
                if row.low is None or row.high is None
                else f"{short(row.low)} – {short(row.high)}"
                for row in rows
            ],
            "Difference": [
                "–" if row.value is None or not row.median else percent(row.value / row.median - 1)
                for row in rows
            ],
            "Releases known": [f"{row.releases:,}" for row in rows],
        }
    )


def age_chart(curve: GrowthCurve, band: Band, *, name: str, whose: str) -> Chart:
    """The release's total by age, over the median and the middle half of the others."""
    figure = go.Figure()
    end = axis_end(curve)
    ages, values = _with_gaps(curve)
    kept = ~np.isnan(band.median) & (band.ages <= end)
    if kept.any():
        _add_band(figure, band, kept)
    figure.add_trace(
        go.Scatter(
            x=ages,
            y=values,
            mode="lines+markers",
            connectgaps=False,
            line={"color": INK, "width": 3},
            marker={"size": 6},
            name="This release",
            hovertemplate="%{y:,.0f}<extra>this release</extra>",
        )
    )
    _mark_falls(figure, curve)
    _lay_out(figure, end)
    return Chart(figure=figure, says=_says(curve, band, kept, name=name, whose=whose))


def _with_gaps(curve: GrowthCurve) -> tuple[list[float], list[float]]:
    """The points of the line, with an empty one wherever nothing may be read in between."""
    ages, values = [float(curve.ages[0])], [float(curve.values[0])]
    for (before, after), value in zip(pairwise(curve.ages), curve.values[1:], strict=True):
        middle = float(before + after) / 2
        if value_at(curve, timedelta(days=middle)).maturity is Maturity.IN_A_GAP:
            ages.append(middle)
            values.append(float("nan"))
        ages.append(float(after))
        values.append(float(value))
    return ages, values


def _add_band(figure: go.Figure, band: Band, kept: np.ndarray) -> None:
    ages = band.ages[kept]
    hidden = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(x=ages, y=band.low[kept], showlegend=False, **hidden))
    figure.add_trace(
        go.Scatter(
            x=ages,
            y=band.high[kept],
            fill="tonexty",
            fillcolor=BAND,
            name="Usual: middle half",
            **hidden,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=ages,
            y=band.median[kept],
            mode="lines",
            line={"color": QUIET, "width": 2, "dash": "dash"},
            name="Usual: median",
            customdata=band.releases[kept],
            hovertemplate="%{y:,.0f}<extra>median of %{customdata}</extra>",
        )
    )


def _mark_falls(figure: go.Figure, curve: GrowthCurve) -> None:
    if curve.falls:
        places = list(curve.falls)
        figure.add_trace(
            go.Scatter(
                x=curve.ages[places],
                y=curve.values[places],
                mode="markers",
                marker={"symbol": "triangle-down", "size": 13, "color": ALARM},
                name="Fell",
            )
        )


def _lay_out(figure: go.Figure, end: float) -> None:
    figure.update_layout(
        height=340,
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
    )
    figure.update_yaxes(rangemode="tozero", nticks=6, tickformat="~s", automargin=True)
    figure.update_xaxes(range=[0, end], title="Days since publication", showgrid=False)


def _says(curve: GrowthCurve, band: Band, kept: np.ndarray, *, name: str, whose: str) -> str:
    age, value = float(curve.ages[-1]), float(curve.values[-1])
    here = f"{name}: {short(value)} after {age:,.1f} days"
    if age > axis_end(curve):
        here += f" (the first {axis_end(curve):,.0f} days are drawn)"
    left_out = (
        f" {curve.before_publication} stamped before publication left out."
        if curve.before_publication
        else ""
    )
    if not kept.any():
        return f"{here}. Too few other releases for a usual band.{left_out}"
    return f"{here}. {_where(curve, band, kept, whose=whose)}{left_out}"


def _where(curve: GrowthCurve, band: Band, kept: np.ndarray, *, whose: str) -> str:
    """Where the release stands at the last age that is known of it and of enough others."""
    for place in np.flatnonzero(kept)[::-1]:
        days = float(band.ages[place])
        value = value_at(curve, timedelta(days=days)).value
        if value is not None:
            low, median, high = (float(v[place]) for v in (band.low, band.median, band.high))
            where = "above" if value > high else "below" if value < low else "within"
            return (
                f"At {days:,.1f} days it was {where} the middle half ({whose}): "
                f"{short(low)} to {short(high)}, median {short(median)}."
            )
    return "At no age are both this release and enough others known."
