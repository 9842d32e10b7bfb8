"""What a usage and a score settle to, and that they keep the very rules of observations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from math import copysign
from numbers import Rational

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
    refused_as_tracker_input,
    settled_source_name,
)
from noktvrn_ai_artist.errors import BadTrackerInput, BadValue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)

huge = st.builds(
    lambda digits, sign: sign * 10**digits, st.integers(15, 5000), st.sampled_from([1, -1])
)
numbers = st.one_of(
    st.booleans(),
    st.integers(),
    st.integers(-(2**64), 2**64),
    huge,
    st.floats(),
    st.fractions(),
    st.builds(Fraction, huge | st.integers(), huge),
    st.decimals(),
    st.complex_numbers(),
)
scalars = st.one_of(
    st.booleans().map(np.bool_),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.integers(0, 2**64 - 1).map(np.uint64),
    st.floats().map(np.float64),
    st.floats(width=32).map(np.float32),
    st.integers(-9, 9).map(lambda seconds: np.timedelta64(seconds, "s")),
    st.sampled_from([np.timedelta64("NaT"), np.datetime64("2026-01-01"), pd.NaT, pd.NA, None]),
)
zones = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
times = st.one_of(
    st.datetimes(),
    st.datetimes(timezones=zones),
    st.datetimes(min_value=datetime(2004, 12, 31), timezones=zones),  # noqa: DTZ001
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.just(pd.Timestamp("2026-01-01T12:00:00+02:00")),
)
# Text as long as a rule allows is rare, and so is half of a surrogate pair: each is asked for.
letters = st.characters(exclude_categories=())
texts = st.one_of(
    st.text(letters),
    st.text(st.sampled_from("a \n\0\ud800\udfff\u202eé"), max_size=5),
    st.integers(60, 260).map(lambda length: "x" * length),
    st.binary(),
)
odd = st.one_of(numbers, scalars, times, texts)

Door = Callable[[object], object]


def answer(door: Door, value: object) -> tuple[str, type, object]:
    """What a door makes of a value: the value it takes, or the rule it refuses by."""
    try:
        taken = door(value)
    except (BadValue, BadTrackerInput) as refusal:
        return ("refused", str, refusal.rule)
    return ("taken", type(taken), taken)


def used_in(release_id: object) -> object:
    return ClipUsage(source_name="a", clip_id="b", release_id=release_id, used_at=NOON).release_id


def scored(release_id: object) -> object:
    return ScoreReport(release_id=release_id, score=1.0, reported_at=NOON).release_id


def used_at(value: object) -> object:
    return ClipUsage(source_name="a", clip_id="b", release_id=1, used_at=value).used_at


def reported_at(value: object) -> object:
    return ScoreReport(release_id=1, score=1.0, reported_at=value).reported_at


def clip(value: object) -> object:
    return ClipUsage(source_name="a", clip_id=value, release_id=1, used_at=NOON).clip_id


def score(value: object) -> object:
    return ScoreReport(release_id=1, score=value, reported_at=NOON).score


@given(odd)
@example(np.timedelta64(1, "s"))
@example(2**63 - 1)
@example(2**63)
def test_a_release_id_is_the_same_at_every_door(value: object) -> None:
    expected = answer(rules.checked_release_id, value)
    assert answer(used_in, value) == answer(scored, value) == expected


@given(times | scalars)
@example(5)
@example("now")
@example(pd.NaT)
@example(date(2026, 1, 1))
@example(datetime(2004, 12, 31, 23, 59, tzinfo=UTC))
@example(datetime(2005, 1, 1, tzinfo=UTC))
@example(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))))
@example(LAST)
def test_an_instant_is_the_same_at_every_door(value: object) -> None:
    expected = answer(lambda given: rules.checked_time(given, now=LAST), value)
    assert answer(used_at, value) == answer(reported_at, value) == expected


@given(numbers | scalars)
@example("5")
@example(NOON)
@example(Fraction(2**60 + 1, 2**59))
@example(Fraction(2**54 + 1, 2))
@example(2**53 + 1)
@example(1e308)
@example(-1.5)
@example(np.timedelta64("NaT"))
@example(Decimal(1))
def test_a_score_is_a_value_that_may_be_negative_or_a_great_float(value: object) -> None:
    expected = answer(lambda given: rules.checked_value(given, signed=True), value)
    found = answer(score, value)
    if found != expected:
        assert expected == ("refused", str, "must be at most 2**53 in size")
        assert found == ("taken", float, float(value))
        assert not isinstance(value, Rational)
        assert 2**53 < abs(value) < float("inf")


@given(texts)
@example(" a\n")
@example("x" * 256)
@example("x" * 257)
@example(5)
@example(None)
def test_a_label_is_the_same_at_every_door_and_taken_verbatim(value: object) -> None:
    found = answer(clip, value)
    assert found == answer(lambda given: rules.checked_label(given, column="clip_id"), value)
    assert found[0] == "refused" or found[2] == value


@given(texts)
@example("x" * 65)
@example("\ud800")
@example(None)
@example(5)
def test_what_no_name_may_be_no_source_name_may_be_by_the_same_rule(value: object) -> None:
    expected = answer(
        lambda given: rules.checked_label(given, column="source_name", longest=64), value
    )
    assert expected[0] == "taken" or answer(settled_source_name, value) == expected


@given(rule=st.text(), column=st.text())
def test_a_refusal_keeps_its_rule_its_column_and_its_cause(rule: str, column: str) -> None:
    cause = BadValue(rule, column=column)
    with pytest.raises(BadTrackerInput) as refusal, refused_as_tracker_input():
        raise cause
    assert (refusal.value.rule, refusal.value.column) == (rule, column)
    assert refusal.value.__cause__ is cause


@given(st.text(max_size=64))
def test_settling_a_name_twice_is_settling_it_once(name: str) -> None:
    try:
        settled = settled_source_name(name)
    except BadTrackerInput:
        return
    assert settled_source_name(settled) == settled
    assert settled.isprintable()


@pytest.mark.parametrize(
    ("name", "rule"),
    [("ﷺ" * 4, "at most 64"), ("pex\u202eels", "cannot be printed"), ("\u2003", "not be empty")],
)
def test_a_name_is_judged_by_what_it_settles_to(name: str, rule: str) -> None:
    with pytest.raises(BadTrackerInput, match=rule):
        settled_source_name(name)


def test_minus_nought_is_nought() -> None:
    assert copysign(1, score(-0.0)) == 1


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 1e308, 5e-324, Fraction(1, 3), Fraction(2**60 + 1, 2**59)]
)
def test_every_finite_score_is_taken(value: float | Fraction) -> None:
    assert score(value) == float(value)


def test_a_fraction_too_great_for_a_float_is_refused_without_being_repeated() -> None:
    with pytest.raises(BadTrackerInput) as refusal:
        score(Fraction(10**4000, 3))
    assert str(refusal.value) == "performance_score: must be at most 2**53 in size"


def test_an_instant_is_kept_in_utc() -> None:
    evening = datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8)))
    settled = used_at(evening)
    assert (settled, settled.tzinfo) == (evening, UTC)


def labelled(column: str) -> Door:
    return lambda value: getattr(
        ClipUsage(
            **{"source_name": "a", "clip_id": "b", "release_id": 1, "used_at": NOON, column: value}
        ),
        column,
    )


@pytest.mark.parametrize("column", ["event_id", "search_term", "creator", "selection_id"])
@given(value=texts)
@example(value="x" * 257)
@example(value="")
@example(value=5)
def test_what_more_is_told_of_a_clip_is_a_label_too(column: str, value: object) -> None:
    assert answer(labelled(column), value) == answer(labelled("clip_id"), value)


@pytest.mark.parametrize("column", ["event_id", "search_term", "creator", "selection_id"])
def test_what_more_is_told_of_a_clip_may_be_left_out(column: str) -> None:
    assert labelled(column)(None) is None


def of_artist(value: object) -> object:
    return ScoreReport(release_id=1, score=1.0, reported_at=NOON, artist_id=value).artist_id


@given(numbers | scalars)
@example(0)
@example(-1)
@example(2**63)
@example("1")
def test_an_artist_is_a_release_id_or_nought_or_left_out(value: object) -> None:
    found = answer(of_artist, value)
    if value is None or (type(value) is int and value == 0):
        assert found == ("taken", type(value), value)
    elif found[0] == "taken":
        assert found == answer(rules.checked_release_id, value) or found[2] == 0
    else:
        assert found[2] in {"must be a whole number", "must be between 0 and 2**63 - 1"}
        assert answer(rules.checked_release_id, value)[0] == "refused"


def candidate(**fields: object) -> Candidate:
    return Candidate(**{"source": "pexels", "mean": 0.0, "sd": 1.0, "probability": 0.5, **fields})


@pytest.mark.parametrize(
    "field",
    [
        *({"mean": value} for value in (float("nan"), float("inf"), 1e17, "1", True, None)),
        *({"sd": value} for value in (-0.1, float("nan"), 1e17, 1j)),
        *({"probability": value} for value in (-0.1, 1.1, float("nan"), None)),
        *({"source": value} for value in ("", "x" * 65, "pex\0els", None)),
    ],
    ids=ascii,
)
def test_a_candidate_that_could_not_have_been_drawn_is_refused(field: dict[str, object]) -> None:
    (column,) = field
    named = {"source": "source_name"}.get(column, column)
    with pytest.raises(BadTrackerInput, match=f"{named}:"):
        candidate(**field)


def selection(**fields: object) -> Selection:
    given_fields = {"selection_id": "s", "drawn_at": NOON, "top_n": 1, "candidates": (candidate(),)}
    return Selection(**{**given_fields, **fields})


@pytest.mark.parametrize(
    "field",
    [
        *({"selection_id": value} for value in ("", "x" * 257, "\0", None)),
        *({"drawn_at": value} for value in (datetime(2026, 3, 1), None, "noon")),  # noqa: DTZ001
        *({"top_n": value} for value in (-1, True, 1.0, None)),
    ],
    ids=ascii,
)
def test_a_selection_that_could_not_have_been_drawn_is_refused(field: dict[str, object]) -> None:
    with pytest.raises(BadTrackerInput):
        selection(**field)


def test_the_first_candidates_are_what_is_proposed() -> None:
    drawn = selection(top_n=2, candidates=tuple(candidate(source=name) for name in "cab"))
    assert drawn.proposed == ["c", "a"]
