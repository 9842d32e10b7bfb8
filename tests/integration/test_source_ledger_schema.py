"""The ledger's tables refuse what no tracker would tell them, whoever writes to them."""

from __future__ import annotations

import pytest
from observed_tables import rows as rows_of

from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import PerformanceDbError

COLUMNS = {
    "clip_usage": "release_id, sequence, used_at, source_name, clip_id",
    "release_score": "release_id, sequence, reported_at, score",
    "selection": "release_id, selection_id, sequence, drawn_at, top_n, candidates",
    "source_ledger": "only_row, ledger_id, last_sequence, forgotten",
}
FINE = {
    "clip_usage": "(1, 1, '2026-03-01+00', 'pexels', 'clip')",
    "release_score": "(1, 1, '2026-03-01+00', 1e308)",
    "selection": """(1, 's', 1, '2026-03-01+00', 1, '[["a", 0.1, 0.2, 1.0]]')""",
    "source_ledger": "(true, 'x', 0, 0)",
}
REFUSED = [
    ("clip_usage", "(0, 1, '2026-03-01+00', 'pexels', 'clip')"),
    ("clip_usage", "(1, 0, '2026-03-01+00', 'pexels', 'clip')"),
    ("clip_usage", "(1, 1, 'infinity', 'pexels', 'clip')"),
    ("clip_usage", "(1, 1, '2004-12-31+00', 'pexels', 'clip')"),
    ("clip_usage", "(1, 1, '2026-03-01+00', '', 'clip')"),
    ("clip_usage", "(1, 1, '2026-03-01+00', 'pexels', repeat('x', 257))"),
    ("release_score", "(1, 1, '2026-03-01+00', 'NaN')"),
    ("release_score", "(1, 1, '2026-03-01+00', '-Infinity')"),
    ("release_score", "(1, 1, '-infinity', 1)"),
    ("selection", """(1, 's', 1, '2026-03-01+00', -1, '[["a", 0.1, 0.2, 1.0]]')"""),
    ("selection", "(1, 's', 1, '2026-03-01+00', 1, '5')"),
    ("selection", "(1, 's', 1, '2026-03-01+00', 1, '{}')"),
    ("selection", """(1, 's', 1, '2026-03-01+00', 1, '[["a", 0.1, 0.2, 1.1]]')"""),
    ("selection", """(1, 's', 1, '2026-03-01+00', 1, '[["a", 0.1, -0.2, 0.1]]')"""),
    ("selection", """(1, 's', 1, '2026-03-01+00', 1, '[["a", 0.1, 0.2]]')"""),
    ("selection", """(1, 's', 1, '2026-03-01+00', 1, '[["a", "b", 0.2, 0.1]]')"""),
    ("selection", "(1, 's', 1, '2026-03-01+00', 1, '[5]')"),
    ("source_ledger", "(false, 'x', 0, 0)"),
    ("source_ledger", "(true, 'x', -1, 0)"),
]


@pytest.mark.parametrize(("table", "values"), REFUSED)
def test_the_last_line_of_defence_is_in_the_schema(
    database: Database, table: str, values: str
) -> None:
    put(database, table, FINE[table])
    assert rows_of(database, f"delete from {table} returning 1") == [(1,)]
    with pytest.raises(PerformanceDbError, match="23514"):
        put(database, table, values)


def test_an_event_id_is_unique_within_a_release_by_the_schema_itself(database: Database) -> None:
    put(database, "clip_usage", FINE["clip_usage"])
    put(database, "clip_usage", FINE["clip_usage"].replace("(1, 1", "(1, 2"))
    with (
        pytest.raises(PerformanceDbError, match="23505"),
        database.transaction() as connection,
    ):
        connection.execute(b"update clip_usage set event_id = 'e'")


def put(database: Database, table: str, values: str) -> None:
    with database.transaction() as connection:
        connection.execute(f"insert into {table} ({COLUMNS[table]}) values {values}".encode())
