"""What is wrong with the answer a door gave: nothing, if it is the one promised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_cases import BadInput
from doors import doors_of
from refusals import Refusal, Refused

from noktvrn_ai_artist.errors import BadValue, ImportRefused

LONGEST_ANSWER = 700
MANY_DIGITS = re.compile(r"\d{25}|x{65}")


def faults_of(case: BadInput, door: str, refused: Refused) -> list[str]:
    """What is wrong with an answer; nothing, if it is the one promised."""
    if isinstance(refused, str):
        return [f"{door}: {refused}"]
    in_text = "file" in door or "noktvrn" in door or "command" in door
    rule = (case.written_rule if in_text else None) or case.rule
    places = {case.column, "published" if case.column == "published_at" else case.column}
    places |= {"at"} if case.column == "recorded_at" else set()
    if "wide" in door and case.column == "metric_value":
        places = {"views"}
    faults = [*line_faults(refused), *row_faults(refused, places, rule)]
    wanted = ImportRefused if refused.row is not None else case.error
    if refused.error is not None and type(refused.error) is not wanted:
        faults.append(f"{type(refused.error).__name__} instead of {wanted.__name__}")
    if rule not in refused.lines[0]:
        faults.append(f"no rule {rule!r} in {refused.lines[0]!r}")
    if case.error is BadValue and not any(f"{place}: " in refused.lines[0] for place in places):
        faults.append(f"no column {case.column!r} in {refused.lines[0]!r}")
    return [f"{door}: {fault}" for fault in faults]


def line_faults(refused: Refusal) -> Iterator[str]:
    for line in refused.lines:
        if len(line.splitlines()) != 1 or "Traceback" in line:
            yield f"not one line: {line!r}"
        if len(line) > LONGEST_ANSWER or MANY_DIGITS.search(line):
            yield f"repeats what was given: {line[:200]!r}…"


def row_faults(refused: Refusal, places: set[str], rule: str) -> Iterator[str]:
    if refused.row is None:
        if len(refused.lines) != 1:
            yield f"{len(refused.lines)} lines"
        return
    if f"row {refused.row}, " not in refused.lines[-1]:
        yield f"no row {refused.row} in {refused.lines[-1]!r}"
    error = refused.error
    if isinstance(error, ImportRefused):
        found = error.rejections[0]
        if error.rejected != 1 or found.row != refused.row:
            yield f"{error.rejected} rejections, the first in row {found.row}"
        if found.column not in places or rule not in found.rule:
            yield f"names {found.column!r}: {found.rule!r}"


def faults_through(case: BadInput, folder: Path) -> list[str]:
    doors = doors_of(case, folder)
    assert doors, "no door can express this"
    return [fault for name, door in doors.items() for fault in faults_of(case, name, door(case))]


def named(cases: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a mark is what pytest says it is
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])
