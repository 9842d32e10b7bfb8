"""The standings of stock sources as a figure: a point for the estimate, a line for its interval."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from noktvrn_ai_artist.analytics.source_records import Standing
from streamlit_app.analytics.charts import INK, QUIET, Chart, harmless


def standing_chart(standings: Sequence[Standing]) -> Chart:
    """Sources from the best down; hollow and dashed where there is too little data."""
    figure = go.Figure()
    places = {standing.source: place for place, standing in enumerate(standings)}
    for enough in (True, False):
        shown = [standing for standing in standings if standing.enough_evidence is enough]
        if shown:
            _add_intervals(figure, shown, places, enough=enough)
            figure.add_trace(_points(shown, places, enough=enough))
    figure.add_vline(x=0, line={"color": QUIET, "width": 1.5, "dash": "dot"})
    figure.update_layout(
        height=max(200, 46 * len(standings) + 80),
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
    )
    figure.update_xaxes(title="Standard deviations from the average source", zeroline=False)
    figure.update_yaxes(
        tickvals=list(places.values()),
        ticktext=[harmless(source) for source in places],
        range=[len(places) - 0.5, -0.5],
        showgrid=False,
        automargin=True,
        zeroline=False,
    )
    return Chart(figure=figure, says=_says(standings))


def _add_intervals(
    figure: go.Figure, shown: Sequence[Standing], places: dict[str, int], *, enough: bool
) -> None:
    for standing in shown:
        place = places[standing.source]
        figure.add_trace(
            go.Scatter(
                x=[standing.low, standing.high],
                y=[place, place],
                mode="lines",
                line={
                    "color": INK if enough else QUIET,
                    "width": 5 if enough else 2,
                    "dash": "solid" if enough else "dot",
                },
                opacity=0.45 if enough else 1,
                showlegend=False,
                hoverinfo="skip",
            )
        )


def _points(shown: Sequence[Standing], places: dict[str, int], *, enough: bool) -> go.Scatter:
    return go.Scatter(
        x=[standing.mean for standing in shown],
        y=[places[standing.source] for standing in shown],
        mode="markers",
        marker={
            "size": 13,
            "symbol": "circle" if enough else "circle-open",
            "color": INK if enough else QUIET,
            "line": {"width": 2},
        },
        name="Estimate and interval" if enough else "Too little data",
        customdata=[
            (harmless(standing.source), standing.low, standing.high, standing.releases)
            for standing in shown
        ],
        hovertemplate="%{customdata[0]}: %{x:+.2f} (%{customdata[1]:+.2f} to "
        "%{customdata[2]:+.2f}), %{customdata[3]} releases<extra></extra>",
    )


def _says(standings: Sequence[Standing]) -> str:
    judged = [standing for standing in standings if standing.enough_evidence]
    few = len(standings) - len(judged)
    rest = f" {few} of {len(standings)} have too little data." if few else ""
    if not judged:
        return f"No source has three scored releases yet; nothing is judged.{rest}"
    best = judged[0]
    rivals = [standing.source for standing in judged[1:] if standing.high > best.low]
    verdict = (
        f"its interval overlaps with {', '.join(rivals)}, so the order may be chance"
        if rivals
        else "its interval lies above all others"
    )
    return (
        f"{best.source} has the highest estimate, {best.mean:+.2f} "
        f"({best.low:+.2f} to {best.high:+.2f}), the best with {best.probability_best:.0%}; "
        f"{verdict}.{rest}"
    )
