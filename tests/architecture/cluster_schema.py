"""What a Citus cluster would refuse of the schema, and of a migration once it is spread."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_levels import KEY
from cluster_rules import check
from sql_trees import Node, found, inside, kind_of, statements, strings

from noktvrn_ai_artist.database.cluster import ANCHOR, PLACEMENTS, Placement

SPREAD, COPIED, COORDINATOR = Placement.SPREAD, Placement.COPIED, Placement.COORDINATOR
# Which places a table in each may point at.
POINTS_AT = {
    SPREAD: {SPREAD, COPIED},
    COPIED: {COPIED},
    COORDINATOR: {COPIED, COORDINATOR},
}
# Migrations that a database has behind it before it can be spread, since they came before the step.
BEFORE_THE_STEP = 5
CHANGES = {"InsertStmt", "UpdateStmt", "DeleteStmt"}
HARMLESS = {
    "AT_AddColumn",
    "AT_DropColumn",
    "AT_AddConstraint",
    "AT_DropConstraint",
    "AT_SetNotNull",
    "AT_DropNotNull",
    "AT_ColumnDefault",
}


def schema_faults(sql: str) -> list[str]:
    """What is wrong with the tables and indexes that a schema file makes."""
    faults: list[str] = []
    for statement in statements(sql):
        kind, held = kind_of(statement), inside(statement)
        if kind == "CreateStmt":
            faults += table_faults(held)
        elif kind == "IndexStmt":
            faults += index_faults(held)
        else:
            faults.append(f"{kind} is not for a schema that may be spread")
    return faults


def migration_faults(sql: str, *, number: int) -> list[str]:
    """What is wrong with a step, on a database that is spread already.

    What it makes lies on the coordinator until the step ends.
    """
    faults: list[str] = []
    fresh: dict[str, Placement] = {}
    for statement, text in _texts(sql):
        kind, held = kind_of(statement), inside(statement)
        if kind == "CreateStmt":
            fresh[held["relation"]["relname"]] = COORDINATOR
            faults += table_faults(held)
            late = number > BEFORE_THE_STEP and any(_foreign_keys(held))
            faults += ["makes a table that points at others"] if late else []
        elif kind == "IndexStmt":
            faults += index_faults(held)
        elif kind == "AlterTableStmt":
            faults += _alteration_faults(held, number=number)
        elif kind in CHANGES:
            faults += check(text, temporary=fresh).faults
        elif not (kind == "DropStmt" and held["removeType"] in {"OBJECT_TABLE", "OBJECT_INDEX"}):
            faults.append(f"{kind} is not for a step on a database that is spread")
    return faults


def table_faults(table: Node) -> list[str]:
    """What is wrong with one table."""
    name = table["relation"]["relname"]
    if name not in PLACEMENTS:
        return [f"{name} has no place"]
    place = PLACEMENTS[name]
    faults = [f"{name} {fault}" for fault in _shape_faults(table, place)]
    keys = [constraint for constraint in _constraints(table) if _is_key(constraint)]
    primary = [one for one in keys if one["contype"] == "CONSTR_PRIMARY"]
    if not primary:
        faults.append(f"{name} has no primary key")
    for key in keys if place is SPREAD else []:
        columns = strings(key.get("keys"))
        if key in primary and columns[:1] != [KEY]:
            faults.append(f"{name} has a primary key that does not begin with {KEY}")
        if KEY not in columns:
            faults.append(f"{name} has a key without {KEY}")
    for key in _foreign_keys(table):
        faults += _pointing_faults(name, place, key)
    return faults


def index_faults(index: Node) -> list[str]:
    """What is wrong with one index."""
    table = index["relation"]["relname"]
    named = [one["IndexElem"].get("name") for one in index["indexParams"]]
    if index.get("unique") and PLACEMENTS.get(table) is SPREAD and KEY not in named:
        return [f"{table} has a unique index without {KEY}"]
    return [f"{table} has an index made concurrently"] if index.get("concurrent") else []


def _shape_faults(table: Node, place: Placement) -> Iterator[str]:
    if table["relation"]["relpersistence"] != "p":
        yield "is unlogged or temporary"
    if table.keys() & {"inhRelations", "partspec", "ofTypename"}:
        yield "is a part, or in parts"
    if "accessMethod" in table:
        yield "is not stored in rows"
    for constraint in _constraints(table):
        if constraint["contype"] == "CONSTR_EXCLUSION":
            yield "has an exclusion constraint"
    columns = {one["colname"]: one for one in found(table["tableElts"], "ColumnDef")}
    types = {name: one["typeName"]["names"][-1]["String"]["sval"] for name, one in columns.items()}
    if "timestamp" in types.values():
        yield "holds times without a zone"
    if set(types.values()) & {"serial", "bigserial"}:
        yield "numbers its rows by a serial"
    if place is SPREAD and types.get(KEY) != "int8":
        yield f"has no {KEY}"
    for name, one in columns.items():
        numbered = any(c["contype"] == "CONSTR_IDENTITY" for c in _constraints(one))
        if numbered and types[name] != "int8":
            yield "numbers its rows by something smaller than bigint"


def _pointing_faults(name: str, place: Placement, key: Node) -> list[str]:
    target = key["pktable"]["relname"]
    there = PLACEMENTS.get(target)
    if there not in POINTS_AT[place]:
        return [f"{name} points at {target}, which lies elsewhere"]
    if there is SPREAD and (target, strings(key.get("pk_attrs"))) != (ANCHOR, [KEY]):
        return [f"{name} points at {target} otherwise than by {KEY} of {ANCHOR}"]
    return []


def _alteration_faults(alteration: Node, *, number: int) -> Iterator[str]:
    place = PLACEMENTS.get(alteration["relation"]["relname"])
    for wrapped in alteration["cmds"]:
        command = wrapped["AlterTableCmd"]
        if command["subtype"] not in HARMLESS:
            yield f"{command['subtype']} is not for a step on a database that is spread"
        for constraint in _constraints({"tableElts": [command.get("def", {})]}):
            if constraint["contype"] == "CONSTR_FOREIGN" and number > BEFORE_THE_STEP:
                yield "points a table at others"
            if place is SPREAD and _is_key(constraint) and KEY not in strings(constraint["keys"]):
                yield f"adds a key without {KEY}"


def _constraints(tree: Node) -> list[Node]:
    return [one for one in found(tree, "Constraint") if "contype" in one]


def _foreign_keys(table: Node) -> list[Node]:
    return [one for one in _constraints(table) if one["contype"] == "CONSTR_FOREIGN"]


def _is_key(constraint: Node) -> bool:
    return constraint["contype"] in {"CONSTR_PRIMARY", "CONSTR_UNIQUE"}


def _texts(sql: str) -> Iterator[tuple[Node, str]]:
    """Each statement with its own text; the texts here hold no semicolon elsewhere."""
    lines = [line.partition("--")[0] for line in sql.splitlines()]
    for text in "\n".join(lines).split(";"):
        for statement in statements(text):
            yield statement, text
