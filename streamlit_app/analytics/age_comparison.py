"""A release against the usual at equal age: its artist's, or its platform's."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.growth_curves import GrowthCurve, growth_curve
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics.age_charts import age_chart, age_rows, age_table, axis_ages
from streamlit_app.analytics.frames import GROWING, metrics_in, series_of
from streamlit_app.analytics.wording import plain, plural
from streamlit_app.components.measure_chooser import Measure, choose_measure, measure_name
from streamlit_app.components.show import show_chart

_FEWEST = 3


def show_age_comparison(release: Release, numbers: pd.DataFrame) -> None:
    """Days since publication on the axis, the usual band behind, and a table of three ages."""
    st.header(
        "Against the usual, at equal age",
        help="The band holds the middle half of the other releases at the same age; nothing is "
        "read beyond what was observed.",
    )
    if release.published_at is None:
        st.caption("– without a time of publication there is no age; add it under Releases.")
        return
    growing = [measure for measure in metrics_in(numbers) if _kind(measure) in GROWING]
    if not growing:
        st.caption("– none of this release’s numbers grows with age.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = choose_measure(_reach_first(growing), key="compare", label="Compare")
        artist_id, whose = _choose_others(release, measure)
    curve = _curve(release, numbers, measure)
    if not curve.ages.size:
        st.caption("– every value is stamped before the publication; no age is known.")
        return
    _show(release, measure, curve, artist_id=artist_id, whose=whose)


def _show(
    release: Release, measure: Measure, curve: GrowthCurve, *, artist_id: int | None, whose: str
) -> None:
    band = resources.usual_growth(
        *measure,
        _kind(measure),
        artist_id=artist_id,
        without=release.release_id,
        ages=axis_ages(curve),
    )
    chart = age_chart(curve, band, name=measure_name(measure), whose=whose)
    with st.container(border=True):
        show_chart(chart, key="age")
    table = age_table(age_rows(curve, band))
    st.caption(
        f"Totals at three ages; usual is the median ({plain(whose)}), beside its middle half."
    )
    st.table(table, hide_index=True, alt="Totals at 24 hours, 7 and 28 days, beside the usual")


def _choose_others(release: Release, measure: Measure) -> tuple[int | None, str]:
    """Whose releases are the usual: the artist's where there are enough, else the platform's."""
    of_artist = resources.growth_curves(*measure, _kind(measure), release.artist_id)
    others = sum(curve.release_id != release.release_id for curve in of_artist)
    everyone = f"All on {measure[0]}"
    if others < _FEWEST:
        st.caption(
            f"{plain(release.artist)} has {plural(others, 'other release')} with this number, and "
            f"{_FEWEST} are needed for a usual band. Shown instead: **{plain(everyone)}**.",
            width="content",
        )
        return None, everyone
    chosen = st.segmented_control(
        "Against",
        [release.artist, everyone],
        default=release.artist,
        format_func=plain,
        required=True,
        key="against",
        bind="query-params",
    )
    return (None, everyone) if chosen == everyone else (release.artist_id, release.artist)


def _curve(release: Release, numbers: pd.DataFrame, measure: Measure) -> GrowthCurve:
    series = series_of(numbers, *measure)
    if release.published_at is None:
        raise ValueError("a release that is not out has no age")
    return growth_curve(
        release.release_id,
        published_at=release.published_at,
        times=list(series["time"]),
        values=list(series["value"]),
        kind=_kind(measure),
    )


def _kind(measure: Measure) -> MetricKind:
    return resources.catalogue().metric(*measure).kind


def _reach_first(measures: list[Measure]) -> list[Measure]:
    reach = {"views", "streams", "plays"}
    return sorted(measures, key=lambda measure: measure[1] not in reach)
