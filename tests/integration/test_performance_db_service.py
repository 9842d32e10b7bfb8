"""One observation in, corrected, and out again through every filter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import (
    DAY,
    HOUR,
    NOON,
    everything,
    few_examples,
    observations,
    seen,
    standing,
    start_anew,
    store_singly,
    superseded,
)

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics import performance_reads
from noktvrn_ai_artist.analytics.declared_names import declare_metric, declare_platform
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from noktvrn_ai_artist.analytics.performance_db_service import (
    RECORD_KEYS,
    add_performance_metric,
    add_performance_metrics,
    get_corrections,
    get_performance_data,
    get_performance_frame,
    get_performance_metrics_for_release,
    get_performance_table,
    insert_performance_record,
    iter_performance_data,
)
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.errors import (
    BadValue,
    TooManyRows,
    UnknownMetric,
    UnknownPlatform,
    UnknownRelease,
)
from noktvrn_ai_artist.records import Observation

Write = Callable[..., bool]
SECOND = timedelta(microseconds=1)
boundaries = st.sampled_from([NOON, NOON + SECOND, NOON + HOUR, NOON + DAY])


def told(one: Observation) -> dict[str, Any]:
    """The record that should come back for an observation; releases are dealt to two artists."""
    return {
        "release_id": one.release_id,
        "artist_id": 1 + one.release_id % 2,
        "platform": one.platform,
        "metric_type": one.metric_type,
        "metric_value": one.metric_value,
        "recorded_at": one.recorded_at,
        "source": one.source,
        "source_url": one.source_url,
        "notes": one.notes,
    }


def newest_first(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_key = sorted(records, key=lambda r: (r["release_id"], r["platform"], r["metric_type"]))
    return sorted(by_key, key=lambda r: r["recorded_at"], reverse=True)


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as records: plain values, and None for what is not there."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {**record, "recorded_at": record["recorded_at"].to_pydatetime()}
        for record in plain.to_dict("records")
    ]


@few_examples
@given(
    st.lists(
        st.builds(
            seen,
            st.floats(0, 2**53),
            release_id=st.integers(1, 4),
            platform=st.sampled_from(["YouTube", "Spotify", "TikTok"]),
            metric_type=st.sampled_from(["likes", "saves"]),
            recorded_at=boundaries,
        ),
        max_size=25,
        unique_by=lambda o: (o.release_id, o.recorded_at, o.platform, o.metric_type),
    ),
    st.integers(1, 3),
    st.integers(1, 5),
    st.sampled_from(["youtube", "Spotify", "TIKTOK"]),
    boundaries,
    boundaries,
)
def test_every_combination_of_filters_is_a_plain_filter(  # noqa: PLR0917 - one draw each
    database: Database,
    stored: list[Observation],
    artist_id: int,
    release_id: int,
    platform: str,
    start: datetime,
    end: datetime,
) -> None:
    start_anew(database)
    assert add_performance_metrics(stored).stored == len(stored)
    for wanted in itertools.product([False, True], repeat=5):
        given_ = [artist_id, release_id, platform, start, end]
        filters = [value if use else None for value, use in zip(given_, wanted, strict=True)]
        expected = newest_first(
            [
                record
                for record in map(told, stored)
                if (not wanted[0] or record["artist_id"] == artist_id)
                and (not wanted[1] or record["release_id"] == release_id)
                and (not wanted[2] or record["platform"].lower() == platform.lower())
                and (not wanted[3] or record["recorded_at"] >= start)
                and (not wanted[4] or record["recorded_at"] < end)
            ]
        )
        found = get_performance_data(*filters)
        assert found == expected
        assert list(iter_performance_data(*filters)) == expected
        frame = get_performance_frame(*filters)
        assert tuple(frame.columns) == RECORD_KEYS
        assert newest_first(records_of(frame)) == expected
        assert newest_first(get_performance_table(*filters).to_pylist()) == expected


def test_a_record_has_exactly_the_promised_keys_in_their_order(database: Database) -> None:
    start_anew(database)
    one = seen(5.5, source="studio", source_url="https://x.example", notes="seen")
    add_performance_metrics([one])
    (record,) = get_performance_metrics_for_release(1)
    assert record == told(one)
    assert tuple(record) == RECORD_KEYS == tuple(next(iter_performance_data()))
    assert record["recorded_at"].utcoffset() == timedelta(0)


def test_more_rows_than_a_list_should_hold_are_streamed_instead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_anew(database)
    add_performance_metrics([seen(n, recorded_at=NOON + n * HOUR) for n in range(12)])
    monkeypatch.setattr(performance_reads, "MOST_ROWS", 12)
    monkeypatch.setattr(performance_reads, "_STREAM_ROWS", 5)
    everything_there = get_performance_data()
    assert len(everything_there) == 12
    monkeypatch.setattr(performance_reads, "MOST_ROWS", 11)
    for reading in (get_performance_data, lambda: get_performance_metrics_for_release(1)):
        with pytest.raises(TooManyRows, match=r"more than 11 .*iter_performance_data"):
            reading()
    assert list(iter_performance_data()) == everything_there
    assert len(get_performance_frame()) == 12
    assert len(get_performance_data(end_date=NOON + HOUR)) == 1


def test_a_stream_that_is_left_early_gives_its_connection_back(database: Database) -> None:
    start_anew(database)
    add_performance_metrics([seen(n, recorded_at=NOON + n * HOUR) for n in range(3)])
    for _ in range(2 * database.settings.pool_size):
        stream = iter_performance_data()
        assert next(stream)["metric_value"] == 2.0
        stream.close()


def test_a_stream_refuses_a_filter_when_it_is_asked_for(database: Database) -> None:
    with pytest.raises(UnknownPlatform):
        iter_performance_data(platform="myspace")


@pytest.mark.parametrize(
    "filters",
    [
        {"artist_id": 0},
        {"release_id": True},
        {"release_id": 1.5},
        {"start_date": datetime(2026, 3, 1)},  # noqa: DTZ001 - the point
        {"end_date": "2026-03-01"},
        {"platform": ""},
    ],
)
def test_a_filter_that_cannot_match_is_refused(database: Database, filters: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        get_performance_data(**filters)


def test_an_unknown_release_has_no_observations(database: Database) -> None:
    assert get_performance_metrics_for_release(77) == []
    assert get_performance_data(start_date=datetime.min.replace(tzinfo=UTC)) == []


@pytest.fixture(params=[insert_performance_record, add_performance_metric])
def write(request: pytest.FixtureRequest) -> Write:
    """Both doors for one observation."""
    door: Write = request.param
    return door


def test_the_same_value_again_is_known_and_changes_nothing(
    database: Database, write: Write
) -> None:
    start_anew(database)
    assert write(1, "YouTube", "views", 5, NOON, source="a", notes="first") is True
    before = everything(database)
    assert write(1, "youtube", "viewCount", 5.0, NOON, source="b", notes="second") is False
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert write(1, "YOUTUBE", " views ", 5, elsewhere) is False
    assert everything(database) == before


def test_another_value_is_a_correction_that_keeps_the_old_one(
    database: Database, write: Write
) -> None:
    start_anew(database)
    for value, source in [(5, "a"), (7, "b"), (5, "c")]:
        assert write(1, "YouTube", "views", value, NOON, source=source) is True
    (record,) = get_performance_data()
    assert (record["metric_value"], record["source"]) == (5.0, "c")
    kept = get_corrections(1)
    assert [(c.metric_value, c.source, c.revision) for c in kept] == [(7.0, "b", 1), (5.0, "a", 0)]
    assert kept[0].stored_at > kept[1].stored_at
    assert get_corrections(2) == []


@few_examples
@given(st.lists(observations, max_size=12))
def test_both_doors_do_the_same(database: Database, rows: list[Observation]) -> None:
    outcomes = []
    for door in (insert_performance_record, add_performance_metric):
        start_anew(database)
        answers = store_singly(rows, door=door)
        outcomes.append((answers, standing(database), superseded(database)))
    assert outcomes[0] == outcomes[1]
    assert sum(outcomes[0][0]) == len(outcomes[0][1]) + len(outcomes[0][2])


def test_an_observation_without_a_time_is_of_the_moment_of_the_call(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_anew(database)
    times: list[datetime] = []
    storing = service._store

    def torn_twice(connection: Any, observation: Observation, now: datetime) -> bool:  # noqa: ANN401
        times.append(observation.recorded_at)
        stored = storing(connection, observation, now)
        if len(times) < 3:
            connection.execute(b"select pg_terminate_backend(pg_backend_pid())")
        return stored

    monkeypatch.setattr(service, "_store", torn_twice)
    before = datetime.now(UTC)
    insert_performance_record(1, "YouTube", "views", 1)
    (record,) = get_performance_data()
    assert len(times) == 3
    assert set(times) == {record["recorded_at"]}
    assert before <= record["recorded_at"] <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"recorded_at": datetime(2026, 3, 1)}, BadValue),  # noqa: DTZ001 - the point
        ({"recorded_at": datetime.now(UTC) + timedelta(days=1)}, BadValue),
        ({"metric_value": float("nan")}, BadValue),
        ({"metric_value": -1}, BadValue),
        ({"metric_value": True}, BadValue),
        ({"release_id": 0}, BadValue),
        ({"release_id": 99}, UnknownRelease),
        ({"platform": "myspace"}, UnknownPlatform),
        ({"metric_type": "veiws"}, UnknownMetric),
        ({"source": ""}, BadValue),
        ({"notes": "a\0b"}, BadValue),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_stored(
    database: Database, write: Write, change: dict[str, Any], error: type[Exception]
) -> None:
    start_anew(database)
    before = everything(database)
    one = {
        "release_id": 1,
        "platform": "YouTube",
        "metric_type": "views",
        "metric_value": 1,
        "recorded_at": NOON,
        **change,
    }
    names = ("release_id", "platform", "metric_type", "metric_value", "recorded_at")
    more = {name: value for name, value in one.items() if name not in names}
    with pytest.raises(error):
        write(*(one[name] for name in names), **more)
    assert everything(database) == before


def test_minus_zero_is_zero(database: Database) -> None:
    start_anew(database)
    assert add_performance_metric(1, "YouTube", "views", -0.0, NOON)
    assert add_performance_metric(1, "YouTube", "views", 0, NOON) is False
    assert str(get_performance_data()[0]["metric_value"]) == "0.0"


def test_declared_names_go_through_every_door(database: Database) -> None:
    start_anew(database)
    declare_platform(database, "Deezer", day_zone="Europe/Paris")
    declare_metric(database, "deezer", "Mood", kind=MetricKind.GAUGE, unit="points", signed=True)
    declare_metric(database, "YouTube", "mood", kind=MetricKind.GAUGE, unit="points")
    assert add_performance_metric(1, "DEEZER", "mood", -3, NOON)
    assert insert_performance_record(1, "deezer", "Mood", -2, NOON + HOUR)
    bulk = [seen(-1, platform="deezer", metric_type="MOOD", recorded_at=NOON + DAY)]
    assert add_performance_metrics(bulk).stored == 1
    values = [record["metric_value"] for record in get_performance_data(platform="deezer")]
    assert values == [-1.0, -2.0, -3.0]
    assert {record["platform"] for record in get_performance_data()} == {"Deezer"}
    with pytest.raises(BadValue, match="negative"):
        add_performance_metric(1, "YouTube", "mood", -3, NOON)
    with pytest.raises(UnknownMetric):
        add_performance_metric(1, "Spotify", "mood", 3, NOON)


def test_what_is_known_already_is_not_declared_again(database: Database) -> None:
    for name in ("YouTube", "you tube", "yt", "INSTAGRAM"):
        with pytest.raises(BadValue, match="known already"):
            declare_platform(database, name)
    for name in ("views", "viewCount", "CTR"):
        with pytest.raises(BadValue, match=r"has .* already"):
            declare_metric(database, "youtube", name, kind=MetricKind.GAUGE, unit="x")
    declare_platform(database, "Deezer")
    with pytest.raises(BadValue, match="Deezer is known already"):
        declare_platform(database, "deezer")
    declare_platform(database, "Deezer", day_zone="Europe/Paris")  # the zone may be mended
    with pytest.raises(UnknownPlatform, match="nearest known: Deezer"):
        declare_metric(database, "Deezr", "views", kind=MetricKind.COUNTER, unit="views")


def test_a_metric_with_values_keeps_its_kind_and_sign(database: Database) -> None:
    start_anew(database)
    declare = partial(declare_metric, database, "YouTube", "stars")
    declare(kind=MetricKind.COUNTER, unit="stars")
    declare(kind=MetricKind.GAUGE, unit="stars")
    assert add_performance_metric(1, "YouTube", "stars", 3, NOON)
    for kind, signed in ((MetricKind.COUNTER, False), (MetricKind.GAUGE, True)):
        with pytest.raises(BadValue, match="kind: has values already"):
            declare(kind=kind, unit="stars", signed=signed)
    declare(kind=MetricKind.GAUGE, unit="points")


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Dee\u0437er", "UTC"),
        ("", "UTC"),
        ("a;drop", "UTC"),
        ("x" * 65, "UTC"),
        ("Deezer", "America"),
        ("Deezer", "Mars/Base"),
        ("Deezer", "../etc"),
        ("Deezer", ""),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(
    database: Database, name: str, zone: str
) -> None:
    with pytest.raises(BadValue):
        declare_platform(database, name, day_zone=zone)


def test_the_service_works_on_the_process_own_database(database: Database) -> None:
    assert shared_database() is database
