"""The page of stock sources: what is believed of each, how sure that is, and on what grounds."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from noktvrn_ai_artist.analytics.source_course import course_of
from noktvrn_ai_artist.analytics.source_ranking import CREDIBLE_LEVEL
from noktvrn_ai_artist.analytics.source_records import Standing, Verdict
from noktvrn_ai_artist.analytics.source_words import ASSOCIATION, GATE, headline
from noktvrn_ai_artist.demo.demo_data import DEMO_NOW
from streamlit_app import resources
from streamlit_app.analytics.wording import MISSING, plain, plural
from streamlit_app.components.release_chooser import release_labels
from streamlit_app.components.show import offer_downloads, show_chart
from streamlit_app.components.time_zone import shown_zone
from streamlit_app.sources.charts import standing_chart
from streamlit_app.sources.evidence import PERCENT, SIGNED, show_evidence
from streamlit_app.sources.evidence_charts import course_chart
from streamlit_app.sources.frames import EFFECT, standings_frame
from streamlit_app.sources.next_choice import show_next_choice

_TOP = 3


def show_sources() -> None:
    """The verdict, the standings, their course, the evidence of one source, and what is next."""
    st.title("Stock sources")
    # What is judged comes first; among the rest no order means anything.
    standings = sorted(resources.standings(), key=lambda standing: not standing.enough_evidence)
    if not standings:
        _show_nothing()
        return
    if resources.settings().demo:
        simulated = f"Simulated clip usage, as of {DEMO_NOW:%d %b %Y}"
        st.badge(simulated, icon=":material/science:", color="orange")
    st.markdown(f"**{plain(headline(standings))}** {ASSOCIATION}")
    _show_cards(standings)
    with st.container(border=True):
        st.header("Standings")
        show_chart(standing_chart(standings), key="standings")
    _show_table(standings)
    _show_course(standings)
    labels = release_labels(resources.releases())
    show_evidence(standings, labels)
    show_next_choice(labels)


def _show_nothing() -> None:
    with st.container(border=True):
        st.header("No footage was logged yet", icon=":material/inbox:")
        st.markdown(
            "When a clip is chosen for a release, log it; when releases have numbers, score them:"
            "\n\n```text\n"
            "noktvrn tracker log-usage pexels 8512 RELEASE\n"
            "noktvrn score\n"
            "```\n\n"
            "Or look around first with sample data: `make demo`."
        )


def _show_cards(standings: Sequence[Standing]) -> None:
    judged = [standing for standing in standings if standing.enough_evidence][:_TOP]
    if not judged:
        return
    with st.grid(_TOP, min_column_width=200):
        for standing in judged:
            _show_card(standing)


def _show_card(standing: Standing) -> None:
    """What goes with a source if anything may be said, else why nothing is."""
    scale, releases = resources.score_scale(), plural(standing.releases, "release")
    low, high = scale.effect(standing.low_score), scale.effect(standing.high_score)
    open_question = standing.verdict is Verdict.TOO_EARLY_TO_SAY
    st.metric(
        plain(standing.source),
        MISSING if open_question else scale.effect(standing.expected_score),
        None,
        delta_description=f"{standing.verdict}, {releases}"
        if open_question
        else f"{low} to {high}, {releases}",
        border=True,
        height="stretch",
        help="What goes with footage of this source alone, against a median release.",
    )


def _show_table(standings: Sequence[Standing]) -> None:
    table = standings_frame(standings, resources.score_scale(), shown_zone())
    st.dataframe(
        table,
        hide_index=True,
        placeholder=MISSING,
        alt="What is believed of every source, the best first",
        column_config={
            EFFECT: st.column_config.TextColumn(
                help="What an otherwise median release comes to, cut from this source alone."
            ),
            "Estimate": SIGNED,
            "Low": SIGNED,
            "High": SIGNED,
            "Best": PERCENT,
            "In the top three": PERCENT,
            "They weigh": st.column_config.NumberColumn(
                format="%.1f",
                help="How many releases of today, cut from it alone, would tell as much.",
            ),
        },
    )
    st.caption(f"{GATE} Intervals are {CREDIBLE_LEVEL:.0%} credible.")
    offer_downloads(table, name="sources", what="Exactly the table above")


def _show_course(standings: Sequence[Standing]) -> None:
    with st.container(border=True):
        st.header("How estimates went")
        names = [standing.source for standing in standings]
        chosen = st.multiselect(
            "Sources shown", names, default=names[:_TOP], key="course", bind="query-params"
        )
        seen = resources.course()
        courses = {name: course_of(name, seen) for name in names if name in chosen}
        if not courses:
            st.caption("Choose a source to see how its estimate went.")
            return
        show_chart(course_chart(courses, shown_zone()), key="courses")


if __name__ == "__main__":
    show_sources()
