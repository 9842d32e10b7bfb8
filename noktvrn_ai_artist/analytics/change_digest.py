"""The change log turned into what dashboards read: newest values, and sums by day.

Whoever changes an observation logs its curve in the same transaction (`changed_curves`). A digest
takes what it sees off the log first, and reads the observations afterwards: so what it writes down
has at least what it took, and whatever else it met is still in the log. It works curves and days
out again and adds nothing to what it finds, so that nothing is ever counted twice. Readers are
exact without it; it is what makes them fast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone
from noktvrn_ai_artist.database.cluster import is_distributed
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.database.queries import query

_MANY_CURVES = 1_000
_ADD_UP_DAYS = (
    "forget_parts",
    "add_up_parts",
    "create_touched_days",
    "measure_touched_days",
    "forget_totals",
    "add_up_totals",
)


def digest(database: Database) -> int:
    """Digest the change log; how many curves had changed.

    May be repeated, may be left out, and may run in several processes: one at a time.
    """
    return database.transact(digest_changes)


def digest_changes(connection: Connection) -> int:
    """`digest` in the caller's transaction, once in each; the log is empty after it has committed.

    What commits meanwhile is left for the next.
    """
    hold_alone(connection, AdvisoryLock.DIGEST)
    # A scoring run holds its metric first, and deletes notes of it afterwards; so does this.
    curves = _run(connection, ("hold_scored_metrics", "create_taken", "take_changes"))
    if curves:
        # A table that was filled a moment ago is unknown to the planner.
        unknown = curves >= _MANY_CURVES and not is_distributed(connection)
        _run(connection, ("measure_taken", "forget_older_notes", "hand_on_to_scoring"))
        if unknown:
            _run(connection, ("measure_observations",))
        _find_newest(connection, curves=curves)
        if unknown:
            _run(connection, ("measure_latest",))
        _add_up_days(connection)
    return curves


def _find_newest(connection: Connection, *, curves: int) -> None:
    if _run(connection, ("create_newest",), _days(connection, "last_days_of_taken")) < curves:
        _run(connection, ("forget_latest", "add_older_newest"))
    _run(connection, ("keep_latest",))


def _add_up_days(connection: Connection) -> None:
    _run(connection, ("create_touched", "measure_touched", "create_spans", "measure_spans"))
    _run(connection, _ADD_UP_DAYS, _days(connection, "days_of_spans"))


def _days(connection: Connection, name: str) -> dict[str, object]:
    first_day, end_day = connection.execute(query(name)).fetchall()[0]
    return {"first_day": first_day, "end_day": end_day}


def _run(
    connection: Connection, steps: Sequence[str], values: Mapping[str, object] | None = None
) -> int:
    """One step after the other; how many rows the last one had to do with."""
    return [connection.execute(query(step), values).rowcount for step in steps][-1]
