"""Which stretch of time is looked at, and against which other one; both kept in the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from noktvrn_ai_artist.analytics.observation_rules import EARLIEST_PUBLICATION, LATEST
from streamlit_app.analytics.periods import (
    DAY,
    Comparison,
    Period,
    Preset,
    Span,
    period_of,
    shown_day,
)

_OLD = timedelta(days=3)


def choose_span(
    *, key: str, oldest_day: date, newest_day: date, zone: ZoneInfo, whose_days: str = ""
) -> Span:
    """A preset or a range of days; presets count back from the newest number, and say so.

    `whose_days` is a sentence about numbers that keep to days of their own. The key is the page's
    own, as that of the artist is.
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
    days = (oldest_day, newest_day)
    custom = _custom_days(f"{key}_days", days) if preset is Preset.CUSTOM else None
    period = period_of(
        preset or Preset.FOUR_WEEKS,
        oldest_day=oldest_day,
        newest_day=newest_day,
        zone=zone,
        custom=custom,
    )
    span = Span(period=period, comparison=comparison)
    said = [_in_words(period, preset, newest_day, zone), whose_days, *_remarks(span)]
    st.caption(" ".join(sentence for sentence in said if sentence))
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


def _custom_days(key: str, days: tuple[date, date]) -> tuple[date, date] | None:
    """The range once it has both its ends; the picker reports the first one alone."""
    chosen = st.date_input(
        "First and last day",
        days,
        # A day more on either side, for zones in which the first or the last instant lies there.
        min_value=EARLIEST_PUBLICATION.date() - DAY,
        max_value=LATEST.date(),
        key=key,
        format="YYYY-MM-DD",
        bind="query-params",
    )
    match chosen:
        case (date() as begin, date() as end):
            return begin, end
    return None


def _in_words(period: Period, preset: Preset | None, newest_day: date, zone: ZoneInfo) -> str:
    days = (
        f"**{period}** ({period.days:,} {'day' if period.days == 1 else 'days'}), {zone.key} days"
    )
    if preset is Preset.CUSTOM or datetime.now(zone).date() - newest_day < _OLD:
        return f"{days}."
    return f"{days}, counted back from the newest number here, of {shown_day(newest_day)}."


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
