"""One schema from a laptop to a cluster: which table lies where, and how it comes to lie there."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import MigrationError


class Placement(StrEnum):
    """Where a table's rows lie on a cluster.

    `SPREAD`: each on the node of its release; for tables that grow with the observations.
    `COPIED`: whole on every node; for small lists that the growing tables are joined with.
    `COORDINATOR`: on the coordinator alone; for what is only read and written by itself.
    """

    SPREAD = "spread"
    COPIED = "copied"
    COORDINATOR = "coordinator"


# The spread tables lie beside this one: a release and all that is known of it share a node.
ANCHOR = "approved_releases"

PLACEMENTS: Mapping[str, Placement] = MappingProxyType(
    {
        ANCHOR: Placement.SPREAD,
        "publications": Placement.SPREAD,
        "content_performance": Placement.SPREAD,
        "performance_corrections": Placement.SPREAD,
        "changed_curves": Placement.SPREAD,
        "latest_values": Placement.SPREAD,
        "curves_to_score": Placement.SPREAD,
        "release_milestones": Placement.SPREAD,
        "clip_usage": Placement.SPREAD,
        "release_score": Placement.SPREAD,
        "selection": Placement.SPREAD,
        "release_parameters": Placement.SPREAD,
        "artists": Placement.COPIED,
        "import_batches": Placement.COPIED,
        "annotations": Placement.COPIED,
        "scored_metrics": Placement.COPIED,
        "declared_platforms": Placement.COORDINATOR,
        "declared_metrics": Placement.COORDINATOR,
        "daily_parts": Placement.COORDINATOR,
        "daily_totals": Placement.COORDINATOR,
        "source_ledger": Placement.COORDINATOR,
        "source_retention": Placement.COORDINATOR,
        "artist_profiles": Placement.COORDINATOR,
        "artist_progression_log": Placement.COORDINATOR,
        "collection_marks": Placement.COORDINATOR,
        "collection_runs": Placement.COORDINATOR,
        "kept_answers": Placement.COORDINATOR,
        "kept_tokens": Placement.COORDINATOR,
        "provider_quotas": Placement.COORDINATOR,
        "quota_use": Placement.COORDINATOR,
        "schema_migrations": Placement.COORDINATOR,
    }
)


def is_distributed(connection: Connection) -> bool:
    """Whether the observations lie on a cluster's nodes; one cheap question on a plain server."""
    if not first_value(connection.execute(query("cluster_catalogue"))):
        return False
    return bool(first_value(connection.execute(query("is_distributed"))))


def go_node_by_node(connection: Connection) -> None:
    """Let a transaction write to copied lists after spread tables; nothing on a plain server.

    Citus refuses that in a transaction that used several connections to a node at once.
    """
    connection.execute(query("go_node_by_node"))


def check_citus(connection: Connection) -> None:
    """Refuse a database that is no cluster's.

    Raises:
        MigrationError: the extension citus is not in it.
    """
    if not first_value(connection.execute(query("has_citus"))):
        raise MigrationError(
            "this database has no extension citus: only a Citus coordinator can be distributed"
        )


def distribute(database: Database) -> list[str]:
    """Spread and copy the tables that are not on the cluster's nodes yet, in one transaction.

    Returns their names; none where all lie in their places already. Writers wait meanwhile.

    Raises:
        MigrationError: as `check_citus`; nothing was changed.
    """
    placed = database.transact(_distribute)
    # Only now can nobody want back what the coordinator held itself.
    database.transact(_drop_local_rows)
    return placed


def place_tables(connection: Connection) -> list[str]:
    """`distribute`, in a transaction that goes node by node already; without the question."""
    placed = {name for (name,) in connection.execute(query("placed_tables"))}
    missing = [name for name in _in_order() if name not in placed]
    put_back = _released(connection, missing)
    for name in missing:
        connection.execute(query(_step(name)), {"table_name": name, "anchor": ANCHOR})
    for statement in put_back:
        connection.execute(statement.encode())
    return missing


def database_size(connection: Connection) -> int:
    """The bytes that the database takes, on all nodes of a cluster."""
    name = "cluster_size" if is_distributed(connection) else "database_size"
    return int(first_value(connection.execute(query(name))))


def _distribute(connection: Connection) -> list[str]:
    check_citus(connection)
    hold_alone(connection, AdvisoryLock.MIGRATIONS)
    # No statement may have gone to the nodes before this, or Citus refuses it.
    go_node_by_node(connection)
    return place_tables(connection)


def _released(connection: Connection, tables: list[str]) -> list[str]:
    """Take the foreign keys of tables away; the statements that put them back."""
    keys = connection.execute(query("foreign_keys"), {"tables": tables}).fetchall()
    for drop, _ in keys:
        connection.execute(drop.encode())
    return [add for _, add in keys]


def _drop_local_rows(connection: Connection) -> None:
    for name in _in_order():
        connection.execute(query("drop_local_rows"), {"table_name": name})


def _in_order() -> list[str]:
    """What is pointed at before what points at it: the lists, the releases, the rest."""
    copied = [name for name, place in PLACEMENTS.items() if place is Placement.COPIED]
    spread = [name for name, place in PLACEMENTS.items() if place is Placement.SPREAD]
    return [*copied, *spread]


def _step(name: str) -> str:
    if PLACEMENTS[name] is Placement.COPIED:
        return "place_on_every_node"
    return "spread_anchor" if name == ANCHOR else "spread_beside_anchor"
