"""Many observations at once: as if one at a time, whoever else writes; and taken back exactly."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import (
    HOUR,
    NOON,
    everything,
    few_examples,
    observations,
    rows,
    seen,
    standing,
    start_anew,
    superseded,
)

from noktvrn_ai_artist.analytics import observation_batches
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metric,
    add_performance_metrics,
    get_corrections,
    get_imports,
    get_performance_data,
    undo_import,
)
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import annotate, register_entries
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import all_queries
from noktvrn_ai_artist.errors import BadValue, ImportRefused, Rejection, UnknownBatch
from noktvrn_ai_artist.records import ImportCounts, Observation

batches = st.lists(observations, max_size=15)


def store_singly(given_: Iterable[Observation]) -> list[bool]:
    return [
        add_performance_metric(
            o.release_id,
            o.platform,
            o.metric_type,
            o.metric_value,
            o.recorded_at,
            source=o.source,
            source_url=o.source_url,
            notes=o.notes,
        )
        for o in given_
    ]


def adds_up(counts: ImportCounts) -> bool:
    return (
        counts.read == counts.stored + counts.duplicate + counts.rejected
        and counts.corrected <= counts.stored
    )


@few_examples
@given(batches, batches)
def test_a_batch_does_what_its_rows_do_one_at_a_time(
    database: Database, before: list[Observation], batch: list[Observation]
) -> None:
    start_anew(database)
    store_singly(before)
    there, history = len(standing(database)), len(superseded(database))
    answers = store_singly(batch)
    expected = standing(database), superseded(database)
    corrections = len(expected[1]) - history
    start_anew(database)
    store_singly(before)
    counts = add_performance_metrics(batch)
    assert (standing(database), superseded(database)) == expected
    assert adds_up(counts)
    assert (counts.read, counts.stored) == (len(batch), sum(answers))
    assert counts.corrected == corrections
    assert counts.stored - counts.corrected == len(expected[0]) - there


@few_examples
@given(batches)
def test_a_batch_again_stores_nothing(database: Database, batch: list[Observation]) -> None:
    start_anew(database)
    last = {(o.release_id, o.recorded_at, o.platform, o.metric_type): o for o in batch}
    add_performance_metrics(batch)
    before = everything(database)
    counts = add_performance_metrics(last.values())
    assert (counts.stored, counts.duplicate) == (0, len(last))
    assert everything(database) == before


@few_examples
@given(batches, batches)
def test_an_undo_restores_exactly_what_was_there(
    database: Database, before: list[Observation], batch: list[Observation]
) -> None:
    start_anew(database)
    add_performance_metrics(before)
    earlier = everything(database)
    counts = add_performance_metrics(batch)
    assert counts.batch_id is not None
    undone = undo_import(counts.batch_id)
    assert everything(database) == earlier
    assert undone.removed + undone.restored <= counts.stored


def with_releases(database: Database, batch: list[Observation], titles: list[str]) -> int:
    """Store a batch that also registers releases of its own, as a file does."""
    entries = [ReleaseEntry(artist=f"{t}s artist", title=t, external_id=f"key {t}") for t in titles]
    with database.transaction() as connection:
        batch_id = observation_batches.open_batch(connection, source="csv", label="", now=NOON)
        ids = register_entries(connection, entries, platform="YouTube", batch_id=batch_id)
        own = [seen(batch_id, release_id=release_id) for release_id in ids.values()]
        numbered = (
            observation_batches.NumberedObservation(row=row, observation=one)
            for row, one in enumerate([*batch, *own], start=1)
        )
        observation_batches.store_rows(connection, numbered, batch_id=batch_id, now=NOON)
    return batch_id


titles = st.lists(st.sampled_from(["One", "Two", "Three"]), unique=True, max_size=3)


@few_examples
@given(batches, batches, batches, titles, titles, st.booleans())
def test_two_batches_undone_in_either_order_end_where_they_began(  # noqa: PLR0917 - one draw each
    database: Database,
    before: list[Observation],
    first: list[Observation],
    second: list[Observation],
    titles_of_first: list[str],
    titles_of_second: list[str],
    last_first: bool,
) -> None:
    start_anew(database)
    add_performance_metrics(before)
    earlier = everything(database)
    one = with_releases(database, first, titles_of_first)
    between = everything(database)
    two = with_releases(database, second, titles_of_second)
    if last_first:
        undo_import(two)
        assert everything(database) == between
        undo_import(one)
    else:
        undo_import(one)
        undo_import(two)
    assert everything(database) == earlier


def test_what_others_corrected_since_stays_corrected(database: Database) -> None:
    start_anew(database)
    store_singly([seen(1)])
    counts = add_performance_metrics([seen(2)])
    store_singly([seen(3)])
    assert counts.batch_id is not None
    assert undo_import(counts.batch_id).restored == 0
    assert [record["metric_value"] for record in get_performance_data()] == [3.0]
    assert [correction.metric_value for correction in get_corrections(1)] == [1.0]
    store_singly([seen(4)])
    assert [correction.metric_value for correction in get_corrections(1)] == [3.0, 1.0]


def test_a_release_with_other_data_survives_the_undo(database: Database) -> None:
    start_anew(database)
    batch_id = with_releases(database, [], ["One", "Two"])
    kept, gone = rows(database, "select release_id from publications order by external_id")
    store_singly([seen(1, release_id=kept[0], platform="TikTok")])
    annotate(database, "premiere", happened_at=NOON, release_id=gone[0])
    annotate(database, "holiday", happened_at=NOON)
    counts = undo_import(batch_id)
    assert (counts.removed, counts.releases, counts.artists) == (2, 1, 1)
    assert rows(database, "select release_id from approved_releases where release_id > 4") == [kept]
    assert rows(database, "select release_id from publications") == [kept]
    assert rows(database, "select text from annotations") == [("holiday",)]


def test_only_what_is_there_and_not_undone_can_be_undone(database: Database) -> None:
    start_anew(database)
    counts = add_performance_metrics([seen(1)], label="by hand")
    assert counts.batch_id is not None
    undo_import(counts.batch_id)
    with pytest.raises(UnknownBatch, match="undone already"):
        undo_import(counts.batch_id)
    with pytest.raises(UnknownBatch, match="there is no import"):
        undo_import(counts.batch_id + 1)
    (batch,) = get_imports()
    assert batch.undone_at is not None
    assert (batch.label, batch.source, batch.read, batch.stored) == ("by hand", "python", 1, 1)


def test_imports_are_listed_the_newest_first(database: Database) -> None:
    start_anew(database)
    ids = [add_performance_metrics([seen(n)], source=f"s{n}").batch_id for n in range(3)]
    assert [batch.batch_id for batch in get_imports()] == ids[::-1]
    assert [batch.batch_id for batch in get_imports(most=1)] == ids[:0:-2]
    assert [batch.corrected for batch in get_imports()] == [1, 1, 0]


# Row 3 is of an unknown release, which is found out last; rows 2 and 5 break rules.
MIXED: list[Any] = [
    {
        "release_id": 1,
        "platform": "youtube",
        "metric_name": "viewCount",
        "metric_value": 1,
        "recorded_at": NOON,
    },
    seen(-1),
    seen(1, release_id=77),
    seen(1),
    {"release_id": 1, "platform": "YouTube", "metric_type": "views", "metric_value": 1},
]


def test_one_bad_row_stores_nothing_and_is_listed(database: Database) -> None:
    start_anew(database)
    before = everything(database)
    with pytest.raises(ImportRefused, match="3 observations were refused") as refusal:
        add_performance_metrics(MIXED)
    assert [(r.row, r.column) for r in refusal.value.rejections] == [
        (2, "metric_value"),
        (3, "release_id"),
        (5, "recorded_at"),
    ]
    assert refusal.value.rejected == 3
    assert everything(database) == before
    assert get_imports() == []


def test_skipping_bad_rows_stores_the_others(database: Database) -> None:
    start_anew(database)
    rejected: list[Rejection] = []
    progress: list[int] = []
    counts = add_performance_metrics(
        MIXED, skip_bad=True, on_rejection=rejected.append, on_progress=progress.append
    )
    assert (counts.read, counts.stored, counts.duplicate, counts.rejected) == (5, 1, 1, 3)
    assert sorted(rejection.row for rejection in rejected) == [2, 3, 5]
    assert progress == [1, 2, 3, 4, 5]
    (batch,) = get_imports()
    assert (batch.read, batch.stored, batch.duplicate, batch.rejected) == (5, 1, 1, 3)


@few_examples
@given(st.lists(st.sampled_from([-1.0, 1.0, 77.0]), max_size=30), st.booleans())
def test_read_is_always_stored_and_duplicate_and_rejected(
    database: Database, values: list[float], skip_bad: bool
) -> None:
    start_anew(database)
    given_ = [seen(v, release_id=77 if v == 77 else 1 + n % 3) for n, v in enumerate(values)]
    bad = [row for row, value in enumerate(values, start=1) if value != 1.0]
    if bad and not skip_bad:
        with pytest.raises(ImportRefused) as refusal:
            add_performance_metrics(given_)
        assert [rejection.row for rejection in refusal.value.rejections] == bad
    else:
        counts = add_performance_metrics(given_, skip_bad=skip_bad)
        assert adds_up(counts)
        assert (counts.read, counts.rejected) == (len(values), len(bad))


def test_the_first_hundred_rejections_are_listed_and_all_are_counted(database: Database) -> None:
    start_anew(database)
    # Every third row is of an unknown release: those are found out after all the others.
    given_ = [seen(1, release_id=77) if n % 3 == 0 else seen(-1) for n in range(250)]
    with pytest.raises(ImportRefused) as refusal:
        add_performance_metrics(given_)
    assert [rejection.row for rejection in refusal.value.rejections] == list(range(1, 101))
    assert refusal.value.rejected == 250


def test_a_stream_that_breaks_off_stores_nothing(database: Database) -> None:
    start_anew(database)
    before = everything(database)

    def torn() -> Iterator[Observation]:
        yield from (seen(n, recorded_at=NOON + n * HOUR) for n in range(500))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_performance_metrics(torn())
    assert everything(database) == before
    assert get_imports() == []


def test_records_that_were_read_may_come_in_again(database: Database) -> None:
    start_anew(database)
    add_performance_metrics([seen(n, recorded_at=NOON + n * HOUR) for n in range(3)])
    assert add_performance_metrics(get_performance_data()).duplicate == 3


@pytest.mark.parametrize(
    "more",
    [
        {"source": ""},
        {"source": "x" * 65},
        {"label": "a\0"},
        {"label": "\ud800"},
        {"label": "x" * 513},
    ],
)
def test_a_batch_is_named_by_the_rules_of_text(database: Database, more: dict[str, str]) -> None:
    with pytest.raises(BadValue):
        add_performance_metrics([], **more)  # type: ignore[arg-type]
    assert get_imports() == []


def test_an_empty_batch_is_a_batch(database: Database) -> None:
    counts = add_performance_metrics([])
    assert (counts.read, counts.stored) == (0, 0)
    assert counts.batch_id is not None
    assert undo_import(counts.batch_id).removed == 0


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
    """What else happens between what the next batch compared and what it merges."""
    merging = observation_batches._merge_round
    to_come: ToCome = []

    def intruded(connection: Any, number: int, **more: Any) -> tuple[int, int]:  # noqa: ANN401
        ordered = connection.execute

        def execute(statement: Any, *given_: Any) -> Any:  # noqa: ANN401
            if statement == all_queries()["merge_fresh"] and to_come:
                to_come.pop()()
            return ordered(statement, *given_)

        monkeypatch.setattr(connection, "execute", execute)
        return merging(connection, number, **more)

    monkeypatch.setattr(observation_batches, "_merge_round", intruded)
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
    add_performance_metrics([seen(3)])
    assert get_corrections(1) == []


def test_the_same_value_that_came_in_between_makes_a_duplicate(
    database: Database, in_between: ToCome
) -> None:
    start_anew(database)
    in_between.append(lambda: store_singly([seen(3)]))
    counts = add_performance_metrics([seen(3), seen(4, release_id=2)])
    assert (counts.stored, counts.corrected, counts.duplicate) == (1, 0, 1)


def test_what_was_undone_in_between_does_not_become_history(
    database: Database, in_between: ToCome
) -> None:
    start_anew(database)
    batch_id = add_performance_metrics([seen(1)]).batch_id
    assert batch_id is not None
    in_between.append(lambda: undo_import(batch_id))
    assert add_performance_metrics([seen(3)]).stored == 1
    assert get_corrections(1) == []
    assert [record["metric_value"] for record in get_performance_data()] == [3.0]
