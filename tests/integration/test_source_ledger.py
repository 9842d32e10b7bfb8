"""The tracker's ledger: as the file does, exactly once, seen in whole, at a fixed cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed_tables import rows as rows_of

from noktvrn_ai_artist.analytics import ledger_rows, source_ledger
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_ledger import SourceLedger
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.errors import (
    BadTrackerInput,
    DatabaseUnavailable,
    WrongLedger,
)
from noktvrn_ai_artist.settings import Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = ("clip_usage", "release_score", "selection", "source_ledger")

Keeper = SourceStatsFile | SourceLedger
Step = Callable[[Keeper], object]


def usage(release_id: int = 1, **fields: object) -> ClipUsage:
    given_fields = {"source_name": "pexels", "clip_id": "clip", "used_at": NOON, **fields}
    return ClipUsage(release_id=release_id, **given_fields)


def report(release_id: int = 1, score: float = 1.0, **fields: object) -> ScoreReport:
    return ScoreReport(release_id=release_id, score=score, **{"reported_at": NOON, **fields})


def selection(name: str = "s", *, mean: float = 0.1) -> Selection:
    candidates = (
        Candidate(source="pexels", mean=mean, sd=1e-9, probability=0.7),
        Candidate(source="größe", mean=-3.0, sd=5e-324, probability=0.3),
    )
    return Selection(selection_id=name, drawn_at=NOON, top_n=1, candidates=candidates)


SELECTIONS = (selection("s"), selection("t", mean=0.2), selection("s", mean=0.3))
instants = st.integers(0, 3).map(lambda days: NOON - timedelta(days=days))
some_events = st.none() | st.sampled_from(["e", "f", "g"])
usages = st.builds(
    usage,
    st.integers(1, 3),
    source_name=st.sampled_from(["pexels", "coverr"]),
    used_at=instants,
    event_id=some_events,
    creator=st.none() | st.just("Ω"),
    selection_id=st.none() | st.sampled_from(["s", "t"]),
)
reports = st.builds(
    report,
    st.integers(1, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    reported_at=instants,
    event_id=some_events,
    artist_id=st.none() | st.just(2**63 - 1),
)


def adding(used: list[ClipUsage], drawn: list[Selection]) -> Step:
    return lambda keeper: keeper.add_usages(used, drawn)


def reporting(reported: list[ScoreReport]) -> Step:
    return lambda keeper: keeper.add_reports(reported)


def forgetting(release_id: int) -> Step:
    return lambda keeper: keeper.forget_release(release_id)


steps = st.lists(
    st.one_of(
        st.builds(
            adding,
            st.lists(usages, max_size=4),
            st.lists(
                st.sampled_from(SELECTIONS), max_size=2, unique_by=lambda one: one.selection_id
            ),
        ),
        st.builds(reporting, st.lists(reports, max_size=4)),
        st.builds(forgetting, st.integers(1, 3)),
    ),
    max_size=6,
)


def answer(step: Step, keeper: Keeper) -> object:
    """What a step returns, or the words it is refused with."""
    try:
        return step(keeper)
    except BadTrackerInput as refusal:
        return str(refusal)


def emptied(database: Database) -> Database:
    with database.transaction() as connection:
        for table in TABLES:
            connection.execute(f"delete from {table}".encode())
    return database


@pytest.fixture
def ledger(database: Database) -> SourceLedger:
    return SourceLedger(database)


@settings(max_examples=40, deadline=None)
@given(told=steps)
def test_file_and_ledger_answer_alike_and_hold_the_same(
    kept_ledger: Database, tmp_path_factory: pytest.TempPathFactory, told: list[Step]
) -> None:
    file = SourceStatsFile(tmp_path_factory.mktemp("told") / "source_stats.json")
    ledger, follower = SourceLedger(emptied(kept_ledger)), SourceLedger(kept_ledger)
    for step in told:
        assert answer(step, ledger) == answer(step, file)
        assert follower.read() == file.read()
    assert SourceLedger(kept_ledger).read() == follower.read()


@pytest.fixture(scope="module")
def kept_ledger(kept_database: str, data_dir: Path) -> Iterator[Database]:
    with Database(Settings(data_dir=data_dir, database=kept_database)) as database:
        yield database
        emptied(database)


def test_a_reader_that_is_up_to_date_asks_one_question(
    ledger: SourceLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add_usages([usage()])
    before = ledger.read()
    with asked(monkeypatch) as questions:
        assert ledger.read() is before
    assert questions == ["ledger_head"]


def test_what_a_write_asks_does_not_grow_with_the_history(
    ledger: SourceLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add_usages([usage(number, event_id=f"{number}") for number in range(1, 200)])
    with asked(monkeypatch) as questions, fetched(monkeypatch) as records:
        ledger.add_usages([usage(event_id="new"), usage(7, event_id="7")])
    assert questions == ["ledger_head", "usages_of_events", "store_usages", "move_ledger_head"]
    assert len(records) == 1


@contextmanager
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the queries that the ledger asks meanwhile."""
    names: list[str] = []
    with monkeypatch.context() as patch:
        for module in (source_ledger, ledger_rows):
            real = module.query
            patch.setattr(module, "query", lambda name, real=real: names.append(name) or real(name))
        yield names


@contextmanager
def fetched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The usages that leave the database meanwhile."""
    made: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(ledger_rows, "ClipUsage", lambda **row: made.append(row) or ClipUsage(**row))
        yield made


def test_a_reader_notices_that_a_release_was_forgotten(database: Database) -> None:
    writer, reader = SourceLedger(database), SourceLedger(database)
    writer.add_usages([usage(1), usage(2)])
    assert len(reader.read().usages) == 2
    assert writer.forget_release(1)
    assert not writer.forget_release(1)
    assert reader.read().usages == [usage(2)]


def test_an_event_id_is_free_again_when_its_release_is_forgotten(ledger: SourceLedger) -> None:
    ledger.add_usages([usage(1, event_id="e")])
    ledger.forget_release(1)
    assert ledger.add_usages([usage(2, event_id="e")]) == 1


def test_a_selection_lives_as_long_as_a_release_that_names_it(database: Database) -> None:
    ledger = SourceLedger(database)
    ledger.add_usages([usage(1, selection_id="s")], [selection("s"), selection("unnamed")])
    ledger.add_usages([usage(2, selection_id="s")])
    ledger.forget_release(1)
    assert SourceLedger(database).read().selections == {"s": selection("s")}
    ledger.forget_release(2)
    assert SourceLedger(database).read() == SourceHistory()


def paused_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, ...]:
    """The first writer stops before it stores: events that tell of it, and let it go on."""
    arrived, go_on = threading.Event(), threading.Event()
    real = ledger_rows.store_usages

    def store(*arguments: object, **options: object) -> None:
        if not arrived.is_set():
            arrived.set()
            go_on.wait(0.5)
        real(*arguments, **options)

    monkeypatch.setattr(ledger_rows, "store_usages", store)
    return arrived, go_on


def one_writer_within_another(
    database: Database, monkeypatch: pytest.MonkeyPatch, second_event: str
) -> SourceLedger:
    """A reader who read while a second writer came to the first one's middle."""
    arrived, go_on = paused_in_the_middle(monkeypatch)
    reader = SourceLedger(database)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(SourceLedger(database).add_usages, [usage(1, event_id="e")])
        arrived.wait(10)
        second = pool.submit(SourceLedger(database).add_usages, [usage(2, event_id=second_event)])
        for _ in range(50):
            reader.read()
        go_on.set()
        assert first.result(timeout=20) == 1
        assert isinstance(second.exception(timeout=20), BadTrackerInput | None)
    return reader


RELEASES_OF_E = "select release_id from clip_usage where event_id = 'e' order by 1"


def test_a_writer_waits_for_the_one_before_and_sees_its_event_ids(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = one_writer_within_another(database, monkeypatch, "e")
    assert rows_of(database, RELEASES_OF_E) == [(1,)]
    assert reader.read().usages == [usage(1, event_id="e")]


def test_a_reader_in_between_misses_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = one_writer_within_another(database, monkeypatch, "f")
    assert len(reader.read().usages) == 2


def test_without_the_lock_an_event_id_would_stand_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_ledger, "hold_alone", lambda *_: None)
    one_writer_within_another(database, monkeypatch, "e")
    assert rows_of(database, RELEASES_OF_E) == [(1,), (2,)]


def test_without_the_lock_a_reader_in_between_would_miss_something(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_ledger, "hold_alone", lambda *_: None)
    reader = one_writer_within_another(database, monkeypatch, "f")
    assert len(reader.read().usages) == 1


def test_readers_see_whole_batches_while_others_write_and_forget(database: Database) -> None:
    done, torn = threading.Event(), []

    def read() -> None:
        ledger = SourceLedger(database)
        while not done.is_set():
            history = ledger.read()
            torn.extend(each for each in history.releases.values() if len(each.usages) != 2)

    def write(worker: int) -> None:
        ledger = SourceLedger(database)
        for number in range(15):
            release = 1 + worker * 100 + number
            ledger.add_usages([usage(release, event_id=f"{release}-{clip}") for clip in (1, 2)])
            if number % 3 == 2:
                ledger.forget_release(release - 1)

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        list(pool.map(write, range(4)))
        done.set()
        assert [each.result() for each in readers] == [None, None]
    assert torn == []
    assert len(SourceLedger(database).read().usages) == 4 * 10 * 2


def test_a_forgotten_release_is_noticed_in_the_middle_of_reading(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = SourceLedger(database), SourceLedger(database)
    writer.add_usages([usage(1), usage(2)])
    real, forgotten = ledger_rows.usages_between, []

    def forgets_first(*arguments: object) -> list[ClipUsage]:
        if not forgotten:
            forgotten.append(writer.forget_release(1))
        return real(*arguments)

    writer.add_reports([report(1)])
    monkeypatch.setattr(ledger_rows, "usages_between", forgets_first)
    assert reader.read().releases.keys() == {2}
    assert forgotten == [True]


def dying_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends the first writer's connection before it can commit."""
    real, killed = source_ledger._move, []

    def move(connection: Connection, head: object) -> object:
        if not killed:
            killed.append(True)
            connection.execute(b"select pg_terminate_backend(pg_backend_pid())")
        return real(connection, head)

    monkeypatch.setattr(source_ledger, "_move", move)


def test_events_with_ids_are_told_again_after_a_lost_connection(
    ledger: SourceLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying_once(monkeypatch)
    assert ledger.add_usages([usage(event_id="e")]) == 1
    assert ledger.read().usages == [usage(event_id="e")]


def test_an_event_without_id_is_never_told_again_by_itself(
    ledger: SourceLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying_once(monkeypatch)
    with pytest.raises(DatabaseUnavailable):
        ledger.add_reports([report(event_id="e"), report()])
    assert ledger.read() == SourceHistory()


def test_only_the_ledger_asked_for_will_do(database: Database) -> None:
    ledger_id = SourceLedger(database).carry_over(SourceHistory())
    SourceLedger(database, ledger_id=ledger_id).add_usages([usage()])
    elsewhere = SourceLedger(database, ledger_id="another")
    for door in (
        elsewhere.read,
        lambda: elsewhere.add_usages([usage()]),
        lambda: elsewhere.add_reports([report()]),
        lambda: elsewhere.forget_release(1),
    ):
        with pytest.raises(WrongLedger, match="moved to another database"):
            door()
    emptied(database)
    with pytest.raises(WrongLedger):
        SourceLedger(database, ledger_id=ledger_id).read()


def test_a_ledger_that_was_emptied_or_put_back_is_read_anew(database: Database) -> None:
    reader = SourceLedger(database)
    SourceLedger(database).add_usages([usage(1), usage(2)])
    assert len(reader.read().usages) == 2
    emptied(database)
    SourceLedger(database).add_usages([usage(3), usage(4), usage(5)])
    assert reader.read().releases.keys() == {3, 4, 5}
