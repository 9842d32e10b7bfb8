"""An import taken back exactly: as if it had never come, but for what others built on it."""

from __future__ import annotations

from operator import itemgetter
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
    list_artists,
    list_releases,
    register_entries,
    register_release,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, UnknownBatch
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


def discovered(database: Database, *keys: str) -> int:
    """An import that names works and brings no numbers, as a channel's listing does."""
    entries = [ReleaseEntry(artist="Ada", title=f"Song {k}", external_id=k) for k in keys]
    with database.transaction() as connection:
        batch_id = observation_batches.open_batch(connection, source="list", label="", now=NOON)
        register_entries(connection, entries, platform="YouTube", batch_id=batch_id)
    return batch_id


def by_hand(database: Database, key: str) -> int:
    entry = ReleaseEntry(artist="Ada", title=f"Song {key}", external_id=key)
    return register_release(database, entry, platform="YouTube")


def known(database: Database) -> dict[str, int]:
    """The releases that are published, by external id."""
    return dict(rows(database, "select external_id, release_id from publications"))


def counted(database: Database, release_id: int) -> int:
    batch_id = add_performance_metrics([seen(5, release_id=release_id)]).batch_id
    assert batch_id is not None
    return batch_id


def test_what_was_registered_by_hand_stays_published(database: Database) -> None:
    start_anew(database, releases=0)
    batch_id = discovered(database, "k1")
    number = by_hand(database, "k1")
    undo_import(batch_id)
    assert known(database) == {"k1": number}
    assert get_release(database, number).artist == "Ada"


def test_what_a_standing_import_told_again_stays(database: Database) -> None:
    start_anew(database, releases=0, artists=0)
    first = discovered(database, "k1")
    number = known(database)["k1"]
    numbers = counted(database, number)
    undo_import(first)
    again = discovered(database, "k1")
    undo_import(numbers)
    assert known(database) == {"k1": number}
    assert get_release(database, number).artist == "Ada"
    undo_import(again)
    assert list_releases(database) == []
    assert list_artists(database) == []


keys = st.sampled_from(["k1", "k1", "k2"])
events = st.one_of(
    st.tuples(st.just("discovered"), keys),
    st.tuples(st.just("counted"), keys),
    st.tuples(st.just("by hand"), keys),
    st.tuples(st.just("undone"), st.integers(0, 5)),
)


class Belongings:
    """Whose each release is, in plain Python: a batch's, or nobody's (None)."""

    def __init__(self) -> None:
        self.owners: dict[str, int | None] = {}
        self.numbers: dict[int, str] = {}
        self.standing: list[int] = []

    def told(self, key: str, batch_id: int | None) -> None:
        owner = self.owners.get(key, batch_id)
        is_undone = owner is not None and owner not in self.standing
        self.owners[key] = batch_id if is_undone or batch_id is None else owner

    def undone(self, batch_id: int) -> None:
        self.standing.remove(batch_id)
        self.numbers.pop(batch_id, None)
        kept = {*self.standing, None}
        for key, owner in list(self.owners.items()):
            if owner not in kept and key not in self.numbers.values():
                del self.owners[key]


@few_examples
@given(st.lists(events, min_size=8, max_size=20))
def test_a_release_stays_as_long_as_someone_who_told_of_it_stands(
    database: Database, history: list[tuple[str, Any]]
) -> None:
    start_anew(database, releases=0, artists=0)
    expected = Belongings()
    for event, what in history:
        if event == "discovered":
            expected.standing.append(discovered(database, what))
            expected.told(what, expected.standing[-1])
        elif event == "by hand":
            by_hand(database, what)
            expected.told(what, None)
        elif event == "counted" and what in expected.owners:
            recorded_at = NOON + len(expected.numbers) * HOUR
            one = seen(1, release_id=known(database)[what], recorded_at=recorded_at)
            batch_id = add_performance_metrics([one]).batch_id
            assert batch_id is not None
            expected.standing.append(batch_id)
            expected.numbers[batch_id] = what
        elif event == "undone" and expected.standing:
            batch_id = expected.standing[what % len(expected.standing)]
            undo_import(batch_id)
            expected.undone(batch_id)
        assert known(database).keys() == expected.owners.keys()
        assert len(list_releases(database)) == len(expected.owners)
        assert len(list_artists(database)) == bool(expected.owners)


@pytest.mark.parametrize("most", [0, -1, "x", 2**80, True])
def test_imports_are_listed_by_a_whole_number_of_them(database: Database, most: Any) -> None:  # noqa: ANN401
    with pytest.raises(BadValue) as refusal:
        get_imports(most=most)
    assert refusal.value.column == "most"


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
