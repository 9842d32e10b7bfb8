"""An import taken back exactly: as if it had never come, but for what others built on it."""

from __future__ import annotations

from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_tables import (
    NOON,
    batches,
    everything,
    few_examples,
    rows,
    seen,
    start_anew,
    store_singly,
)

from noktvrn_ai_artist.analytics import observation_batches
from noktvrn_ai_artist.analytics.observation_columns import batch_of
from noktvrn_ai_artist.analytics.observation_door import NumberedObservation
from noktvrn_ai_artist.analytics.observation_landing import store_batches
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_corrections,
    get_imports,
    get_performance_data,
    undo_import,
)
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import (
    annotate,
    get_release,
    list_releases,
    register_entries,
    register_release,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import UnknownBatch
from noktvrn_ai_artist.records import Observation


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
            NumberedObservation(row=row, observation=one)
            for row, one in enumerate([*batch, *own], start=1)
        )
        store_batches(connection, [batch_of(numbered)], batch_id=batch_id, now=NOON)
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


def test_what_others_added_survives_the_undo(database: Database) -> None:
    start_anew(database)
    batch_id = with_releases(database, [], ["One", "Two", "Three", "Four"])
    ids = rows(database, "select release_id, title from approved_releases where release_id > 4")
    seen_since, noted, adopted, left = (number for number, _ in sorted(ids, key=itemgetter(1)))
    titles = dict(ids)
    store_singly([seen(1, release_id=seen_since, platform="TikTok")])
    annotate(database, "premiere", happened_at=NOON, release_id=noted)
    artist = get_release(database, adopted).artist
    assert register_release(database, ReleaseEntry(artist=artist, title=titles[adopted])) == adopted
    assert undo_import(batch_id).releases == 1
    kept = {release.release_id for release in list_releases(database)} - {1, 2, 3, 4}
    assert kept == {seen_since, noted, adopted}
    assert left not in kept
    assert rows(database, "select text from annotations") == [("premiere",)]


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
