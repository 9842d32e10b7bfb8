"""Bars: a release among its artist's releases, and across the platforms it is on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_questions import LatestValue
from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics.charts import ranking_chart
from streamlit_app.analytics.frames import GROWING, metrics_in, series_of
from streamlit_app.analytics.wording import plain, short
from streamlit_app.components.measure_chooser import Measure, measure_name
from streamlit_app.components.show import show_chart

_MOST, _FEWEST = 10, 2
_REACH = {"views", "streams", "plays"}


def show_rankings(release: Release, numbers: pd.DataFrame) -> None:
    """Two charts side by side, each with its own question."""
    reach = [measure for measure in sorted(metrics_in(numbers)) if measure[1] in _REACH]
    counters = [m for m in metrics_in(numbers) if _kind(m) is MetricKind.COUNTER]
    ranked = [m for m in reach if _kind(m) is MetricKind.COUNTER] or counters
    compared = [m for m in reach if _kind(m) in GROWING]
    columns = st.columns(2 if len(compared) >= _FEWEST else 1)
    with columns[0].container(border=True, height="stretch"):
        st.header("Among releases")
        if ranked:
            _show_among_releases(release, ranked[0])
        else:
            st.caption("– no counter is known of this release.")
    if len(compared) >= _FEWEST:
        with columns[1].container(border=True, height="stretch"):
            st.header("Across platforms")
            _show_across_platforms(numbers, compared)
    if len(compared) == 1:
        st.caption(
            f"Across platforms: numbers of {plain(compared[0][0])} only; a second platform makes a "
            "chart."
        )


def _show_among_releases(release: Release, measure: Measure) -> None:
    whose = release.artist
    latest = resources.latest_values(*measure, release.artist_id)
    if len(latest) < _FEWEST:
        whose = f"all on {measure[0]}"
        latest = resources.latest_values(*measure, None)
    ordered = sorted(latest, key=lambda value: -value.metric_value)
    places = {value.release_id: place for place, value in enumerate(ordered)}
    if release.release_id not in places:
        # The totals were read a little before its first numbers came in.
        st.caption("– this release is not counted yet; reload the page in a minute.")
        return
    place = places[release.release_id]
    shown = _with_own(ordered, place)
    chart = ranking_chart(
        [value.title for value in shown],
        [value.metric_value for value in shown],
        highlighted=min(place, len(shown) - 1),
        what=f"{measure_name(measure)} of {whose}, newest totals",
    )
    show_chart(chart, key="among")
    st.caption(f"This release is number {place + 1:,} of {len(ordered):,} with this number.")


def _with_own(ordered: list[LatestValue], place: int) -> list[LatestValue]:
    """The first ones; the release itself takes the last line where it is further down."""
    if place < _MOST:
        return ordered[:_MOST]
    return [*ordered[: _MOST - 1], ordered[place]]


def _show_across_platforms(numbers: pd.DataFrame, measures: list[Measure]) -> None:
    reached = sorted(((_reached(numbers, measure), measure) for measure in measures), reverse=True)
    chart = ranking_chart(
        [measure_name(measure) for _, measure in reached],
        [value for value, _ in reached],
        highlighted=None,
        what="Reach so far by platform",
    )
    show_chart(chart, key="across")
    total = ", ".join(f"{measure_name(measure)} {short(value)}" for value, measure in reached)
    st.caption(
        f"{plain(total)}. Each platform counts in its own way, so the bars compare only roughly; "
        "daily amounts are added up over the days that are known."
    )


def _reached(numbers: pd.DataFrame, measure: Measure) -> float:
    values = series_of(numbers, *measure)["value"]
    return float(values.sum() if _kind(measure) is MetricKind.DAILY else values.iloc[-1])


def _kind(measure: Measure) -> MetricKind:
    return resources.catalogue().metric(*measure).kind
