"""Which release is looked at: chosen from a list, kept in the address for links to share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from noktvrn_ai_artist.records import Artist, Release
from streamlit_app.components.places import RELEASE

_KEY, _PARAM, _LAST = "chosen_release", "release", "last_release"


def open_release(release_id: int) -> None:
    """Go to a release's page."""
    st.switch_page(RELEASE.file, query_params={_PARAM: str(release_id)})


def choose_artist(artists: Sequence[Artist], *, key: str) -> int | None:
    """One artist's id, or None for all; kept in the address under a key of the page's own.

    Were it shared, going from page to page would leave two steps in the history instead of one.
    """
    names = {artist.artist_id: artist.name for artist in artists if artist.releases}
    return st.selectbox(
        "Artist",
        [None, *names],
        format_func=lambda chosen: "All artists" if chosen is None else names[chosen],
        key=key,
        bind="query-params",
    )


def choose_release(releases: Sequence[Release], *, first: int | None = None) -> Release:
    """One of (at least one) releases: that of the address, the last one looked at, or `first`."""
    by_id = {release.release_id: release for release in releases}
    st.session_state[_KEY] = _wanted(by_id, first)
    labels = release_labels(releases)
    chosen = st.selectbox(
        "Release",
        list(by_id),
        format_func=lambda release_id: labels[release_id],
        key=_KEY,
        on_change=_remember,
        placeholder="Type to search",
    )
    st.session_state[_LAST] = chosen
    if st.query_params.get(_PARAM) != str(chosen):
        st.query_params[_PARAM] = str(chosen)
    return by_id[chosen]


def release_labels(releases: Sequence[Release]) -> dict[int, str]:
    """A name for each release, no two alike."""
    plain = {release.release_id: f"{release.title} · {release.artist}" for release in releases}
    often = Counter(plain.values())
    return {
        release_id: label if often[label] == 1 else f"{label} (#{release_id})"
        for release_id, label in plain.items()
    }


def _remember() -> None:
    st.query_params[_PARAM] = str(st.session_state[_KEY])


def _wanted(by_id: Mapping[int, Release], first: int | None) -> int:
    asked = st.query_params.get(_PARAM, "")
    # More digits than an id has are no id, and slow to read.
    linked = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 20 else None  # noqa: PLR2004
    candidates = (linked, st.session_state.get(_LAST), first)
    return next((c for c in candidates if c is not None and c in by_id), next(iter(by_id)))
