"""How long what a source told is kept, and the deletion of what was kept long enough.

Nothing is deleted unless a rule says so and `expire` is called. What goes leaves the database as if
it had never been told: a value that it had replaced, and that stays, stands again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Cursor
from psycopg.rows import TupleRow

from noktvrn_ai_artist.analytics.observation_batches import Progress, ignore_progress
from noktvrn_ai_artist.analytics.observation_rules import checked_name
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock, hold_alone_when_free
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue

RELEASES_AT_ONCE = 50
_DAY, _LONGEST = timedelta(days=1), timedelta(days=36500)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """What a source told is kept this long after it was stored, in whole days."""

    source: str
    kept: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What went of a source, or would go: all of it stored before an instant.

    `observations` stood; under `restored` of them lay a value that stays, and now stands again.
    `superseded` values were in the history only.
    """

    source: str
    before: datetime
    observations: int = 0
    restored: int = 0
    superseded: int = 0


def retention_rules(database: Database) -> list[RetentionRule]:
    """The rules there are, by source; of a source without one everything is kept."""
    with database.transaction() as connection:
        rows = connection.execute(query("retention_rules")).fetchall()
    return [RetentionRule(source=source, kept=days * _DAY) for source, days in rows]


def set_retention(database: Database, rule: RetentionRule) -> None:
    """Keep a source's values this long from now on; nothing is deleted yet.

    Raises:
        BadValue: not between one and 36,500 whole days, or no name for a source.
    """
    if rule.kept % _DAY or not _DAY <= rule.kept <= _LONGEST:
        raise BadValue("must be between 1 and 36,500 whole days", column="days")
    source = checked_name(rule.source, column="source")
    values = {"source": source, "kept_days": rule.kept // _DAY}
    database.transact(lambda connection: connection.execute(query("set_retention"), values))


def clear_retention(database: Database, source: str) -> bool:
    """Keep a source's values for good; False where they were already."""
    values = {"source": source}
    cleared = database.transact(lambda c: c.execute(query("clear_retention"), values))
    return cleared.rowcount == 1


def expire(
    database: Database,
    *,
    now: datetime,
    dry_run: bool = False,
    on_progress: Progress = ignore_progress,
) -> list[Expired]:
    """Delete what the rules no longer keep, a few releases at a time; each lot is committed.

    Whoever is interrupted calls it again: what went is gone, and the rest goes. Writers wait for a
    lot, not for the whole. `on_progress` is told of the releases gone through, for each rule.
    """
    return [
        _expire(database, rule, now=now, dry_run=dry_run, on_progress=on_progress)
        for rule in retention_rules(database)
    ]


def _expire(
    database: Database, rule: RetentionRule, *, now: datetime, dry_run: bool, on_progress: Progress
) -> Expired:
    before = now - rule.kept
    sums: Counter[str] = Counter()
    seen = 0
    for release_ids in _lots(database):
        lot = _Lot(release_ids=release_ids, source=rule.source, before=before)
        # Not repeated by itself: after a lost answer the counts would tell of nothing.
        with database.transaction() as connection:
            sums.update(lot.counted(connection) if dry_run else lot.deleted(connection))
        seen += len(release_ids)
        on_progress(seen)
    return Expired(source=rule.source, before=before, **sums)


def _lots(database: Database) -> Iterator[Sequence[int]]:
    after = 0
    while True:
        values = {"after": after, "most": RELEASES_AT_ONCE}
        with database.transaction() as connection:
            rows = connection.execute(query("releases_after"), values).fetchall()
        if not rows:
            return
        yield [release_id for (release_id,) in rows]
        after = rows[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lot:
    """A few releases, and which of their values go."""

    release_ids: Sequence[int]
    source: str
    before: datetime

    def counted(self, connection: Connection) -> dict[str, int]:
        """How much would go."""
        return {
            "observations": self._by_batch(connection, "expired_standing").total(),
            "restored": int(first_value(self._run(connection, "count_restorable"))),
            "superseded": self._by_batch(connection, "expired_superseded").total(),
        }

    def deleted(self, connection: Connection) -> dict[str, int]:
        """How much went. Nobody writes meanwhile: a writer may be building on what goes."""
        hold_alone_when_free(connection, AdvisoryLock.UNDO)
        standing = self._by_batch(connection, "expired_standing")
        superseded = self._by_batch(connection, "expired_superseded")
        self._run(connection, "note_expired_curves")
        self._run(connection, "forget_expired_superseded")
        restored = self._run(connection, "restore_under_expired").rowcount
        self._run(connection, "remove_expired")
        self._count(connection, standing + superseded)
        return {
            "observations": standing.total(),
            "restored": restored,
            "superseded": superseded.total(),
        }

    def _run(self, connection: Connection, name: str) -> Cursor[TupleRow]:
        values = {
            "release_ids": self.release_ids,
            "source": self.source,
            "before": self.before,
        }
        return connection.execute(query(name), values)

    def _by_batch(self, connection: Connection, name: str) -> Counter[int | None]:
        return Counter(dict(self._run(connection, name).fetchall()))

    def _count(self, connection: Connection, gone: Counter[int | None]) -> None:
        of_imports = {batch_id: n for batch_id, n in gone.items() if batch_id is not None}
        values = {"batch_ids": list(of_imports), "counts": list(of_imports.values())}
        connection.execute(query("count_expired"), values)
