"""What a Citus cluster would refuse of a statement, and how far each statement reaches there.

A model of the planner, not the planner: it knows the constructs that this project uses, and
refuses what it does not know to be safe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from cluster_levels import (
    KEY,
    Equalities,
    Level,
    Reach,
    Relation,
    conditions,
    joins,
    leaves,
    name_of,
    names_of_outer,
)
from sql_trees import Node, found, functions, inside, kind_of, statements, strings, tables

from noktvrn_ai_artist.database.cluster import PLACEMENTS, Placement

SPREAD, COPIED, COORDINATOR = Placement.SPREAD, Placement.COPIED, Placement.COORDINATOR
UNKNOWN_TO_SOME = {"any_value"}
CLOCKS = {"now", "current_timestamp", "clock_timestamp", "statement_timestamp", "timeofday"}
VOLATILE = CLOCKS | {"random", "nextval", "setval", "gen_random_uuid", "set_config"}
LOCKS = {"pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_advisory_lock"}
SIZES = {"pg_total_relation_size", "pg_relation_size", "pg_table_size", "pg_indexes_size"}
# Drawing a number for each row takes the rows to the coordinator on their way.
NUMBERED = {"changed_curves", "curves_to_score"}
IMMUTABLE = {"coalesce", "greatest", "least", "abs", "date_trunc", "timezone"}
MADE = Relation(place=None)


@dataclass(slots=True)
class Report:
    """What was found out about one statement."""

    faults: list[str] = field(default_factory=list)
    reaches: list[Reach] = field(default_factory=list)
    pulls: bool = False
    placements: set[Placement] = field(default_factory=set)
    sends: bool = False

    @property
    def way(self) -> str:
        """Where the statement runs on a cluster, in a few words."""
        if SPREAD not in self.placements:
            return "copied lists" if COPIED in self.placements else "coordinator"
        told = {
            Reach.ONE: "one shard",
            Reach.SOME: "the shards of the releases asked for",
            Reach.ONE_OR_ALL: "one shard, or all where no release is named",
            Reach.ALL: "all shards",
        }[max(self.reaches, default=Reach.ALL)]
        if not self.reaches and self.sends:
            return "rows sent to their shards"
        way = f"{told}, by way of the coordinator" if self.pulls else told
        return f"{way}, and rows sent to their shards" if self.sends else way


def check(sql: str, *, temporary: Mapping[str, Placement] | None = None) -> Report:
    """What a cluster would say to a text of statements; `temporary` names further tables."""
    report = Report()
    for statement in statements(sql):
        _Reader(known={**PLACEMENTS, **(temporary or {})}, report=report).statement(statement)
    return report


def temporary_tables(sql: str) -> dict[str, Placement]:
    """The temporary tables that a text makes; they lie on the coordinator."""
    made = {}
    for statement in statements(sql):
        held = inside(statement)
        target = held.get("relation") or held.get("into", {}).get("rel") or {}
        if target.get("relpersistence") == "t":
            made[target["relname"]] = COORDINATOR
    return made


@dataclass(slots=True, kw_only=True)
class _Reader:
    known: Mapping[str, Placement]
    report: Report
    made: dict[str, Relation | Node] = field(default_factory=dict)
    equal: Equalities = field(default_factory=Equalities)
    reaches: dict[tuple[str, str], Reach] = field(default_factory=dict)
    levels: list[Level] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def statement(self, statement: Node) -> None:
        """Check one statement of any kind."""
        self._of_its_kind(statement)
        # What a query around another says of release ids is known only now.
        reaches = [level.reach() for level in self.levels]
        self.report.reaches += [reach for reach in reaches if reach is not None]

    def _of_its_kind(self, statement: Node) -> None:
        self._everywhere(statement)
        kind, held = kind_of(statement), inside(statement)
        if kind == "SelectStmt":
            self.select(held, None)
        elif kind in {"InsertStmt", "UpdateStmt", "DeleteStmt"}:
            self.change(kind, held)
        elif kind == "CreateTableAsStmt":
            self._temporary(held["into"])
            self.select(held["query"]["SelectStmt"], None)
        elif kind == "CreateStmt" and held["relation"]["relname"] not in PLACEMENTS:
            self._temporary({"rel": held["relation"], "onCommit": held.get("oncommit")})
        elif kind == "CreateStmt":
            place = PLACEMENTS[held["relation"]["relname"]]
            self._refuse_if(place is not COORDINATOR, "makes a shared table outside a migration")
        elif kind == "CopyStmt":
            self._copy(held)
        elif kind == "VariableSetStmt":
            self._refuse_if(held["name"] != "TRANSACTION", f"sets {held['name']}")
        elif kind in {"IndexStmt", "VacuumStmt"}:
            for name in tables(statement):
                self._refuse_if(self._place(name) is not COORDINATOR, f"{kind} of a shared table")
        elif kind == "TruncateStmt":
            for name in tables(held):
                self._refuse_if(self._place(name) is not COORDINATOR, "truncates a shared table")
        else:
            self._refuse_if(True, f"{kind} is not known to be safe")

    def _everywhere(self, statement: Node) -> None:
        called = set(functions(statement))
        for name in sorted(called & (UNKNOWN_TO_SOME | CLOCKS | SIZES)):
            self._refuse_if(True, f"calls {name}")
        self._refuse_if(any(found(statement, "JsonTable")), "uses json_table")
        self.report.placements |= {
            self._place(name) for name in tables(statement) - self._names_of_ctes(statement)
        }

    def _names_of_ctes(self, tree: Node) -> set[str]:
        return {cte["ctename"] for cte in found(tree, "CommonTableExpr")}

    def _place(self, name: str) -> Placement:
        if name in self.known:
            return self.known[name]
        self._refuse_if(not name.startswith("pg_"), f"names the table {name}, which has no place")
        return COORDINATOR

    def _refuse_if(self, wrong: bool, fault: str) -> None:
        if wrong:
            self.report.faults.append(fault)

    def _temporary(self, into: Node) -> None:
        lasting = into["rel"].get("relpersistence") != "t"
        self._refuse_if(lasting, "makes a table outside a migration")
        dropped = into.get("onCommit") == "ONCOMMIT_DROP"
        self._refuse_if(not dropped, "makes a temporary table that outlives its transaction")

    def _copy(self, copy: Node) -> None:
        target = copy.get("relation", {}).get("relname")
        if copy.get("is_from"):
            self._refuse_if(self._place(target) is SPREAD, "copies straight into a spread table")
        elif "query" in copy:
            self.select(copy["query"]["SelectStmt"], None)

    def select(self, query: Node, outer: Level | None) -> tuple[Level, bool]:
        """Check a SELECT and all inside; its level, and whether its rows carry their release."""
        self._with(query)
        if query.get("op", "SETOP_NONE") != "SETOP_NONE":
            sides = [self.select(query[side], outer) for side in ("larg", "rarg")]
            spread = [level for level, _ in sides if level.spread()]
            self.report.pulls |= bool(spread)
            return (spread or [sides[0][0]])[0], False
        level = self._level(query.get("fromClause", []), query, outer)
        self._sublinks(query, level)
        self._locking(query, level)
        grouping = any(found(query.get("groupClause", []), "GroupingSet", deep=False))
        self._refuse_if(grouping and bool(level.spread()), "grouping sets over a spread table")
        drawn = (VOLATILE | LOCKS) & set(functions(query, deep=False))
        self._refuse_if(bool(drawn and level.spread()), f"calls {drawn} where rows are spread")
        carries = level.carries_key(query)
        if outer is None and (self._merged(query, carries) and level.reach() is not Reach.ONE):
            self.report.pulls |= bool(level.spread())
        return level, carries

    def _merged(self, query: Node, carries: bool) -> bool:
        """Whether the coordinator needs the rows themselves, not only their sums or the first."""
        windows = any("over" in call for call in found(query, "FuncCall", deep=False))
        distinct = any(query.get("distinctClause", []))
        return (windows or distinct) and not carries

    def _level(self, items: list[Node], query: Node, outer: Level | None) -> Level:
        level = Level(
            number=next(self.numbers),
            relations={},
            equal=self.equal,
            reaches=self.reaches,
            outer=outer,
        )
        for leaf in leaves(items):
            level.relations[name_of(leaf)] = self._relation(leaf, level)
        self._learned(items, query, level)
        return level

    def _learned(self, items: list[Node], query: Node, level: Level) -> None:
        for join, left, right in joins(items):
            level.learn_using(left, right, strings(join.get("usingClause")))
        for condition in conditions(query):
            level.learn(condition)
        self._refuse_if(bool(level.unjoined()), f"joins {level.unjoined()} not by release_id")
        for inner, asked in level.asked:
            self._correlated(inner, asked, level)
        if level.spread() and level.on_coordinator():
            self.report.pulls = True
        self.levels.append(level)

    def _relation(self, leaf: Node, level: Level) -> Relation:
        kind, held = kind_of(leaf), inside(leaf)
        if kind == "RangeVar":
            made = self.made.get(held["relname"])
            if isinstance(made, Relation):
                return made
            if made is not None:
                return self._derived(made, level, name=name_of(leaf), lateral=False)
            return Relation(place=self._place(held["relname"]))
        if kind == "RangeSubselect":
            query = held["subquery"]["SelectStmt"]
            lateral = bool(held.get("lateral"))
            return self._derived(query, level, name=name_of(leaf), lateral=lateral)
        return MADE

    def _derived(self, query: Node, level: Level, *, name: str, lateral: bool) -> Relation:
        """What a query in a FROM is: spread like its rows, or made on the way and sent around."""
        inner, carries = self.select(query, level)
        correlated = lateral and names_of_outer(inner, query)
        if inner.spread() and (carries or correlated):
            self.equal.join(level.key(name), inner.key(inner.spread()[0]))
        if correlated:
            level.asked.append((inner, query))
            return Relation(place=SPREAD) if inner.spread() else MADE
        if carries:
            return Relation(place=SPREAD)
        self.report.pulls |= bool(inner.spread()) or inner.on_coordinator()
        return MADE

    def _sublinks(self, query: Node, level: Level) -> None:
        for link in found(query, "SubLink", deep=False):
            inner_query = link["subselect"]["SelectStmt"]
            inner, _ = self.select(inner_query, level)
            if names_of_outer(inner, inner_query):
                self._correlated(inner, inner_query, level)
            else:
                self.report.pulls |= bool(inner.spread()) or inner.on_coordinator()

    def _correlated(self, inner: Level, query: Node, level: Level) -> None:
        """A query that speaks of the rows around it can only run where they are."""
        if not inner.spread():
            far = inner.on_coordinator() and bool(level.spread())
            self._refuse_if(far, "asks the coordinator's table for each spread row")
            return
        self._refuse_if(not level.spread(), "asks a spread table for each row that is not")
        met = inner.meets_outer_key()
        self._refuse_if(bool(level.spread()) and not met, "asks around, not by release_id")
        cut = {"limitCount", "limitOffset", "lockingClause", "withClause"} & query.keys()
        # One shard answers anything that is asked of it alone.
        routed = level.reach() is Reach.ONE
        self._refuse_if(bool(cut) and not routed, f"asks for each row with {sorted(cut)}")

    def _locking(self, query: Node, level: Level) -> None:
        for clause in found(query.get("lockingClause", []), "LockingClause", deep=False):
            shared = any(one.place in {SPREAD, COPIED} for one in level.relations.values())
            skips = clause.get("waitPolicy", "LockWaitBlock") != "LockWaitBlock"
            self._refuse_if(shared and skips, "skips or refuses locked rows of a shared table")
            wide = bool(level.spread()) and level.reach() is not Reach.ONE
            self._refuse_if(wide, "locks rows of more than one shard")

    def _with(self, query: Node) -> None:
        clause = query.get("withClause", {})
        for one in clause.get("ctes", []):
            cte = one["CommonTableExpr"]
            body, name = cte["ctequery"], cte["ctename"]
            recursive = bool(clause.get("recursive"))
            spread = any(self.known.get(table) is SPREAD for table in tables(body))
            self._refuse_if(recursive and spread, "recursion over a spread table")
            uses = sum(v["relname"] == name for v in found(query, "RangeVar"))
            kept = cte["ctematerialized"] == "CTEMaterializeAlways" or uses > 1
            if kind_of(body) == "SelectStmt" and not kept and not recursive:
                self.made[name] = inside(body)
                continue
            self.made[name] = MADE
            if kind_of(body) == "SelectStmt":
                self.select(inside(body), None)
            else:
                self.change(kind_of(body), inside(body))
            self.report.pulls |= bool({SPREAD} & {self.known.get(t) for t in tables(body)})

    def change(self, kind: str, change: Node) -> None:
        """Check an INSERT, UPDATE or DELETE."""
        self._with(change)
        target = change["relation"]
        place = self._place(target["relname"])
        if kind == "InsertStmt":
            self._insert(change, place)
            return
        items = [
            {"RangeVar": target},
            *change.get("fromClause", []),
            *change.get("usingClause", []),
        ]
        level = self._level(items, change, None)
        self._sublinks(change, level)
        drawn = (VOLATILE | LOCKS) & set(functions(change, deep=False))
        self._refuse_if(bool(drawn) and place is not COORDINATOR, f"calls {drawn} in a change")
        sets = {part["ResTarget"]["name"] for part in change.get("targetList", [])}
        self._refuse_if(place is SPREAD and KEY in sets, "moves a row to another release")
        if place is COPIED:
            self._only_copied(change, level)

    def _only_copied(self, change: Node, level: Level) -> None:
        """A copied list is changed on every node alike: from what every node has, or was sent."""
        named = {self.known.get(table) for table in self._read_by(change)}
        own = [one for one in level.relations.values() if one.place not in {COPIED, None}]
        mixed = bool(own) or bool(named & {SPREAD, COORDINATOR})
        self._refuse_if(mixed, "changes a copied list by what not every node has")

    def _read_by(self, change: Node) -> set[str]:
        """The tables that a change reads itself, those of its materialized queries aside."""
        without = {name: held for name, held in change.items() if name != "withClause"}
        plain = {name for name, made in self.made.items() if not isinstance(made, Relation)}
        inlined = [made for made in self.made.values() if not isinstance(made, Relation)]
        return (tables([without, *inlined]) - plain) - {change["relation"]["relname"]}

    def _insert(self, insert: Node, place: Placement) -> None:
        query = insert.get("selectStmt", {}).get("SelectStmt", {})
        if "valuesLists" in query:
            first = strings_of_columns(insert)
            one = place is SPREAD and KEY in first and len(query["valuesLists"]) == 1
            self.report.reaches += [Reach.ONE] if one else []
            drawn = (VOLATILE | LOCKS) & set(functions(query))
            self._refuse_if(bool(drawn) and place is not COORDINATOR, f"calls {drawn} in a change")
        else:
            level, carries = self.select(query, None)
            drawn = insert["relation"]["relname"] in NUMBERED
            beside = place is SPREAD and carries and not drawn and not level.on_coordinator()
            self.report.pulls |= bool(level.spread()) and not beside
            self.report.sends |= place is SPREAD and not beside
            self._refuse_if(
                place is SPREAD and KEY not in strings_of_columns(insert),
                "inserts into a spread table without its release_id",
            )
        self._conflict(insert.get("onConflictClause"), place)

    def _conflict(self, clause: Node | None, place: Placement) -> None:
        if clause is None:
            return
        target = clause.get("infer", {})
        named = [element["IndexElem"].get("name") for element in target.get("indexElems", [])]
        self._refuse_if(not named, "names no columns, or a constraint, on conflict")
        self._refuse_if(place is SPREAD and KEY not in named, "conflicts across shards")
        told = [part["ResTarget"]["val"] for part in clause.get("targetList", [])]
        told += [clause["whereClause"]] if "whereClause" in clause else []
        called = set(functions(told)) - IMMUTABLE
        self._refuse_if(bool(called), f"calls {sorted(called)} on conflict")
        self._refuse_if(any(found(told, "SubLink")), "asks a query on conflict")


def strings_of_columns(insert: Node) -> list[str]:
    """The columns that an INSERT names."""
    return [part["ResTarget"]["name"] for part in insert.get("cols", [])]
