"""The page of what came in: every import and save, newest first, each with its undo."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.records import ImportBatch
from streamlit_app import resources
from streamlit_app.analytics.wording import plain, plural, shown_time
from streamlit_app.components.chosen_row import chosen_id, key_for
from streamlit_app.components.empty import show_no_numbers
from streamlit_app.components.last_save import show_last_save, undo
from streamlit_app.components.show import offer_downloads
from streamlit_app.components.time_zone import shown_zone

_MOST = 200


def show_imports() -> None:
    """A table of imports; the selected one can be taken back."""
    st.title("Imports")
    show_last_save()
    batches = resources.imports(_MOST)
    if not batches:
        show_no_numbers("any import")
        return
    st.caption(f"Every import and save, newest first. Times in {shown_zone().key}.")
    table, ids = _table(batches), [batch.batch_id for batch in batches]
    event = st.dataframe(
        table,
        key=key_for("imports", ids),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        alt="Imports and saves, the newest first; select one to take it back",
    )
    chosen = chosen_id(event, ids)
    if chosen is None:
        st.caption("Select a row to take an import back.")
    else:
        _show_undo(batches[ids.index(chosen)])
    offer_downloads(table, name="imports", what="Exactly the table above")


def _table(batches: list[ImportBatch]) -> pd.DataFrame:
    zone = shown_zone()
    return pd.DataFrame(
        {
            "Id": [batch.batch_id for batch in batches],
            "When": [shown_time(batch.created_at, zone) for batch in batches],
            "What": [batch.label or "–" for batch in batches],
            "From": [batch.source for batch in batches],
            "Read": [batch.read for batch in batches],
            "Stored": [batch.stored for batch in batches],
            "Corrected": [batch.corrected for batch in batches],
            "Duplicate": [batch.duplicate for batch in batches],
            "Refused": [batch.rejected for batch in batches],
            "Undone": [
                shown_time(batch.undone_at, zone) if batch.undone_at else "" for batch in batches
            ],
        }
    )


def _show_undo(batch: ImportBatch) -> None:
    with st.container(border=True):
        st.markdown(f"**Import {batch.batch_id}**: {plain(batch.label or 'without a label')}")
        if batch.undone_at is not None:
            st.caption("It was undone already.")
            return
        st.markdown(
            f"Taking it back removes {plural(batch.stored - batch.corrected, 'value')}, lets "
            f"{plural(batch.corrected, 'corrected value')} stand as before, and forgets releases "
            "that nothing else is known of."
        )
        st.button(
            "Undo this import",
            icon=":material/undo:",
            on_click=undo,
            args=(batch.batch_id,),
            key="undo_import",
        )


if __name__ == "__main__":
    show_imports()
