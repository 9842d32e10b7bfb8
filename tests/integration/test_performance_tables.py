"""Observations as columns: the same as the dictionaries, and whole or an error."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import DAY, HOUR, NOON, few_examples, rows, seen, start_anew

from noktvrn_ai_artist.analytics import performance_filters
from noktvrn_ai_artist.analytics.performance_db_service import (
    RECORD_KEYS,
    add_performance_metrics,
    get_performance_data,
    get_performance_frame,
    get_performance_table,
    iter_performance_batches,
    iter_performance_data,
)
from noktvrn_ai_artist.analytics.performance_filters import Filters
from noktvrn_ai_artist.database import copy_decoding
from noktvrn_ai_artist.database.arrow_memory import INSTANT, TEXT
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.copy_decoding import copied_batches
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import DatabaseUnavailable, PerformanceDbError, UnknownPlatform

NUMBERED = pa.schema([("number", pa.int64()), ("text", TEXT)])
# Far more than fits the buffers between the server and us.
MANY = 300_000

texts = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
values = st.floats(-(2**53), 2**53).map(lambda value: value + 0.0)
instants = st.datetimes(datetime(2005, 1, 1), datetime(2199, 1, 1))  # noqa: DTZ001 - made aware below
told = st.tuples(st.integers(1, 2**63 - 1), values, instants, texts, texts)


def store_raw(database: Database, *, platform: str, metric_type: str, at: datetime = NOON) -> None:
    """An observation that no door of today would take."""
    with database.transaction() as connection:
        connection.execute(
            b"insert into content_performance (release_id, recorded_at, platform, metric_type,"
            b" metric_value, source, stored_at) values (1, %s, %s, %s, 1, 'old', %s)",
            [at, platform, metric_type, NOON],
        )


def in_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda r: (r["release_id"], r["recorded_at"], r["metric_type"]))


def numbered(database: Database, text: str, *, rows: int = MANY) -> Iterator[pa.RecordBatch]:
    """Numbers from 1 on, each with the text that an SQL expression of `n` makes of it."""
    statement = f"copy (select n, {text} from generate_series(1::bigint, {rows}) n) to stdout"
    with database.transaction() as connection:
        yield from copied_batches(connection, f"{statement} (format binary)".encode(), {}, NUMBERED)


@few_examples
@given(st.lists(told, max_size=20), st.integers(1, 7), st.sampled_from([1, 100, 2**20]))
def test_what_is_decoded_is_what_was_sent(
    database: Database,
    sent: list[tuple[int, float, datetime, str | None, str | None]],
    batch_rows: int,
    batch_bytes: int,
) -> None:
    kept = [(n, v, at.replace(tzinfo=UTC), a, b) for n, v, at, a, b in sent]
    columns = list(zip(*kept, strict=True)) or [[]] * 5
    schema = pa.schema([("n", pa.int64()), ("a", TEXT), ("at", INSTANT), ("b", TEXT)])
    statement = (
        b"copy (select n, at, a, b from unnest(%(n)s::bigint[], %(at)s::timestamptz[],"
        b" %(a)s::text[], %(b)s::text[]) t (n, at, a, b)) to stdout (format binary)"
    )
    lists = {
        name: list(columns[place]) for place, name in [(0, "n"), (2, "at"), (3, "a"), (4, "b")]
    }
    with pytest.MonkeyPatch.context() as patch, database.transaction() as connection:
        patch.setattr(copy_decoding, "BATCH_ROWS", batch_rows)
        patch.setattr(copy_decoding, "BATCH_BYTES", batch_bytes)
        batches = list(copied_batches(connection, statement, lists, schema))
    for batch in batches:
        batch.validate(full=True)
        assert 1 <= batch.num_rows <= batch_rows
    found = pa.Table.from_batches(batches, schema=schema).to_pylist()
    assert found == [{"n": n, "a": a, "at": at, "b": b} for n, _, at, a, b in kept]


@few_examples
@given(st.integers(1, 9), st.integers(0, 30))
def test_the_batches_make_no_difference(database: Database, batch_rows: int, stored: int) -> None:
    start_anew(database)
    add_performance_metrics(
        seen(n, recorded_at=NOON + n * HOUR, notes=f"note {n % 4}") for n in range(stored)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copy_decoding, "BATCH_ROWS", batch_rows)
        batches = list(iter_performance_batches())
    assert [batch.num_rows for batch in batches[:-1]] == [batch_rows] * (len(batches) - 1)
    found = [record for batch in batches for record in batch.to_pylist()]
    assert in_order(found) == in_order(get_performance_data())


def test_a_table_has_the_promised_columns(database: Database) -> None:
    start_anew(database)
    for table in (get_performance_table(), get_performance_table(release_id=1)):
        assert table.num_rows == 0
        assert tuple(table.schema.names) == RECORD_KEYS
    add_performance_metrics([seen(5.5), seen(6, platform="Spotify", metric_type="streams")])
    table = get_performance_table()
    table.validate(full=True)
    kinds = {field.name: field.type for field in table.schema}
    assert kinds.pop("recorded_at") == pa.timestamp("us", "UTC")
    assert kinds.pop("metric_value") == pa.float64()
    assert {kinds.pop("release_id"), kinds.pop("artist_id")} == {pa.int64()}
    assert set(kinds.values()) == {pa.dictionary(pa.int32(), pa.string())}


def test_a_frame_has_categories_and_times_in_utc(database: Database) -> None:
    start_anew(database)
    add_performance_metrics([seen(5.5, notes="read twice"), seen(6, recorded_at=NOON + HOUR)])
    frame = get_performance_frame()
    assert str(frame["recorded_at"].dtype) == "datetime64[us, UTC]"
    assert [str(frame[name].dtype) for name in ("platform", "metric_type")] == ["category"] * 2
    assert frame["notes"].str.upper().dropna().tolist() == ["READ TWICE"]


@pytest.mark.parametrize("select", ["null::bigint", "null::bigint, 'long enough'", "1::integer"])
def test_what_is_no_number_of_eight_bytes_is_refused_and_not_misread(
    database: Database, select: str
) -> None:
    statement = f"copy (select {select}) to stdout (format binary)".encode()
    schema = pa.schema([("number", pa.int64()), ("text", TEXT)][: 1 + select.count(",")])
    with (
        pytest.raises(PerformanceDbError, match="DataError"),
        database.transaction() as connection,
    ):
        list(copied_batches(connection, statement, {}, schema))


@pytest.mark.parametrize(
    ("stop", "error"),
    [
        (b"select pg_terminate_backend(%s, 5000)", DatabaseUnavailable),
        (b"select pg_cancel_backend(%s)", PerformanceDbError),
    ],
)
def test_a_stream_that_is_broken_off_is_an_error_and_never_a_short_table(
    database: Database, stop: bytes, error: type[Exception]
) -> None:
    copying = (
        b"select pid from pg_stat_activity where query like 'copy%' and state = 'active'"
        b" and datname = current_database() and pid <> pg_backend_pid()"
    )
    stream = numbered(database, "'x'::text")
    read = next(stream).num_rows
    with database.transaction() as connection:
        ((pid,),) = connection.execute(copying).fetchall()
        connection.execute(stop, [pid])

    def rest() -> int:
        return sum(batch.num_rows for batch in stream)

    with pytest.raises(error, match=r"5701\d|lost|57014"):
        read += rest()
    assert read < MANY
    assert rows(database, "select 1") == [(1,)]


@pytest.mark.parametrize("failing", [1, 2, 16_384, 16_385, 100_000, MANY])
def test_a_row_that_fails_fails_the_whole(database: Database, failing: int) -> None:
    torn = numbered(database, f"(1 / (n - {failing}))::text")
    with pytest.raises(PerformanceDbError, match="division by zero"):
        pa.Table.from_batches(torn)
    whole = numbered(database, f"(1 / (n - {MANY + 1}))::text")
    assert sum(batch.num_rows for batch in whole) == MANY


def test_an_iterator_given_up_early_gives_its_connection_back(database: Database) -> None:
    pids = set()
    for _ in range(2 * database.settings.pool_size):
        stream = numbered(database, "pg_backend_pid()::text")
        pids.add(next(stream).to_pylist()[0]["text"])
        stream.close()  # type: ignore[attr-defined]
    assert rows(database, "select pg_backend_pid()::text")[0][0] in pids
    del stream
    for _ in range(2 * database.settings.pool_size):
        next(numbered(database, "'x'::text"))  # forgotten, and not closed
    assert rows(database, "select 1") == [(1,)]


def test_an_iterator_given_up_after_its_server_went_away_is_no_burden(database: Database) -> None:
    for _ in range(2):
        stream = numbered(database, "pg_backend_pid()::text")
        pid = int(next(stream).to_pylist()[0]["text"])
        rows(database, f"select pg_terminate_backend({pid}, 5000)")
        stream.close()  # type: ignore[attr-defined]
        assert rows(database, "select 1") == [(1,)]


def test_batches_refuse_a_filter_when_they_are_asked_for(database: Database) -> None:
    with pytest.raises(UnknownPlatform):
        iter_performance_batches(platform="myspace")


@pytest.fixture(params=["a server that skips", "one that does not"])
def server_age(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tests' own server, and the same taken for an older one."""
    skips = request.param == "a server that skips"
    monkeypatch.setattr(performance_filters, "SKIPPING_SERVER", 0 if skips else 10**9)
    return str(request.param)


@pytest.mark.parametrize("windowed", list(itertools.product([True, False], repeat=2)))
@pytest.mark.usefixtures("server_age")
def test_what_the_catalogue_no_longer_names_is_found(
    database: Database, windowed: tuple[bool, bool]
) -> None:
    start_anew(database)
    for platform, metric in [("YouTube", "a"), ("YouTube", "zz"), ("Vine", "loops"), ("a", "b")]:
        store_raw(database, platform=platform, metric_type=metric)
    add_performance_metrics([seen(1), seen(2, recorded_at=NOON + DAY)])
    start, end = (NOON if windowed[0] else None), (NOON + HOUR if windowed[1] else None)
    latest = 0 if windowed[1] else 1
    for platform, expected in [("YouTube", 3 + latest), (None, 5 + latest)]:
        asked = (None, None, platform, start, end)
        assert len(get_performance_data(*asked)) == expected
        assert len(list(iter_performance_data(*asked))) == expected
        assert get_performance_table(*asked).num_rows == expected


@pytest.mark.parametrize("platform", ["YouTube", None])
def test_a_window_over_all_releases_is_a_range_of_its_index_on_older_servers(
    database: Database, platform: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performance_filters, "SKIPPING_SERVER", 10**9)
    start_anew(database)
    add_performance_metrics([seen(1), seen(2, platform="Spotify", metric_type="streams")])
    filters = Filters.checked(None, None, platform, NOON, NOON + DAY)
    with database.transaction() as connection:
        asked = {**filters.values(connection), "most": 10}
        connection.execute(b"set local enable_seqscan = off")
        plan = connection.execute(b"explain " + query("observations"), asked, prepare=False)
        text = "\n".join(line for (line,) in plan)
    condition = next(line for line in text.splitlines() if "Index Cond" in line)
    assert "content_performance_metric" in text
    assert "platform" in condition
    assert "metric_type" in condition
    assert "recorded_at" in condition


@pytest.mark.parametrize("end", [None, NOON + timedelta(days=2)])
def test_a_release_is_read_by_its_key_and_not_sorted_even_by_a_plan_for_any(
    database: Database, end: datetime | None
) -> None:
    start_anew(database)
    asked = {"release_id": 1, "platform": None, "start_date": None, "end_date": end, "most": 10}
    with database.transaction() as connection:
        # On a table of one page, which autovacuum may have analysed by now, these are cheaper.
        connection.execute(b"set local enable_seqscan = off")
        connection.execute(b"set local enable_bitmapscan = off")
        connection.execute(b"set local plan_cache_mode = force_generic_plan")
        statement = b"explain " + query("observations_of_release")
        text = "\n".join(line for (line,) in connection.execute(statement, asked, prepare=True))
    assert "content_performance_pkey" in text
    assert "Sort" not in text
    condition = next(line for line in text.splitlines() if "Index Cond" in line)
    assert condition.count("recorded_at") == 2


def test_what_comes_between_listing_and_reading_is_of_another_moment(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performance_filters, "SKIPPING_SERVER", 10**9)
    start_anew(database)
    add_performance_metrics([seen(1)])
    filters = Filters.checked(None, None, None, NOON, None)
    with database.transaction() as connection:
        asked = {**filters.values(connection), "most": 10}
        add_performance_metrics([seen(2, metric_type="likes"), seen(2, recorded_at=NOON + HOUR)])
        assert len(connection.execute(query("observations"), asked).fetchall()) == 1
    assert len(get_performance_data(start_date=NOON)) == 3


def test_neither_the_service_nor_its_batches_bring_in_pandas() -> None:
    check = (
        "import sys\n"
        "from noktvrn_ai_artist.analytics import performance_db_service\n"
        "assert 'pyarrow' not in sys.modules\n"
        "from noktvrn_ai_artist.analytics import performance_writers\n"
        "from noktvrn_ai_artist.database import copy_decoding as d\n"
        "import numpy as np, pyarrow as pa\n"
        "schema = pa.schema([('n', pa.int64()), ('t', d.TEXT)])\n"
        "row = bytes([0, 2, 0, 0, 0, 8, *bytes(8), 0, 0, 0, 1, 61])\n"
        "rows = d._Rows(data=memoryview(row * 2), lengths=[len(row)] * 2)\n"
        "batch = d._Layout.of(schema).decoded(rows, encoding='utf-8')\n"
        "assert performance_writers._told(batch).num_rows == 2\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
