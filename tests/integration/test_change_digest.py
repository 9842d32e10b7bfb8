"""Answers are exact at every moment: before, during, after and without a digest of what changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed_tables import DAY, HOUR, NOON, few_examples, rows, seen, start_anew, store_singly
from slow_questions import Rows, slowly

from noktvrn_ai_artist.analytics import change_digest, performance_db_service
from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.growth_curves import widest_gap
from noktvrn_ai_artist.analytics.observation_batches import undo_batch
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_imports,
    undo_import,
)
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.records import Observation

MIDNIGHT = NOON.replace(hour=0)
RELEASES = (1, 31, 32, 33)  # of two parts
MEASURES = {
    ("YouTube", "views"): "counter",
    ("YouTube", "likes"): "counter",
    ("Spotify", "streams"): "daily",
    ("Spotify", "followers"): "gauge",
}
PERIODS = [
    (MIDNIGHT, MIDNIGHT + 9 * DAY),
    (MIDNIGHT + 2 * DAY, MIDNIGHT + 5 * DAY),
    (MIDNIGHT + 3 * DAY + 5 * HOUR, MIDNIGHT + 6 * DAY + 7 * HOUR),
    (MIDNIGHT + 4 * DAY + 7 * HOUR, MIDNIGHT + 4 * DAY + 9 * HOUR),
    (MIDNIGHT + 4 * DAY + 9 * HOUR, MIDNIGHT + 4 * DAY + 7 * HOUR),
    (MIDNIGHT + 6 * DAY, MIDNIGHT + 2 * DAY),
]
KEPT_LATEST = "select * from latest_values order by release_id, platform, metric_type"
KEPT_TOTALS = "select * from daily_totals order by platform, metric_type, day"
KEPT_PARTS = (
    "select platform, metric_type, day, sum(gain), sum(releases)::bigint, sum(amount),"
    " sum(observations)::bigint from daily_parts group by 1, 2, 3 order by 1, 2, 3"
)

one_observation = st.builds(
    lambda measure, **more: seen(platform=measure[0], metric_type=measure[1], **more),
    measure=st.sampled_from(sorted(MEASURES)),
    value=st.integers(0, 1000).map(float),
    release_id=st.sampled_from(RELEASES),
    recorded_at=st.builds(
        lambda day, hour: MIDNIGHT + day * DAY + hour * HOUR,
        day=st.integers(0, 8),
        hour=st.sampled_from([0, 6, 8, 23]),
    ),
)
some_observations = st.lists(one_observation, min_size=1, max_size=30)
steps = st.one_of(
    st.tuples(st.just("import"), some_observations),
    st.tuples(st.just("one by one"), st.lists(one_observation, min_size=1, max_size=3)),
    st.tuples(st.just("undo"), st.integers(0, 3)),
    st.tuples(st.just("digest"), st.none()),
)


@pytest.fixture(autouse=True, scope="module")
def imports_leave_the_digest_to_us() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performance_db_service, "digest", lambda database: 0)
        yield


@pytest.fixture
def world(database: Database) -> Database:
    anew(database)
    return database


def anew(database: Database) -> None:
    start_anew(database, releases=40)
    with database.transaction() as connection:
        connection.execute(
            b"update approved_releases set published_at = %s where release_id in (31, 33)",
            [MIDNIGHT + 3 * DAY],
        )


def do(database: Database, step: tuple[str, Any]) -> None:
    match step:
        case "import", given_:
            add_performance_metrics(given_)
        case "one by one", given_:
            store_singly(given_)
        case "undo", nth:
            standing = [batch for batch in get_imports() if batch.undone_at is None]
            if standing:
                undo_batch(database, standing[nth % len(standing)].batch_id, now=NOON)
        case _:
            digest(database)


Questions = dict[tuple[object, ...], Rows]


def told() -> Questions:
    """What the product answers to every question."""
    answers: dict[tuple[object, ...], list[Any]] = {("freshness",): questions.freshness()}
    for release_id in RELEASES:
        answers["release", release_id] = questions.latest_of_release(release_id)
    for (platform, metric), kind in MEASURES.items():
        for artist_id in (None, 1, 2):
            about = {"platform": platform, "metric_type": metric, "artist_id": artist_id}
            answers["latest", platform, metric, artist_id] = questions.latest_values(**about)
            for start, end in PERIODS if kind != "gauge" else []:
                key = (platform, metric, artist_id, start, end)
                period = {"start": start, "end": end, **about}
                answers["gains", *key] = questions.period_gains(**period)
                answers["days", *key] = questions.daily_gains(**period)
    return {key: [astuple(row) for row in answer] for key, answer in answers.items()}


def right(database: Database) -> Questions:
    """What the observations themselves answer."""
    answers: Questions = {("freshness",): slowly(database, "freshness")}
    for release_id in RELEASES:
        answers["release", release_id] = slowly(
            database, "latest_of_release", release_id=release_id
        )
    for (platform, metric), kind in MEASURES.items():
        for artist_id in (None, 1, 2):
            about = {"platform": platform, "metric_type": metric, "artist_id": artist_id}
            answers["latest", platform, metric, artist_id] = slowly(
                database, "latest_values", **about
            )
            for start, end in PERIODS if kind != "gauge" else []:
                key = (platform, metric, artist_id, start, end)
                gains, days = period_answers(database, kind, start, end, about)
                answers["gains", *key], answers["days", *key] = gains, days
    return answers


def period_answers(
    database: Database, kind: str, start: datetime, end: datetime, about: dict[str, Any]
) -> tuple[Rows, Rows]:
    oldest = start - widest_gap(end - start)
    period = {"start": start, "end": end, "oldest": oldest, **about}
    per_release, per_day = {
        "counter": ("counter_gains", "counter_gain_per_day"),
        "daily": ("daily_amounts", "amount_per_day"),
    }[kind]
    return slowly(database, per_release, **period), slowly(database, per_day, **period)


def assert_kept_is_right(database: Database) -> None:
    """What a digest keeps is what the observations come to, with nothing left in the log."""
    assert rows(database, "select * from changed_curves") == []
    assert rows(database, KEPT_LATEST) == slowly(database, "kept_latest")
    assert rows(database, KEPT_TOTALS) == slowly(database, "kept_totals")
    assert rows(database, KEPT_PARTS) == slowly(database, "kept_totals")


@settings(few_examples, max_examples=20)
@given(st.lists(steps, min_size=1, max_size=8))
def test_answers_are_those_of_the_observations_at_any_moment(
    database: Database, history: list[tuple[str, Any]]
) -> None:
    anew(database)
    for step in history:
        do(database, step)
    assert told() == right(database)
    digest(database)
    assert_kept_is_right(database)
    assert told() == right(database)


@settings(few_examples, max_examples=30)
@given(st.lists(steps, min_size=2, max_size=12))
def test_what_is_kept_is_what_working_it_out_anew_gives(
    database: Database, history: list[tuple[str, Any]]
) -> None:
    anew(database)
    for step in history:
        do(database, step)
        if step[0] == "digest":
            assert_kept_is_right(database)
    digest(database)
    assert_kept_is_right(database)


def daily(
    days: int = 6, *, release_ids: tuple[int, ...] = RELEASES, level: float = 1.0
) -> list[Observation]:
    """A value of views and one of streams of each release on each of the first days."""
    return [
        seen(
            level * (100.0 * day + release_id),
            release_id=release_id,
            platform=platform,
            metric_type=metric,
            recorded_at=MIDNIGHT + day * DAY + 6 * HOUR,
        )
        for release_id in release_ids
        for day in range(days)
        for platform, metric in (("YouTube", "views"), ("Spotify", "streams"))
    ]


def test_digesting_twice_is_digesting_once(world: Database) -> None:
    add_performance_metrics(daily())
    digest(world)
    kept = rows(world, KEPT_LATEST), rows(world, KEPT_TOTALS)
    assert digest(world) == 0
    assert (rows(world, KEPT_LATEST), rows(world, KEPT_TOTALS)) == kept


def test_an_undo_is_digested(world: Database) -> None:
    add_performance_metrics(daily())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performance_db_service, "digest", digest)
        undo_import(get_imports()[0].batch_id)
    assert_kept_is_right(world)


def test_an_import_is_digested(world: Database) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performance_db_service, "digest", digest)
        add_performance_metrics(daily())
    assert_kept_is_right(world)


def test_an_answer_that_did_not_look_into_the_log_would_be_seen(world: Database) -> None:
    add_performance_metrics(daily())
    digest(world)
    store_singly(daily(7, level=2))
    with world.transaction() as connection:
        connection.execute(b"delete from changed_curves")
    answers, expected = told(), right(world)
    wrong = {key[0] for key, answer in answers.items() if answer != expected[key]}
    assert wrong == {"freshness", "release", "latest", "gains", "days"}


class Killed(BaseException):
    """The process is gone, as far as the digest can tell."""


STEPS = [
    "take_changes",
    "forget_older_notes",
    "hand_on_to_scoring",
    "create_newest",
    "forget_latest",
    "add_older_newest",
    "keep_latest",
    "forget_parts",
    "add_up_parts",
    "forget_totals",
]


@pytest.mark.parametrize("last", STEPS)
def test_a_digest_that_is_ended_anywhere_changes_no_answer(
    world: Database, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    add_performance_metrics(daily())
    digest(world)
    add_performance_metrics(daily(8, level=3))
    undo_batch(world, get_imports()[1].batch_id, now=NOON)
    store_singly([seen(5, release_id=40, recorded_at=MIDNIGHT)])
    undo_batch(world, get_imports()[0].batch_id, now=NOON)
    with monkeypatch.context() as patch:
        patch.setattr(change_digest, "query", killed_after(last))
        with pytest.raises(Killed):
            digest(world)
    assert told() == right(world)
    digest(world)
    assert_kept_is_right(world)


def killed_after(last: str) -> Callable[[str], bytes]:
    passed: list[str] = []

    def dying(name: str) -> bytes:
        if passed:
            raise Killed
        passed.extend([name] * (name == last))
        return query(name)

    return dying


def test_two_digests_at_once_are_as_one(world: Database) -> None:
    add_performance_metrics(daily())
    start = threading.Barrier(3)
    curves: list[int] = []

    def work() -> None:
        start.wait()
        curves.append(digest(world))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(curves) == [0, 0, 2 * len(RELEASES)]
    assert_kept_is_right(world)


def written_in_between(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, step: str, then: bytes | None = None
) -> None:
    """Digest, while somebody else's observations commit right before one of its steps."""
    late = [
        seen(9e5, release_id=32, recorded_at=MIDNIGHT + 3 * DAY + 8 * HOUR),
        seen(7e5, release_id=40, recorded_at=MIDNIGHT + 2 * DAY),
        seen(9e6, release_id=33, recorded_at=MIDNIGHT + 9 * DAY),
    ]
    add_performance_metrics(daily())
    digest(database)
    add_performance_metrics(daily(7, level=2))
    real = getattr(change_digest, step)

    def beset(connection: Connection, **more: object) -> None:
        store_singly(late)
        real(connection, **more)
        if then is not None:
            connection.execute(then)

    monkeypatch.setattr(change_digest, step, beset)
    digest(database)
    monkeypatch.undo()


@pytest.mark.parametrize("step", ["_find_newest", "_add_up_days"])
def test_what_is_written_during_a_digest_is_left_for_the_next(
    world: Database, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    written_in_between(world, monkeypatch, step=step)
    assert len(rows(world, "select * from changed_curves")) == 3
    assert told() == right(world)
    digest(world)
    assert_kept_is_right(world)


def test_a_digest_that_emptied_the_log_after_reading_would_be_seen(
    world: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_in_between(world, monkeypatch, step="_add_up_days", then=b"delete from changed_curves")
    assert told() != right(world)


def test_readers_and_writers_do_not_wait_for_a_digest(world: Database) -> None:
    add_performance_metrics(daily())
    with world.transaction() as connection:
        change_digest.digest_changes(connection)
        assert store_singly([seen(9e5, release_id=1, recorded_at=MIDNIGHT + 8 * DAY)]) == [True]
        assert told() == right(world)
    assert told() == right(world)


def test_a_curve_of_the_largest_id_is_digested(world: Database) -> None:
    largest = 2**63 - 1
    with world.transaction() as connection:
        connection.execute(
            b"insert into approved_releases (release_id, artist_id, title) values (%s, 1, 'Last')",
            [largest],
        )
    store_singly([seen(1, release_id=largest), seen(2, release_id=largest, recorded_at=NOON + DAY)])
    digest(world)
    assert_kept_is_right(world)
