"""How charts, tables and downloads are shown, the same on every page."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from streamlit_app.analytics.charts import Chart
from streamlit_app.analytics.exports import to_csv, to_parquet
from streamlit_app.analytics.wording import plain

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "responsive": True}

# What a table is offered as: its name, ending and media type, and how it is made.
_FORMATS = (
    ("CSV", "csv", "text/csv", to_csv),
    ("Parquet", "parquet", "application/vnd.apache.parquet", to_parquet),
)


def show_chart(chart: Chart, *, key: str) -> None:
    """A chart over the sentence that says what it shows."""
    st.plotly_chart(chart.figure, key=key, config=_CONFIG, alt=chart.says)
    st.caption(plain(chart.says))


def offer_downloads(frame: pd.DataFrame, *, name: str, what: str) -> None:
    """The frame as CSV and as Parquet, made when it is asked for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for format_name, ending, mime, made in _FORMATS:
            st.download_button(
                format_name,
                partial(made, frame),
                file_name=f"{name}.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"{name}_{ending}",
                help=what,
            )
        st.caption(f"{what} ({len(frame):,} rows)", width="content")
