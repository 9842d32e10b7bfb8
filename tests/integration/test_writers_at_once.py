"""Whoever else writes at the same time, no value is lost and no history is made up."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from observed_tables import (
    HOUR,
    NOON,
    rows,
    seen,
    standing,
    start_anew,
    store_singly,
    superseded,
    wait_until,
    waiting,
)

from noktvrn_ai_artist.analytics import observation_landing
from noktvrn_ai_artist.analytics.observation_batches import open_batch
from noktvrn_ai_artist.analytics.observation_columns import CheckedBatch, batch_of
from noktvrn_ai_artist.analytics.observation_door import NumberedObservation
from noktvrn_ai_artist.analytics.observation_landing import store_batches
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_corrections,
    get_imports,
    get_performance_data,
    undo_import,
)
from noktvrn_ai_artist.analytics.retention import RetentionRule, expire, set_retention
from noktvrn_ai_artist.database import advisory_locks
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.database.queries import all_queries, query
from noktvrn_ai_artist.errors import TransactionConflict
from noktvrn_ai_artist.records import ImportCounts, Observation

Writer = Callable[[random.Random], int]


def in_bulk(dice: random.Random) -> int:
    """Store a shuffled batch over a few keys; how often a value came to stand."""
    batch = [
        seen(dice.randrange(10**6), release_id=n, recorded_at=NOON + hour * HOUR)
        for n in range(1, 5)
        for hour in range(8)
        for _ in range(2)
    ]
    dice.shuffle(batch)
    return add_performance_metrics(batch).stored


def singly(dice: random.Random) -> int:
    """Store single values under the same keys; how often a value came to stand."""
    return sum(
        store_singly(
            seen(
                dice.randrange(10**6),
                release_id=dice.randint(1, 4),
                recorded_at=NOON + dice.randrange(8) * HOUR,
            )
            for _ in range(30)
        )
    )


def at_once(writers: list[Writer], *, rounds: int) -> int:
    start = threading.Barrier(len(writers))

    def work(number: int) -> int:
        dice = random.Random(number)
        start.wait()
        return sum(writers[number](dice) for _ in range(rounds))

    with ThreadPoolExecutor(len(writers)) as pool:
        return sum(pool.map(work, range(len(writers))))


def stood(database: Database) -> int:
    """How many values stood under some key at some time, by what is stored now."""
    return len(standing(database)) + len(superseded(database))


def test_writers_at_once_lose_no_history(database: Database) -> None:
    start_anew(database)
    acknowledged = at_once([in_bulk, in_bulk, singly, singly], rounds=4)
    assert stood(database) == acknowledged
    revisions = rows(
        database,
        "select p.revision, count(h.*), max(h.revision) from content_performance p"
        " join performance_corrections h using (release_id, recorded_at, platform, metric_type)"
        " group by p.release_id, p.recorded_at, p.platform, p.metric_type, p.revision",
    )
    assert len(revisions) == 32
    assert all(now == older == highest + 1 for now, older, highest in revisions)


ToCome = list[Callable[[], object]]


@pytest.fixture
def in_between(database: Database, monkeypatch: pytest.MonkeyPatch) -> ToCome:
    """What else happens between what the next batch compared and what it merges or copies."""
    to_come: ToCome = []
    merging, copying = observation_landing._merge, observation_landing._Landing._copied_straight

    def intruded(connection: Any, *more: Any) -> tuple[int, int]:  # noqa: ANN401
        ordered = connection.execute

        def execute(statement: Any, *given_: Any) -> Any:  # noqa: ANN401
            if statement == all_queries()["merge_fresh"] and to_come:
                to_come.pop()()
            return ordered(statement, *given_)

        monkeypatch.setattr(connection, "execute", execute)
        return merging(connection, *more)

    def copied_after(self: Any, batch: Any) -> bool:  # noqa: ANN401
        if to_come:
            to_come.pop()()
        return copying(self, batch)

    monkeypatch.setattr(observation_landing, "_merge", intruded)
    monkeypatch.setattr(observation_landing._Landing, "_copied_straight", copied_after)
    return to_come


@pytest.mark.parametrize("before", [[], [seen(1)]])
def test_a_value_that_came_in_between_is_kept(
    database: Database, in_between: ToCome, before: list[Observation]
) -> None:
    start_anew(database)
    store_singly(before)
    in_between.append(lambda: store_singly([seen(2)]))
    counts = add_performance_metrics([seen(3)])
    assert (counts.stored, counts.corrected, counts.duplicate) == (1, 1, 0)
    assert [record["metric_value"] for record in get_performance_data()] == [3.0]
    history = [correction.metric_value for correction in get_corrections(1)]
    assert history == [2.0, *(one.metric_value for one in before)]


def test_without_the_check_of_the_revision_it_would_be_lost(
    database: Database, in_between: ToCome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: the law above has to notice what the check is there for."""
    check = b"where content_performance.revision = excluded.revision - 1"
    merge = all_queries()["merge_fresh"]
    monkeypatch.setitem(all_queries(), "merge_fresh", merge.replace(check, b"where true"))
    start_anew(database)
    in_between.append(lambda: store_singly([seen(2)]))
    add_performance_metrics([seen(1), seen(3)])
    assert [correction.metric_value for correction in get_corrections(1)] == [1.0]


def test_the_same_value_that_came_in_between_makes_a_duplicate(
    database: Database, in_between: ToCome
) -> None:
    start_anew(database)
    in_between.append(lambda: store_singly([seen(3)]))
    counts = add_performance_metrics([seen(3), seen(4, release_id=2)])
    assert (counts.stored, counts.corrected, counts.duplicate) == (1, 0, 1)


def test_an_undo_waits_for_a_writer_and_makes_no_history(
    database: Database, in_between: ToCome
) -> None:
    start_anew(database)
    batch_id = add_performance_metrics([seen(1)]).batch_id
    assert batch_id is not None
    with ThreadPoolExecutor(1) as aside:
        undoing: list[Future[object]] = []

        def undo_meanwhile() -> None:
            undoing.append(aside.submit(undo_import, batch_id))
            with pytest.raises(TimeoutError):
                undoing[0].result(timeout=0.3)

        in_between.append(undo_meanwhile)
        assert add_performance_metrics([seen(3)]).stored == 1
        undoing[0].result(timeout=20)
    assert get_corrections(1) == []
    assert [record["metric_value"] for record in get_performance_data()] == [3.0]


def test_a_value_entered_after_an_undo_is_not_taken_for_what_was_undone(
    database: Database,
) -> None:
    """The same revision again is another row: undoing what came after it brings it back."""
    start_anew(database)
    first = add_performance_metrics([seen(100)]).batch_id
    assert first is not None
    undo_import(first)
    store_singly([seen(222)])
    second = add_performance_metrics([seen(300)]).batch_id
    assert second is not None
    undo_import(second)
    assert [record["metric_value"] for record in get_performance_data()] == [222.0]


def test_imports_and_undos_at_once_leave_no_trace(database: Database) -> None:
    start_anew(database)
    store_singly([seen(7)])
    before = rows(database, "select metric_value, revision from content_performance")

    def there_and_back(dice: random.Random) -> int:
        batch = [seen(dice.randrange(10**6), recorded_at=NOON + h * HOUR) for h in range(4)]
        batch_id = add_performance_metrics(batch).batch_id
        assert batch_id is not None
        undo_import(batch_id)
        return 0

    at_once([there_and_back] * 3, rounds=5)
    assert rows(database, "select metric_value, revision from content_performance") == before
    assert superseded(database) == []


def straight(dice: random.Random) -> int:
    """Store keys that nobody else has, and some that others have; how often one came to stand."""
    own = dice.randrange(10**6)
    parts = [
        [
            seen(n, release_id=release, metric_type="likes", recorded_at=NOON + hour * HOUR)
            for release, hour in [(dice.randint(1, 4), own + n), (dice.randint(1, 4), n)]
        ]
        for n in dice.sample(range(12), 8)
    ]
    return stored_in_parts(parts).stored


def stored_in_parts(
    parts: Iterable[list[Observation]], *, between: Callable[[], object] = lambda: None
) -> ImportCounts:
    """Store an import in batches, with a pause before each but the first."""

    def batches() -> Iterator[CheckedBatch]:
        for number, part in enumerate(parts):
            if number:
                between()
            yield batch_of(NumberedObservation(row=number, observation=one) for one in part)

    with shared_database().transaction() as connection:
        batch_id = open_batch(connection, source="test", label="", now=NOON)
        return store_batches(connection, batches(), batch_id=batch_id, now=NOON)


def test_imports_in_batches_and_single_values_at_once_lose_no_history(database: Database) -> None:
    start_anew(database)
    acknowledged = at_once([straight, straight, in_bulk, singly], rounds=4)
    assert stood(database) == acknowledged


def crossing(pause: float = 0.3) -> list[ImportCounts]:
    """Two imports that bring the same new keys in opposite orders, each while the other is on."""
    first, second = [seen(1)], [seen(1, release_id=2)]
    both_began = threading.Barrier(2)

    def between() -> None:
        with suppress(threading.BrokenBarrierError):  # the other waits for us, as it should
            both_began.wait(pause)

    with ThreadPoolExecutor(2) as aside:
        orders = [[first, second], [second, first]]
        running = [aside.submit(stored_in_parts, parts, between=between) for parts in orders]
        return [one.result(timeout=30) for one in running]


def test_imports_that_cross_each_other_wait_in_line(database: Database) -> None:
    start_anew(database)
    assert sorted(counts.stored for counts in crossing()) == [0, 2]


def test_without_the_line_one_of_them_would_be_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: the law above has to notice what the lock is there for."""
    monkeypatch.setattr(observation_landing, "hold_alone", lambda *_: None)
    start_anew(database)
    with pytest.raises(TransactionConflict):
        crossing(pause=5)


def an_undo(database: Database) -> object:
    return undo_import(get_imports()[-1].batch_id)


def a_retention_run(database: Database) -> object:
    return expire(database, now=NOON)


@pytest.fixture
def imported(database: Database) -> Database:
    start_anew(database)
    add_performance_metrics([seen(1)])
    set_retention(database, RetentionRule(source="manual", kept=30 * 24 * HOUR))
    return database


@pytest.mark.parametrize("alone", [an_undo, a_retention_run])
def test_who_waits_to_be_alone_holds_no_writer_off(
    imported: Database, monkeypatch: pytest.MonkeyPatch, alone: Callable[[Database], object]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(advisory_locks, "query", lambda name: asked.append(name) or query(name))
    with ThreadPoolExecutor(2) as aside, imported.transaction() as importing:
        open_batch(importing, source="test", label="", now=NOON)
        left = aside.submit(alone, imported)
        wait_until(
            lambda: asked.count("hold_alone_if_free") > 1 or waiting(imported) > 0,
            what="it does not wait",
        )
        assert aside.submit(store_singly, [seen(2, release_id=2)]).result(timeout=20) == [True]
        assert not left.done()
    left.result()


def test_who_waited_long_to_be_alone_waits_in_line(
    imported: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advisory_locks, "_TRIES", 2)
    with ThreadPoolExecutor(2) as aside, imported.transaction() as importing:
        open_batch(importing, source="test", label="", now=NOON)
        undoing = aside.submit(an_undo, imported)
        wait_until(lambda: waiting(imported) == 1, what="it does not wait in line")
        writing = aside.submit(store_singly, [seen(2, release_id=2)])
        wait_until(lambda: waiting(imported) == 2, what="a writer does not wait behind it")
        assert not undoing.done()
    undoing.result()
    assert writing.result() == [True]
