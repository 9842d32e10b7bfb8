"""The tracker's history in PostgreSQL: for many writers, long histories, and several machines.

Writers hold one lock to the end of their transaction and number their rows, so the numbers are in
the order of the commits, and of two scores of the same instant the later call is known. Readers
take no lock: they keep the history they know and ask for the rows with larger numbers. What is new
among the events told is decided by the rules of `source_history`, over only those stored events
that the told ones could repeat: a write costs by what is written, not by what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import uuid4

from psycopg.rows import class_row

from noktvrn_ai_artist.analytics import ledger_rows as rows
from noktvrn_ai_artist.analytics.first_selection import refuse_a_second_selection
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport, Selection
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import WrongLedger

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """Which ledger, the number of its latest row, and how often a release was forgotten."""

    ledger_id: str = ""
    last_sequence: int = 0
    forgotten: int = 0

    def goes_on_from(self, earlier: _Head) -> bool:
        """Whether rows were only added since then."""
        same = self.ledger_id == earlier.ledger_id and self.forgotten == earlier.forgotten
        return same and self.last_sequence >= earlier.last_sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A history, and how far the ledger reached when it was read."""

    head: _Head = field(default_factory=_Head)
    history: SourceHistory = field(default_factory=SourceHistory)


class SourceLedger:
    """The ledger of one database; one object may serve several threads.

    With a `ledger_id` only the ledger of that id will do, so that a history that was moved to one
    database is not continued in another.

    Raises, from every method:
        WrongLedger: there is another ledger, or none, in the database.
        PerformanceDbError: the database refused, or cannot be reached; repeat the call, and no
            event that has an id doubles.
    """

    def __init__(self, database: Database, *, ledger_id: str | None = None) -> None:
        self._database = database
        self._ledger_id = ledger_id
        self._known = _Known()

    def read(self) -> SourceHistory:
        """What is stored now."""
        self._known = self._database.transact(
            lambda connection: self._caught_up(connection, self._known)
        )
        return self._known.history

    def add_usages(
        self,
        usages: Sequence[ClipUsage],
        selections: Sequence[Selection] = (),
        *,
        first_of: int | None = None,
    ) -> int:
        """Store all these usages, with the selections they name, or none; says how many are new.

        Raises:
            BadValue: the release `first_of` has another selection's clips already.
        """

        def add(connection: Connection) -> int:
            head = self._held_head(connection)
            if first_of is not None:
                kept = rows.selections_of_release(connection, first_of)
                refuse_a_second_selection(first_of, kept=kept, told=usages)
            known = SourceHistory(
                usage_events=rows.usage_contents(connection, usages),
                selections=rows.named_selections(connection, usages),
            )
            after, new = known.with_usages(usages, selections)
            _store_usages(connection, head, after)
            return new

        return self._changed(add, usages)

    def add_reports(self, reports: Sequence[ScoreReport]) -> int:
        """Store all these score reports or none; says how many were not repetitions."""

        def add(connection: Connection) -> int:
            head = self._held_head(connection)
            known = SourceHistory(report_events=rows.report_contents(connection, reports))
            after, new = known.with_reports(reports)
            _store_reports(connection, head, after.reports)
            return new

        return self._changed(add, reports)

    def forget_release(self, release_id: int) -> bool:
        """Drop all that was logged of a release; says whether anything was."""
        # Not repeated by itself: after a lost answer a second attempt would find nothing.
        with self._database.transaction() as connection:
            head = self._held_head(connection)
            if not rows.forget(connection, release_id):
                return False
            _move(connection, replace(head, forgotten=head.forgotten + 1))
            return True

    def carry_over(self, history: SourceHistory) -> str:
        """Store a whole history in one transaction, and say in which ledger it now is.

        What was stored is read back and compared before it stands. A part that is there already,
        from a move that was killed, is not stored twice.

        Raises:
            WrongLedger: the ledger holds what the history does not.
        """
        return self._database.transact(lambda connection: self._carried(connection, history))

    def _carried(self, connection: Connection, history: SourceHistory) -> str:
        head = self._held_head(connection)
        there = self._caught_up(connection, _Known()).history
        usages, reports = Counter(history.usages), Counter(history.reports)
        if Counter(there.usages) - usages or Counter(there.reports) - reports:
            raise WrongLedger("the ledger in PostgreSQL holds another history; nothing was moved")
        missing, _ = SourceHistory(selections=history.selections).with_usages(
            (usages - Counter(there.usages)).elements()
        )
        _move(connection, head)
        head = _store_usages(connection, head, missing)
        _store_reports(connection, head, [*(reports - Counter(there.reports)).elements()])
        if self._caught_up(connection, _Known()).history != history:
            raise WrongLedger("the ledger in PostgreSQL does not give back what was moved to it")
        return head.ledger_id

    def _changed(
        self, change: Callable[[Connection], Answer], events: Sequence[ClipUsage | ScoreReport]
    ) -> Answer:
        if all(event.event_id is not None for event in events):
            return self._database.transact(change)
        # After a lost answer a second attempt would store again what has no id.
        with self._database.transaction() as connection:
            return change(connection)

    def _caught_up(self, connection: Connection, known: _Known) -> _Known:
        head = self._head(connection)
        while head != known.head:
            start = known if head.goes_on_from(known.head) else _Known()
            found = _Known(head=head, history=_continued(connection, start, head))
            now = self._head(connection)
            if now.goes_on_from(head):
                return found
            head = now  # a release was forgotten meanwhile: some rows were read and some were gone
        return known

    def _held_head(self, connection: Connection) -> _Head:
        """The head, which no other writer can move before this transaction has ended."""
        hold_alone(connection, AdvisoryLock.LEDGER)
        head = self._head(connection)
        return head if head.ledger_id else replace(head, ledger_id=uuid4().hex)

    def _head(self, connection: Connection) -> _Head:
        cursor = connection.cursor(row_factory=class_row(_Head))
        head = cursor.execute(query("ledger_head")).fetchone() or _Head()
        if self._ledger_id is not None and head.ledger_id != self._ledger_id:
            raise WrongLedger(
                "the history was moved to another database than the one in use (see DATABASE_URL)"
            )
        return head


def _continued(connection: Connection, known: _Known, head: _Head) -> SourceHistory:
    first, last = known.head.last_sequence, head.last_sequence
    selections = rows.selections_between(connection, first, last)
    usages = rows.usages_between(connection, first, last)
    history, _ = known.history.with_usages(usages, selections)
    history, _ = history.with_reports(rows.reports_between(connection, first, last))
    return history


def _store_usages(connection: Connection, head: _Head, told: SourceHistory) -> _Head:
    """Store the usages of a history and the selections they name; where the ledger then ends."""
    usages = told.usages
    if not usages:
        return head
    rows.store_usages(connection, usages, known=head.last_sequence)
    rows.store_selections(connection, usages, told.selections, known=head.last_sequence)
    return _move(connection, replace(head, last_sequence=head.last_sequence + len(usages)))


def _store_reports(connection: Connection, head: _Head, reports: Sequence[ScoreReport]) -> _Head:
    if not reports:
        return head
    rows.store_reports(connection, reports, known=head.last_sequence)
    return _move(connection, replace(head, last_sequence=head.last_sequence + len(reports)))


def _move(connection: Connection, head: _Head) -> _Head:
    values = {
        "ledger_id": head.ledger_id,
        "last_sequence": head.last_sequence,
        "forgotten": head.forgotten,
    }
    connection.execute(query("move_ledger_head"), values)
    return head
