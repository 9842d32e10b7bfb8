"""What a usage and a score settle to, so that the same thing said twice is one value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from math import copysign

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.source_records import (
    checked_instant,
    checked_score,
    settled_source_name,
)
from noktvrn_ai_artist.errors import BadTrackerInput


@given(st.text(max_size=64))
def test_settling_a_name_twice_is_settling_it_once(name: str) -> None:
    try:
        settled = settled_source_name(name)
    except BadTrackerInput:
        return
    assert settled_source_name(settled) == settled
    assert settled.isprintable()


def test_minus_nought_is_nought() -> None:
    assert copysign(1, checked_score(-0.0)) == 1


@pytest.mark.parametrize("score", [2**53, -(2**53), 1e308, 5e-324, Fraction(1, 3)])
def test_every_finite_score_is_taken(score: float | Fraction) -> None:
    assert checked_score(score) == float(score)


def test_a_fraction_too_great_for_a_float_is_refused_without_being_repeated() -> None:
    with pytest.raises(BadTrackerInput, match="2\\^53"):
        checked_score(Fraction(10**4000, 3))


def test_an_instant_is_kept_in_utc() -> None:
    evening = datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8)))
    settled = checked_instant(evening, column="used_at")
    assert (settled, settled.tzinfo) == (evening, UTC)
