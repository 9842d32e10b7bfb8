"""Which stretch of time is looked at, and against which other one; both kept in the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from streamlit_app.analytics.periods import (
    Comparison,
    Period,
    Preset,
    Span,
    period_of,
    shown_day,
)

_OLD = timedelta(days=3)


def choose_span(*, key: str, oldest: datetime, newest: datetime, zone: ZoneInfo) -> Span:
    """A preset or a range of days; presets count back from the newest number, and say so.

    The key is the page's own, as that of the artist is.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        preset = st.segmented_control(
            "Period",
            list(Preset),
            format_func=lambda option: option.value,
            default=Preset.FOUR_WEEKS,
            required=True,
            key=key,
            bind="query-params",
        )
        comparison = _choose_comparison(f"{key}_against")
    custom = _custom_days(f"{key}_days", oldest, newest, zone) if preset is Preset.CUSTOM else None
    period = period_of(
        preset or Preset.FOUR_WEEKS, oldest=oldest, newest=newest, zone=zone, custom=custom
    )
    span = Span(period=period, comparison=comparison)
    st.caption(" ".join([_in_words(period, preset, newest, zone), *_remarks(span)]))
    return span


def _choose_comparison(key: str) -> Comparison:
    options = list(Comparison)
    return st.selectbox(
        "Compared with",
        options,
        format_func=lambda option: option.value,
        key=key,
        bind="query-params",
        width=210,
        help="As many days, none of them shared. Last year’s lie whole weeks back, so that Monday "
        "is compared with Monday.",
    )


def _custom_days(
    key: str, oldest: datetime, newest: datetime, zone: ZoneInfo
) -> tuple[date, date] | None:
    """The range once it has both its ends; the picker reports the first one alone."""
    first, last = (when.astimezone(zone).date() for when in (oldest, newest))
    chosen = st.date_input(
        "First and last day", (first, last), key=key, format="YYYY-MM-DD", bind="query-params"
    )
    match chosen:
        case (date() as begin, date() as end):
            return begin, end
    return None


def _in_words(period: Period, preset: Preset | None, newest: datetime, zone: ZoneInfo) -> str:
    days = (
        f"**{period}** ({period.days:,} {'day' if period.days == 1 else 'days'}), {zone.key} days"
    )
    if preset is Preset.CUSTOM or datetime.now(UTC) - newest < _OLD:
        return f"{days}."
    last = shown_day(newest.astimezone(zone).date())
    return f"{days}, counted back from the newest number here, of {last}."


def _remarks(span: Span) -> list[str]:
    """What it is compared with, and that today counts although it is not over."""
    said = []
    if span.compared is not None:
        said.append(f"Compared with {span.compared}.")
    elif span.comparison is Comparison.LAST_YEAR:
        said.append("Longer than a year: last year’s days would be counted twice.")
    if span.period.start <= datetime.now(UTC) < span.period.end:
        said.append("Today is not over: it counts as far as it is known.")
    return said
