"""The page of stock sources: what is believed of each, with its interval, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics.source_records import RELEASES_FOR_EVIDENCE, Standing
from noktvrn_ai_artist.demo.demo_data import DEMO_NOW
from streamlit_app import resources
from streamlit_app.analytics.wording import plain, plural, shown_time
from streamlit_app.components.release_chooser import release_labels
from streamlit_app.components.show import offer_downloads, show_chart
from streamlit_app.components.time_zone import shown_zone
from streamlit_app.sources.charts import standing_chart

_TOP = 3


def show_sources() -> None:
    """The chart, the first three in words, the table, and the uses behind a source."""
    st.title("Stock sources")
    # What is judged comes first; among the rest no order means anything.
    standings = sorted(resources.standings(), key=lambda standing: not standing.enough_evidence)
    if not standings:
        _show_nothing()
        return
    if resources.settings().demo:
        simulated = f"Simulated clip usage, as of {DEMO_NOW:%d %b %Y}"
        st.badge(simulated, icon=":material/science:", color="orange")
    st.markdown(
        "How releases that use footage of a source do, against the average release. "
        "It is association, not proof of cause."
    )
    _show_cards(standings)
    with st.container(border=True):
        st.header("Standings")
        show_chart(standing_chart(standings), key="standings")
    _show_table(standings)
    _show_evidence(standings)


def _show_nothing() -> None:
    with st.container(border=True):
        st.header("No footage was logged yet", icon=":material/inbox:")
        st.markdown(
            "When clips are chosen for a release, log them; when the release has numbers, log how "
            "it did:\n\n"
            "```text\n"
            'tracker.log_clip_usage("pexels", "8512", release_id)\n'
            "tracker.log_release_performance(release_id, score)\n"
            "```\n\n"
            "Or look around first with sample data: `make demo`."
        )


def _show_cards(standings: Sequence[Standing]) -> None:
    judged = [standing for standing in standings if standing.enough_evidence][:_TOP]
    if not judged:
        st.caption(f"– too little data: no source has {RELEASES_FOR_EVIDENCE} scored releases.")
        return
    with st.grid(_TOP, min_column_width=200):
        for place, standing in enumerate(judged, start=1):
            st.metric(
                f"{place}. {plain(standing.source)}",
                f"{standing.mean:+.2f}",
                None,
                delta_description=f"{standing.low:+.2f} to {standing.high:+.2f}, "
                f"{plural(standing.releases, 'release')}",
                border=True,
                height="stretch",
            )


def _show_table(standings: Sequence[Standing]) -> None:
    zone = shown_zone()
    table = pd.DataFrame(
        {
            "Source": [s.source for s in standings],
            "Estimate": [s.mean if s.enough_evidence else None for s in standings],
            "Low": [s.low if s.enough_evidence else None for s in standings],
            "High": [s.high if s.enough_evidence else None for s in standings],
            "Verdict": [_verdict(s) for s in standings],
            "Scored releases": [s.releases for s in standings],
            "They weigh": [s.effective_releases for s in standings],
            "Clip uses": [s.usages for s in standings],
            "Last used": [shown_time(s.last_used, zone) for s in standings],
        }
    )
    number = st.column_config.NumberColumn(format="%+.2f")
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        alt="What is believed of every source, the best first",
        column_config={
            "Estimate": number,
            "Low": number,
            "High": number,
            "They weigh": st.column_config.NumberColumn(
                format="%.1f", help="How many releases of today they count for, as old ones fade."
            ),
        },
    )
    offer_downloads(table, name="sources", what="Exactly the table above")


def _verdict(standing: Standing) -> str:
    if not standing.enough_evidence:
        return f"too little data ({standing.releases} of {RELEASES_FOR_EVIDENCE} releases)"
    if standing.low > 0:
        return "above the average"
    return "below the average" if standing.high < 0 else "not told apart from the average"


def _show_evidence(standings: Sequence[Standing]) -> None:
    st.header("Evidence")
    names = [standing.source for standing in standings]
    source = st.selectbox("Source", names, key="source", bind="query-params")
    labels = release_labels(resources.releases())
    usages = [usage for usage in resources.clip_usages() if usage.source_name == source]
    table = pd.DataFrame(
        {
            "Release": [labels.get(u.release_id, f"release {u.release_id}") for u in usages],
            "Clip": [usage.clip_id for usage in usages],
            "Used": [shown_time(usage.used_at, shown_zone()) for usage in usages],
        }
    )
    st.dataframe(table, hide_index=True, alt=f"Every clip of {source} and the release it is in")
    st.caption(f"{plural(len(usages), 'use')} of {plain(source)}; times in {shown_zone().key}.")


if __name__ == "__main__":
    show_sources()
