"""Up to when the numbers of each platform are known."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.performance_questions import Freshness
from streamlit_app.analytics.wording import metric_name
from streamlit_app.components.days import shown_stamp
from streamlit_app.components.time_zone import shown_zone


def show_freshness(fresh: Sequence[Freshness]) -> None:
    """A table: platform, metric, how many releases and values, and complete to when."""
    st.header("How fresh the numbers are")
    table = pd.DataFrame(
        {
            "Platform": [entry.platform for entry in fresh],
            "Number": [metric_name(entry.metric_type) for entry in fresh],
            "Complete to": [
                shown_stamp((entry.platform, entry.metric_type), entry.complete_to)
                for entry in fresh
            ],
            "Releases": [entry.releases for entry in fresh],
            "Values": [entry.observations for entry in fresh],
        }
    )
    st.dataframe(table, hide_index=True, alt="Up to when each platform’s numbers are known")
    st.caption(
        f"Times in {shown_zone().key}; a day alone is one of the platform’s own. Later numbers "
        "have not come in yet; they are not zero."
    )
