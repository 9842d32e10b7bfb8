"""The overview page: who leads, what was gained, and how fresh the numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.metric_catalogue import Metric
from noktvrn_ai_artist.analytics.performance_questions import Freshness, LatestValue
from streamlit_app import resources
from streamlit_app.analytics.charts import Look, Mark, daily_chart, ranking_chart
from streamlit_app.analytics.frames import GROWING, by_importance, complete_before, leaderboard
from streamlit_app.analytics.marks import marks_in
from streamlit_app.analytics.periods import Period, Span, shown_day
from streamlit_app.analytics.wording import (
    MISSING,
    compared_words,
    percent,
    plain,
    plural,
    short,
    signed,
)
from streamlit_app.components.chosen_row import chosen_id, key_for
from streamlit_app.components.days import (
    by_own_day,
    day_of,
    days_of_their_own,
    is_daily,
    zone_of,
)
from streamlit_app.components.empty import show_no_numbers, show_nothing_registered
from streamlit_app.components.freshness import show_freshness
from streamlit_app.components.measure_chooser import Measure, choose_measure, measure_name
from streamlit_app.components.period_chooser import choose_span
from streamlit_app.components.release_chooser import choose_artist, open_release
from streamlit_app.components.show import offer_downloads, show_chart
from streamlit_app.components.time_zone import shown_zone

_PREFERRED = ("views", "streams", "plays")
_TOP = 10
_TREND = timedelta(days=30)
_GAINED, _TOTAL = "Gained", "Total"


def show_overview() -> None:
    """Title, filters, then cards, charts and the leaderboard."""
    st.title("Overview")
    fresh = [entry for entry in resources.freshness() if _grows(entry)]
    if not resources.releases():
        show_nothing_registered()
        return
    if not fresh:
        show_no_numbers("any release")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        artist_id = choose_artist(resources.artists(), key="artist")
        measure = choose_measure(_measures(fresh), key="measure")
    latest = resources.latest_values(*measure, artist_id)
    if not latest:
        show_no_numbers(f"this artist’s {measure_name(measure)}")
        return
    newest = max(value.recorded_at for value in latest)
    # A value may be stamped before the publication that was noted for its release.
    oldest = min(min(value.published_at or newest, value.recorded_at) for value in latest)
    span = choose_span(
        key="period",
        oldest_day=day_of(measure, oldest),
        newest_day=day_of(measure, newest),
        zone=zone_of(measure),
        whose_days=days_of_their_own([measure]),
    )
    period = span.period
    table = _table(measure, period, artist_id, latest)
    _show_cards(measure, span, artist_id, table)
    _show_charts(measure, period, artist_id, table)
    _show_leaderboard(measure, table)
    show_freshness(resources.freshness())


def _grows(entry: Freshness) -> bool:
    return resources.catalogue().metric(entry.platform, entry.metric_type).kind in GROWING


def _measures(fresh: Sequence[Freshness]) -> list[Measure]:
    """The reach of the platform that covers the most releases first."""
    ordered = sorted(fresh, key=_reach_first)
    return [(entry.platform, entry.metric_type) for entry in ordered]


def _reach_first(entry: Freshness) -> tuple[bool, int, tuple[int, str]]:
    of_reach = entry.metric_type in _PREFERRED
    return (not of_reach, -entry.releases, by_importance(entry.metric_type))


def _table(
    measure: Measure, period: Period, artist_id: int | None, latest: Sequence[LatestValue]
) -> pd.DataFrame:
    start, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    gains = resources.period_gains(*measure, start, end, artist_id)
    since = max(value.recorded_at for value in latest) - _TREND
    return leaderboard(
        latest,
        [(gain.release_id, gain.gain) for gain in gains],
        resources.recent_values(*measure, since, artist_id),
    )


def _gained(measure: Measure, period: Period | None, artist_id: int | None) -> float | None:
    if period is None:
        return None
    start, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    gains = resources.period_gains(*measure, start, end, artist_id)
    known = [gain.gain for gain in gains if gain.gain is not None]
    return sum(known) if known else None


def _show_cards(measure: Measure, span: Span, artist_id: int | None, table: pd.DataFrame) -> None:
    known = int(table["gain"].notna().sum())
    with st.grid(4, min_column_width=190):
        _gained_card(measure, span, artist_id)
        _leader_card(table)
        st.metric(
            "Releases with a known gain",
            f"{known:,}",
            None,
            delta_description=f"of {plural(len(table), 'release')} with this number",
            border=True,
            height="stretch",
        )
        newest = table["recorded_at"].max().astimezone(zone_of(measure))
        st.metric(
            "Complete to",
            shown_day(newest.date()),
            None,
            delta_description=f"{'day,' if is_daily(measure) else f'{newest:%H:%M}'} "
            f"{zone_of(measure).key}",
            border=True,
            height="stretch",
        )


def _gained_card(measure: Measure, span: Span, artist_id: int | None) -> None:
    start, end = span.period.start.astimezone(UTC), span.period.end.astimezone(UTC)
    days = resources.daily_gains(*measure, start, end, artist_id)
    gained = _gained(measure, span.period, artist_id)
    before = _gained(measure, span.compared, artist_id)
    share = None if gained is None or not before else gained / before - 1
    st.metric(
        f"{plain(measure_name(measure))} gained",
        MISSING if gained is None else short(gained),
        None if share is None else percent(share),
        delta_description=_against(span, before, known=gained is not None),
        chart_data=[day.gain for day in days] or None,
        chart_type="bar",
        border=True,
        height="stretch",
        help="Only releases whose growth in the period is known are added up.",
    )


def _against(span: Span, before: float | None, *, known: bool) -> str:
    """What the gain is measured against, or why it is not."""
    if not known:
        return "no gain known in this period"
    if span.compared is None:
        return f"in {plural(span.period.days, 'day')}"
    if before is None:
        return f"{compared_words(span)}: not known"
    return f"on {compared_words(span)}" if before else f"{compared_words(span)}: 0"


def _leader_card(table: pd.DataFrame) -> None:
    leader = table.iloc[0]
    unknown = not leader["gain"] > 0
    st.metric(
        "Leader",
        MISSING if unknown else signed(leader["gain"]),
        None,
        delta_description="no release is known to have gained"
        if unknown
        else plain(leader["title"][:44]),
        border=True,
        height="stretch",
        help=None if unknown else plain(f"{leader['title']}, {leader['artist']}"),
    )


def _show_charts(
    measure: Measure, period: Period, artist_id: int | None, table: pd.DataFrame
) -> None:
    start, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    days = by_own_day(measure, resources.daily_gains(*measure, start, end, artist_id))
    name = measure_name(measure)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.header("Gained a day")
        if days:
            show_chart(daily_chart(days, _look(measure, period, artist_id)), key="daily")
        else:
            st.caption("No two snapshots on neighbouring days in this period: no day is known.")
    with right.container(border=True, height="stretch"):
        _show_top(name, table)


def _look(measure: Measure, period: Period, artist_id: int | None) -> Look:
    metric = resources.catalogue().metric(*measure)
    return Look(
        name=measure_name(measure),
        unit=metric.unit,
        # Of a counter the database knows UTC days.
        zone=zone_of(measure) if is_daily(measure) else ZoneInfo("UTC"),
        incomplete=complete_before(metric, now=datetime.now(UTC)),
        marks=_marks(metric, period, artist_id),
    )


def _marks(metric: Metric, period: Period, artist_id: int | None) -> list[Mark]:
    """What concerns all releases; of one artist also what concerns its own."""
    own = [] if artist_id is None else resources.releases(artist_id)
    concerned = {None, *(release.release_id for release in own)}
    return marks_in(
        period,
        metric=metric,
        events=[event for event in resources.events() if event.release_id in concerned],
        published=[(release.published_at, release.title) for release in own],
    )


def _show_top(name: str, table: pd.DataFrame) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Leading releases", width="content")
        chosen = st.segmented_control(
            "By",
            [_GAINED, _TOTAL],
            default=_GAINED,
            required=True,
            key="leading",
            bind="query-params",
            label_visibility="collapsed",
        )
    column = "metric_value" if chosen == _TOTAL else "gain"
    top = table[table[column] > 0].sort_values(column, ascending=False).head(_TOP)
    if top.empty:
        st.caption("No release is known to have gained in this period.")
        return
    what = f"{name}, {'newest totals' if chosen == _TOTAL else 'gained in the period'}"
    chart = ranking_chart(list(top["title"]), list(top[column]), highlighted=None, what=what)
    show_chart(chart, key="top")


def _show_leaderboard(measure: Measure, table: pd.DataFrame) -> None:
    st.header("Releases", help="Click a row to open the release.")
    shown = table[
        ["title", "artist", "metric_value", "gain", "trend", "published_at", "recorded_at"]
    ]
    ids = [int(release_id) for release_id in table["release_id"]]
    event = st.dataframe(
        shown,
        key=key_for("leaderboard", ids),
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        height=460 if len(shown) > 12 else "auto",  # noqa: PLR2004 - what fits beside the rest
        alt=f"All releases by {measure_name(measure)} gained; select a row to open a release.",
        column_config=_columns(measure, table),
    )
    chosen = chosen_id(event, ids)
    if chosen is not None:
        open_release(chosen)
    st.caption(
        "Select a row to open the release. An empty gain is not known (no snapshot before the "
        "period), which is not zero."
    )
    offer_downloads(shown.drop(columns="trend"), name="releases", what="Exactly the table above")


def _columns(measure: Measure, table: pd.DataFrame) -> dict[str, Any]:
    zone = shown_zone().key
    return {
        "title": st.column_config.TextColumn("Release", width=300),
        "artist": st.column_config.TextColumn("Artist", width=130),
        "metric_value": st.column_config.NumberColumn(
            f"{measure_name(measure)}", format="compact", help="The newest value."
        ),
        "gain": st.column_config.ProgressColumn(
            "Gained",
            format="compact",
            min_value=0,
            max_value=max(1.0, float(table["gain"].fillna(0).max())),
            help="In the chosen period; empty where it is not known.",
        ),
        "trend": st.column_config.AreaChartColumn("Last 30 days", width="small"),
        "published_at": st.column_config.DatetimeColumn(
            "Published", format="D MMM YYYY", timezone=zone
        ),
        "recorded_at": st.column_config.DatetimeColumn(
            "Last seen", format="D MMM YYYY", timezone=zone_of(measure).key
        ),
    }


if __name__ == "__main__":
    show_overview()
