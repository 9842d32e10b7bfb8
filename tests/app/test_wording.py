"""Laws of the words: what was written is what is read, but for signs that have no width."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlit_app.analytics.wording import link, plain

SIGNS = st.text("ab19 :-<>=~@/\\`*_[](){}#+|$&.w", max_size=30)


@given((SIGNS | st.text(max_size=20)).filter(lambda text: "\u2060" not in text))
def test_nothing_is_lost_and_only_joiners_and_backslashes_are_added(text: str) -> None:
    assert re.sub(r"\\([^\w\s]|_)", r"\1", plain(text).replace("\u2060", "")) == text


@pytest.mark.parametrize(
    "text", ["at 12:30", "2026-01-01, 23:59:59", "Song: live", "well-known", "a - b", "50 % of 3.5"]
)
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    "text",
    [
        ":smile:",
        ":material/home:",
        "1:100:",
        ":red[x]",
        "->",
        "<-",
        "--",
        ">=",
        "<=",
        "a@b.example",
    ],
)
def test_what_streamlit_reads_together_is_taken_apart(text: str) -> None:
    assert "\u2060" in plain(text)


@given(st.text(max_size=30))
def test_an_address_never_leaves_its_link(rest: str) -> None:
    shown = link("YouTube", f"https://x.example/{rest}")
    assert re.fullmatch(r"\[YouTube\]\(<[^<>\n\r\\]*>\)", shown)
