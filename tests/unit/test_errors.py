"""The tree of errors: as drawn, all our own, each with words to say."""

from __future__ import annotations

import inspect

import pytest

from noktvrn_ai_artist import errors
from noktvrn_ai_artist.errors import (
    BadFile,
    BadTrackerInput,
    BadValue,
    ImportRefused,
    NoktvrnError,
    PerformanceDbError,
    Rejection,
    UnknownMetric,
    UnknownRelease,
)


def subclasses(error: type[NoktvrnError]) -> list[type[NoktvrnError]]:
    return [error, *(deeper for child in error.__subclasses__() for deeper in subclasses(child))]


EVERY_ERROR = [error for error in subclasses(NoktvrnError) if error.__module__ == errors.__name__]


def drawn_tree() -> dict[str, str]:
    """Each error of the drawing at the top of the module, and the one it hangs from."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        name = line.lstrip("│├└─ ").split(" ")[0]
        if not name or not hasattr(errors, name):
            continue
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        path = [*path[:depth], name]
        if depth:
            parents[name] = path[depth - 1]
    return parents


def test_the_tree_is_as_it_is_drawn() -> None:
    assert drawn_tree() == {
        error.__name__: error.__bases__[0].__name__
        for error in EVERY_ERROR
        if error is not NoktvrnError
    }


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_an_error_without_a_message_says_its_docstring(error: type[NoktvrnError]) -> None:
    if error.__init__ is NoktvrnError.__init__:
        assert str(error()) == inspect.cleandoc(error.__doc__ or "")
    assert error.__doc__


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_what_is_also_a_value_error_is_drawn_as_one(error: type[NoktvrnError]) -> None:
    drawn = next(
        line
        for line in (errors.__doc__ or "").splitlines()
        if f" {error.__name__}" in f" {line.lstrip('│├└─ ')}"
    )
    directly = ValueError in error.__bases__
    assert ("also a ValueError" in drawn) == directly


def test_a_bad_value_names_row_column_and_rule() -> None:
    error = BadValue("must be a number", column="metric_value").in_row(7)
    assert str(error) == "row 7, metric_value: must be a number"
    assert (error.row, error.column, error.rule) == (7, "metric_value", "must be a number")


def test_a_refused_import_counts_all_and_shows_the_first() -> None:
    first = Rejection(row=3, column="platform", rule="must not be empty")
    assert str(ImportRefused([first], rejected=1)).startswith("1 observation was refused")
    many = ImportRefused([first], rejected=12_345)
    assert str(many).startswith("12,345 observations were refused and nothing was stored")
    assert str(many).endswith("row 3, platform: must not be empty")


def test_facts_a_program_may_want_are_attributes() -> None:
    assert UnknownRelease(5, row=2).release_id == 5
    assert str(UnknownRelease(5, row=2)) == "row 2, release_id: there is no release 5"
    assert UnknownMetric("no", name="veiws", nearest=["views"]).nearest == ("views",)
    assert str(BadFile("is empty")) == "the file is empty"
    assert str(BadFile("is torn", row=9)) == "row 9: the file is torn"


def test_one_except_clause_catches_what_the_performance_database_raises() -> None:
    assert issubclass(BadValue, PerformanceDbError)
    assert not issubclass(BadTrackerInput, PerformanceDbError)
