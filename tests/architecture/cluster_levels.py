"""One query as a cluster sees it: its tables, and what their release ids are equal to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from sql_trees import (
    Node,
    column,
    columns,
    conjuncts,
    constant,
    found,
    functions,
    inside,
    kind_of,
    strings,
)

from noktvrn_ai_artist.database.cluster import Placement

KEY = "release_id"
AGGREGATES = {"count", "sum", "min", "max", "avg", "array_agg", "bool_or", "bool_and", "string_agg"}

Place = tuple[str, str]


class Reach(IntEnum):
    """How many shards a query goes to, the fewest first."""

    ONE = 1
    SOME = 2
    ONE_OR_ALL = 3
    ALL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What one name in a FROM stands for; no placement is for what is made on the way."""

    place: Placement | None


@dataclass(slots=True)
class Equalities:
    """Which columns are known to be equal, to each other or to parameters."""

    above: dict[Place, Place] = field(default_factory=dict)

    def root(self, one: Place) -> Place:
        """The one that stands for all that are equal to it."""
        while one in self.above:
            one = self.above[one]
        return one

    def join(self, one: Place, other: Place) -> None:
        """From here on they are equal."""
        one, other = self.root(one), self.root(other)
        if one != other:
            self.above[one] = other


@dataclass(slots=True, kw_only=True)
class Level:
    """One query without those inside it; what is equal is shared by a whole statement."""

    number: int
    relations: dict[str, Relation]
    equal: Equalities
    reaches: dict[Place, Reach]
    outer: Level | None = None
    # Queries in this one's FROM that speak of its other tables: judged when those are known.
    asked: list[tuple[Level, Node]] = field(default_factory=list)

    def key(self, name: str) -> Place:
        """The release id of one of the names here."""
        return f"{name} {self.number}", KEY

    def spread(self) -> list[str]:
        """The names here that stand for rows on their releases' shards."""
        return [name for name, one in self.relations.items() if one.place is Placement.SPREAD]

    def on_coordinator(self) -> bool:
        """Whether a table of the coordinator alone is among them."""
        return any(one.place is Placement.COORDINATOR for one in self.relations.values())

    def around(self) -> set[str]:
        """The names of the queries around this one."""
        return set(self.outer.relations) | self.outer.around() if self.outer else set()

    def resolved(self, named: tuple[str | None, str]) -> Place:
        """A column with its table, here or around; left out, it is the first it could be."""
        table, name = named
        if table is None:
            table = next(iter([*self.spread(), *self.relations]), "")
        level: Level | None = self
        while level is not None and table not in level.relations:
            level = level.outer
        return f"{table} {level.number if level else 0}", name

    def unjoined(self) -> list[str]:
        """The spread names whose release ids are not known to be equal to the first one's."""
        names = self.spread()
        roots = {name: self.equal.root(self.key(name)) for name in names}
        return [name for name in names if roots[name] != roots[names[0]]]

    def reach(self) -> Reach | None:
        """How many shards this query goes to; None where nothing spread is in it."""
        names = self.spread()
        if not names:
            return None
        root = self.equal.root(self.key(names[0]))
        same = [reach for place, reach in self.reaches.items() if self.equal.root(place) == root]
        return min(same, default=Reach.ALL)

    def meets_outer_key(self) -> bool:
        """Whether a release id in here equals a spread one of a query around this one."""
        around, level = set(), self.outer
        while level is not None:
            around |= {self.equal.root(level.key(name)) for name in level.spread()}
            level = level.outer
        return any(self.equal.root(self.key(name)) in around for name in self.spread())

    def carries_key(self, query: Node) -> bool:
        """Whether every row that comes out belongs to the release it names, shard by shard."""
        root = self.equal.root(self.key(self.spread()[0])) if self.spread() else None

        def is_key(node: object) -> bool:
            named = column(node)
            if named is None or named[1] not in {KEY, "*"}:
                return False
            table, _ = self.resolved(named)
            return self.equal.root((table, KEY)) == root

        told = [part["ResTarget"]["val"] for part in query.get("targetList", [])]
        grouped = query.get("groupClause", [])
        aggregated = bool(grouped) or bool(AGGREGATES & set(functions(told, deep=False)))
        windows = [*found(query.get("windowClause", []), "WindowDef", deep=False)]
        windows += [call["over"] for call in found(told, "FuncCall", deep=False) if "over" in call]
        cut = [window.get("partitionClause", []) for window in windows if "name" not in window]
        on = [part for part in query.get("distinctClause", []) if part]
        return (
            root is not None
            and any(is_key(value) for value in told)
            and "limitCount" not in query
            and "limitOffset" not in query
            and (not aggregated or any(is_key(part) for part in grouped) or bool(windows))
            and (not on or any(is_key(part) for part in on))
            and all(any(is_key(part) for part in parts) for parts in cut)
        )

    def learn(self, condition: Node) -> None:
        """Take in what one condition says of release ids."""
        if kind_of(condition) == "A_Expr":
            self._compare(inside(condition))
        elif kind_of(condition) == "BoolExpr" and inside(condition)["boolop"] == "OR_EXPR":
            self._optional(inside(condition)["args"])

    def learn_using(self, left: list[str], right: list[str], names: list[str]) -> None:
        """Take in `join ... using (...)`."""
        if KEY in names:
            for name in right:
                for other in left:
                    self.equal.join(self.key(name), self.key(other))

    def _compare(self, one: Node) -> None:
        sides = one.get("lexpr"), one.get("rexpr")
        named = [column(side) for side in sides]
        if strings(one["name"]) != ["="] or named[0] is None:
            return
        here = self.resolved(named[0])
        if named[1] is not None and one["kind"] == "AEXPR_OP":
            self.equal.join(here, self.resolved(named[1]))
        elif isinstance(sides[1], dict) and (number := constant(sides[1])) is not None:
            if one["kind"] == "AEXPR_OP" and number:
                self.equal.join(here, ("$", str(number)))
            self._reach(here, Reach.ONE if one["kind"] == "AEXPR_OP" else Reach.SOME)

    def _optional(self, parts: list[Node]) -> None:
        """`parameter is null or release_id = parameter`."""
        unset = [part for part in parts if kind_of(part) == "NullTest"]
        for part in parts:
            if unset and kind_of(part) == "A_Expr" and strings(inside(part)["name"]) == ["="]:
                named = column(inside(part).get("lexpr"))
                if named is not None and constant(inside(part)["rexpr"]) is not None:
                    self._reach(self.resolved(named), Reach.ONE_OR_ALL)

    def _reach(self, place: Place, reach: Reach) -> None:
        self.reaches[place] = min(reach, self.reaches.get(place, Reach.ALL))


def names_of_outer(level: Level, tree: object) -> bool:
    """Whether a query speaks of a table of a query around it."""
    around = level.around()
    return any(table in around and table not in level.relations for table, _ in columns(tree))


def joins(items: list[Node]) -> Iterator[tuple[Node, list[str], list[str]]]:
    """Every join in a FROM, with the names to its left and to its right."""
    for item in items:
        if kind_of(item) == "JoinExpr":
            join = inside(item)
            yield from joins([join["larg"], join["rarg"]])
            yield join, [*names_in(join["larg"])], [*names_in(join["rarg"])]


def leaves(items: list[Node]) -> Iterator[Node]:
    """The parts of a FROM that are no joins."""
    for item in items:
        if kind_of(item) == "JoinExpr":
            yield from leaves([inside(item)["larg"], inside(item)["rarg"]])
        else:
            yield item


def names_in(item: Node) -> Iterator[str]:
    """The names that a part of a FROM brings in."""
    for leaf in leaves([item]):
        yield name_of(leaf)


def name_of(leaf: Node) -> str:
    """By which name one part of a FROM is called."""
    held = inside(leaf)
    alias = held.get("alias", {}).get("aliasname")
    return str(alias or held.get("relname") or f"unnamed {id(leaf)}")


def conditions(query: Node) -> Iterator[Node]:
    """Every condition of a query that must hold: of its joins, and of its WHERE."""
    for join, _, _ in joins(query.get("fromClause", []) + query.get("usingClause", [])):
        yield from conjuncts(join.get("quals"))
    yield from conjuncts(query.get("whereClause"))
