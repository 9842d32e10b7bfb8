"""What pages say while there is nothing to show: what to do next."""

from __future__ import annotations

import streamlit as st

from streamlit_app.analytics.wording import plain
from streamlit_app.components.places import ENTRY, RELEASES


def show_nothing_registered() -> None:
    """There is no release yet."""
    _show(
        "Nothing here yet",
        "Bring in the first numbers, in whichever way suits you:\n\n"
        "- upload a CSV file under **Enter numbers**, or run `noktvrn ingest FILE`;\n"
        "- or register a release by hand and enter what its platform shows;\n"
        "- or look around first with real sample numbers: `make demo` opens them in a database of "
        "their own, and `make demo-remove` takes them away.",
    )


def show_nothing_to_enter_for() -> None:
    """A number needs a release, and there is none."""
    with st.container(border=True):
        st.markdown(
            "A number belongs to a release, and none is registered yet. Upload a CSV file in the "
            "other tab, which registers the releases it names (so does `noktvrn ingest FILE`), or:"
        )
        if st.button("Register a release", icon=RELEASES.icon):
            st.switch_page(RELEASES.file)


def show_no_numbers(what: str) -> None:
    """There are releases, but no numbers of what was asked for."""
    _show(
        "No numbers yet",
        f"Nothing is known of {plain(what)}. Enter a number or upload a CSV file, and it shows up "
        "here; `noktvrn ingest FILE` does the same from the command line.",
    )


def _show(title: str, body: str) -> None:
    with st.container(border=True):
        st.header(title, icon=":material/inbox:")
        st.markdown(body)
        with st.container(horizontal=True):
            if st.button("Enter numbers", icon=ENTRY.icon):
                st.switch_page(ENTRY.file)
            if st.button("Register a release", icon=RELEASES.icon):
                st.switch_page(RELEASES.file)
