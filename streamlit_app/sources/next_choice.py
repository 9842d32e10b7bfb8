"""What would be proposed next, how likely each source is, and what was tried to learn of it."""

from __future__ import annotations

import streamlit as st

from streamlit_app import resources
from streamlit_app.analytics.wording import plain
from streamlit_app.components.show import show_chart
from streamlit_app.components.time_zone import shown_zone
from streamlit_app.sources.evidence import PERCENT, SIGNED
from streamlit_app.sources.evidence_charts import chance_chart
from streamlit_app.sources.frames import Labels, tried_frame

PROPOSED = 3
_MOST_TRIED = 10


def show_next_choice(labels: Labels) -> None:
    """The draw in words and as bars, and the latest trials."""
    with st.container(border=True):
        st.header("What would be proposed next")
        selection = resources.proposal(PROPOSED)
        named = ", ".join(f"**{plain(source)}**" for source in selection.proposed)
        st.markdown(
            f"A draw of {PROPOSED}, good sources first, little known ones given their chance. "
            f"This one: {named}. The Video Selector draws anew."
        )
        show_chart(chance_chart(selection.candidates, PROPOSED), key="chances")
        _show_tried(labels)


def _show_tried(labels: Labels) -> None:
    st.subheader("Tried lately, though not among the best")
    zone = shown_zone()
    tried = tried_frame(resources.selections(), resources.clip_usages(), labels, zone)
    if tried.empty:
        st.caption("Nothing: no clip in use was chosen by a draw that went beyond the best.")
        return
    st.dataframe(
        tried.head(_MOST_TRIED),
        hide_index=True,
        alt="Sources that were proposed to learn of them, the latest first",
        column_config={
            "Probability": PERCENT,
            "Estimate then": SIGNED,
            "Doubt then": st.column_config.NumberColumn(format="± %.2f"),
        },
    )
