"""Batches on their way into the tables: however split, it ends as one row at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import (
    HOUR,
    NOON,
    batches,
    everything,
    few_examples,
    observations,
    rows,
    seen,
    standing,
    start_anew,
    store_singly,
    superseded,
)

from noktvrn_ai_artist.analytics import observation_landing
from noktvrn_ai_artist.analytics.observation_batches import open_batch
from noktvrn_ai_artist.analytics.observation_columns import CheckedBatch, batch_of
from noktvrn_ai_artist.analytics.observation_door import NumberedObservation
from noktvrn_ai_artist.analytics.observation_landing import store_batches
from noktvrn_ai_artist.analytics.performance_db_service import get_imports, undo_import
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import all_queries
from noktvrn_ai_artist.errors import ImportRefused, UnknownBatch
from noktvrn_ai_artist.records import ImportCounts, Observation

Split = list[list[Observation]]
Key = tuple[object, ...]
Told = tuple[float, str, str | None]

# A batch of one new key goes straight, one of many keys most often does not: both are wanted.
splits = st.lists(batches | st.lists(observations, max_size=2), max_size=6)


def checked(split: Split) -> Iterator[CheckedBatch]:
    """Each part as a batch, its rows counted on from the part before."""
    row = 1
    for part in split:
        numbered = enumerate(part, start=row)
        yield batch_of(NumberedObservation(row=n, observation=one) for n, one in numbered)
        row += len(part)


def store(database: Database, split: Split, **more: Any) -> ImportCounts:  # noqa: ANN401
    with database.transaction() as connection:
        batch_id = open_batch(connection, source="test", label="", now=NOON)
        return store_batches(connection, checked(split), batch_id=batch_id, now=NOON, **more)


class PlainTables:
    """The rule in plain Python: every key and the values that stood under it, one after another."""

    def __init__(self) -> None:
        self.told: dict[Key, list[Told]] = defaultdict(list)

    def store(self, batch: Sequence[Observation]) -> tuple[int, int]:
        """Tell a whole import; how many values came to stand, and how many replaced another."""
        stood = {key: values[-1][0] for key, values in self.told.items() if values}
        last = {key_of(one): one.metric_value for one in batch}
        stored = corrected = 0
        for one in batch:
            key = key_of(one)
            values = self.told[key]
            known = last[key] == stood.get(key)
            if known or (values and values[-1][0] == one.metric_value):
                continue
            corrected += bool(values)
            stored += 1
            values.append((one.metric_value, one.source, one.notes))
        return stored, corrected

    def standing(self) -> list[tuple[Any, ...]]:
        told = ((key, values) for key, values in self.told.items() if values)
        found = [
            (*key, values[-1][0], len(values) - 1, values[-1][1], None, values[-1][2])
            for key, values in told
        ]
        return sorted(found, key=lambda row: row[:4])

    def superseded(self) -> list[tuple[Any, ...]]:
        found = [
            (*key, revision, value, source, None, notes)
            for key, values in self.told.items()
            for revision, (value, source, notes) in enumerate(values[:-1])
        ]
        return sorted(found, key=lambda row: row[:5])


def key_of(one: Observation) -> Key:
    return (one.release_id, one.recorded_at, one.platform, one.metric_type)


@few_examples
@given(st.lists(splits, max_size=3))
def test_imports_in_any_batches_end_as_their_rows_do_one_at_a_time(
    database: Database, imports: list[Split]
) -> None:
    start_anew(database)
    plain = PlainTables()
    for split in imports:
        whole = [one for part in split for one in part]
        before = everything(database)
        stored, corrected = plain.store(whole)
        counts = store(database, split)
        assert (counts.read, counts.rejected) == (len(whole), 0)
        assert (counts.stored, counts.corrected) == (stored, corrected)
        assert counts.duplicate == len(whole) - stored
        assert standing(database) == plain.standing()
        assert superseded(database) == plain.superseded()
    if imports and counts.batch_id is not None:
        undo_import(counts.batch_id)
        assert everything(database) == before


@few_examples
@given(splits, splits)
def test_the_same_rows_again_change_no_row(database: Database, first: Split, second: Split) -> None:
    start_anew(database)
    store(database, first)
    store(database, second)
    untouched = "select xmin, ctid, * from content_performance order by ctid"
    before = rows(database, untouched), everything(database)
    again = store(database, [[one] for part in second for one in part])
    assert again.stored == 0
    assert (rows(database, untouched), everything(database)) == before


UNKNOWN = st.sampled_from([1, 2, 77, 78])


@few_examples
@given(st.lists(st.lists(UNKNOWN, max_size=6), max_size=4), st.booleans())
def test_unknown_releases_are_refused_in_every_batch(
    database: Database, releases: list[list[int]], skip_bad: bool
) -> None:
    start_anew(database)
    hours = iter(range(100))
    split = [
        [seen(1, release_id=r, recorded_at=NOON + next(hours) * HOUR) for r in part]
        for part in releases
    ]
    named = [r for part in releases for r in part]
    bad = [row for row, r in enumerate(named, start=1) if r > 4]
    heard: list[int] = []

    def land() -> ImportCounts:
        return store(
            database, split, skip_bad=skip_bad, on_rejection=lambda one: heard.append(one.row)
        )

    if bad and not skip_bad:
        with pytest.raises(ImportRefused) as refused:
            land()
        assert [one.row for one in refused.value.rejections] == bad
        assert standing(database) == []
    else:
        counts = land()
        assert (counts.stored, counts.rejected) == (len(named) - len(bad), len(bad))
    assert heard == bad


# One key that is told twice in one batch waits; what comes straight after it must not be passed.
WAITING_FIRST: Split = [[seen(1), seen(2)], [seen(3)]]


def test_what_waits_is_not_merged_over_what_came_later(database: Database) -> None:
    start_anew(database)
    assert store(database, WAITING_FIRST).stored == 3
    assert [row[4:6] for row in standing(database)] == [(3.0, 2)]


def test_without_the_rule_that_all_waits_once_something_does_it_would_be(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: the law above has to notice what the rule is there for."""
    landing = observation_landing._Landing
    monkeypatch.setattr(landing, "_may_go_straight", lambda self, batch: batch.again is None)
    start_anew(database)
    store(database, WAITING_FIRST)
    assert [row[4] for row in standing(database)] == [2.0]


# What the import stored itself is told again: first with another value, then as it was.
THERE_AND_BACK: Split = [[seen(5)], [seen(6)], [seen(5)]]


def test_a_value_that_comes_back_within_an_import_stands_again(database: Database) -> None:
    start_anew(database)
    counts = store(database, THERE_AND_BACK)
    assert (counts.stored, counts.corrected, counts.duplicate) == (3, 2, 0)
    assert [row[4:6] for row in standing(database)] == [(5.0, 2)]
    assert [row[4:6] for row in superseded(database)] == [(0, 5.0), (1, 6.0)]


def test_without_the_rule_for_what_it_stored_itself_it_would_be_taken_for_known(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: the law above has to notice what the rule is there for."""
    fresh = all_queries()["create_fresh"]
    lax = fresh.replace(b"n.of_how_many > 1 and", b"false and")
    assert lax != fresh
    monkeypatch.setitem(all_queries(), "create_fresh", lax)
    start_anew(database)
    assert store(database, THERE_AND_BACK).stored == 1


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way each batch went."""
    taken: list[str] = []

    def noted(name: str) -> Callable[..., Any]:
        done = getattr(observation_landing._Landing, name)

        def note(self: object, batch: object) -> object:
            taken.append(name.strip("_"))
            return done(self, batch)

        return note

    for name in ("_copied_straight", "_compare"):
        monkeypatch.setattr(observation_landing._Landing, name, noted(name))
    return taken


def at(hours: range, value: float = 1.0) -> list[Observation]:
    return [seen(value, recorded_at=NOON + hour * HOUR) for hour in hours]


def test_what_is_new_is_copied_straight_and_what_is_known_is_compared(
    database: Database, ways: list[str]
) -> None:
    start_anew(database)
    store(database, [at(range(3)), at(range(3, 5))])
    assert ways == ["copied_straight"] * 2
    ways.clear()
    # Nothing waits after a batch that is all known: what comes next may go straight again.
    store(database, [at(range(5)), at(range(5, 9))])
    assert ways == ["compare", "copied_straight"]
    ways.clear()
    store(database, [at(range(1), 2.0), at(range(9, 12))])
    assert ways == ["compare"] * 2
    assert len(standing(database)) == 12


def test_a_known_key_that_the_probe_missed_is_met_and_compared(
    database: Database, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observation_landing, "_PROBED_KEYS", 2)
    start_anew(database)
    store(database, [at(range(3, 4))])
    ways.clear()
    counts = store(database, [at(range(9)), at(range(9, 12))])
    assert ways == ["copied_straight", "compare", "compare"]
    assert (counts.stored, counts.duplicate) == (11, 1)


def test_on_a_cluster_everything_is_compared_first(
    database: Database, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observation_landing, "is_distributed", lambda _: True)
    start_anew(database)
    assert store(database, [at(range(3)), at(range(2, 5))]).stored == 5
    assert ways == ["compare"] * 2


def logged(database: Database) -> set[tuple[Any, ...]]:
    found = rows(
        database,
        "select release_id, platform, metric_type, d::date from changed_curves,"
        " generate_series(first_day, last_day, interval '1 day') d",
    )
    return set(found)


@few_examples
@given(splits, splits)
def test_every_day_of_every_curve_that_changed_is_logged(
    database: Database, before: Split, split: Split
) -> None:
    start_anew(database)
    store(database, before)
    told = {row[:4]: row[4:] for row in standing(database)}
    with database.transaction() as connection:
        connection.execute("truncate changed_curves")
    store(database, split)
    changed = [row for row in standing(database) if told.get(row[:4]) != row[4:]]
    assert {(r, p, m, at.date()) for r, at, p, m, *_ in changed} <= logged(database)
    if not changed:
        assert logged(database) == set()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import may commit after every other row."""
    monkeypatch.setattr(observation_landing, "COMMIT_ROWS", 2)


@pytest.mark.usefixtures("soon")
def test_a_long_import_that_was_killed_is_finished_by_running_it_again(database: Database) -> None:
    start_anew(database)
    split = [at(range(n, n + 2)) for n in range(0, 10, 2)]
    with database.transaction() as connection:
        batch_id = open_batch(connection, source="test", label="", now=NOON)

        def torn() -> Iterator[CheckedBatch]:
            yield from list(checked(split))[:3]
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store_batches(connection, torn(), batch_id=batch_id, now=NOON, commit=connection.commit)
        connection.rollback()
    assert len(standing(database)) == 6
    (kept,) = get_imports()
    assert (kept.read, kept.stored, kept.duplicate) == (6, 6, 0)
    again = store(database, split, commit=None)
    assert (again.read, again.stored, again.duplicate) == (10, 4, 6)
    assert undo_import(again.batch_id or 0).removed == 4
    assert undo_import(kept.batch_id).removed == 6


@pytest.mark.usefixtures("soon")
def test_an_import_that_was_undone_while_it_ran_says_so(database: Database) -> None:
    start_anew(database)
    split = [at(range(n, n + 2)) for n in range(0, 10, 2)]
    with database.transaction() as connection:
        batch_id = open_batch(connection, source="test", label="", now=NOON)

        def kept_and_undone() -> None:
            connection.commit()
            undo_import(batch_id)

        with pytest.raises(UnknownBatch, match="was undone while it ran"):
            store_batches(
                connection, checked(split), batch_id=batch_id, now=NOON, commit=kept_and_undone
            )
        connection.rollback()
    assert standing(database) == []


@pytest.mark.usefixtures("soon")
def test_nothing_is_kept_while_something_waits(database: Database) -> None:
    start_anew(database)
    kept: list[int] = []

    def keep() -> None:
        kept.append(len(standing(database)))

    store(database, [at(range(2)), at(range(1), 2.0), at(range(2, 9))], commit=keep)
    assert kept == [0]  # seen by another connection, and committed by nobody
    assert len(standing(database)) == 9


def test_what_was_stored_singly_is_corrected_by_a_batch(database: Database) -> None:
    start_anew(database)
    store_singly([seen(1), seen(2)])
    counts = store(database, [[seen(3)], [seen(2)]])
    assert (counts.stored, counts.duplicate) == (0, 2)
    assert [row[4:6] for row in standing(database)] == [(2.0, 1)]
