"""The quota ledger: exact over threads and processes, and mindful of what a provider said."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from observed_tables import rows

from noktvrn_ai_artist.collectors import quota_ledger
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.quota_ledger import LONGEST_REFUSAL, QuotaLedger
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.errors import QuotaSpent

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)

_TAKE = """
import sys
from datetime import datetime
from pathlib import Path
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import QuotaSpent
from noktvrn_ai_artist.settings import Settings

folder, name, now = sys.argv[1:]
taken = 0
with Database(Settings(data_dir=Path(folder), database=name)) as database:
    ledger = QuotaLedger(database, a_day={Provider.YOUTUBE: 100})
    try:
        for _ in range(100):
            ledger.take(Provider.YOUTUBE, units=1, now=datetime.fromisoformat(now))
            taken += 1
    except QuotaSpent:
        pass
print(taken)
"""


def take_until_spent(ledger: QuotaLedger, *, units: int = 1) -> int:
    """How often units could be taken."""
    for taken in range(1_000):
        try:
            ledger.take(Provider.YOUTUBE, units=units, now=NOON)
        except QuotaSpent:
            return taken
    raise AssertionError


def test_what_is_left_and_what_was_taken_are_all_there_is(database: Database) -> None:
    ledger = QuotaLedger(database, a_day={Provider.YOUTUBE: 10})
    for left in (10, 7, 4, 1):
        assert ledger.left(Provider.YOUTUBE, now=NOON) == left
        if left >= 3:
            ledger.take(Provider.YOUTUBE, units=3, now=NOON)
    with pytest.raises(QuotaSpent, match="10 units per day are used up") as spent:
        ledger.take(Provider.YOUTUBE, units=3, now=NOON)
    assert spent.value.until == MIDNIGHT
    assert ledger.left(Provider.YOUTUBE, now=NOON) == 1
    assert ledger.left(Provider.YOUTUBE, now=MIDNIGHT) == 10


def test_three_processes_take_exactly_what_there_is(database: Database) -> None:
    settings = database.settings
    command = [sys.executable, "-c", _TAKE, str(settings.data_dir), settings.database]
    started = [
        subprocess.Popen([*command, NOON.isoformat()], stdout=subprocess.PIPE) for _ in range(3)
    ]
    taken = [int(process.communicate()[0]) for process in started]
    assert sum(taken) == 100
    assert rows(database, "select sum(units)::bigint from quota_use") == [(100,)]


def test_threads_take_exactly_what_there_is(database: Database) -> None:
    ledger = QuotaLedger(database, a_day={Provider.YOUTUBE: 50})
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda _: take_until_spent(ledger), range(6)))
    assert sum(taken) == 50


def test_without_the_lock_more_would_be_taken(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = quota_ledger.query

    def unlocked(name: str) -> bytes:
        free = b"select spent_until from (values (null::timestamptz, %(provider)s)) v (spent_until)"
        return free if name == "hold_quota" else whole(name)

    monkeypatch.setattr(quota_ledger, "query", unlocked)
    ledger = QuotaLedger(database, a_day={Provider.YOUTUBE: 50})
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda _: take_until_spent(ledger), range(6)))
    assert sum(taken) > 50


def test_all_limits_of_a_provider_hold_at_once(database: Database) -> None:
    ledger = QuotaLedger(database)
    now = NOON
    for _ in range(100):
        ledger.take(Provider.PEXELS, units=200, now=now)
        with pytest.raises(QuotaSpent, match="200 units per hour"):
            ledger.take(Provider.PEXELS, units=1, now=now)
        now += timedelta(minutes=61)
    with pytest.raises(QuotaSpent, match="20,000 units per month") as spent:
        ledger.take(Provider.PEXELS, units=1, now=now)
    assert spent.value.until == datetime(2026, 12, 1, tzinfo=UTC)
    # What no longer counts is not kept: two slots of the hour's, and the month's one.
    assert len(rows(database, "select * from quota_use")) <= 3


def test_a_provider_without_limits_may_be_asked_until_it_says_no(database: Database) -> None:
    ledger = QuotaLedger(database)
    ledger.take(Provider.SPOTIFY, units=1_000_000, now=NOON)
    assert ledger.left(Provider.SPOTIFY, now=NOON) is None
    until = ledger.spent(Provider.SPOTIFY, until=NOON + timedelta(minutes=5), now=NOON)
    assert ledger.left(Provider.SPOTIFY, now=NOON) == 0
    with pytest.raises(QuotaSpent, match="the provider said") as spent:
        ledger.take(Provider.SPOTIFY, units=1, now=NOON)
    assert spent.value.until == until
    ledger.take(Provider.SPOTIFY, units=1, now=until)


def test_of_two_refusals_the_longer_stands(database: Database) -> None:
    ledger = QuotaLedger(database)
    for minutes in (30, 10):
        ledger.spent(Provider.SPOTIFY, until=NOON + timedelta(minutes=minutes), now=NOON)
    assert ledger.left(Provider.SPOTIFY, now=NOON + timedelta(minutes=29)) == 0


@pytest.mark.parametrize(
    ("provider", "until", "believed"),
    [
        (Provider.YOUTUBE, None, MIDNIGHT),
        (Provider.PEXELS, None, datetime(2026, 12, 1, tzinfo=UTC)),
        (Provider.SPOTIFY, None, NOON + timedelta(hours=1)),
        (Provider.SPOTIFY, datetime(9999, 1, 1, tzinfo=UTC), NOON + LONGEST_REFUSAL),
        (Provider.SPOTIFY, datetime(2005, 1, 1, tzinfo=UTC), NOON),
    ],
)
def test_a_refusal_is_believed_within_reason(
    database: Database, provider: Provider, until: datetime | None, believed: datetime
) -> None:
    assert QuotaLedger(database).spent(provider, until=until, now=NOON) == believed


def test_a_call_that_failed_to_fit_counts_nothing(database: Database) -> None:
    ledger = QuotaLedger(database, a_day={Provider.PIXABAY: 5})
    with pytest.raises(QuotaSpent):
        ledger.take(Provider.PIXABAY, units=6, now=NOON)
    assert rows(database, "select * from quota_use") == []


def test_a_take_that_is_rolled_back_is_no_take(database: Database) -> None:
    class Stop(Exception):
        pass

    def stop(connection: Connection) -> None:
        connection.execute(b"insert into quota_use values ('youtube', 'day', '2026-11-20+00', 1)")
        raise Stop

    with pytest.raises(Stop):
        database.transact(stop)
    assert QuotaLedger(database).left(Provider.YOUTUBE, now=NOON) == 10_000
