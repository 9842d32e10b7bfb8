"""The schema: its files and its migrations agree, it keeps the rules, and it grows safely."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest
from observed_tables import rows, start_anew

from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.performance_db_service import apply_schema
from noktvrn_ai_artist.database import connection_manager, migrations
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.migrations import (
    applied_migrations,
    apply_migrations,
    check_history,
    known_migrations,
)
from noktvrn_ai_artist.errors import MigrationError, PerformanceDbError
from noktvrn_ai_artist.settings import Settings

GROWING = [
    "content_performance",
    "performance_corrections",
    "publications",
    "clip_usage",
    "release_score",
    "selection",
]

# What the catalogues say of a schema, without names of databases and without object ids.
DESCRIPTIONS = {
    "columns": "select table_name, column_name, ordinal_position, data_type, is_nullable,"
    " column_default, collation_name, is_identity, identity_generation"
    " from information_schema.columns where table_schema = 'public'",
    "constraints": "select c.relname, k.conname, pg_get_constraintdef(k.oid, true)"
    " from pg_constraint k join pg_class c on c.oid = k.conrelid"
    " join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public'",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "relations": "select relname, relkind, relpersistence, reloptions from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public'",
}


def described(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The schema as the server's own catalogues tell it, without the list of migrations."""
    return {
        what: sorted(
            (
                row
                for row in connection.execute(statement.encode()).fetchall()
                if not str(row[0]).startswith("schema_migrations")
            ),
            key=repr,
        )
        for what, statement in DESCRIPTIONS.items()
    }


def in_order_of_need(folder: str) -> list[str]:
    """The schema files, each after those it points at."""
    texts = [
        entry.read_text("utf-8")
        for entry in (files("noktvrn_ai_artist.database") / folder).iterdir()
    ]
    made: set[str] = set()
    ordered: list[str] = []
    while texts:
        ready = next(
            text
            for text in texts
            if set(re.findall(r"references (\w+)", text))
            <= made | set(re.findall(r"create table (\w+)", text))
        )
        texts.remove(ready)
        made |= set(re.findall(r"create table (\w+)", ready))
        ordered.append(ready)
    return ordered


@pytest.fixture
def bare(server: PrivateServer, data_dir: Path) -> Iterator[Database]:
    """A database in which no step was applied yet."""
    with Database(Settings(data_dir=data_dir, database="without_schema")) as database:
        yield database
    connection_manager.drop_database(server, "without_schema")


def draw(database: Database) -> None:
    """Make the tables by the schema files alone."""
    with database.transaction() as connection:
        for text in in_order_of_need("schema"):
            connection.execute(text.encode())


def test_the_schema_files_are_what_the_migrations_add_up_to(
    fresh_database: Database, bare: Database
) -> None:
    draw(bare)
    with bare.transaction() as drawn, fresh_database.transaction() as grown:
        told = described(drawn)
        assert told == described(grown)
    assert len(told["columns"]) > 50


def test_a_difference_of_one_default_would_be_seen(
    fresh_database: Database, bare: Database
) -> None:
    draw(bare)
    with bare.transaction() as connection:
        connection.execute(b"alter table import_batches alter stored set default 1")
    with bare.transaction() as drawn, fresh_database.transaction() as grown:
        assert described(drawn)["columns"] != described(grown)["columns"]


def test_every_table_has_a_primary_key_and_no_trigger(database: Database) -> None:
    tables = {
        name
        for (name,) in rows(database, "select tablename from pg_tables where schemaname = 'public'")
    }
    keyed = {
        name
        for (name,) in rows(
            database, "select conrelid::regclass::text from pg_constraint where contype = 'p'"
        )
    }
    assert tables - keyed == set()
    assert rows(database, "select tgname from pg_trigger where not tgisinternal") == []
    assert (
        rows(
            database,
            "select relname from pg_class"
            " where relpersistence <> 'p' and relnamespace = 'public'::regnamespace",
        )
        == []
    )


@pytest.mark.parametrize("table", GROWING)
def test_the_keys_of_a_growing_table_begin_with_or_contain_its_release(
    database: Database, table: str
) -> None:
    keys = rows(
        database,
        "select k.contype, array_agg(a.attname order by p.place) from pg_constraint k"
        " cross join unnest(k.conkey) with ordinality p (number, place)"
        " join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.number"
        f" where k.conrelid = '{table}'::regclass and k.contype in ('p', 'u')"
        " group by k.oid, k.contype",
    )
    assert keys
    for kind, columns in keys:
        assert "release_id" in columns
        if kind == "p":
            assert columns[0] == "release_id"


def test_foreign_keys_point_at_releases_or_small_lists_only(database: Database) -> None:
    pointed = rows(
        database,
        "select distinct confrelid::regclass::text from pg_constraint where contype = 'f'",
    )
    assert {name for (name,) in pointed} == {"approved_releases", "artists"}


def test_times_carry_their_zone_and_numbers_are_doubles(database: Database) -> None:
    kinds = {
        kind
        for (kind,) in rows(
            database,
            "select distinct data_type from information_schema.columns"
            " where table_schema = 'public'",
        )
    }
    assert kinds == {
        "bigint",
        "boolean",
        "bytea",
        "date",
        "double precision",
        "integer",
        "jsonb",
        "text",
        "timestamp with time zone",
    }


def test_text_in_keys_is_collated_as_bytes(database: Database) -> None:
    loose = rows(
        database,
        "select c.relname, a.attname from pg_index i join pg_class c on c.oid = i.indrelid"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)"
        " where c.relnamespace = 'public'::regnamespace and a.atttypid = 'text'::regtype"
        " and a.attcollation <> (select oid from pg_collation where collname = 'C')",
    )
    assert loose == []


@pytest.mark.parametrize(
    "values",
    [
        "(1, '2026-03-01+00', 'YouTube', 'views', 'NaN')",
        "(1, '2026-03-01+00', 'YouTube', 'views', 'Infinity')",
        "(1, '2026-03-01+00', 'YouTube', 'views', 9007199254740994)",
        "(1, 'infinity', 'YouTube', 'views', 1)",
        "(1, '2004-12-31+00', 'YouTube', 'views', 1)",
        "(1, '2026-03-01+00', '', 'views', 1)",
        "(99, '2026-03-01+00', 'YouTube', 'views', 1)",
    ],
)
def test_the_last_line_of_defence_is_in_the_schema(database: Database, values: str) -> None:
    start_anew(database)
    with pytest.raises(PerformanceDbError, match="23"), database.transaction() as connection:
        connection.execute(
            "insert into content_performance (release_id, recorded_at, platform, metric_type,"
            " metric_value, source, stored_at)"
            f" select v.*, 'test', now() from (values {values}) v".replace(
                "v.*", "a, b::timestamptz, c, d, e::double precision"
            )
            .replace(") v", ") v (a, b, c, d, e)")
            .encode()
        )


def test_applying_the_schema_again_changes_nothing(database: Database) -> None:
    with database.transaction() as connection:
        before = described(connection), applied_migrations(connection)
    apply_schema()
    assert apply_migrations(database) == []
    with database.transaction() as connection:
        assert (described(connection), applied_migrations(connection)) == before


_APPLY = """
import sys
from pathlib import Path
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings

with Database(Settings(data_dir=Path(sys.argv[1]), database="without_schema")) as database:
    print(len(apply_migrations(database)))
"""


def test_four_processes_at_once_apply_each_step_once(bare: Database, data_dir: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", _APPLY, str(data_dir)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    told = sorted(int(process.communicate(timeout=60)[0]) for process in started)
    assert told == [0, 0, 0, len(known_migrations())]


def test_what_was_stored_before_there_was_a_change_log_is_in_it(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "known_migrations", lambda: known_migrations()[:3])
        apply_migrations(bare)
    with bare.transaction() as connection:
        for statement in (
            "insert into artists (name) values ('A')",
            (
                "insert into approved_releases (artist_id, title) select 1, 'T'"
                " from generate_series(1, 40)"
            ),
            (
                "insert into content_performance (release_id, recorded_at, platform, metric_type,"
                " metric_value, source, stored_at) select r, '2026-03-01 12:00+00'::timestamptz"
                " + d * interval '1 day', 'YouTube', 'views', r * d, 'test', '2026-05-01 12:00+00'"
                " from generate_series(1, 40) r, generate_series(0, 9) d"
            ),
            (
                "insert into changed_curves (release_id, platform, metric_type)"
                " values (7, 'YouTube', 'views')"
            ),
        ):
            connection.execute(statement.encode())
    apply_migrations(bare)
    assert rows(bare, "select release_id, metric_type from curves_to_score") == [(7, "views")]
    assert digest(bare) == 40
    assert rows(bare, "select metric_value from latest_values order by 1") == [
        (9.0 * release,) for release in range(1, 41)
    ]
    assert rows(bare, "select sum(gain), sum(observations) from daily_totals") == [(7380, 400)]


def test_a_database_without_schema_says_what_to_do(bare: Database) -> None:
    with bare.transaction() as connection:
        assert applied_migrations(connection) == []
    with (
        pytest.raises(MigrationError, match="noktvrn db migrate"),
        bare.transaction() as connection,
    ):
        connection.execute(b"select 1 from content_performance")


def test_a_step_that_was_applied_in_another_version_is_refused(fresh_database: Database) -> None:
    with fresh_database.transaction() as connection:
        connection.execute(b"update schema_migrations set checksum = 'other'")
    with pytest.raises(MigrationError, match=r"migration 1 .*another version"):
        apply_migrations(fresh_database)


def test_a_database_of_a_newer_program_is_refused(fresh_database: Database) -> None:
    with fresh_database.transaction() as connection:
        connection.execute(
            b"insert into schema_migrations values (9999, 'from_the_future', 'x', now())"
        )
    with pytest.raises(MigrationError, match="use a newer version"):
        apply_migrations(fresh_database)


def test_a_step_that_fails_leaves_nothing_behind(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = known_migrations()[0]
    torn = replace(first, number=2, name="torn", sql="create table half (n int); select 1 / 0;")
    monkeypatch.setattr(migrations, "known_migrations", lambda: [first, torn])
    with pytest.raises(PerformanceDbError, match="22012"):
        apply_migrations(bare)
    assert rows(bare, "select tablename from pg_tables where schemaname = 'public'") == []


def test_steps_are_numbered_in_order_and_once() -> None:
    numbers = [migration.number for migration in known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_past_may_be_shorter_than_what_is_known(database: Database) -> None:
    with database.transaction() as connection:
        applied = applied_migrations(connection)
    check_history(applied[:-1], known_migrations())
    check_history([], known_migrations())


def test_the_server_does_not_lie_about_what_it_stored(database: Database) -> None:
    durable = rows(
        database,
        "select name from pg_settings where setting = 'on'"
        " and name in ('fsync', 'synchronous_commit', 'full_page_writes')",
    )
    assert len(durable) == 3
    assert psycopg.pq.version() >= 140000
