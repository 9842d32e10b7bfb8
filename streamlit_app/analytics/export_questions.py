"""What an export of a platform does not say itself, asked beside its upload."""

from __future__ import annotations

import re
from datetime import datetime

import streamlit as st

from noktvrn_ai_artist.ingest.export_answers import ExportAnswers, option
from noktvrn_ai_artist.ingest.export_layouts import (
    LIFETIME,
    SONG_WINDOWS,
    Layout,
    NamedBy,
)
from noktvrn_ai_artist.ingest.export_names import title_in, window_in
from streamlit_app import resources
from streamlit_app.components.moment import ALL_DAYS
from streamlit_app.components.release_chooser import release_labels
from streamlit_app.components.time_zone import shown_zone

_ONE_DAY = "one day"
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def ask_about_export(layout: Layout | None, *, file_name: str, file_id: str) -> ExportAnswers:
    """The answers so far; nothing is asked of an ordinary table."""
    if layout is None:
        return ExportAnswers(file_name=file_name)
    st.caption(f"A {layout.form} export. What it does not say itself:")
    release_id = _ask_release(file_id) if "release_id" in layout.answers else None
    title = artist = window = None
    exported_at: datetime | None = None
    if release_id is None:
        hints = {"title": title_in(file_name) or "", "artist": ""}
        asked = {name: _ask_text(name, hints[name], file_id) for name in _texts(layout)}
        title, artist = asked.get("title"), asked.get("artist")
    if "window" in layout.answers:
        window = _ask_window(layout, file_name, file_id)
        if layout.named_by is NamedBy.SONG or window == LIFETIME:
            exported_at = _ask_moment(file_id)
    return ExportAnswers(
        file_name=file_name,
        release_id=release_id,
        title=title,
        artist=artist,
        window=window,
        exported_at=exported_at,
    )


def as_on_the_page(text: str) -> str:
    """A line that names options of the command line, naming the fields of this page instead.

    >>> as_on_the_page("say when: --exported-at")
    'say when: “Exported at”'
    """
    return _OPTION.sub(lambda found: f"“{_label(found[0])}”", text)


def _label(name: str) -> str:
    return name.removeprefix("--").replace("-", " ").capitalize()


def _ask_release(file_id: str) -> int | None:
    labels = release_labels(resources.releases())
    return st.selectbox(
        _label(option("release_id")),
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder="As the file’s name or the fields below say",
        key=f"export_release_{file_id}",
    )


def _texts(layout: Layout) -> list[str]:
    return [name for name in layout.answers if name in {"title", "artist"}]


def _ask_text(answer: str, hint: str, file_id: str) -> str | None:
    text = st.text_input(
        _label(option(answer)), placeholder=hint, max_chars=512, key=f"export_{answer}_{file_id}"
    )
    return (text or "").strip() or None


def _ask_window(layout: Layout, file_name: str, file_id: str) -> str | None:
    if layout.named_by is NamedBy.SONG:
        said = window_in(file_name)
        return st.selectbox(
            "Window",
            SONG_WINDOWS,
            index=SONG_WINDOWS.index(said) if said else None,
            placeholder="Over which time its numbers are",
            key=f"export_window_{file_id}",
        )
    window = st.selectbox(
        "Window",
        (LIFETIME, _ONE_DAY),
        index=None,
        placeholder="Over which time its numbers are",
        key=f"export_window_{file_id}",
    )
    if window != _ONE_DAY:
        return window
    day = st.date_input("Day (Pacific time)", value=None, key=f"export_day_{file_id}", **ALL_DAYS)
    return day.isoformat() if day else None


def _ask_moment(file_id: str) -> datetime | None:
    left, right = st.columns(2)
    day = left.date_input("Exported at", value=None, key=f"export_date_{file_id}", **ALL_DAYS)
    time = right.time_input(
        f"Time ({shown_zone().key})", value=None, step=60, key=f"export_time_{file_id}"
    )
    return datetime.combine(day, time, tzinfo=shown_zone()) if day and time else None
