"""In no transaction does a copied list that releases point at change after many shards were asked.

Citus refuses that, unless the transaction goes node by node. What the product does is written down
statement by statement, on a plain server, and held against that rule.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from cluster_rules import Reach, Report
from cluster_ways import reports
from psycopg.pq import TransactionStatus
from sql_trees import inside, kind_of, statements

from noktvrn_ai_artist.analytics.observation_batches import undo_batch
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metric,
    add_performance_metrics,
)
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.analytics.release_registry import annotate, register_release
from noktvrn_ai_artist.analytics.retention import RetentionRule, expire, set_retention
from noktvrn_ai_artist.database import cluster
from noktvrn_ai_artist.database.cluster import PLACEMENTS, Placement
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import all_queries
from noktvrn_ai_artist.ingest.ingest_service import ingest_file

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILE = (
    "artist,title,external_id,published_at,recorded_at,views\n"
    "A,One,x1,2026-01-01T00:00:00Z,2026-03-01T12:00:00Z,1\n"
    "B,Two,x2,2026-01-01T00:00:00Z,2026-03-01T12:00:00Z,2\n"
)

Told = list[tuple[int, str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Every named query that is run from here on, with the number of its transaction."""
    names = {sql: name for name, sql in all_queries().items()}
    heard: Told = []
    last: dict[int, int] = {}
    plain = psycopg.Cursor.execute

    def listening(self: Any, statement: Any, *more: Any, **options: Any) -> Any:  # noqa: ANN401
        connection = self.connection
        if connection.info.transaction_status == TransactionStatus.IDLE:
            last[id(connection)] = len(last) + sum(last.values()) + 1
        if statement in names:
            heard.append((last.get(id(connection), 0), names[statement]))
        return plain(self, statement, *more, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", listening)
    return heard


def pointed_at(database: Database) -> set[str]:
    """The copied lists that a spread table points at, by way of others too."""
    with database.transaction() as connection:
        pairs = connection.execute(
            b"select conrelid::regclass::text, confrelid::regclass::text from pg_constraint"
            b" where contype = 'f'"
        ).fetchall()
    reached = {name for name, place in PLACEMENTS.items() if place is Placement.SPREAD}
    while more := {target for table, target in pairs if table in reached} - reached:
        reached |= more
    return {name for name in reached if PLACEMENTS[name] is Placement.COPIED}


def changed(name: str) -> Iterator[str]:
    """The tables that a query changes, at its outermost."""
    for statement in statements(all_queries()[name].decode()):
        if kind_of(statement) in {"InsertStmt", "UpdateStmt", "DeleteStmt"}:
            yield inside(statement)["relation"]["relname"]


def asks_many(report: Report) -> bool:
    """Whether a query may open several connections to a node at once."""
    wide = any(reach is not Reach.ONE for reach in report.reaches)
    return Placement.SPREAD in report.placements and (wide or report.sends)


def faults(told: Told, lists: set[str]) -> list[str]:
    """Where a list changes after many shards were asked in parallel."""
    found, parallel, careful = [], set(), set()
    for transaction, name in told:
        if name == "go_node_by_node":
            careful.add(transaction)
        elif lists & set(changed(name)):
            found += [name] if transaction in parallel else []
            # Citus goes node by node by itself after this.
            careful.add(transaction)
        elif asks_many(reports()[name]) and transaction not in careful:
            parallel.add(transaction)
    return found


def use_everything(database: Database) -> None:
    """Every kind of write that the product does, in the order of a life."""
    register_release(database, ReleaseEntry(artist="A", title="Zero"))
    report = ingest_file(io.BytesIO(FILE.encode()), label="f", platform="YouTube")
    add_performance_metric(1, "YouTube", "views", 5.0, NOON)
    row = {"release_id": 1, "platform": "YouTube", "metric_type": "likes"}
    for value in (1.0, 2.0):
        add_performance_metrics([{**row, "metric_value": value, "recorded_at": NOON}])
    annotate(database, kind="note", text="x", happened_at=NOON)
    set_retention(database, RetentionRule(source="csv", kept=timedelta(days=1)))
    expire(database, now=NOON)
    assert report.counts.batch_id is not None
    undo_batch(database, report.counts.batch_id, now=NOON)


def test_lists_that_are_pointed_at_change_first_or_node_by_node(
    database: Database, told: Told
) -> None:
    use_everything(database)
    assert {"insert_artists", "remove_artists_of_undone", "merge_fresh"} <= {n for _, n in told}
    lists = pointed_at(database)
    assert lists == {"artists"}
    assert faults(told, lists) == []


def test_a_change_in_the_wrong_order_would_be_seen(
    database: Database, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "query", lambda name: b"select 1")
    use_everything(database)
    assert {"insert_artists", "remove_artists_of_undone"} <= set(faults(told, {"artists"}))
