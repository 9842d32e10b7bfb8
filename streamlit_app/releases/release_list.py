"""The page of releases: the list, the form for a new one, and what is known of a chosen one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics.wording import plural
from streamlit_app.components.chosen_row import chosen_id, key_for
from streamlit_app.components.release_chooser import choose_artist
from streamlit_app.components.show import offer_downloads
from streamlit_app.components.time_zone import shown_zone
from streamlit_app.releases.details import show_details
from streamlit_app.releases.registration import show_registration


def show_releases() -> None:
    """Everything registered; select a release for its publications, events and corrections."""
    st.title("Releases")
    everything = resources.releases()
    with st.expander(
        "Register a release", icon=":material/add:", expanded=not everything, key="registering"
    ):
        show_registration()
    if not everything:
        st.caption(
            "No release yet. Register one above, or upload a CSV file under Enter numbers: it "
            "registers the releases it names."
        )
        return
    releases = resources.releases(choose_artist(resources.artists(), key="from"))
    table, ids = _table(releases), [release.release_id for release in releases]
    event = st.dataframe(
        table,
        key=key_for("releases", ids),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        alt="All releases by artist and title; select one for its details",
        column_config={
            "Published": st.column_config.DatetimeColumn(
                format="D MMM YYYY, HH:mm", timezone=shown_zone().key
            ),
            "Title": st.column_config.TextColumn(width="large"),
        },
    )
    chosen = chosen_id(event, ids)
    st.caption(f"{plural(len(releases), 'release')}. Times in {shown_zone().key}.")
    offer_downloads(table, name="all_releases", what="Exactly the table above")
    if chosen is None:
        st.caption("Select a row for where it was published, its events and its corrections.")
    else:
        show_details(releases[ids.index(chosen)])


def _table(releases: Sequence[Release]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Title": [release.title for release in releases],
            "Artist": [release.artist for release in releases],
            "Published": pd.Series(
                [release.published_at for release in releases], dtype="datetime64[us, UTC]"
            ),
            "Status": [release.status.value for release in releases],
            "Id": [release.release_id for release in releases],
        }
    )


if __name__ == "__main__":
    show_releases()
