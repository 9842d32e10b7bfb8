"""The page where numbers come in: one by one, or as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from noktvrn_ai_artist.analytics.metric_catalogue import Platform
from noktvrn_ai_artist.analytics.observation_rules import number_from
from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.errors import BadValue, ImportRefused, PerformanceDbError
from noktvrn_ai_artist.records import ImportCounts, Observation, Release
from streamlit_app import resources
from streamlit_app.analytics.csv_upload import show_csv_upload
from streamlit_app.analytics.frames import by_importance
from streamlit_app.analytics.wording import kind_name, metric_name, shown_time, whole
from streamlit_app.components.empty import show_nothing_to_enter_for
from streamlit_app.components.last_save import Outcome, is_saved, remember, show_last_save
from streamlit_app.components.moment import ALL_DAYS, Moment
from streamlit_app.components.release_chooser import choose_release
from streamlit_app.components.time_zone import shown_zone

_METRIC, _VALUE, _DATE, _TIME, _URL, _NOTES = (
    f"entry_{name}" for name in ("metric", "value", "date", "time", "url", "notes")
)

_MOMENT = Moment(date_key=_DATE, time_key=_TIME)
_BY_HAND, _BY_FILE = ":material/edit: One number", ":material/upload_file: CSV file"


def show_performance_data_entry_form() -> None:
    """One number by hand, or many from a file; either can be undone."""
    st.title("Enter numbers")
    show_last_save()
    releases = resources.releases()
    by_hand, by_file = st.tabs([_BY_HAND, _BY_FILE], default=_BY_HAND if releases else _BY_FILE)
    with by_hand:
        if releases:
            _show_form(releases)
        else:
            show_nothing_to_enter_for()
    with by_file:
        show_csv_upload()


def _show_form(releases: Sequence[Release]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        release = choose_release(releases)
        platform = _choose_platform(release)
    with st.form("entry", clear_on_submit=False):
        _show_fields(platform)
        st.form_submit_button(
            "Save",
            icon=":material/save:",
            on_click=_save,
            args=(release, platform.name),
            key="entry_save",
        )
        st.caption(
            "Enter or Ctrl+Enter in a text field saves. The same moment again with another value "
            "is a correction; the old value is kept."
        )


def _choose_platform(release: Release) -> Platform:
    platforms = resources.catalogue().platforms
    used = [entry.platform for entry in resources.publications(release.release_id)]
    names = sorted(platforms, key=lambda name: (name not in used, list(platforms).index(name)))
    chosen = st.selectbox("Platform", names, key="entry_platform", persist_state="session")
    return platforms[chosen]


def _show_fields(platform: Platform) -> None:
    _MOMENT.begin()
    metrics = sorted(platform.metrics, key=by_importance)
    left, right = st.columns(2)
    left.selectbox(
        "Metric",
        metrics,
        format_func=lambda name: f"{metric_name(name)}, {kind_name(platform.metrics[name].kind)}",
        key=_METRIC,
    )
    right.text_input("Value", key=_VALUE, placeholder="1234 or 0.5", autocomplete="off")
    left, right = st.columns(2)
    left.date_input("Date", key=_DATE, format="YYYY-MM-DD", **ALL_DAYS)
    right.time_input(f"Time ({shown_zone().key})", key=_TIME, step=60)
    left, right = st.columns(2)
    left.text_input(
        "Source URL (optional)", key=_URL, placeholder="https://…", max_chars=2048, type="url"
    )
    right.text_input("Notes (optional)", key=_NOTES, max_chars=4000)


def _save(release: Release, platform: str) -> None:
    """Store what the form holds; its texts are cleared if that works, and all is kept if not."""
    state = st.session_state
    try:
        observation = Observation(
            release_id=release.release_id,
            platform=platform,
            metric_type=state[_METRIC],
            metric_value=number_from((state[_VALUE] or "").strip(), column="Value"),
            recorded_at=_MOMENT.instant(),
            source_url=state[_URL] or None,
            notes=state[_NOTES] or None,
        )
        if is_saved(observation):
            return _clear_texts()
        label = f"{platform} {metric_name(state[_METRIC]).lower()} of {release.title}"
        counts = add_performance_metrics([observation], source="manual", label=label)
    except ImportRefused as error:
        first = error.rejections[0]
        remember(Outcome(says=f"Not saved: {metric_name(first.column)} {first.rule}.", failed=True))
    except BadValue as error:
        remember(Outcome(says=f"Not saved: {error.column} {error.rule}.", failed=True))
    except PerformanceDbError as error:
        remember(Outcome(says=f"Perhaps not saved: {error} Saving again is safe.", failed=True))
    else:
        remember(_outcome(observation, counts, release))
        _clear_texts()


def _clear_texts() -> None:
    for key in (_VALUE, _URL, _NOTES):
        st.session_state[key] = ""
    _MOMENT.offer_now_again()


def _outcome(observation: Observation, counts: ImportCounts, release: Release) -> Outcome:
    what = (
        f"{whole(observation.metric_value)} {observation.platform} "
        f"{metric_name(observation.metric_type).lower()} of “{release.title}” "
        f"on {shown_time(observation.recorded_at, shown_zone())} {shown_zone().key}"
    )
    if counts.duplicate:
        return Outcome(says=f"Known already: {what}. Nothing changed.", saved=observation)
    verb = "Corrected to" if counts.corrected else "Saved:"
    return Outcome(says=f"{verb} {what}.", saved=observation, batch_id=counts.batch_id)


if __name__ == "__main__":
    show_performance_data_entry_form()
