"""What a person sees when something fails: one line, and what to do."""

from __future__ import annotations

import logging

import streamlit as st

from noktvrn_ai_artist.errors import (
    DatabaseUnavailable,
    MigrationError,
    NoktvrnError,
    SettingsError,
    TrackerError,
)
from streamlit_app.analytics.wording import plain

logger = logging.getLogger(__name__)

_ADVICE = (
    (
        DatabaseUnavailable,
        "The database cannot be reached",
        "Check it with `noktvrn db status`, then reload this page. Nothing that was saved is lost.",
    ),
    (
        MigrationError,
        "The database and this version do not fit",
        "Update the program, then reload.",
    ),
    (SettingsError, "A setting cannot be understood", "Correct it, then start the app again."),
    (
        TrackerError,
        "The stock tracker’s state cannot be read",
        "Mend it or move it away, then reload.",
    ),
)


def show_failure(error: NoktvrnError) -> None:
    """One calm line; the details are for the log."""
    logger.error("a page failed: %s", error)
    for kind, title, advice in _ADVICE:
        if isinstance(error, kind):
            st.error(
                f"{plain(str(error).rstrip('.'))}. {advice}",
                title=title,
                icon=":material/cloud_off:",
            )
            return
    st.error(plain(str(error)), icon=":material/error:")
