"""Downloads: no cell that a spreadsheet would run, and no number that is not what it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlit_app.analytics.exports import to_csv, to_parquet

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20
) | st.builds("{}{}".format, st.sampled_from(DANGEROUS), st.text("ab=+1", max_size=5))


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@given(st.lists(texts, min_size=1, max_size=8), texts)
def test_no_text_cell_begins_a_formula_and_none_is_lost(values: list[str], name: str) -> None:
    other = f"{name} n"  # a name of its own, whatever was drawn
    header, *rows = cells(to_csv(pd.DataFrame({name: values, other: range(len(values))})))
    for given_text, found in zip([name, *values], [header[0], *(r[0] for r in rows)], strict=True):
        assert not found.startswith(DANGEROUS)
        assert found in {given_text, f"'{given_text}"}


@given(st.lists(st.floats(-(2**53), 2**53), min_size=1, max_size=8))
def test_numbers_are_untouched(values: list[float]) -> None:
    rows = cells(to_csv(pd.DataFrame({"n": values})))[1:]
    assert [float(row[0]) for row in rows] == values


def test_categories_are_neutralised_too() -> None:
    frame = pd.DataFrame({"platform": pd.Categorical(["=x", "YouTube"])})
    assert cells(to_csv(frame))[1:] == [["'=x"], ["YouTube"]]


def test_times_are_written_in_utc() -> None:
    frame = pd.DataFrame({"at": pd.to_datetime([datetime(2026, 1, 1, 12, tzinfo=UTC)])})
    assert cells(to_csv(frame))[1] == ["2026-01-01T12:00:00Z"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_parquet_keeps_everything_as_it_is(text: str) -> None:
    frame = pd.DataFrame({"t": [text], "n": [1.5], "at": pd.to_datetime(["2026-01-01"], utc=True)})
    back = pd.read_parquet(io.BytesIO(to_parquet(frame)))
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
