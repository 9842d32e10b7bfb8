"""Which metric of which platform is compared, kept in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from streamlit_app.analytics.wording import metric_name

Measure = tuple[str, str]


def choose_measure(measures: Sequence[Measure], *, key: str, label: str = "Number") -> Measure:
    """One of (at least one) pairs of platform and metric."""
    chosen = st.selectbox(
        label, list(measures), format_func=measure_name, key=key, bind="query-params"
    )
    return chosen if chosen in measures else measures[0]


def measure_name(measure: Measure) -> str:
    """A metric and where it is counted."""
    platform, metric = measure
    return f"{platform} {metric_name(metric).lower()}"
