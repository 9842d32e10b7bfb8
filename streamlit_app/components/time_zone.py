"""The zone that times are shown and entered in: the browser's, or UTC."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

_KEY = "zone"
_UTC = "UTC"


def choose_zone() -> None:
    """The choice, at the foot of the navigation."""
    zones = list(dict.fromkeys([_browser_zone(), _UTC]))
    if len(zones) > 1:
        st.sidebar.selectbox(
            "Times shown in",
            zones,
            key=_KEY,
            persist_state="session",
            help="Everything is stored in UTC.",
        )
    else:
        st.sidebar.caption(f"Times shown in {_UTC}")


def shown_zone() -> ZoneInfo:
    """The zone in use; UTC where the browser names none."""
    return ZoneInfo(st.session_state.get(_KEY) or _browser_zone())


def _browser_zone() -> str:
    name = st.context.timezone
    try:
        return ZoneInfo(name).key if name else _UTC
    except (ZoneInfoNotFoundError, ValueError):
        return _UTC
