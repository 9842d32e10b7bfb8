"""What holds for every answer of every platform: whole or refused, and never a number made up."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from client_cases import Case, cases
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.collectors.readings import Answer
from noktvrn_ai_artist.errors import BadAnswer

CASES = cases()
COUNTED = [case for case in CASES if case.rows]
OTHERS: list[Any] = ["x", 7, 1.5, True, [], {}, ["x"], {"x": 1}]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_count = pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
Place = tuple[str | int, ...]


def places(content: object, at: Place = ()) -> Iterator[Place]:
    """Every place in a content, the whole one first."""
    yield at
    inside = content.items() if isinstance(content, dict) else ()
    listed = enumerate(content) if isinstance(content, list) else ()
    for key, value in (*inside, *listed):
        yield from places(value, (*at, key))


def put(content: object, at: Place, value: object) -> Any:  # noqa: ANN401
    """The content with another value in one place."""
    if not at:
        return value
    changed = copy.deepcopy(content)
    inside: Any = changed
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = value
    return changed


def value_at(content: Any, at: Place) -> Any:  # noqa: ANN401
    for key in at:
        content = content[key]
    return content


def kind(value: object) -> str:
    """The type as JSON has it."""
    return "number" if type(value) in {int, float} else type(value).__name__


def field_of(at: Place) -> str:
    return next((str(key) for key in reversed(at) if isinstance(key, str)), "")


def rows_of(case: Case, content: Any) -> list[Any]:  # noqa: ANN401
    rows: list[Any] = value_at(content, case.rows)
    return rows


def numbers(case: Case) -> set[Any]:
    return set(case.good.readings)


@every_case
def test_the_good_answer_is_read(case: Case) -> None:
    assert case.good is not BadAnswer
    assert case.good is not None


@every_case
def test_an_answer_cut_off_at_any_byte_is_refused(case: Case) -> None:
    body = json.dumps(case.content).encode()
    taken = [cut for cut in range(len(body)) if case.outcome(body[:cut]) is not BadAnswer]
    assert taken == []


@every_case
def test_a_field_of_another_type_is_refused_or_was_never_read(case: Case) -> None:
    refused: Counter[str] = Counter()
    for at in places(case.content):
        for other in OTHERS:
            # In the place of a null a number may stand as well.
            if kind(value_at(case.content, at)) in {kind(other), "NoneType"}:
                continue
            outcome = case.of(put(case.content, at, other))
            assert outcome is BadAnswer or outcome == case.good, at
            refused[field_of(at)] += outcome is BadAnswer
    assert {name for name in refused if name and refused[name]} == case.fields


@every_count
def test_what_is_null_or_left_out_is_never_a_number(case: Case) -> None:
    for at in places(case.content):
        nulled = [put(case.content, at, None)]
        if at and isinstance(at[-1], str):
            without = copy.deepcopy(case.content)
            del value_at(without, at[:-1])[at[-1]]
            nulled.append(without)
        for content in nulled:
            outcome = case.of(content)
            assert outcome is BadAnswer or set(outcome.readings) <= numbers(case), at


@every_count
def test_a_number_is_read_hidden_or_refused_and_an_id_is_told_or_missing(case: Case) -> None:
    answer: Answer = case.good
    read = {(reading.external_id, reading.metric_type) for reading in answer.readings}
    assert not read & answer.hidden
    assert not read & answer.refused
    told = {each for each, _ in read | answer.hidden}
    assert not told & answer.missing
    assert answer.missing
    assert answer.readings


@every_count
@given(data=st.data())
def test_order_and_repetition_of_rows_do_not_matter(case: Case, data: st.DataObject) -> None:
    rows = rows_of(case, case.content)
    again = data.draw(st.lists(st.sampled_from(rows), max_size=3))
    shuffled = data.draw(st.permutations(rows + again))
    assert case.of(put(case.content, case.rows, shuffled)) == case.good


@every_count
def test_a_row_that_is_told_twice_and_differs_is_refused(case: Case) -> None:
    rows = rows_of(case, case.content)
    at, value = next(
        (at, value_at(rows[0], at))
        for at in places(rows[0])
        if kind(value_at(rows[0], at)) == "number" or str(value_at(rows[0], at)).isdecimal()
    )
    other = put(rows[0], at, str(int(value) + 1) if isinstance(value, str) else value + 1)
    assert case.of(put(case.content, case.rows, [*rows, other])) is BadAnswer


@every_count
def test_numbers_beyond_the_rules_are_told_and_not_read(case: Case) -> None:
    for at in places(case.content):
        value = value_at(case.content, at)
        if not (kind(value) == "number" or str(value).isdecimal()):
            continue
        large = 2**60 if kind(value) == "number" else str(2**60)
        outcome = case.of(put(case.content, at, large))
        assert outcome is BadAnswer or outcome == case.good or outcome.refused, at
        if outcome is not BadAnswer:
            assert set(outcome.readings) <= numbers(case)
