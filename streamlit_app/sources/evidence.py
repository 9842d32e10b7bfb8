"""One source in depth: what was said of it, what made it so, and what lies below it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from noktvrn_ai_artist.analytics.source_course import Change, own_contributions
from noktvrn_ai_artist.analytics.source_parts import Part
from noktvrn_ai_artist.analytics.source_records import Standing
from streamlit_app import resources
from streamlit_app.analytics.periods import shown_day
from streamlit_app.analytics.wording import plain, plural
from streamlit_app.components.show import show_chart
from streamlit_app.components.time_zone import shown_zone
from streamlit_app.sources.evidence_charts import effects_chart
from streamlit_app.sources.frames import (
    Labels,
    evidence_frame,
    label_of,
    parts_frame,
    usages_frame,
    verdict_words,
)

SIGNED = st.column_config.NumberColumn(format="%+.2f")
PERCENT = st.column_config.NumberColumn(format="percent")


def show_evidence(standings: Sequence[Standing], labels: Labels) -> None:
    """The source that is chosen: its standing in words, its releases, its clips."""
    with st.container(border=True):
        st.header("Evidence")
        by_name = {standing.source: standing for standing in standings}
        source = st.selectbox("Source", list(by_name), key="source", bind="query-params")
        standing = by_name.get(source, standings[0])
        _show_in_words(standing, labels)
        _show_releases(standing.source, labels)
    with st.container(border=True):
        st.header(f"Inside {plain(standing.source)}")
        _show_parts(standing.source)
        _show_usages(standing.source, labels)


def _show_in_words(standing: Standing, labels: Labels) -> None:
    effect = resources.score_scale().effect_of(standing)
    said = f"**{plain(standing.source)}**: {verdict_words(standing)}"
    if standing.enough_evidence and effect is not None:
        said += f". Releases cut from it: {effect} against a median release"
    st.markdown(f"{said}. {_moved(resources.recent_change(standing.source), labels)}")


def _moved(change: Change, labels: Labels) -> str:
    before = "not in use" if change.before is None else f"{change.before:+.2f}"
    moves = [
        f"“{plain(label_of(move.release_id, labels))}” {move.change:+.2f}"
        + (" (scored since)" if move.is_new else "")
        for move in change.worth_saying
    ]
    most = f"; moved most by {', '.join(moves)}" if moves else ""
    since = shown_day(change.since.astimezone(shown_zone()).date())
    return f"Since {since} its estimate went from {before} to {change.now:+.2f}{most}."


def _show_releases(source: str, labels: Labels) -> None:
    own, of_others = own_contributions(resources.explanation(source).contributions)
    if not own:
        st.caption("None of its releases has a score yet.")
        return
    show_chart(effects_chart(own, labels), key="effects")
    st.dataframe(
        evidence_frame(own, resources.recent_change(source), labels),
        hide_index=True,
        alt=f"What each release adds to the estimate of {source}, the strongest first",
        column_config={
            "Score": st.column_config.NumberColumn(format="localized"),
            "Place among all": st.column_config.NumberColumn(
                format="%+.2f", help="Standard deviations from the median release."
            ),
            "Of its clips": PERCENT,
            "Effect": st.column_config.NumberColumn(format="%+.3f"),
            "Change lately": st.column_config.NumberColumn(format="%+.3f"),
        },
    )
    st.caption(
        f"All effects add up to the estimate; releases without {plain(source)}, which it is "
        f"compared with, add {of_others:+.3f}."
    )


def _show_parts(source: str) -> None:
    part = st.segmented_control(
        "By",
        list(Part),
        format_func=lambda one: f"{one.capitalize()}s",
        default=Part.CLIP,
        required=True,
        key="part",
        bind="query-params",
    )
    chosen = part if part in set(Part) else Part.CLIP
    found = resources.part_standings(source, Part(chosen))
    if not found:
        st.caption(f"No {chosen} of {plain(source)} was logged.")
        return
    st.dataframe(
        parts_frame(found, name=chosen.capitalize(), zone=shown_zone()),
        hide_index=True,
        placeholder="–",
        alt=f"What is believed of every {chosen} of {source}, the best first",
        column_config={"Estimate": SIGNED, "Low": SIGNED, "High": SIGNED},
    )
    st.caption(
        f"Better and worse than most are said against {plain(source)} itself. Each {chosen} is "
        "believed to be as good as its source until it shows otherwise."
    )


def _show_usages(source: str, labels: Labels) -> None:
    usages = [usage for usage in resources.clip_usages() if usage.source_name == source]
    with st.expander(f"{plural(len(usages), 'clip use')}, times in {shown_zone().key}"):
        st.dataframe(
            usages_frame(usages, labels, shown_zone()),
            hide_index=True,
            alt=f"Every clip of {source} and the release it is in",
        )
