"""Time series of one release: small charts by platform, each with its own axis."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics import charts
from streamlit_app.analytics.frames import complete_before, metrics_in, series_of, within
from streamlit_app.analytics.marks import marks_in
from streamlit_app.analytics.periods import Period
from streamlit_app.analytics.wording import metric_name, plain, plural
from streamlit_app.components.days import shown_stamp, zone_of
from streamlit_app.components.measure_chooser import Measure, measure_name
from streamlit_app.components.show import show_chart
from streamlit_app.components.time_zone import shown_zone

_TOTAL, _GAIN = "Total", "Gain a day"
_SOURCES = {"manual": "entered by hand", "csv": "a CSV file", "python": "a program"}


def show_history(release: Release, numbers: pd.DataFrame, period: Period) -> None:
    """Every metric over the period, counters as totals or as what they gained a day."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Over time", width="content")
        shape = st.segmented_control(
            "Counters as",
            [_TOTAL, _GAIN],
            default=_TOTAL,
            required=True,
            key="counters",
            bind="query-params",
            label_visibility="collapsed",
            help="Counters run up since publication; their gain a day is the slope.",
        )
    measures = metrics_in(numbers)
    seen = [m for m in measures if not _series_in(period, numbers, m).empty]
    with st.grid(min(2, max(1, len(seen))), min_column_width=330) as grid:
        for measure in seen:
            with grid.cell(), st.container(border=True, height="stretch"):
                _show_series(release, numbers, measure, period, as_gain=shape == _GAIN)
    _name_the_unseen(numbers, [measure for measure in measures if measure not in seen])
    st.caption(" ".join(_sources(numbers)))


def _series_in(period: Period, numbers: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    return within(series_of(numbers, *measure), period.in_zone(zone_of(measure)))


def _show_series(
    release: Release,
    numbers: pd.DataFrame,
    measure: Measure,
    period: Period,
    *,
    as_gain: bool,
) -> None:
    metric = resources.catalogue().metric(*measure)
    series = _series_in(period, numbers, measure)
    gained = as_gain and metric.kind is MetricKind.COUNTER
    how = " gained a day" if gained else _suffix(metric)
    st.markdown(f"{plain(measure[0])} · **{metric_name(metric.name)}**{how}")
    if gained and len(series) == 1:
        st.caption("– one snapshot in this period: what was gained is not known")
        return
    look = _look(release, measure, metric, period)
    key = "_".join(("history", *measure))
    if metric.kind is MetricKind.DAILY:
        show_chart(charts.amount_chart(series, look), key=key)
    elif gained:
        show_chart(charts.gain_chart(series, look), key=key)
    else:
        show_chart(charts.total_chart(series, look), key=key)


def _suffix(metric: Metric) -> str:
    return {
        MetricKind.COUNTER: " in total",
        MetricKind.DAILY: " a day",
        MetricKind.GAUGE: "",
        MetricKind.ROLLING_UNIQUE: " in its window",
        MetricKind.RATIO: f", {metric.unit}",
    }[metric.kind]


def _look(release: Release, measure: Measure, metric: Metric, period: Period) -> charts.Look:
    zone = zone_of(measure)
    return charts.Look(
        name=measure_name(measure),
        unit=metric.unit,
        zone=zone,
        incomplete=complete_before(metric, now=datetime.now(UTC)),
        marks=marks_in(
            period.in_zone(zone),
            metric=metric,
            events=resources.events(release.release_id),
            published=[(release.published_at, "published")],
        ),
    )


def _name_the_unseen(numbers: pd.DataFrame, measures: list[Measure]) -> None:
    for platform, of_platform in groupby(measures, key=lambda measure: measure[0]):
        names = ", ".join(metric_name(metric).lower() for _, metric in of_platform)
        rows = numbers[numbers["platform"] == platform]
        last = rows.loc[rows["recorded_at"].idxmax()]
        newest = shown_stamp((platform, last["metric_type"]), last["recorded_at"])
        st.caption(
            f"– {plain(platform)}: no value of {names} in this period; the newest is of {newest}."
        )


def _sources(numbers: pd.DataFrame) -> list[str]:
    """Where the numbers of each platform come from, and the zone they are shown in."""
    said = []
    for platform, of_platform in numbers.groupby("platform", observed=True):
        names = sorted({_SOURCES.get(name, name) for name in of_platform["source"].unique()})
        said.append(
            f"{plain(str(platform))}: {plural(len(of_platform), 'value')} from {', '.join(names)}."
        )
    return [*said, f"Counted by the platforms themselves; times in {shown_zone().key}."]
