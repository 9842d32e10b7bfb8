"""The page of one release: its figures, its history, and how it does against the usual."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.records import Release
from streamlit_app import resources
from streamlit_app.analytics.age_comparison import show_age_comparison
from streamlit_app.analytics.figure_cards import show_figures
from streamlit_app.analytics.frames import by_importance, metrics_in, series_of
from streamlit_app.analytics.history import show_history
from streamlit_app.analytics.periods import shown_day
from streamlit_app.analytics.rankings import show_rankings
from streamlit_app.analytics.wording import link, plain, plural, shown_time
from streamlit_app.components.days import (
    day_of,
    days_of_their_own,
    first_and_last_day,
    observations_within,
)
from streamlit_app.components.empty import show_no_numbers, show_nothing_registered
from streamlit_app.components.period_chooser import choose_span
from streamlit_app.components.release_chooser import choose_artist, choose_release
from streamlit_app.components.show import offer_downloads
from streamlit_app.components.time_zone import shown_zone


def show_analytics_dashboard() -> None:
    """Choose an approved release and see what is known of it."""
    if not resources.releases():
        st.title("Release")
        show_nothing_registered()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        artist_id = choose_artist(resources.artists(), key="by")
        releases = resources.releases(artist_id)
        if not releases:
            # The artists were read at another moment than their releases.
            st.caption("– no release of this artist is known now; reload the page in a minute.")
            return
        release = choose_release(releases, first=_leader(artist_id))
    numbers = resources.release_numbers(release.release_id)
    _show_heading(release, numbers)
    if numbers.empty:
        show_no_numbers(f"“{release.title}”")
        return
    oldest_day, newest_day = first_and_last_day(numbers)
    span = choose_span(
        key="span",
        oldest_day=oldest_day,
        newest_day=newest_day,
        zone=shown_zone(),
        whose_days=days_of_their_own(metrics_in(numbers)),
    )
    show_figures(release, numbers, span)
    show_history(release, numbers, span.period)
    show_age_comparison(release, numbers)
    show_rankings(release, numbers)
    _show_freshness(numbers)
    offer_downloads(
        observations_within(numbers, span.period),
        name=f"release_{release.release_id}",
        what="The values of this period",
    )


def _leader(artist_id: int | None) -> int | None:
    """The release to begin with: the largest in what is most widely known."""
    fresh = sorted(resources.freshness(), key=lambda e: (-e.releases, by_importance(e.metric_type)))
    if not fresh:
        return None
    latest = resources.latest_values(fresh[0].platform, fresh[0].metric_type, artist_id)
    return max(latest, key=lambda value: value.metric_value).release_id if latest else None


def _show_heading(release: Release, numbers: pd.DataFrame) -> None:
    st.title(plain(release.title), anchor=False)
    out = release.published_at
    facts = [
        f"**{plain(release.artist)}**",
        f"published {shown_time(out, shown_zone())}" if out else "not published yet",
        release.status.value,
    ]
    if not numbers.empty:
        facts.append(plural(len(numbers), "value"))
    links = [
        link(entry.platform, entry.url) for entry in resources.publications(release.release_id)
    ]
    if links:
        facts.append("on " + ", ".join(dict.fromkeys(links)))
    st.markdown(" · ".join(facts))


def _show_freshness(numbers: pd.DataFrame) -> None:
    newest: dict[str, date] = {}
    for platform, metric in sorted(metrics_in(numbers)):
        when = series_of(numbers, platform, metric)["time"].iloc[-1]
        day = day_of((platform, metric), when)
        newest[platform] = max(day, newest.get(platform, day))
    complete = ", ".join(
        f"{plain(platform)} complete to {shown_day(day)}" for platform, day in newest.items()
    )
    st.header("The values behind this page")
    st.caption(f"{complete}. Times in {shown_zone().key}.")


if __name__ == "__main__":
    show_analytics_dashboard()
