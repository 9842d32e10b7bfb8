"""SQL as trees of plain dictionaries, by PostgreSQL's own parser, and what rules ask of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pglast.parser import parse_sql_json

Node = dict[str, Any]

_WITH_TARGET = (
    "InsertStmt",
    "UpdateStmt",
    "DeleteStmt",
    "CopyStmt",
    "IndexStmt",
    "VacuumRelation",
)
_PARAMETER = re.compile(r"%\((\w+)\)[sb]")


def statements(sql: str) -> list[Node]:
    """The statements of a text; psycopg's named parameters become numbered ones."""
    numbers: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

    plain = _PARAMETER.sub(numbered, sql).replace("%%", "%")
    return [one["stmt"] for one in json.loads(parse_sql_json(plain)).get("stmts", [])]


def kind_of(node: Node) -> str:
    """What a wrapped node is."""
    return next(iter(node))


def inside(node: Node) -> Node:
    """What it holds."""
    held: Node = next(iter(node.values()))
    return held


def found(tree: object, kind: str, *, deep: bool = True) -> Iterator[Node]:
    """Every node of a kind, in order; unless `deep`, none that lies in a query further down."""
    if isinstance(tree, list):
        for item in tree:
            yield from found(item, kind, deep=deep)
    elif isinstance(tree, dict):
        for name, held in tree.items():
            if name == kind and isinstance(held, dict):
                yield held
            if deep or name != "SelectStmt":
                yield from found(held, kind, deep=deep)


def columns(tree: object, *, deep: bool = True) -> Iterator[tuple[str | None, str]]:
    """Every column named, as (table or None, column); `*` is a column of that name."""
    for reference in found(tree, "ColumnRef", deep=deep):
        names = [part.get("String", {}).get("sval", "*") for part in reference["fields"]]
        yield (names[-2] if len(names) > 1 else None), names[-1]


def column(node: object) -> tuple[str | None, str] | None:
    """The column that an expression is, and nothing else."""
    if isinstance(node, dict) and kind_of(node) == "ColumnRef":
        return next(columns(node))
    return None


def functions(tree: object, *, deep: bool = True) -> Iterator[str]:
    """The names of the functions called; `current_timestamp` and its like are one of them."""
    for call in found(tree, "FuncCall", deep=deep):
        yield call["funcname"][-1]["String"]["sval"]
    for _ in found(tree, "SQLValueFunction", deep=deep):
        yield "current_timestamp"


def tables(tree: object, *, deep: bool = True) -> set[str]:
    """The names in every FROM and target."""
    named = {one["relname"] for one in found(tree, "RangeVar", deep=deep)}
    # The target of a change stands in the tree without its wrapping.
    targets = (
        statement["relation"]["relname"]
        for kind in _WITH_TARGET
        for statement in found(tree, kind, deep=deep)
        if "relation" in statement
    )
    return named | set(targets)


def conjuncts(node: Node | None) -> Iterator[Node]:
    """The conditions that must all hold."""
    if node is None:
        return
    if kind_of(node) == "BoolExpr" and inside(node)["boolop"] == "AND_EXPR":
        for part in inside(node)["args"]:
            yield from conjuncts(part)
    else:
        yield node


def strings(parts: list[Node] | None) -> list[str]:
    """A list of names as texts."""
    return [part["String"]["sval"] for part in parts or []]


def constant(node: Node) -> int | None:
    """The number of the parameter that an expression is, casts aside; 0 for a literal."""
    while kind_of(node) == "TypeCast":
        node = inside(node)["arg"]
    if kind_of(node) == "ParamRef":
        return int(inside(node)["number"])
    return 0 if kind_of(node) == "A_Const" else None
