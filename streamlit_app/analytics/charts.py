"""Figures out of series: each chart carries the sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import pandas as pd
import plotly.graph_objects as go

from streamlit_app.analytics import frames
from streamlit_app.analytics.periods import shown_day
from streamlit_app.analytics.wording import plural, short, shown_time, whole

# Each at least 3:1 against the light and the dark background of the theme (config.toml).
INK, QUIET, ALARM, BAND = "#6d5ef6", "#7d8296", "#d9480f", "rgba(125,130,150,0.28)"
_HEIGHT = 270


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure and what it shows, in a sentence."""

    figure: go.Figure
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event worth a vertical line."""

    when: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a time series is drawn with: its name and unit, the zone, and what to mark.

    From `incomplete` on a number may still change, and is drawn dashed.
    """

    name: str
    unit: str
    zone: tzinfo
    incomplete: datetime
    marks: Sequence[Mark] = ()


def total_chart(series: pd.DataFrame, look: Look) -> Chart:
    """The values as a line: gaps stay open, falls are marked, what may still change is dashed."""
    points = frames.thinned(series)
    falls = frames.falls_in(points)
    figure = _empty_figure(hover="x unified")
    for part, dash in _complete_and_open(points, look.incomplete):
        figure.add_trace(_line(frames.with_gaps(part), look, dash=dash))
    if not falls.empty:
        figure.add_trace(_fall_marks(falls, look))
    _draw_marks(figure, look)
    return Chart(figure=figure, says=_total_says(series, falls, look))


def gain_chart(series: pd.DataFrame, look: Look) -> Chart:
    """A counter's growth a day, a bar from snapshot to snapshot; over a gap an average, hatched."""
    steps = frames.steps_of(frames.thinned(series))
    figure = _empty_figure(hover="closest")
    width = (steps["end"] - steps["start"]).dt.total_seconds() * 1000
    middle = _local(steps["start"] + (steps["end"] - steps["start"]) / 2, look.zone)
    open_end = steps["end"] > pd.Timestamp(look.incomplete)
    figure.add_trace(
        go.Bar(
            x=middle,
            y=steps["a_day"],
            width=width * 0.86,
            marker={
                "color": [ALARM if gain < 0 else INK for gain in steps["gain"]],
                "pattern": {"shape": _patterns(steps["gap"], open_end)},
            },
            customdata=[_step_says(step, look.zone) for step in steps.itertuples()],
            hovertemplate="%{y:,.0f} a day<br>%{customdata}<extra></extra>",
            name=look.name,
        )
    )
    _draw_marks(figure, look)
    says = _gain_says(steps, look) + _open_says(bool(open_end.any()))
    return Chart(figure=figure, says=says)


def amount_chart(series: pd.DataFrame, look: Look) -> Chart:
    """Daily amounts, one bar a day; a day without a number stays empty."""
    days = frames.thinned(series)
    open_end = days["time"] > pd.Timestamp(look.incomplete)
    figure = _empty_figure(hover="x")
    figure.add_trace(
        go.Bar(
            x=_local(days["time"], look.zone),
            y=days["value"],
            marker={
                "color": INK,
                "pattern": {"shape": ["." if part else "" for part in open_end]},
            },
            hovertemplate="%{y:,.0f}<extra></extra>",
            name=look.name,
        )
    )
    _draw_marks(figure, look)
    best = days.iloc[int(days["value"].argmax())]
    says = (
        f"{look.name} a day: {plural(len(days), 'day')} known, the most "
        f"{whole(best['value'])} on {shown_time(best['time'], look.zone).split(',')[0]}."
    )
    return Chart(figure=figure, says=says + _open_says(bool(open_end.any())))


def ranking_chart(
    names: Sequence[str], values: Sequence[float], *, highlighted: int | None, what: str
) -> Chart:
    """Horizontal bars, the largest first, each with its value; one may be highlighted."""
    colours = [INK if highlighted in {None, place} else QUIET for place in range(len(names))]
    shown = [
        f"<b>{cut(name)}</b>" if place == highlighted else cut(name)
        for place, name in enumerate(names)
    ]
    figure = _empty_figure(hover="closest", height=max(150, 34 * len(names) + 30))
    figure.add_trace(
        go.Bar(
            x=list(values),
            y=list(range(len(names))),
            orientation="h",
            marker={"color": colours},
            text=[short(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[harmless(name) for name in names],
            hovertemplate="%{customdata}: %{x:,.0f}<extra></extra>",
        )
    )
    ticks = {"tickvals": list(range(len(names))), "ticktext": shown}
    figure.update_yaxes(autorange="reversed", **ticks, showgrid=False, automargin=True)
    longest = max(values, default=1.0)
    figure.update_xaxes(visible=False, range=[min(0, *values, 0), longest * 1.18 or 1])
    leader = f"{names[0]} leads with {short(values[0])}" if names else "nothing to show"
    return Chart(figure=figure, says=f"{what}: {leader}, of {len(names)} shown.")


def daily_chart(days: Sequence[object], look: Look) -> Chart:
    """What all releases gained together a day; a day that is not known stays empty."""
    table = pd.DataFrame(days)
    open_end = pd.to_datetime(table["day"], utc=True) > pd.Timestamp(look.incomplete)
    figure = _empty_figure(hover="x", height=370)
    figure.add_trace(
        go.Bar(
            x=table["day"],
            y=table["gain"],
            marker={
                "color": INK,
                "pattern": {"shape": ["." if part else "" for part in open_end]},
            },
            customdata=table["releases"],
            hovertemplate="%{y:,.0f} over %{customdata} releases<extra></extra>",
        )
    )
    _draw_marks(figure, look)
    best = table.iloc[int(table["gain"].argmax())]
    between = (table["day"].iloc[-1] - table["day"].iloc[0]).days + 1 - len(table)
    most = f"the most, {short(best['gain'])}, on {shown_day(best['day'])}"
    says = f"{look.name} gained a day ({look.zone}): {most}."
    if between:
        says += f" {plural(between, 'day')} in between not known, left empty."
    return Chart(figure=figure, says=says + _open_says(bool(open_end.any())))


def _patterns(gaps: pd.Series, open_end: pd.Series) -> list[str]:
    """Hatched over a gap, dotted where it may still change: told apart without colour."""
    return ["/" if gap else "." if part else "" for gap, part in zip(gaps, open_end, strict=True)]


def _empty_figure(*, hover: str, height: int = _HEIGHT) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 8, "t": 12, "b": 4},
        hovermode=hover,
        showlegend=False,
        bargap=0.15,
    )
    figure.update_yaxes(rangemode="tozero", nticks=5, tickformat="~s", automargin=True, title=None)
    figure.update_xaxes(showgrid=False, nticks=7, title=None)
    return figure


def _line(points: pd.DataFrame, look: Look, *, dash: str) -> go.Scatter:
    return go.Scatter(
        x=_local(points["time"], look.zone),
        y=points["value"].where(points["value"].notna(), None),
        mode="lines+markers",
        connectgaps=False,
        line={"color": INK, "width": 2.5, "dash": dash},
        marker={"size": 5 if len(points) < 100 else 1, "color": INK},  # noqa: PLR2004 - room to see
        hovertemplate="%{y:,.6~g}<extra></extra>",
        name=look.name,
    )


def _fall_marks(falls: pd.DataFrame, look: Look) -> go.Scatter:
    return go.Scatter(
        x=_local(falls["time"], look.zone),
        y=falls["value"],
        mode="markers+text",
        marker={"symbol": "triangle-down", "size": 13, "color": ALARM},
        text=["fell"] * len(falls),
        textposition="bottom center",
        hovertemplate="fell to %{y:,.6~g}<extra></extra>",
        name="fell",
    )


def _draw_marks(figure: go.Figure, look: Look) -> None:
    for mark in look.marks:
        when = mark.when.astimezone(look.zone).replace(tzinfo=None)
        figure.add_vline(x=when, line={"color": QUIET, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=when,
            y=1,
            yref="paper",
            text=cut(mark.text, 28),
            hovertext=harmless(mark.text),
            showarrow=False,
            xanchor="left",
            yanchor="top",
            xshift=4,
            font={"size": 11},
        )


def _complete_and_open(
    points: pd.DataFrame, incomplete: datetime
) -> list[tuple[pd.DataFrame, str]]:
    is_open = points["time"] > pd.Timestamp(incomplete)
    if not is_open.any():
        return [(points, "solid")]
    first = int(is_open.to_numpy().argmax())
    return [(points.iloc[:first], "solid"), (points.iloc[max(first - 1, 0) :], "dash")]


def _local(times: pd.Series, zone: tzinfo) -> pd.Series:
    local: pd.Series = times.dt.tz_convert(zone).dt.tz_localize(None)
    return local


def _step_says(step: object, zone: tzinfo) -> str:
    start, end = getattr(step, "start"), getattr(step, "end")  # noqa: B009 - rows have no type
    kind = "average over a gap" if getattr(step, "gap") else "between"  # noqa: B009
    return f"{kind}: {shown_time(start, zone)} – {shown_time(end, zone)}"


def _total_says(series: pd.DataFrame, falls: pd.DataFrame, look: Look) -> str:
    first, last = series.iloc[0], series.iloc[-1]
    fell = f" It fell {plural(len(falls), 'time')}, marked with a triangle." if len(falls) else ""
    is_open = bool((series["time"] > pd.Timestamp(look.incomplete)).any())
    if len(series) == 1:
        return f"{look.name}: one value, {short(last['value'])}.{_open_says(is_open)}"
    return (
        f"{look.name}, from {short(first['value'])} on {_day(first['time'], look.zone)} to "
        f"{short(last['value'])} on {_day(last['time'], look.zone)}.{fell}{_open_says(is_open)}"
    )


def _gain_says(steps: pd.DataFrame, look: Look) -> str:
    gaps = int(steps["gap"].sum())
    best = steps.iloc[int(steps["a_day"].argmax())]
    hatched = f" {plural(gaps, 'gap')} hatched: an average there." if gaps else ""
    return (
        f"{look.name} gained a day: the most {short(best['a_day'])}, up to "
        f"{_day(best['end'], look.zone)}.{hatched}"
    )


def _open_says(is_open: bool) -> str:
    return " The last part may still change." if is_open else ""


def _day(when: pd.Timestamp, zone: tzinfo) -> str:
    return shown_time(when.to_pydatetime(), zone).split(",")[0]


def harmless(text: str) -> str:
    """A text that a chart does not take for mark-up."""
    return text.replace("<", "‹").replace(">", "›")


def cut(text: str, most: int = 30) -> str:
    """A harmless text of at most so many characters, for where there is little room."""
    shown = harmless(text)
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"
