"""What is known of one release: where it was published, what happened, what was corrected."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.release_registry import annotate, delete_annotation
from noktvrn_ai_artist.errors import BadValue, PerformanceDbError
from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics.wording import metric_name, plain, shown_time, whole
from streamlit_app.components.moment import ALL_DAYS
from streamlit_app.components.release_chooser import open_release
from streamlit_app.components.time_zone import shown_zone

_FAULT = "event_fault"


def show_details(release: Release) -> None:
    """The release's page is one click away; here is what that page does not say."""
    st.header(plain(release.title), anchor=False)
    if st.button("Open its numbers", icon=":material/show_chart:"):
        open_release(release.release_id)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        _show_publications(release)
    with right.container(border=True, height="stretch"):
        _show_events(release)
    _show_corrections(release)


def _show_publications(release: Release) -> None:
    st.header("Where it was published")
    published = resources.publications(release.release_id)
    if not published:
        st.caption("– no platform is noted. A CSV file with its id there notes it.")
        return
    table = pd.DataFrame(
        {
            "Platform": [entry.platform for entry in published],
            "Id there": [entry.external_id for entry in published],
            "Published": [
                shown_time(entry.published_at, shown_zone()) if entry.published_at else "–"
                for entry in published
            ],
            "Link": [entry.url for entry in published],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        alt="Where the release was published",
        column_config={"Link": st.column_config.LinkColumn()},
    )


def _show_events(release: Release) -> None:
    st.header("Events", help="They are drawn as lines in the release’s charts.")
    for event in resources.events(release.release_id):
        with st.container(horizontal=True, vertical_alignment="center"):
            everywhere = " (all releases)" if event.release_id is None else ""
            when = shown_time(event.happened_at, shown_zone())
            st.markdown(f"{when} · **{plain(event.text)}**{everywhere}")
            st.button(
                "Remove",
                key=f"remove_event_{event.annotation_id}",
                on_click=_remove,
                args=(event.annotation_id,),
                type="tertiary",
                icon=":material/delete:",
            )
    fault = st.session_state.pop(_FAULT, None)
    if fault:
        st.error(plain(fault), icon=":material/error:")
    with st.form("event", border=False):
        left, right = st.columns(2)
        left.text_input("What happened", key="event_text", max_chars=512)
        right.date_input(
            f"On ({shown_zone().key})",
            datetime.now(shown_zone()).date(),
            key="event_date",
            format="YYYY-MM-DD",
            **ALL_DAYS,
        )
        st.checkbox(
            "It concerns all releases", key="event_everywhere", help="Drawn in every chart."
        )
        st.form_submit_button(
            "Note it", icon=":material/add:", on_click=_note, args=(release,), key="note_event"
        )


def _note(release: Release) -> None:
    state = st.session_state
    when = datetime.combine(state["event_date"], datetime.min.time(), tzinfo=shown_zone())
    try:
        annotate(
            resources.database(),
            state["event_text"] or "",
            happened_at=when,
            release_id=None if state["event_everywhere"] else release.release_id,
        )
    except BadValue as error:
        state[_FAULT] = f"Not noted: {metric_name(error.column)} {error.rule}."
    except PerformanceDbError as error:
        state[_FAULT] = f"Not noted: {error}"
    else:
        resources.forget_reads()
        state["event_text"] = ""


def _remove(annotation_id: int) -> None:
    try:
        delete_annotation(resources.database(), annotation_id)
    except PerformanceDbError as error:
        st.session_state[_FAULT] = f"Not removed: {error}"
    resources.forget_reads()


def _show_corrections(release: Release) -> None:
    st.header("Corrections")
    corrected = resources.corrections(release.release_id)
    if not corrected:
        st.caption("No value of this release was corrected.")
        return
    zone = shown_zone()
    table = pd.DataFrame(
        {
            "Of": [shown_time(value.recorded_at, zone) for value in corrected],
            "Platform": [value.platform for value in corrected],
            "Metric": [metric_name(value.metric_type) for value in corrected],
            "Value that no longer stands": [whole(value.metric_value) for value in corrected],
            "It came from": [value.source for value in corrected],
            "Stored": [shown_time(value.stored_at, zone) for value in corrected],
        }
    )
    st.dataframe(table, hide_index=True, alt="Values of this release that were corrected")
