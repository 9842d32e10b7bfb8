"""The project's SQL by name: each query is one question, kept in a .sql file beside its room.

A file holds queries separated by `-- name:` lines; what follows the name on the next comment
lines says what is asked.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def all_queries() -> dict[str, bytes]:
    """Every named query, as bytes that psycopg takes for trusted SQL.

    Raises:
        ValueError: two queries share a name.
    """
    found: dict[str, bytes] = {}
    folder = files("noktvrn_ai_artist.database") / "queries"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        parts = _NAME.split(file.read_text(encoding="utf-8"))[1:]
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"two queries are named {name}")
            found[name] = text.strip().encode()
    return found


def query(name: str) -> bytes:
    """The SQL of one named query."""
    return all_queries()[name]
