"""The progression of an artist's profile as a figure: a panel for each value, in steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from noktvrn_ai_artist.artist_evolution.profiles import HEAVIEST, NEUTRAL
from streamlit_app.analytics.charts import INK, QUIET, Chart, cut, harmless
from streamlit_app.analytics.periods import shown_day

Course = Sequence[tuple[datetime, float | None]]
_PANEL, _FRAME = 120, 70


def progression_chart(courses: Mapping[str, Course], zone: tzinfo) -> Chart:
    """How the weights of some values went, a panel each on one scale; 1 is neutral."""
    height = _PANEL * len(courses) + _FRAME
    figure = make_subplots(
        rows=len(courses),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.3, 34 / height),
        subplot_titles=[f"<b>{cut(name)}</b>" for name in courses],
    )
    for row, (name, course) in enumerate(courses.items(), start=1):
        figure.add_trace(_steps(name, course, zone), row=row, col=1)
    figure.add_hline(y=NEUTRAL, line={"color": QUIET, "width": 1.5, "dash": "dot"})
    figure.update_layout(height=height, margin={"l": 4, "r": 8, "t": 28, "b": 4}, showlegend=False)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    figure.update_yaxes(range=[-0.2, HEAVIEST + 0.2], nticks=3, zeroline=False)
    figure.update_xaxes(showgrid=False, nticks=6)
    return Chart(figure=figure, says=" ".join(_says(*item, zone) for item in courses.items()))


def _steps(name: str, course: Course, zone: tzinfo) -> go.Scatter:
    return go.Scatter(
        x=[instant.astimezone(zone) for instant, _ in course],
        y=[weight for _, weight in course],
        mode="lines+markers",
        line={"color": INK, "width": 2, "shape": "hv"},
        marker={"size": 8},
        connectgaps=False,
        name=harmless(name),
        hovertemplate="%{x|%d %b %Y}: %{y:.2f}<extra></extra>",
    )


def _says(name: str, course: Course, zone: tzinfo) -> str:
    days = [shown_day(instant.astimezone(zone).date()) for instant, _ in course]
    (_, first), (_, now) = course[0], course[-1]
    return f"{name}: {_weight(first)} before {days[0]}, {_weight(now)} since {days[-1]}."


def _weight(weight: float | None) -> str:
    return "not in the profile" if weight is None else f"weight {weight:.2f}"
