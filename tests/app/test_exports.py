"""Downloads: no cell that a spreadsheet would run, and no number that is not what it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.observation_rules import instant_from
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metric,
    get_performance_frame,
)
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import register_release
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.ingest.ingest_service import ingest_file
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


@given(
    st.datetimes(datetime(2005, 1, 1), datetime(2190, 1, 1)),  # noqa: DTZ001 - hypothesis asks so
    st.sampled_from(["UTC", "Asia/Kolkata"]),
)
def test_a_time_is_kept_to_the_microsecond(wall: datetime, zone: str) -> None:
    instant = wall.replace(tzinfo=UTC)
    frame = pd.DataFrame({"at": pd.to_datetime([instant, None]).tz_convert(zone)})
    known, unknown = cells(to_csv(frame))[1:]
    assert known[0].endswith("Z")
    assert instant_from(known[0]) == instant
    assert unknown == [""]


def test_what_was_downloaded_and_is_brought_back_stores_nothing(database: Database) -> None:
    entry = ReleaseEntry(artist="Ada", title="First", external_id="x")
    release_id = register_release(database, entry, platform="YouTube")
    at = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    add_performance_metric(release_id, "YouTube", "views", 5, at)
    file = to_csv(get_performance_frame(release_id=release_id))
    counts = ingest_file(io.BytesIO(file), label="again.csv").counts
    assert (counts.duplicate, counts.stored) == (1, 0)


@pytest.mark.parametrize("text", DANGEROUS)
def test_parquet_keeps_everything_as_it_is(text: str) -> None:
    frame = pd.DataFrame({"t": [text], "n": [1.5], "at": pd.to_datetime(["2026-01-01"], utc=True)})
    back = pd.read_parquet(io.BytesIO(to_parquet(frame)))
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
