"""What was kept long enough goes as if it had never been told, and nothing else is touched."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed_tables import (
    DAY,
    HOUR,
    NOON,
    batches,
    everything,
    few_examples,
    rows,
    seen,
    standing,
    start_anew,
    superseded,
)
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics import retention
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metric,
    add_performance_metrics,
    get_imports,
    undo_import,
)
from noktvrn_ai_artist.analytics.retention import (
    Expired,
    RetentionRule,
    clear_retention,
    expire,
    retention_rules,
    set_retention,
)
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.records import Observation

KEPT = 30 * DAY
a_dozen = settings(few_examples, max_examples=12)
HISTORIES = st.lists(batches, min_size=1, max_size=4)
# Batch n is stored on day n, so this many of them are older than the rule allows.
OLD = st.integers(0, 4)
KEY = slice(0, 4)


def told(database: Database, history: list[list[Observation]]) -> list[int]:
    """Store batches on one day after the other, in a database that holds nothing else."""
    start_anew(database)
    with database.transaction() as connection:
        connection.execute(b"truncate changed_curves, source_retention")
    ids = []
    for day, batch in enumerate(history):
        batch_id = add_performance_metrics(batch).batch_id
        assert batch_id is not None
        aged(database, batch_id, day)
        ids.append(batch_id)
    return ids


def aged(database: Database, batch_id: int, day: int) -> None:
    """Let what a batch stored have been stored on a day."""
    for table in ("content_performance", "performance_corrections"):
        with database.transaction() as connection:
            connection.execute(
                f"update {table} set stored_at = %s where batch_id = %s".encode(),
                [NOON + day * DAY, batch_id],
            )


def applied(database: Database, *, old: int, dry_run: bool = False) -> Expired:
    """Apply the rule to source a, on a day on which the first batches are too old."""
    set_retention(database, RetentionRule(source="a", kept=KEPT))
    now = NOON + old * DAY + KEPT - HOUR
    [gone] = expire(database, now=now, dry_run=dry_run)
    return gone


def values(database: Database) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """Under each key, every value it took in its order; the last one stands."""
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    told = "release_id, recorded_at, platform, metric_type, revision, metric_value, source,"
    for table in ("performance_corrections", "content_performance"):
        for row in rows(
            database, f"select {told} notes, batch_id, stored_at from {table} order by 1,2,3,4,5"
        ):
            found.setdefault(row[KEY], []).append(row[4:])
    return found


def without(
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]], *, old: int
) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """The same by hand: of each key what stays, in its order, and keys of which nothing does."""
    limit = NOON + old * DAY - HOUR
    kept = {
        key: [v for v in told if not (v[2] == "a" and v[-1] < limit)] for key, told in found.items()
    }
    return {key: told for key, told in kept.items() if told}


@a_dozen
@given(HISTORIES, OLD)
def test_what_is_too_old_goes_as_if_never_told(
    database: Database, history: list[list[Observation]], old: int
) -> None:
    told(database, history)
    before = values(database)
    gone = applied(database, old=old)
    after = values(database)
    assert after == without(before, old=old)
    assert gone.observations + gone.superseded == sum(map(len, before.values())) - sum(
        map(len, after.values())
    )
    assert {row[KEY] for row in standing(database)} == after.keys()


@a_dozen
@given(HISTORIES, OLD)
def test_applying_twice_is_applying_once(
    database: Database, history: list[list[Observation]], old: int
) -> None:
    told(database, history)
    applied(database, old=old)
    once = everything(database), get_imports()
    again = applied(database, old=old)
    assert (everything(database), get_imports()) == once
    assert (again.observations, again.restored, again.superseded) == (0, 0, 0)


@a_dozen
@given(HISTORIES, OLD)
def test_a_dry_run_says_what_would_go_and_changes_nothing(
    database: Database, history: list[list[Observation]], old: int
) -> None:
    told(database, history)
    before = everything(database), get_imports()
    said = applied(database, old=old, dry_run=True)
    assert (everything(database), get_imports()) == before
    assert applied(database, old=old) == said


@a_dozen
@given(HISTORIES, OLD)
def test_what_an_import_stored_is_what_is_left_of_it_and_what_expired(
    database: Database, history: list[list[Observation]], old: int
) -> None:
    ids = told(database, history)
    applied(database, old=old)
    left = dict(
        rows(
            database,
            "select batch_id, count(*) from (select batch_id from content_performance"
            " union all select batch_id from performance_corrections) kept group by batch_id",
        )
    )
    counts = rows(database, "select batch_id, stored - expired from import_batches")
    assert dict(counts) == {batch_id: left.get(batch_id, 0) for batch_id in ids}


@a_dozen
@given(HISTORIES, OLD)
def test_an_import_can_be_undone_after_part_of_it_expired(
    database: Database, history: list[list[Observation]], old: int
) -> None:
    ids = told(database, history)
    applied(database, old=old)
    for batch_id in reversed(ids):
        undo_import(batch_id)
    assert standing(database) == superseded(database) == []


@a_dozen
@given(HISTORIES, OLD)
def test_the_change_log_names_every_curve_and_day_that_changed(
    database: Database, history: list[list[Observation]], old: int
) -> None:
    told(database, history)
    before = standing(database)
    with database.transaction() as connection:
        connection.execute(b"truncate changed_curves")
    applied(database, old=old)
    changed = set(before) ^ set(standing(database))
    logged = rows(
        database,
        "select release_id, platform, metric_type, first_day, last_day from changed_curves",
    )
    assert {(row[0], *row[2:4]) for row in changed} == {row[:3] for row in logged}
    for row in changed:
        [(first, last)] = [one[3:] for one in logged if one[:3] == (row[0], *row[2:4])]
        assert first <= row[1].date() <= last


def test_without_a_rule_nothing_is_deleted(database: Database) -> None:
    told(database, [[seen(1.0, source="a")]])
    assert retention_rules(database) == []
    assert expire(database, now=NOON + 9999 * DAY) == []
    assert len(standing(database)) == 1


def test_a_value_under_one_that_expired_stands_again(database: Database) -> None:
    told(database, [[seen(1.0, source="b")], [seen(2.0, source="a")]])
    gone = applied(database, old=2)
    assert (gone.observations, gone.restored, gone.superseded) == (1, 1, 0)
    [row] = standing(database)
    assert row[4:7] == (1.0, 0, "b")
    assert superseded(database) == []


def test_a_value_is_stored_anew_where_one_expired(database: Database) -> None:
    told(database, [[seen(1.0, source="a")], [seen(2.0, source="a")]])
    applied(database, old=2)
    assert standing(database) == []
    for value in (3.0, 4.0):
        assert add_performance_metric(1, "YouTube", "views", value, NOON, source="a")
    assert [row[4:6] for row in standing(database)] == [(4.0, 1)]
    assert [row[4:6] for row in superseded(database)] == [(0, 3.0)]


def test_whoever_is_interrupted_finishes_by_calling_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "RELEASES_AT_ONCE", 1)
    told(database, [[seen(1.0, source="a", release_id=n) for n in (1, 2, 3)]])
    set_retention(database, RetentionRule(source="a", kept=KEPT))

    def stop(releases: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        expire(database, now=NOON + 99 * DAY, on_progress=stop)
    assert [row[0] for row in standing(database)] == [2, 3]
    [gone] = expire(database, now=NOON + 99 * DAY)
    assert gone.observations == 2
    assert standing(database) == []
    assert [batch.stored for batch in get_imports()] == [3]
    assert [batch.expired for batch in get_imports()] == [3]


def test_a_rule_can_be_changed_and_cleared(database: Database) -> None:
    told(database, [])
    for days in (30, 60):
        set_retention(database, RetentionRule(source=" a ", kept=days * DAY))
    assert retention_rules(database) == [RetentionRule(source="a", kept=60 * DAY)]
    assert [clear_retention(database, "a") for _ in range(2)] == [True, False]
    assert retention_rules(database) == []


@pytest.mark.parametrize("kept", [-DAY, timedelta(0), HOUR, DAY + HOUR, 36501 * DAY])
def test_a_time_that_is_no_number_of_days_is_refused(database: Database, kept: timedelta) -> None:
    with pytest.raises(BadValue, match="between 1 and 36,500 whole days"):
        set_retention(database, RetentionRule(source="a", kept=kept))


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["retention", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_set_show_apply_and_clear(database: Database) -> None:
    [batch_id] = told(database, [[seen(1.0, source="a"), seen(2.0, source="b", release_id=2)]])
    aged(database, batch_id, -9999)
    assert "everything is kept for good" in said()
    assert "no rule is set" in said("apply")
    assert "kept for 30 days" in said("set", "a", "--days", "30")
    assert json.loads(said("--json")) == [{"source": "a", "days": 30}]
    assert "would delete 1 standing and 0 superseded values" in said("apply", "--dry-run")
    assert json.loads(said("apply", "--json"))[0]["observations"] == 1
    assert [row[0] for row in standing(database)] == [2]
    told_of = CliRunner().invoke(app, ["imports"], catch_exceptions=False).output
    assert f"import {batch_id}: 1 of its 2 stored values are no longer kept" in told_of
    assert "for good from now on" in said("clear", "a")
    assert "already" in said("clear", "a")


def test_a_rule_for_a_source_that_nothing_is_stored_from_says_so(database: Database) -> None:
    told(database, [[seen(1.0, source="a")], [seen(2.0, source="b")]])
    warned = said("set", "youtube_api", "--days", "29")
    known = "a, b, soundcloud-api, tiktok-api, youtube-analytics-api, youtube-data-api"
    assert f"so far nothing is stored from youtube_api; known sources: {known}" in warned
    assert retention_rules(database) == [RetentionRule(source="youtube_api", kept=29 * DAY)]
    for stored in ("a", " b "):  # a's value is in the history alone
        assert "nothing is stored" not in said("set", stored, "--days", "29")


@pytest.mark.parametrize("days", ["0", "-1", "36501", "99999999999999"])
def test_the_command_refuses_days_that_are_none(database: Database, days: str) -> None:
    with pytest.raises(BadValue, match="36,500"):
        said("set", "a", "--days", days)
