"""A date and a time in a form: they begin with the present minute, and say an instant of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from streamlit_app.components.time_zone import shown_zone

# Every day that there is: a day out of bounds would be taken for the one before it in the field,
# so that what is too early or too late is refused in words when it is saved.
ALL_DAYS: dict[str, Any] = {"min_value": date.min, "max_value": date.max}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The fields of one form, by the keys of their widgets."""

    date_key: str
    time_key: str

    def begin(self) -> None:
        """Before the fields are drawn: offer the present, or keep what was entered.

        In another zone the same instant has another date and time.
        """
        state, zone = st.session_state, shown_zone()
        if self.date_key not in state or self.time_key not in state:
            self.offer_now()
        elif state.get(self._zone_key, zone.key) != zone.key:
            if self._wall() == state.get(self._offer_key):
                self.offer_now()
            else:
                self._show(_moved(self._wall(), ZoneInfo(state[self._zone_key]), zone))
        state[self._zone_key] = zone.key

    def offer_now_again(self) -> None:
        """After a save: the next number is of now, unless a moment was entered, which stays."""
        if self._wall() == st.session_state.get(self._offer_key):
            self.offer_now()

    def offer_now(self) -> None:
        """The present minute."""
        now = datetime.now(shown_zone()).replace(second=0, microsecond=0, tzinfo=None)
        self._show(now)
        st.session_state[self._offer_key] = now

    def instant(self) -> datetime:
        """What is entered, in the zone that is shown beside it."""
        return self._wall().replace(tzinfo=shown_zone())

    @property
    def _zone_key(self) -> str:
        return f"{self.date_key}_zone"

    @property
    def _offer_key(self) -> str:
        return f"{self.date_key}_offer"

    def _wall(self) -> datetime:
        return datetime.combine(st.session_state[self.date_key], st.session_state[self.time_key])

    def _show(self, wall: datetime) -> None:
        st.session_state[self.date_key] = wall.date()
        st.session_state[self.time_key] = wall.time()


def _moved(wall: datetime, before: ZoneInfo, after: ZoneInfo) -> datetime:
    """The same instant on the wall clock of another zone; as it was at the ends of the calendar."""
    if not date.min < wall.date() < date.max:
        return wall
    return wall.replace(tzinfo=before).astimezone(after).replace(tzinfo=None)
