"""Many observations at once: as if one at a time, all or nothing, and every row accounted for."""

from __future__ import annotations

from collections.abc import Iterator
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
    seen,
    standing,
    start_anew,
    store_singly,
    superseded,
)

from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_corrections,
    get_imports,
    get_performance_data,
    undo_import,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, ImportRefused, Rejection
from noktvrn_ai_artist.records import ImportCounts, Observation


def adds_up(counts: ImportCounts) -> bool:
    return (
        counts.read == counts.stored + counts.duplicate + counts.rejected
        and counts.corrected <= counts.stored
    )


def key_of(one: Observation) -> tuple[object, ...]:
    return (one.release_id, one.recorded_at, one.platform, one.metric_type)


def changing(before: list[Observation], batch: list[Observation]) -> list[Observation]:
    """The rows of a batch but for keys whose last value stands already: those are all known."""
    stands = {key_of(one): one.metric_value for one in before}
    last = {key_of(one): one.metric_value for one in batch}
    return [one for one in batch if last[key_of(one)] != stands.get(key_of(one))]


@few_examples
@given(batches, batches)
def test_a_batch_does_what_its_rows_do_one_at_a_time(
    database: Database, before: list[Observation], batch: list[Observation]
) -> None:
    start_anew(database)
    store_singly(before)
    there, history = len(standing(database)), len(superseded(database))
    answers = store_singly(changing(before, batch))
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
    add_performance_metrics(batch)
    before = everything(database)
    counts = add_performance_metrics(batch)
    assert (counts.stored, counts.duplicate) == (0, len(batch))
    assert everything(database) == before


def test_a_key_may_change_thousands_of_times_in_one_batch(database: Database) -> None:
    start_anew(database)
    store_singly([seen(0)])
    counts = add_performance_metrics(seen(float(value)) for value in range(5000))
    assert (counts.stored, counts.corrected, counts.duplicate) == (4999, 4999, 1)
    assert standing(database)[0][4:6] == (4999, 4999)
    kept = sorted((old.revision, old.metric_value) for old in get_corrections(1))
    assert kept == [(value, value) for value in range(4999)]


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
    assert progress == [5]
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
