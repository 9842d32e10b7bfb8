"""The form that registers a release."""

from __future__ import annotations

import streamlit as st

from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.errors import BadValue, PerformanceDbError
from streamlit_app import resources
from streamlit_app.analytics.wording import metric_name, plain
from streamlit_app.components.moment import ALL_DAYS, Moment
from streamlit_app.components.release_chooser import open_release
from streamlit_app.components.time_zone import shown_zone

_OUTCOME = "registration"
_ARTIST, _TITLE, _PLATFORM, _EXTERNAL, _URL, _OUT, _DATE, _TIME = (
    f"new_{name}"
    for name in ("artist", "title", "platform", "external", "url", "out", "date", "time")
)
_MOMENT = Moment(date_key=_DATE, time_key=_TIME)


def show_registration() -> None:
    """Artist and title; where and when it came out, as far as that is known."""
    _show_outcome()
    out = st.toggle("It is out already", value=True, key=_OUT)
    with st.form("register", border=False):
        left, right = st.columns(2)
        left.selectbox(
            "Artist",
            [artist.name for artist in resources.artists()],
            index=None,
            accept_new_options=True,
            placeholder="Choose one, or type a new name",
            key=_ARTIST,
        )
        right.text_input("Title", key=_TITLE, max_chars=512)
        if out:
            _MOMENT.begin()
            left.date_input("Published on", key=_DATE, format="YYYY-MM-DD", **ALL_DAYS)
            right.time_input(f"at ({shown_zone().key})", key=_TIME, step=60)
        first, second, third = st.columns(3)
        first.selectbox(
            "Platform (optional)",
            list(resources.catalogue().platforms),
            index=None,
            placeholder="None yet",
            key=_PLATFORM,
        )
        second.text_input("Its id there (optional)", key=_EXTERNAL, max_chars=256)
        third.text_input("URL (optional)", key=_URL, max_chars=2048, type="url")
        st.form_submit_button(
            "Register",
            icon=":material/add:",
            on_click=_register,
            key="register",
        )


def _show_outcome() -> None:
    outcome = st.session_state.pop(_OUTCOME, None)
    if isinstance(outcome, str):
        st.error(plain(outcome), icon=":material/error:")
    if isinstance(outcome, int):
        st.success("Registered. Its numbers can be entered now.", icon=":material/check_circle:")
        st.session_state["last_registered"] = outcome
    last = st.session_state.get("last_registered")
    if last is not None and st.button("Open it", icon=":material/album:", key="open_registered"):
        open_release(last)


def _register() -> None:
    """Register what the form holds; its texts are cleared if that works, and kept if not."""
    state = st.session_state
    published = _MOMENT.instant() if state[_OUT] else None
    try:
        state[_OUTCOME] = register_release(
            resources.database(),
            ReleaseEntry(
                artist=state[_ARTIST] or "",
                title=state[_TITLE] or "",
                published_at=published,
                external_id=state[_EXTERNAL] or None,
                url=state[_URL] or None,
            ),
            platform=state[_PLATFORM],
        )
    except BadValue as error:
        state[_OUTCOME] = f"Not registered: {metric_name(error.column)} {error.rule}."
    except PerformanceDbError as error:
        state[_OUTCOME] = f"Not registered: {error}"
    else:
        resources.forget_reads()
        for key in (_TITLE, _EXTERNAL, _URL):
            state[key] = ""
        if published is not None:
            _MOMENT.offer_now_again()
