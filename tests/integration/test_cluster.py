"""The step to a cluster: everything in its place, once and in order, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from citus_stand_in import stand_in_for_citus
from observed_tables import rows, seen
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.database import cluster, migrations
from noktvrn_ai_artist.database.cluster import (
    ANCHOR,
    PLACEMENTS,
    Placement,
    database_size,
    distribute,
    is_distributed,
)
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.migrations import apply_migrations, known_migrations
from noktvrn_ai_artist.errors import MigrationError, PerformanceDbError

KEYS = (
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where contype = 'f' order by 1, 2"
)


@pytest.fixture
def coordinator(fresh_database: Database) -> Database:
    """A database that passes for a cluster's coordinator."""
    with fresh_database.transaction() as connection:
        stand_in_for_citus(connection)
    return fresh_database


def placed(database: Database) -> list[tuple[str, str, str | None]]:
    """What was placed, how and beside what, in the order of it."""
    return [
        (name, method, beside)
        for name, method, beside in rows(
            database,
            "select logicalrelid::text, partmethod::text, beside from pg_dist_partition"
            " order by nth",
        )
    ]


def test_the_places_are_those_of_exactly_the_tables_there_are(database: Database) -> None:
    tables = rows(database, "select tablename from pg_tables where schemaname = 'public'")
    assert PLACEMENTS.keys() == {name for (name,) in tables}


def test_the_places_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        PLACEMENTS["artists"] = Placement.SPREAD  # type: ignore[index]


def test_a_plain_server_is_not_distributed_and_its_transaction_goes_on(database: Database) -> None:
    with database.transaction() as connection:
        assert not is_distributed(connection)
        assert connection.execute(b"select 1").fetchone() == (1,)


def test_a_plain_server_is_refused_in_one_line_and_left_as_it_is(fresh_database: Database) -> None:
    before = rows(fresh_database, KEYS)
    with pytest.raises(MigrationError, match="no extension citus") as refusal:
        distribute(fresh_database)
    assert "\n" not in str(refusal.value)
    assert rows(fresh_database, KEYS) == before


def test_lists_go_first_then_the_releases_then_what_lies_beside_them(coordinator: Database) -> None:
    moved = distribute(coordinator)
    told = placed(coordinator)
    assert [name for name, _, _ in told] == moved
    lists = {name for name, place in PLACEMENTS.items() if place is Placement.COPIED}
    spread = {name for name, place in PLACEMENTS.items() if place is Placement.SPREAD}
    assert {name for name, method, _ in told[: len(lists)] if method == "n"} == lists
    assert told[len(lists)] == (ANCHOR, "h", "default")
    rest = told[len(lists) + 1 :]
    assert {name for name, _, _ in rest} == spread - {ANCHOR}
    assert {(method, beside) for _, method, beside in rest} == {("h", ANCHOR)}
    with coordinator.transaction() as connection:
        assert is_distributed(connection)


def test_every_foreign_key_is_back_as_it_was(coordinator: Database) -> None:
    before = rows(coordinator, KEYS)
    assert before
    distribute(coordinator)
    assert rows(coordinator, KEYS) == before


def test_distributing_again_changes_nothing(coordinator: Database) -> None:
    distribute(coordinator)
    before = placed(coordinator), rows(coordinator, KEYS)
    assert distribute(coordinator) == []
    assert (placed(coordinator), rows(coordinator, KEYS)) == before


def test_a_step_that_fails_leaves_everything_where_it_was(coordinator: Database) -> None:
    before = rows(coordinator, KEYS)
    with coordinator.transaction() as connection:
        connection.execute(
            b"create or replace function create_distributed_table(relation regclass, key text,"
            b" colocate_with text default 'default') returns void language plpgsql as"
            b" $$ begin raise 'no node is there'; end $$"
        )
    with pytest.raises(PerformanceDbError, match="no node is there"):
        distribute(coordinator)
    assert placed(coordinator) == []
    assert rows(coordinator, KEYS) == before


@pytest.mark.parametrize("left_out", ["go_node_by_node", "_released"])
def test_a_step_left_out_would_be_refused(
    coordinator: Database, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    monkeypatch.setattr(cluster, left_out, lambda *_: [])
    with pytest.raises(PerformanceDbError, match=r"parallel|foreign key"):
        distribute(coordinator)


def test_a_later_step_puts_its_new_tables_in_their_places(
    coordinator: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribute(coordinator)
    last = known_migrations()[-1]
    sql = "create table later (release_id bigint not null, constraint later_pkey primary key"
    later = replace(last, number=last.number + 1, name="later", sql=f"{sql} (release_id));")
    known = [*known_migrations(), later]
    monkeypatch.setattr(migrations, "known_migrations", lambda: known)
    monkeypatch.setattr(cluster, "PLACEMENTS", {**PLACEMENTS, "later": Placement.SPREAD})
    assert apply_migrations(coordinator) == [later]
    assert placed(coordinator)[-1] == ("later", "h", ANCHOR)


def test_the_size_is_that_of_all_nodes(coordinator: Database) -> None:
    with coordinator.transaction() as connection:
        alone = database_size(connection)
    moved = distribute(coordinator)
    with coordinator.transaction() as connection:
        assert database_size(connection) >= 1000 * len(moved)
        assert alone > 0


def test_the_command_refuses_distributes_and_says_that_all_is_done(
    coordinator: Database, fresh_database: Database
) -> None:
    def said() -> str:
        command = ["db", "migrate", "--distributed"]
        return CliRunner().invoke(app, command, catch_exceptions=False).output

    assert "approved_releases: spread" in said()
    assert "every table lies in its place" in said()
    with coordinator.transaction() as connection:
        connection.execute(b"delete from pg_extension where extname = 'citus'")
    with pytest.raises(MigrationError, match="no extension citus"):
        said()


def test_numbers_come_in_where_the_tables_are_distributed(coordinator: Database) -> None:
    distribute(coordinator)
    with coordinator.transaction() as connection:
        connection.execute(
            b"with one as (insert into artists (name) values ('A') returning artist_id)"
            b" insert into approved_releases (release_id, artist_id, title)"
            b" select 1, artist_id, 'T' from one"
        )
    assert [add_performance_metrics([seen(1.0)]).stored for _ in range(2)] == [1, 0]
