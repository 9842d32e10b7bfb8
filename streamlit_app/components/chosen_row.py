"""Which row of a table is selected, by what it stands for and never by its place alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any


def key_for(name: str, ids: Sequence[int]) -> str:
    """The table's key, another one as soon as its rows are: a selection ends with its rows.

    >>> key_for("imports", [7, 8]) == key_for("imports", [7, 8]) != key_for("imports", [9, 7, 8])
    True
    """
    rows = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return f"{name}_{rows[:16]}"


def chosen_id(event: Mapping[str, Any], ids: Sequence[int]) -> int | None:
    """The id of the selected row, if there is one."""
    places = event["selection"]["rows"]
    return ids[places[0]] if places and places[0] < len(ids) else None
