"""A server that is killed while numbers come in: what was acknowledged is there, and once."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from observed_tables import HOUR, NOON, rows, seen, start_anew

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metric,
    add_performance_metrics,
)
from noktvrn_ai_artist.database import connection_manager
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.database.queries import all_queries
from noktvrn_ai_artist.errors import DatabaseUnavailable
from noktvrn_ai_artist.records import Observation
from noktvrn_ai_artist.settings import Settings

# A server cursor cannot be closed on a server that is gone, and psycopg says so when it goes too.
pytestmark = pytest.mark.filterwarnings("ignore:.*deleted while still open:ResourceWarning")

Key = tuple[int, Any]


@dataclass
class Ledger:
    """What was acknowledged, under each key in the order of acknowledgment, and what failed."""

    values: dict[Key, list[float]] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)

    def acknowledge(self, one: Observation) -> None:
        held = self.values.setdefault((one.release_id, one.recorded_at), [])
        if held[-1:] != [one.metric_value]:
            held.append(one.metric_value)

    @property
    def acknowledged(self) -> int:
        """How many values were acknowledged."""
        return sum(map(len, list(self.values.values())))

    def at_commit(self) -> int:
        """How many calls failed while their transaction was being committed."""
        return sum(_within(error.__cause__, {"commit", "_commit_gen"}) for error in self.errors)


def _within(error: BaseException | None, functions: set[str]) -> bool:
    walk = error.__traceback__ if error else None
    while walk:
        if walk.tb_frame.f_code.co_name in functions:
            return True
        walk = walk.tb_next
    return False


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Database]:
    """A private server of its own, to be killed, with one release for each writer."""
    database = Database(Settings(data_dir=tmp_path, database="fragile")).open()
    connection_manager.use_database(database)
    apply_migrations(database)
    start_anew(database, releases=4)
    yield database
    assert database.server is not None
    server = database.server
    connection_manager.use_database(None)
    server.remove()


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A ledger that also hears of the errors after which a call is repeated by itself."""
    ledger = Ledger()
    worth = connection_manager.is_worth_repeating

    def heard(error: Exception) -> bool:
        ledger.errors.append(error)
        return worth(error)

    monkeypatch.setattr(connection_manager, "is_worth_repeating", heard)
    yield ledger
    # The errors keep the frames they passed, and these the cursors.
    ledger.errors.clear()
    gc.collect()


def kill(database: Database, *, backends: bool = False) -> None:
    """`kill -9` of the postmaster, and perhaps of all that it started; all are gone thereafter."""
    assert database.server is not None
    pid = database.server.status().pid
    if pid is None:
        return
    postmaster = psutil.Process(pid)
    doomed = [postmaster, *postmaster.children(recursive=True)]
    for process in doomed if backends else [postmaster]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + 10
    while any(map(_lives, doomed)) and time.monotonic() < deadline:
        time.sleep(0.005)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until_acknowledged(ledger: Ledger, call: Callable[[], object]) -> None:
    """Repeat the same call, as whoever is told "maybe" should."""
    while True:
        try:
            call()
        except DatabaseUnavailable as error:
            ledger.errors.append(error)
        else:
            return


def write_one(ledger: Ledger, one: Observation) -> None:
    until_acknowledged(
        ledger,
        lambda: add_performance_metric(
            one.release_id, one.platform, one.metric_type, one.metric_value, one.recorded_at
        ),
    )
    ledger.acknowledge(one)


def write_singly(
    ledger: Ledger, release_id: int, dice: random.Random, done: threading.Event
) -> None:
    while not done.is_set():
        one = seen(
            dice.randrange(5), release_id=release_id, recorded_at=NOON + dice.randrange(20) * HOUR
        )
        write_one(ledger, one)


def write_in_bulk(
    ledger: Ledger, release_id: int, dice: random.Random, done: threading.Event
) -> None:
    while not done.is_set():
        batch = [
            seen(dice.randrange(5), release_id=release_id, recorded_at=NOON + hour * HOUR)
            for hour in dice.sample(range(100), 50)
        ]
        until_acknowledged(ledger, lambda batch=batch: add_performance_metrics(batch))  # type: ignore[misc]
        for one in batch:
            ledger.acknowledge(one)


def crash(database: Database, ledger: Ledger, *, times: int, seed: int = 1) -> None:
    """Let four writers write while the server is killed again and again."""
    done = threading.Event()
    dice = random.Random(seed)
    writers = [write_singly, write_singly, write_in_bulk, write_in_bulk]
    with ThreadPoolExecutor(len(writers)) as pool:
        writing = [
            pool.submit(writer, ledger, release_id, random.Random(release_id), done)
            for release_id, writer in enumerate(writers, start=1)
        ]
        try:
            for number in range(times):
                before = ledger.acknowledged
                deadline = time.monotonic() + 60
                while ledger.acknowledged == before:
                    assert time.monotonic() < deadline, "no writer gets through any more"
                    time.sleep(0.01)
                time.sleep(dice.uniform(0, 0.1))
                kill(database, backends=bool(number % 2))
        finally:
            done.set()
        for one in writing:
            one.result()


def chains(database: Database) -> dict[Key, list[float]]:
    """The values that stood under each key, in their order; revisions without a gap."""
    found: dict[Key, list[float]] = {}
    for release_id, recorded_at, revision, value in rows(
        database,
        "select release_id, recorded_at, revision, metric_value from performance_corrections"
        " union all select release_id, recorded_at, revision, metric_value"
        " from content_performance order by 1, 2, 3",
    ):
        chain = found.setdefault((release_id, recorded_at), [])
        assert revision == len(chain)
        chain.append(value)
    return found


def test_what_was_acknowledged_survives_a_few_kills_once(fragile: Database, ledger: Ledger) -> None:
    crash(fragile, ledger, times=4)
    assert chains(fragile) == ledger.values
    assert ledger.errors


def after_statement(
    monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[Any], None], *, times: int
) -> None:
    """What happens, so often, once a single value's statement of this name was executed."""
    storing, left = service._store, [happens] * times

    def stored(connection: Any, one: Observation, now: Any) -> bool:  # noqa: ANN401
        ordered = connection.execute

        def execute(statement: Any, *given: Any) -> Any:  # noqa: ANN401
            answer = ordered(statement, *given)
            if statement == all_queries()[name] and left:
                left.pop()(ordered)
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(connection, "execute", execute)
            return storing(connection, one, now)

    monkeypatch.setattr(service, "_store", stored)


def test_a_server_killed_at_commit_loses_and_doubles_nothing(
    fragile: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: object) -> None:
        kill(fragile, backends=True)

    after_statement(monkeypatch, "correct_observation", killed, times=2)
    for value in (1, 2, 3):
        write_one(ledger, seen(value))
    assert chains(fragile) == ledger.values
    assert ledger.at_commit() == 2


def test_a_single_value_whose_answer_is_lost_is_there_once(
    fragile: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(ordered: Callable[[bytes], object]) -> None:
        kill(fragile, backends=True)
        ordered(b"select 1")  # fails as the answer to the insert would have

    after_statement(monkeypatch, "insert_observation", lost, times=2)
    for hour in range(3):
        write_one(ledger, seen(hour, recorded_at=NOON + hour * HOUR))
    assert chains(fragile) == ledger.values
    assert len(ledger.errors) == 2


@pytest.mark.long
@pytest.mark.timeout(180)
def test_forty_crashes_lose_and_double_nothing(fragile: Database, ledger: Ledger) -> None:
    began = time.monotonic()
    crash(fragile, ledger, times=40)
    seconds = time.monotonic() - began
    assert chains(fragile) == ledger.values
    print(
        f"40 crashes in {seconds:.1f} s: {ledger.acknowledged:,} values acknowledged, 0 lost,"
        f" 0 doubled, {len(ledger.errors)} errors, {ledger.at_commit()} of them at COMMIT"
    )
    assert ledger.at_commit() > 0
