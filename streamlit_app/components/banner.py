"""The line that says when what is shown is the demo's."""

from __future__ import annotations

import streamlit as st

from noktvrn_ai_artist.demo.demo_data import NOTICE
from streamlit_app import resources


def show_demo_banner() -> None:
    """Say on every page of the demo what is real in it and what is not."""
    if resources.settings().demo:
        st.info(
            f"**Demo data.** {NOTICE} The demo has a database of its own; `make demo-remove` "
            "takes it away.",
            icon=":material/science:",
        )
