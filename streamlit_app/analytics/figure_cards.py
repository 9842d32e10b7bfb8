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
from streamlit_app.analytics.periods import Comparison, Period, Span
from streamlit_app.analytics.wording import (
    MISSING,
    compared_words,
    kind_name,
    percent,
    plain,
    plural,
    short,
    signed,
)
from streamlit_app.components.days import shown_stamp, zone_of
from streamlit_app.components.measure_chooser import Measure, measure_name

_MOST_COLUMNS = 4


def show_figures(release: Release, numbers: pd.DataFrame, span: Span) -> None:
    """One card for each metric of each platform."""
    measures = metrics_in(numbers)
    with st.grid(min(_MOST_COLUMNS, len(measures)), min_column_width=190):
        for measure in measures:
            metric, own = resources.catalogue().metric(*measure), span.in_zone(zone_of(measure))
            series = series_of(numbers, *measure)
            change = change_of(
                series,
                own.period,
                compared=own.compared,
                kind=metric.kind,
                published_at=release.published_at,
            )
            _show_card(measure, metric, series, change, own)


def _show_card(
    measure: Measure, metric: Metric, series: pd.DataFrame, change: Change, span: Span
) -> None:
    delta, description = change_in_words(change, metric.kind, span)
    spark = sparkline(within(series, span.period), metric.kind)
    st.metric(
        plain(measure_name(measure)),
        MISSING if change.value is None else short(change.value),
        delta,
        delta_description=description,
        delta_color="normal" if change.now is None or metric.name != "dislikes" else "off",
        chart_data=spark if len(spark) > 1 else None,
        chart_type="bar" if metric.kind is MetricKind.DAILY else "area",
        border=True,
        height="stretch",
        help=_help(measure, metric, series, span.period),
    )


def change_in_words(change: Change, kind: MetricKind, span: Span) -> tuple[str | None, str | None]:
    """The change itself, and what it is measured against or why there is none."""
    if change.value is None:
        return None, "no value in this period"
    if kind is MetricKind.COUNTER:
        return _gain_in_words(change, span)
    if span.compared is None:
        return None, None
    if change.share is not None:
        return percent(change.share), f"on {compared_words(span)}"
    return None, f"{compared_words(span)}: {'0' if change.before == 0 else 'no value'}"


def _gain_in_words(change: Change, span: Span) -> tuple[str | None, str]:
    """What a counter gained; how that compares comes second, where it is known."""
    if change.now is None:
        return None, "gain not known: first seen in this period"
    if change.from_start:
        return signed(change.now), "since publication"
    if span.compared is None:
        return signed(change.now), f"in {plural(span.period.days, 'day')}"
    if change.share is not None:
        return signed(change.now), f"{percent(change.share)} on {compared_words(span)}"
    earlier = "last year" if span.comparison is Comparison.LAST_YEAR else "before"
    return signed(change.now), f"{earlier}: {'0' if change.before == 0 else 'not known'}"


def _help(measure: Measure, metric: Metric, series: pd.DataFrame, period: Period) -> str:
    newest = series["time"].iloc[-1].to_pydatetime()
    meaning = metric.definition_at(newest)
    said = f" {meaning.meaning[0].upper()}{meaning.meaning[1:]}." if meaning else ""
    drawn = "the values"
    if metric.kind is MetricKind.COUNTER:
        drawn = "what was gained a day, the change all that was gained,"
    return (
        f"{metric.name}: {kind_name(metric.kind)}, in {metric.unit}.{said} Newest value: "
        f"{shown_stamp(measure, newest)}. The small chart shows {drawn} in {period}."
    )
