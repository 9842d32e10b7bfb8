"""Where each query of the product runs on a cluster, as docs/cluster.md tells it.

    python tests/architecture/cluster_ways.py

writes the table there anew.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cluster_rules import Report, check, temporary_tables

from noktvrn_ai_artist.database.queries import all_queries

DOCS = Path(__file__).parents[2] / "docs" / "cluster.md"
BEGIN, END = "<!-- ways: begin -->\n", "<!-- ways: end -->\n"
# What a distributed database is never asked: its callers ask `is_distributed` before.
PLAIN_ONLY = {
    "copy_to_changed_curves",
    "copy_to_observations",
    "find_standing",
    "is_any_known",
    "measure_latest",
    "measure_observations",
}


@cache
def reports() -> dict[str, Report]:
    """What a cluster would say to each query of the product."""
    temporary = {}
    for sql in all_queries().values():
        temporary |= temporary_tables(sql.decode())
    return {name: check(sql.decode(), temporary=temporary) for name, sql in all_queries().items()}


def table() -> str:
    """The ways, each with the queries that go it."""
    ways: dict[str, list[str]] = {}
    for name, report in reports().items():
        way = "never, only on a plain server" if name in PLAIN_ONLY else report.way
        ways.setdefault(way, []).append(name)
    lines = ["| where it runs | queries |", "| --- | --- |"]
    for way in sorted(ways):
        named = ", ".join(f"`{name}`" for name in sorted(ways[way]))
        lines.append(f"| {way} | {named} |")
    return "\n".join(lines) + "\n"


def between_the_marks(text: str) -> str:
    """The part of a text that is written by this module."""
    return text.partition(BEGIN)[2].partition(END)[0]


def written(text: str) -> str:
    """The text with today's table in it."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text("utf-8")), "utf-8")
