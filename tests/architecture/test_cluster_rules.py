"""The schema, the migrations and every query keep to what runs on a Citus cluster as well.

No cluster is at hand where these run: the rules are held against the SQL as PostgreSQL's own parser
reads it, and each rule against a small statement that breaks it.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from cluster_rules import check
from cluster_schema import migration_faults, schema_faults
from cluster_ways import DOCS, PLAIN_ONLY, between_the_marks, reports, table, written
from sql_trees import found, inside, kind_of, statements

from noktvrn_ai_artist.database.cluster import PLACEMENTS, Placement
from noktvrn_ai_artist.database.migrations import known_migrations
from noktvrn_ai_artist.database.queries import all_queries

PACKAGE = Path(str(files("noktvrn_ai_artist")))
SCHEMA = sorted((PACKAGE / "database" / "schema").glob("*.sql"))
STAGED = {"staged": Placement.COORDINATOR}


@pytest.mark.parametrize("name", sorted(all_queries().keys() - PLAIN_ONLY))
def test_a_query_is_one_that_a_cluster_can_run(name: str) -> None:
    assert reports()[name].faults == []


@pytest.mark.parametrize("name", sorted(PLAIN_ONLY))
def test_a_query_for_plain_servers_is_asked_only_after_the_question(name: str) -> None:
    askers = [text for text in sources() if f'"{name}"' in text]
    assert askers
    assert all("is_distributed" in text for text in askers)


@pytest.mark.parametrize("path", SCHEMA, ids=lambda path: path.stem)
def test_a_schema_file_makes_tables_that_can_be_spread(path: Path) -> None:
    assert schema_faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize("migration", known_migrations(), ids=lambda step: step.name)
def test_a_step_can_be_taken_by_a_database_that_is_spread(migration: object) -> None:
    number, sql = migration.number, migration.sql  # type: ignore[attr-defined]
    assert migration_faults(sql, number=number) == []


def test_the_schema_makes_exactly_the_tables_that_have_a_place() -> None:
    made = {
        inside(statement)["relation"]["relname"]
        for path in SCHEMA
        for statement in statements(path.read_text("utf-8"))
        if kind_of(statement) == "CreateStmt"
    }
    assert made | {"schema_migrations"} == PLACEMENTS.keys()


def test_numbered_tables_are_known_to_the_checker() -> None:
    from cluster_rules import NUMBERED

    numbered = {
        table["relation"]["relname"]
        for path in SCHEMA
        for table in found(statements(path.read_text("utf-8")), "CreateStmt")
        if any(one.get("contype") == "CONSTR_IDENTITY" for one in found(table, "Constraint"))
    }
    assert {name for name in numbered if PLACEMENTS[name] is Placement.SPREAD} - {
        "approved_releases"
    } == NUMBERED


def test_the_docs_tell_where_each_query_runs() -> None:
    how = "run `python tests/architecture/cluster_ways.py`"
    assert between_the_marks(DOCS.read_text("utf-8")).strip() == table().strip(), how


def test_writing_the_table_twice_is_writing_it_once() -> None:
    once = written(DOCS.read_text("utf-8"))
    assert written(once) == once


def sources() -> list[str]:
    return [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]


ONE_RELEASE = "where release_id = %(release_id)s"
BAD_STATEMENTS = {
    "select from content_performance p join publications u using (platform)": "not by release_id",
    "select from content_performance p, publications u where p.platform = u.platform": "not by",
    "select 1 from nowhere": "has no place",
    "select any_value(title) from approved_releases": "calls any_value",
    "merge into artists a using staged s on false when not matched then do nothing": "MergeStmt",
    "select now()": "calls now",
    "select current_timestamp": "calls current_timestamp",
    "select pg_total_relation_size('content_performance')": "calls pg_total_relation_size",
    "copy content_performance from stdin": "straight into a spread table",
    "create temporary table t (n bigint)": "outlives its transaction",
    "create temporary table t as select 1 as n": "outlives its transaction",
    "create table t (n bigint)": "outside a migration",
    "truncate content_performance": "truncates a shared table",
    "create index on content_performance (platform)": "of a shared table",
    "select from staged s where not exists"
    " (select from approved_releases r where r.release_id = s.release_id)": "each row that is not",
    "delete from content_performance p where exists"
    " (select from staged s where s.release_id = p.release_id)": "asks the coordinator's table",
    "delete from publications u where exists"
    " (select from content_performance p where p.platform = u.platform)": "not by release_id",
    "select from approved_releases r cross join lateral (select from content_performance p"
    " where p.release_id = r.release_id limit 1) newest": "for each row with",
    "select platform, count(*) from content_performance group by grouping sets ((platform), ())": (
        "grouping sets"
    ),
    "with recursive t as (select release_id from publications union select release_id from t)"
    " select from t": "recursion",
    "select from content_performance for update": "more than one shard",
    f"select from content_performance {ONE_RELEASE} for update skip locked": "skips or refuses",
    "select from artists for update nowait": "skips or refuses",
    "select pg_advisory_xact_lock(release_id) from content_performance": "where rows are spread",
    "update content_performance set metric_value = random()": "in a change",
    "insert into changed_curves (release_id, change_id) values (1, nextval('x'))": "in a change",
    "update content_performance set release_id = 2": "moves a row",
    "update artists a set batch_id = null from approved_releases r"
    " where r.artist_id = a.artist_id": "not every node has",
    "delete from artists where artist_id in (select artist_id from approved_releases)": "not every",
    "delete from artists a using staged s where s.release_id = a.artist_id": "not every node has",
    "insert into publications (platform) select 'YouTube'": "without its release_id",
    "insert into selection (release_id) values (1) on conflict on constraint selection_pkey"
    " do nothing": "names no columns",
    "insert into selection (release_id) values (1) on conflict do nothing": "names no columns",
    "insert into selection (release_id) values (1) on conflict (selection_id) do nothing": "across",
    "insert into selection (release_id) values (1) on conflict (release_id) do update"
    " set drawn_at = timeofday()::timestamptz": "on conflict",
    "insert into selection (release_id) values (1) on conflict (release_id) do update"
    " set top_n = (select max(top_n) from selection)": "asks a query on conflict",
    "vacuum content_performance": "of a shared table",
    "lock table content_performance": "not known to be safe",
}


@pytest.mark.parametrize("sql", BAD_STATEMENTS)
def test_a_statement_that_breaks_a_rule_is_refused(sql: str) -> None:
    faults = check(sql, temporary=STAGED).faults
    assert any(BAD_STATEMENTS[sql] in fault for fault in faults), faults


GOOD_STATEMENTS = {
    f"select from content_performance {ONE_RELEASE}": "one shard",
    f"select from content_performance {ONE_RELEASE} for update": "one shard",
    "select from content_performance where release_id = any(%(ids)s::bigint[])": (
        "the shards of the releases asked for"
    ),
    "select from content_performance p where %(release_id)s::bigint is null"
    " or p.release_id = %(release_id)s": "one shard, or all where no release is named",
    "select platform, sum(metric_value) from content_performance p"
    " join approved_releases r using (release_id) group by platform": "all shards",
    "select rank() over (order by gain) from (select release_id, sum(metric_value) as gain"
    " from content_performance group by release_id) g": "all shards, by way of the coordinator",
    "select from staged s left join approved_releases r using (release_id)"
    " where r.release_id is null": "all shards, by way of the coordinator",
    "select from approved_releases r cross join lateral (select from content_performance p"
    " where p.release_id = r.release_id limit 1) newest"
    " where r.release_id = %(release_id)s": "one shard",
    "insert into performance_corrections (release_id) select release_id from content_performance"
    f" {ONE_RELEASE}": "one shard",
    "insert into performance_corrections (release_id) select release_id from staged": (
        "rows sent to their shards"
    ),
    "select name from artists": "copied lists",
    "select source from source_retention": "coordinator",
}


@pytest.mark.parametrize("sql", GOOD_STATEMENTS)
def test_a_statement_is_told_its_way(sql: str) -> None:
    report = check(sql, temporary=STAGED)
    assert report.faults == []
    assert report.way == GOOD_STATEMENTS[sql]


TABLE = "create table publications (release_id bigint not null, platform text, at timestamptz,"
BAD_TABLES = {
    "create table nowhere (release_id bigint primary key)": "has no place",
    f"{TABLE} primary key (platform, release_id))": "does not begin with release_id",
    f"{TABLE} primary key (release_id), unique (platform))": "a key without release_id",
    f"{TABLE} check (true))": "no primary key",
    "create unlogged table publications (release_id bigint primary key)": "unlogged",
    f"{TABLE} primary key (release_id), exclude using gist (platform with =))": "exclusion",
    f"{TABLE} primary key (release_id), constraint f foreign key (platform) references"
    " declared_platforms (platform))": "lies elsewhere",
    f"{TABLE} primary key (release_id), constraint f foreign key (release_id) references"
    " selection (release_id))": "otherwise than by release_id",
    "create table artists (artist_id bigint primary key, release_id bigint"
    " references approved_releases (release_id))": "lies elsewhere",
    "create table publications (release_id bigint primary key, at timestamp)": "without a zone",
    "create table publications (release_id bigint primary key, n bigserial)": "serial",
    "create table publications (release_id bigint primary key, n int generated always as identity)"
    "": "smaller than bigint",
    "create table publications (platform text primary key)": "has no release_id",
    "create table publications (release_id bigint primary key) using columnar": "in rows",
    "create table publications (release_id bigint primary key) partition by hash (release_id)": (
        "in parts"
    ),
    "create unique index on publications (external_id)": "unique index without release_id",
    "create trigger t before insert on publications execute function f()": "CreateTrigStmt",
    "create view v as select 1": "ViewStmt",
}


@pytest.mark.parametrize("sql", BAD_TABLES)
def test_a_table_that_breaks_a_rule_is_refused(sql: str) -> None:
    faults = schema_faults(sql)
    assert any(BAD_TABLES[sql] in fault for fault in faults), faults


BAD_STEPS = {
    "create table selection (release_id bigint primary key references approved_releases"
    " (release_id));": "points at others",
    "alter table selection add constraint f foreign key (release_id) references"
    " approved_releases (release_id);": "points a table at others",
    "alter table selection add constraint u unique (selection_id);": "a key without release_id",
    "alter table selection alter release_id type numeric;": "AT_AlterColumnType",
    "create index concurrently i on selection (top_n);": "concurrently",
    "update selection set release_id = 1;": "moves a row",
    "create function f() returns int language sql as 'select 1';": "CreateFunctionStmt",
    "insert into declared_metrics (platform) select u.platform from publications u"
    " join selection s using (platform);": "not by release_id",
}


@pytest.mark.parametrize("sql", BAD_STEPS)
def test_a_step_that_breaks_a_rule_is_refused(sql: str) -> None:
    faults = migration_faults(sql, number=99)
    assert any(BAD_STEPS[sql] in fault for fault in faults), faults


def test_a_parameter_is_not_a_part_of_a_text() -> None:
    assert re.search(r"\$1", str(statements("select %(name)s"))) is None
    assert check("select %(name)s::text, '100%%'").faults == []
