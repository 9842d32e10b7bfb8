"""Charts of how an estimate went, which releases made it, and what would be proposed next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from noktvrn_ai_artist.analytics.source_course import CoursePoint
from noktvrn_ai_artist.analytics.source_records import Candidate, Contribution
from streamlit_app.analytics.charts import ALARM, BAND, INK, QUIET, Chart, cut, harmless
from streamlit_app.analytics.periods import shown_day
from streamlit_app.sources.frames import Labels, label_of

STRONGEST = 10
_PANEL, _FRAME = 130, 70
_ROOM = 0.7  # beside the longest bar, for its number, on a narrow screen too


def course_chart(courses: Mapping[str, Sequence[CoursePoint]], zone: tzinfo) -> Chart:
    """A panel for each source on one scale: its estimate and interval, hollow on too little."""
    names = list(courses)
    height = _PANEL * len(names) + _FRAME
    figure = make_subplots(
        rows=len(names),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.3, 34 / height),
        subplot_titles=[f"<b>{cut(name)}</b>" for name in names],
    )
    for row, name in enumerate(names, start=1):
        _add_course(figure, courses[name], row=row, zone=zone)
    figure.add_hline(y=0, line={"color": QUIET, "width": 1.5, "dash": "dot"})
    figure.update_layout(
        height=height, margin={"l": 4, "r": 8, "t": 28, "b": 4}, showlegend=False, hovermode="x"
    )
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    points = [point.standing for course in courses.values() for point in course]
    low, high = min(one.low for one in points), max(one.high for one in points)
    figure.update_yaxes(range=[low - 0.1, high + 0.1], nticks=4, tickformat="+.1f", zeroline=False)
    figure.update_xaxes(showgrid=False, nticks=6)
    says = " ".join(_course_says(name, course, zone) for name, course in courses.items())
    return Chart(figure=figure, says=says)


def effects_chart(contributions: Sequence[Contribution], labels: Labels) -> Chart:
    """The releases that move an estimate most: up solid, down hatched."""
    shown = contributions[:STRONGEST]
    names = [label_of(one.release_id, labels) for one in shown]
    effects = [one.effect for one in shown]
    bars = go.Bar(
        x=effects,
        y=list(range(len(shown))),
        orientation="h",
        marker={
            "color": [ALARM if effect < 0 else INK for effect in effects],
            "pattern": {"shape": ["/" if effect < 0 else "" for effect in effects]},
        },
        text=[f"{effect:+.3f}" for effect in effects],
        textposition="outside",
        cliponaxis=False,
        customdata=[(harmless(name), one.share) for name, one in zip(names, shown, strict=True)],
        hovertemplate="%{customdata[0]}: %{x:+.3f}, %{customdata[1]:.0%} of its clips"
        "<extra></extra>",
    )
    figure = _bars(bars, names)
    room = _ROOM * max((abs(effect) for effect in effects), default=1.0)
    lowest, highest = min([0.0, *effects]), max([0.0, *effects])
    figure.update_xaxes(
        visible=False,
        range=[lowest - room if lowest < 0 else 0.0, highest + room if highest > 0 else 0.0],
    )
    says = (
        f"{names[0]} moves the estimate most, by {effects[0]:+.3f}; "
        f"the strongest {len(shown)} of {len(contributions)} releases are shown."
        if shown
        else "No scored release yet."
    )
    return Chart(figure=figure, says=says)


def chance_chart(candidates: Sequence[Candidate], top_n: int) -> Chart:
    """How likely each source is to be among the first to be proposed, the likeliest first."""
    ordered = sorted(candidates, key=lambda one: (-one.probability, one.source))
    bars = go.Bar(
        x=[one.probability for one in ordered],
        y=list(range(len(ordered))),
        orientation="h",
        marker={"color": INK},
        text=[f"{one.probability:.0%}" for one in ordered],
        textposition="outside",
        cliponaxis=False,
        customdata=[(harmless(one.source), one.mean, one.sd) for one in ordered],
        hovertemplate="%{customdata[0]}: %{x:.0%}, estimate %{customdata[1]:+.2f} "
        "± %{customdata[2]:.2f}<extra></extra>",
    )
    figure = _bars(bars, [one.source for one in ordered])
    figure.update_xaxes(visible=False, range=[0, 1.18])
    likely = ", ".join(f"{one.source} {one.probability:.0%}" for one in ordered[: top_n + 1])
    return Chart(figure=figure, says=f"Probability of being among the first {top_n}: {likely}.")


def _bars(bars: go.Bar, names: Sequence[str]) -> go.Figure:
    figure = go.Figure(bars)
    figure.update_layout(
        height=max(120, 34 * len(names) + 20),
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        showlegend=False,
        bargap=0.25,
    )
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(range(len(names))),
        ticktext=[cut(name, 24) for name in names],
        showgrid=False,
        automargin=True,
        zeroline=False,
    )
    return figure


def _add_course(
    figure: go.Figure, course: Sequence[CoursePoint], *, row: int, zone: tzinfo
) -> None:
    days = [point.instant.astimezone(zone).replace(tzinfo=None) for point in course]
    standings = [point.standing for point in course]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    lows, highs = [one.low for one in standings], [one.high for one in standings]
    figure.add_trace(go.Scatter(x=days, y=lows, **edge), row=row, col=1)
    figure.add_trace(
        go.Scatter(x=days, y=highs, fill="tonexty", fillcolor=BAND, **edge), row=row, col=1
    )
    figure.add_trace(
        go.Scatter(
            x=days,
            y=[one.mean for one in standings],
            mode="lines+markers",
            line={"color": INK, "width": 2.5},
            marker={
                "size": 8,
                "symbol": ["circle" if one.enough_evidence else "circle-open" for one in standings],
                "line": {"width": 1.5},
            },
            customdata=[(one.low, one.high, one.releases) for one in standings],
            hovertemplate="%{y:+.2f} (%{customdata[0]:+.2f} to %{customdata[1]:+.2f}), "
            "%{customdata[2]} releases<extra></extra>",
        ),
        row=row,
        col=1,
    )


def _course_says(name: str, course: Sequence[CoursePoint], zone: tzinfo) -> str:
    first, last = course[0], course[-1]
    if len(course) == 1:
        return f"{name}: {last.standing.mean:+.2f} now; no earlier day is known."
    day = shown_day(first.instant.astimezone(zone).date())
    return f"{name}: {first.standing.mean:+.2f} on {day}, {last.standing.mean:+.2f} now."
