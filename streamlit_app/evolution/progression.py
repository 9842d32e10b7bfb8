"""The page of artist evolution: the profile now, what changed and why, and how it came to be."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from noktvrn_ai_artist.artist_evolution.evolution_words import ASSOCIATION, GATE
from noktvrn_ai_artist.artist_evolution.profiles import HEAVIEST, ArtistProfile
from noktvrn_ai_artist.artist_evolution.progression import ProgressionEntry
from streamlit_app import resources
from streamlit_app.analytics.wording import MISSING, plain, plural
from streamlit_app.components.empty import show_nothing_registered
from streamlit_app.components.show import offer_downloads, show_chart
from streamlit_app.components.time_zone import shown_zone
from streamlit_app.evolution.charts import progression_chart
from streamlit_app.evolution.frames import (
    changed_keys,
    changes_frame,
    judgements_frame,
    profile_frame,
    weight_course,
)

_SHOWN_FIRST = 3


def show_evolution() -> None:
    """The profile, the latest change, and the whole progression of one artist."""
    st.title("Artist evolution")
    names = {artist.artist_id: artist.name for artist in resources.artists()}
    if not names:
        show_nothing_registered()
        return
    artist_id = st.selectbox(
        "Artist",
        list(names),
        format_func=lambda one: names[one],
        key="evolving_artist",
        bind="query-params",
    )
    entries = resources.progression(artist_id)
    _show_profile(resources.artist_profile(artist_id))
    if not entries:
        _show_nothing(artist_id)
        return
    _show_latest(entries[-1])
    _show_progression(entries)
    st.caption(f"{GATE} {ASSOCIATION}")


def _show_nothing(artist_id: int) -> None:
    with st.container(border=True):
        st.header("Nothing changed yet", icon=":material/inbox:")
        st.markdown(
            "Draw what releases are made with, bring in their numbers, then let the profile evolve:"
            f"\n\n```text\nnoktvrn profile next {artist_id} --release RELEASE\n"
            f"noktvrn evolve {artist_id} --dry-run\n```"
        )


def _show_profile(profile: ArtistProfile) -> None:
    with st.container(border=True):
        st.header("Profile now")
        known = f"Version {profile.version}." if profile.version else "The neutral profile."
        st.caption(f"{known} What weighs twice as much is drawn twice as often; 1 is neutral.")
        table = profile_frame(profile)
        st.dataframe(
            table,
            hide_index=True,
            alt="Every value of the profile and its weight",
            column_config={
                "Weight": st.column_config.ProgressColumn(
                    format="%.2f", min_value=0.0, max_value=HEAVIEST
                )
            },
        )
        offer_downloads(table, name="profile", what="Exactly the table above")


def _show_latest(entry: ProgressionEntry) -> None:
    with st.container(border=True):
        st.header("What changed last, and why")
        by = f" by {plural(entry.releases, 'release')} scored by {entry.basis}"
        st.markdown(f"Version {entry.version}: {entry.kind}{plain(by) if entry.basis else ''}.")
        lines = (
            f"- **{plain(change.value)}** ({change.trait}): {change.kind}; {plain(change.reason)}"
            for change in entry.changes
        )
        st.markdown("\n".join(lines))
        if entry.judgements:
            with st.expander("What the scores said of every value"):
                st.dataframe(
                    judgements_frame(entry.judgements),
                    hide_index=True,
                    alt="The evidence on every value of the profile",
                )


def _show_progression(entries: Sequence[ProgressionEntry]) -> None:
    with st.container(border=True):
        st.header("How it came to be")
        labels = changed_keys(entries)
        chosen = st.multiselect(
            "Values shown",
            list(labels.values()),
            default=list(labels.values())[:_SHOWN_FIRST],
            key="evolving_values",
        )
        courses = {
            name: weight_course(entries, key) for key, name in labels.items() if name in chosen
        }
        if courses:
            show_chart(progression_chart(courses, shown_zone()), key="progression")
        else:
            st.caption("Choose a value to see how its weight went.")
        table = changes_frame(entries, shown_zone())
        st.dataframe(
            table,
            hide_index=True,
            placeholder=MISSING,
            alt="Every change of the profile, the latest first",
        )
        offer_downloads(table, name="progression", what="Exactly the table above")


if __name__ == "__main__":
    show_evolution()
