"""The project's SQL: in files, named once, saying what it asks, fit for the schema, and called."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from citus_stand_in import stand_in_for_citus
from psycopg.pq import ExecStatus

from noktvrn_ai_artist.database import queries
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import all_queries, query

PACKAGE = Path(str(files("noktvrn_ai_artist")))
SOURCES = {path: path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}

# Temporary tables of one transaction, in the order in which they are made.
STAGING = [
    "create_staging",
    "create_standing",
    "create_waiting",
    "create_waiting_key",
    "create_changes",
    "create_fresh",
    "create_taken",
    "create_newest",
    "create_touched",
    "create_spans",
    "create_touched_days",
]
# One value of each parameter's type, so that a query can be run where nothing is stored.
VALUES: dict[str, object] = {
    "anchor": "approved_releases",
    "batch_ids": [],
    "before": "2026-03-01T12:00:00Z",
    "counts": [],
    "kept_days": 30,
    "table_name": "source_ledger",
    "tables": ["artists"],
    "age_hours": [],
    "any_waiting": True,
    "first_times": [],
    "last_times": [],
    "metric_types": [],
    "metric_values": [],
    "observed": [],
    "platforms": [],
    "span": "1 day",
    "artist_ids": [],
    "statuses": [],
    "created_at": "2026-03-01T12:00:00Z",
    "day_zone": "UTC",
    "end": "2026-03-01T12:00:00Z",
    "end_date": None,
    "external_ids": [],
    "happened_at": "2026-03-01T12:00:00Z",
    "how_many": 3,
    "kind": "gauge",
    "metric_type": "mood",
    "names": [],
    "oldest": "2026-03-01T12:00:00Z",
    "platform": "Deezer",
    "published": [],
    "published_at": "2026-03-01T12:00:00Z",
    "recorded_at": "2026-03-01T12:00:00Z",
    "release_ids": [],
    "signed": True,
    "source": "test",
    "source_url": None,
    "start": "2026-03-01T12:00:00Z",
    "start_date": None,
    "status": "approved",
    "stored_at": "2026-03-01T12:00:00Z",
    "applied_at": "2026-03-01T12:00:00Z",
    "checksum": "x",
    "name": "x",
    "label": "x",
    "notes": None,
    "text": "x",
    "titles": [],
    "undone_at": "2026-03-01T12:00:00Z",
    "unit": "points",
    "urls": [],
    "candidates": [],
    "clip_ids": [],
    "creators": [],
    "drawn_ats": [],
    "event_ids": [],
    "ledger_id": "x",
    "reported_ats": [],
    "scores": [],
    "search_terms": [],
    "selection_ids": [],
    "source_names": [],
    "top_ns": [],
    "used_ats": [],
    "basis": None,
    "changes": "[]",
    "entry_kind": "set by the operator",
    "fingerprint": None,
    "judgements": "[]",
    "traits": "[]",
    "traits_after": "[]",
    "traits_before": "[]",
    "account": "x",
    "body": b"",
    "expires_at": "2026-03-01T12:00:00Z",
    "fetched_at": "2026-03-01T12:00:00Z",
    "http_status": 200,
    "limit_names": [],
    "now": "2026-03-01T12:00:00Z",
    "provider": "x",
    "request_hash": "0" * 64,
    "token": "x",
    "until": "2026-03-02T12:00:00Z",
    "window_starts": [],
    "first_day": "2026-03-01",
    "end_day": "2026-03-02",
    "asked": 1,
    "asked_at": "2026-03-01T12:00:00Z",
    "feed": "youtube",
    "finished_at": "2026-03-01T12:00:00Z",
    "hidden_metrics": [],
    "misses": [],
    "outcome": "done",
    "reason": None,
    "started_at": "2026-03-01T12:00:00Z",
}
# What is asked of Citus alone, with functions and a table that a plain server has not.
OF_A_CLUSTER = {
    "is_distributed",
    "placed_tables",
    "place_on_every_node",
    "spread_anchor",
    "spread_beside_anchor",
    "drop_local_rows",
    "cluster_size",
}
OWN_SESSION = {
    # The first word of a session's statement, and where the session is made.
    "set": "connection_manager.py",
    "select": "connection_manager.py",
    "create": "connection_manager.py",
    "drop": "connection_manager.py",
}
_STATEMENT = re.compile(
    r"\s*(select|insert|update|delete|create|drop|alter|copy|with|set|truncate|lock|grant)\s"
    r".*(\bfrom\b|\binto\b|\btable\b|\bdatabase\b|\bzone\b|\bselect\b|\bset\b)",
    re.IGNORECASE | re.DOTALL,
)


def parameters(sql: bytes) -> dict[str, object]:
    named = set(re.findall(r"%\((\w+)\)[sb]", sql.decode()))
    return {name: VALUES.get(name, 999_999) for name in named}


@pytest.mark.parametrize("name", all_queries())
def test_a_query_runs_against_the_schema(database: Database, name: str) -> None:
    with database.transaction() as connection, connection.transaction(force_rollback=True):
        needed = STAGING[: STAGING.index(name)] if name in STAGING else STAGING
        if name == "one_snapshot":  # it is the first of its transaction, or comes too late
            needed = []
        for step in needed:
            connection.execute(query(step), parameters(query(step)))
        if name in OF_A_CLUSTER:
            stand_in_for_citus(connection)
            connection.execute(query("go_node_by_node"))
        try:
            if name.startswith("copy_"):
                values = parameters(query(name))
                with connection.cursor() as cursor, cursor.copy(query(name), values) as copied:
                    if cursor.pgresult and cursor.pgresult.status == ExecStatus.COPY_OUT:
                        assert list(copied)
            else:
                connection.execute(query(name), parameters(query(name)))
        except psycopg.errors.ForeignKeyViolation:
            pass  # it fits the schema; there is no such release


@pytest.mark.parametrize("name", all_queries())
def test_a_query_says_what_it_asks(name: str) -> None:
    first, _, rest = query(name).decode().partition("\n")
    assert re.fullmatch(r"-- [A-Z].{10,}", first)
    assert rest
    assert len(re.findall(r";\s*$", query(name).decode(), re.MULTILINE)) == 1


@pytest.mark.parametrize("name", all_queries())
def test_a_query_has_a_caller(name: str) -> None:
    assert any(f'"{name}"' in text for text in SOURCES.values())


def test_every_query_asked_for_is_there() -> None:
    asked = {n for text in SOURCES.values() for n in re.findall(r'query\("(\w+)"\)', text)}
    assert asked
    assert asked <= set(all_queries())


def test_no_statement_lives_in_python() -> None:
    found = [
        (path.name, constant.value.split()[0].lower())
        for path, text in SOURCES.items()
        for constant in ast.walk(ast.parse(text))
        if isinstance(constant, ast.Constant)
        and isinstance(constant.value, str)
        and _STATEMENT.match(constant.value)
        and constant.value[0].islower()
    ]
    assert [(where, word) for where, word in found if OWN_SESSION.get(word) != where] == []


def test_a_statement_in_python_would_be_seen() -> None:
    assert _STATEMENT.match("select name from artists")
    assert _STATEMENT.match("delete\nfrom artists")
    assert not _STATEMENT.match("selected platforms")


@pytest.mark.parametrize("name", all_queries())
def test_a_query_keeps_to_what_every_supported_server_knows(name: str) -> None:
    sql = re.sub(r"--.*", "", query(name).decode()).lower()
    assert not re.search(r"\bmerge\b|any_value|json_table|\bnow\(\)|\bunlogged\b", sql)


def test_parameters_are_never_put_into_the_text() -> None:
    assert not any(
        re.search(r"query\([^)]*\)\s*(%|\+|\.format|\.replace)", t) for t in SOURCES.values()
    )


def test_two_queries_of_one_name_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "queries").mkdir()
    for file in ("a.sql", "b.sql"):
        (tmp_path / "queries" / file).write_text("-- name: twice\n-- Is it there?\nselect 1;\n")
    monkeypatch.setattr(queries, "files", lambda _package: tmp_path)
    with pytest.raises(ValueError, match="two queries are named twice"):
        all_queries.__wrapped__()
