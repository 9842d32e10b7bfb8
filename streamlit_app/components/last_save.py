"""The outcome of the last save or import, and the button that takes it back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from noktvrn_ai_artist.analytics.performance_db_service import undo_import
from noktvrn_ai_artist.errors import PerformanceDbError
from noktvrn_ai_artist.records import Observation
from streamlit_app import resources
from streamlit_app.analytics.wording import plain, plural
from streamlit_app.components.release_chooser import open_release

_KEY = "last_save"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What to say of it, and (where something was stored) what, how to take it back and see it."""

    says: str
    failed: bool = False
    saved: Observation | None = None
    batch_id: int | None = None


def remember(outcome: Outcome) -> None:
    """Let the next run show an outcome; whatever was stored is read anew.

    After a failure what was read before stays, so that a form can keep what was entered in it.
    """
    st.session_state[_KEY] = outcome
    if not outcome.failed:
        resources.forget_reads()


def is_saved(observation: Observation) -> bool:
    """Whether this is what was saved last: one press of a key can reach the app twice."""
    outcome = st.session_state.get(_KEY)
    return isinstance(outcome, Outcome) and outcome.saved == observation


def show_last_save() -> None:
    """The last outcome, until the next one."""
    outcome = st.session_state.get(_KEY)
    if outcome is None:
        return
    if outcome.failed:
        st.error(plain(outcome.says), icon=":material/error:")
        return
    st.success(plain(outcome.says), icon=":material/check_circle:")
    with st.container(horizontal=True):
        if outcome.batch_id is not None:
            st.button(
                "Undo",
                icon=":material/undo:",
                on_click=undo,
                args=(outcome.batch_id,),
                key="undo_last",
            )
        if outcome.saved is not None and st.button(
            "See it in its chart", icon=":material/show_chart:", key="open_last"
        ):
            open_release(outcome.saved.release_id)


def undo(batch_id: int) -> None:
    """Take a save or an import back, and say what that did."""
    try:
        undone = undo_import(batch_id)
    except PerformanceDbError as error:
        remember(Outcome(says=str(error), failed=True))
        return
    parts = [f"{plural(undone.removed, 'value')} taken back"]
    if undone.restored:
        parts.append(f"{plural(undone.restored, 'earlier value')} stand again")
    if undone.releases:
        parts.append(f"{plural(undone.releases, 'release')} forgotten")
    remember(Outcome(says=f"Undone: {', '.join(parts)}."))
