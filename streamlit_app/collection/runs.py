"""The page of collection: what is due next, the last runs, and what is missing or hidden."""

from __future__ import annotations

import streamlit as st

from streamlit_app import resources
from streamlit_app.analytics.wording import plain
from streamlit_app.collection.frames import absences_frame, plans_frame, runs_frame
from streamlit_app.components.show import offer_downloads
from streamlit_app.components.time_zone import shown_zone


def show_collection() -> None:
    """Three tables: plans, runs, absences."""
    st.title("Collection")
    plans, runs = resources.collection_plans(), resources.collection_runs()
    if not plans and not runs:
        _show_nothing()
        return
    st.caption(f"What the platforms were asked for. Times in {shown_zone().key}.")
    _show_plans()
    _show_runs()
    _show_absences()


def _show_nothing() -> None:
    with st.container(border=True):
        st.header("Nothing is collected yet", icon=":material/inbox:")
        st.markdown(
            "Set the keys of a platform, say which channel is yours, then collect:\n\n"
            "```text\nexport NOKTVRN_YOUTUBE_API_KEY=...\n"
            "noktvrn collect --discover --platform youtube --channel @yours\n"
            "noktvrn collect --watch\n```\n\n"
            "Platforms without an interface for this come in as files: `noktvrn ingest FILE`."
        )


def _show_plans() -> None:
    plans = resources.collection_plans()
    with st.container(border=True):
        st.header("Due next")
        if not plans:
            st.caption("No platform's keys are set here; `noktvrn collect` says which.")
            return
        st.dataframe(
            plans_frame(plans, shown_zone(), now=resources.present()),
            hide_index=True,
            alt="What is due from each interface, and what its quota has left",
        )


def _show_runs() -> None:
    runs = resources.collection_runs()
    with st.container(border=True):
        st.header("Last runs")
        if not runs:
            st.caption("None yet: `noktvrn collect` begins the first.")
            return
        last = runs[0]
        if last.outcome not in {"done", None}:
            st.warning(f"{last.feed}: {last.outcome}. {plain(last.reason or '')}")
        table = runs_frame(runs, shown_zone())
        st.dataframe(table, hide_index=True, alt="The last runs, the newest first")
        offer_downloads(table, name="collections", what="Exactly the table above")


def _show_absences() -> None:
    absences = resources.collection_absences()
    with st.container(border=True):
        st.header("Missing or hidden")
        if not absences:
            st.caption("Everything that was asked for was there, with all its counters.")
            return
        table = absences_frame(absences, shown_zone())
        st.dataframe(table, hide_index=True, alt="Publications that are missing or hide counters")
        st.caption(
            "Missing: private, deleted, or another id. Three times in a row, and from 14 days of "
            "age on it is asked for weekly only. A hidden counter is not zero: nothing is stored."
        )
        offer_downloads(table, name="missing", what="Exactly the table above")


if __name__ == "__main__":
    show_collection()
