"""How charts, tables and downloads are shown, the same on every page."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from streamlit_app.analytics.charts import Chart
from streamlit_app.analytics.exports import to_csv, to_parquet
from streamlit_app.analytics.wording import plain

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "responsive": True}


def show_chart(chart: Chart, *, key: str) -> None:
    """A chart over the sentence that says what it shows."""
    st.plotly_chart(chart.figure, key=key, config=_CONFIG, alt=chart.says)
    st.caption(plain(chart.says))


def offer_downloads(frame: pd.DataFrame, *, name: str, what: str) -> None:
    """The frame as CSV and as Parquet, made when it is asked for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "CSV",
            partial(to_csv, frame),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"{name}_csv",
            help=what,
        )
        st.download_button(
            "Parquet",
            partial(to_parquet, frame),
            file_name=f"{name}.parquet",
            mime="application/vnd.apache.parquet",
            icon=":material/download:",
            on_click="ignore",
            key=f"{name}_parquet",
            help=what,
        )
        st.caption(f"{what} ({len(frame):,} rows)", width="content")
