"""The cards at the top of a release's page: value, change, and a small chart."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics.frames import (
    Change,
    change_of,
    metrics_in,
    series_of,
    sparkline,
    within,
)
from streamlit_app.analytics.periods import Period
from streamlit_app.analytics.wording import (
    MISSING,
    kind_name,
    percent,
    plural,
    short,
    shown_time,
    signed,
)
from streamlit_app.components.measure_chooser import measure_name
from streamlit_app.components.time_zone import shown_zone

_MOST_COLUMNS = 4


def show_figures(release: Release, numbers: pd.DataFrame, period: Period) -> None:
    """One card for each metric of each platform."""
    measures = metrics_in(numbers)
    with st.grid(min(_MOST_COLUMNS, len(measures)), min_column_width=190):
        for platform, name in measures:
            metric = resources.catalogue().metric(platform, name)
            series = series_of(numbers, platform, name)
            change = change_of(series, period, kind=metric.kind, published_at=release.published_at)
            _show_card(measure_name((platform, name)), metric, series, change, period)


def _show_card(
    label: str, metric: Metric, series: pd.DataFrame, change: Change, period: Period
) -> None:
    delta, description = _change_in_words(change, metric.kind, period)
    spark = sparkline(within(series, period), metric.kind)
    st.metric(
        label,
        MISSING if change.value is None else short(change.value),
        delta,
        delta_description=description,
        delta_color="normal" if change.now is None or metric.name != "dislikes" else "off",
        chart_data=spark if len(spark) > 1 else None,
        chart_type="bar" if metric.kind is MetricKind.DAILY else "area",
        border=True,
        height="stretch",
        help=_help(metric, series, period),
    )


def _change_in_words(change: Change, kind: MetricKind, period: Period) -> tuple[str | None, str]:
    """The change itself, and what it is measured against or why there is none."""
    stretch = plural(period.days, "day")
    if change.value is None:
        return None, "no value in this period"
    share = f"{percent(change.share)} on the {stretch} before" if change.share is not None else ""
    if kind is MetricKind.COUNTER:
        if change.now is None:
            return None, "gain not known: first seen in this period"
        if change.from_start:
            return signed(change.now), "since publication"
        return signed(change.now), f"in {stretch}" + (f", {share}" if share else "")
    if change.share is None:
        return None, f"no value in the {stretch} before"
    return percent(change.share), f"on the {stretch} before"


def _help(metric: Metric, series: pd.DataFrame, period: Period) -> str:
    newest = series["time"].iloc[-1].to_pydatetime()
    meaning = metric.definition_at(newest)
    said = f" {meaning.meaning[0].upper()}{meaning.meaning[1:]}." if meaning else ""
    drawn = "what was gained a day" if metric.kind is MetricKind.COUNTER else "the values"
    return (
        f"{metric.name}: {kind_name(metric.kind)}, in {metric.unit}.{said} Newest value: "
        f"{shown_time(newest, shown_zone())}. The small chart shows {drawn} in {period}."
    )
