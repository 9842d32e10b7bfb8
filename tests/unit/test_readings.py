"""Readings: each number in one place, ids asked for and told, and listings that end."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.observation_rules import LARGEST_VALUE
from noktvrn_ai_artist.collectors.messages import Provider, Request
from noktvrn_ai_artist.collectors.readings import (
    Found,
    Given,
    Trail,
    answer_of,
    batches,
    missing_from,
    page_of,
)
from noktvrn_ai_artist.errors import BadAnswer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = Request(provider=Provider.TIKTOK, method="GET", path="/")
ids = st.sets(st.text("abcdefgh", min_size=1, max_size=3), max_size=30)
values = st.none() | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), values))
def test_each_number_is_read_or_hidden_or_refused(
    told: dict[tuple[str, str], float | None],
) -> None:
    numbers = [
        Given(external_id=each, metric_type=metric, value=value, recorded_at=NOON)
        for (each, metric), value in told.items()
    ]
    answer = answer_of(numbers, provider=Provider.TIKTOK, missing=frozenset())
    read = {(reading.external_id, reading.metric_type) for reading in answer.readings}
    assert read | answer.hidden | answer.refused == set(told)
    assert len(read) + len(answer.hidden) + len(answer.refused) == len(told)
    for reading in answer.readings:
        value = told[reading.external_id, reading.metric_type]
        assert value is not None
        assert reading.metric_value == value
        assert 0 <= value <= LARGEST_VALUE


@given(ids, ids)
def test_what_was_asked_is_answered_or_missing(asked: set[str], told: set[str]) -> None:
    assert missing_from(asked, asked & told, Provider.TIKTOK) == asked - told
    if not told <= asked:
        with pytest.raises(BadAnswer, match="not asked for"):
            missing_from(asked, told, Provider.TIKTOK)


@given(st.lists(st.text("ab,", min_size=1, max_size=3)), st.integers(1, 5))
def test_batches_hold_each_good_id_once(given_ids: list[str], size: int) -> None:
    made = batches(given_ids, size=size, form=re.compile("[ab]+"))
    assert all(1 <= len(batch) <= size for batch in made)
    assert [each for batch in made for each in batch] == list(
        dict.fromkeys(each for each in given_ids if "," not in each)
    )


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), min_size=1, max_size=8))
def test_overlapping_pages_name_each_entry_once(pages: list[list[str]]) -> None:
    trail, named = Trail(), []
    for number, names in enumerate(pages):
        page = page_of(
            [Found(external_id=name, title=name) for name in names],
            trail=trail,
            cursor=str(number),
            follow_up=ASKED,
            provider=Provider.TIKTOK,
        )
        trail = page.trail
        named += [found.external_id for found in page.found]
    assert named == list(dict.fromkeys(name for names in pages for name in names))


def test_a_listing_that_runs_in_a_circle_is_refused() -> None:
    trail = Trail(cursors=frozenset({"2"}))
    with pytest.raises(BadAnswer, match="circle"):
        page_of([], trail=trail, cursor="2", follow_up=ASKED, provider=Provider.TIKTOK)
