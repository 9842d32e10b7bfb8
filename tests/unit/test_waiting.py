"""Waiting: what Retry-After says in either form, and pauses that grow and stay in bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.collectors.messages import Response
from noktvrn_ai_artist.collectors.waiting import asked_wait, pause

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def wait_for(said: str) -> timedelta:
    return asked_wait(Response(status=429, headers={"retry-after": said}, body=b""), now=NOON)


@given(st.integers(0, 10**9 - 1))
def test_seconds_and_their_date_say_the_same(seconds: int) -> None:
    assert wait_for(str(seconds)) == timedelta(seconds=seconds)
    if seconds < 10**9:
        date = format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)
        assert wait_for(date) == timedelta(seconds=seconds)


@given(st.text(max_size=40))
def test_whatever_is_said_the_wait_is_none_or_some(said: str) -> None:
    assert wait_for(said) >= timedelta(0)


@pytest.mark.parametrize("said", ["", "soon", "-3", "1.5", "١٢", "1_0", "Sun, 99 Foo 2026"])
def test_what_says_nothing_asks_for_no_wait(said: str) -> None:
    assert wait_for(said) == timedelta(0)


def test_a_date_gone_by_asks_for_no_wait() -> None:
    assert wait_for("Sun, 01 Mar 2026 11:59:00 GMT") == timedelta(0)


@pytest.mark.parametrize("said", ["9" * 30, "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_absurd_wait_is_longer_than_anyone_waits(said: str) -> None:
    assert wait_for(said) > timedelta(days=365)


def test_without_the_header_there_is_no_wait() -> None:
    assert asked_wait(Response(status=500, headers={}, body=b""), now=NOON) == timedelta(0)


@given(st.integers(1, 50), st.integers())
def test_a_pause_lies_between_half_and_all_of_twice_the_one_before(attempt: int, seed: int) -> None:
    whole = min(8.0, 0.5 * 2 ** (attempt - 1))
    assert whole / 2 <= pause(attempt, rng=Random(seed)).total_seconds() <= whole
