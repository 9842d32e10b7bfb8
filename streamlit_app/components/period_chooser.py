"""Which stretch of time is looked at, kept in the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from streamlit_app.analytics.periods import Period, Preset, period_of, shown_day

_OLD = timedelta(days=3)


def choose_period(*, key: str, oldest: datetime, newest: datetime, zone: ZoneInfo) -> Period:
    """A preset or a range of days; presets count back from the newest number, and say so.

    The key is the page's own, as that of the artist is.
    """
    preset = st.segmented_control(
        "Period",
        list(Preset),
        format_func=lambda option: option.value,
        default=Preset.FOUR_WEEKS,
        required=True,
        key=key,
        bind="query-params",
    )
    custom = _custom_days(f"{key}_days", oldest, newest, zone) if preset is Preset.CUSTOM else None
    period = period_of(
        preset or Preset.FOUR_WEEKS, oldest=oldest, newest=newest, zone=zone, custom=custom
    )
    st.caption(_in_words(period, preset, newest, zone))
    return period


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
