"""The units of each provider's quota that were taken, counted in PostgreSQL by all processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from psycopg.rows import class_row

from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.quotas import (
    Limit,
    Use,
    counts,
    left,
    limits_of,
    room_again,
)
from noktvrn_ai_artist.database.connection_manager import Connection, Database, first_value
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import QuotaSpent

# No quota lasts longer than a month, so no answer shuts a provider out for longer by mistake.
LONGEST_REFUSAL = timedelta(days=32)


class QuotaLedger:
    """The quotas of all providers in one database; one object may serve several threads.

    `a_day` holds the units that a provider gives us a day, where that is not the usual figure.
    """

    def __init__(self, database: Database, *, a_day: Mapping[Provider, int] | None = None) -> None:
        self._database = database
        self._a_day = a_day or {}

    def take(self, provider: Provider, *, units: int, now: datetime) -> None:
        """Count units as used, before they are; whoever asks in between waits, and none is lost.

        Raises:
            QuotaSpent: there is no room for them, or the provider said so; nothing was counted.
        """
        limits = self._limits(provider)
        # Repeated after a lost answer it may count twice: rather too few calls than too many.
        self._database.transact(
            lambda connection: _take(connection, provider, limits, units=units, now=now)
        )

    def left(self, provider: Provider, *, now: datetime) -> int | None:
        """How many units could be taken now; None where no limit is known."""
        limits = self._limits(provider)

        def ask(connection: Connection) -> int | None:
            asked = {"provider": provider}
            spent = connection.execute(query("quota_spent_until"), asked).fetchone()
            if spent is not None and spent[0] is not None and now < spent[0]:
                return 0
            uses = _uses(connection, provider)
            return min((left(limit, uses, now=now) for limit in limits), default=None)

        return self._database.transact(ask)

    def spent(self, provider: Provider, *, until: datetime | None, now: datetime) -> datetime:
        """Remember that the provider gives no more until then; returns what was believed.

        Without a moment it is the end of the provider's longest window, or an hour from now where
        none is known. No more than 32 days are believed.
        """
        ends = (each.window.forgotten(each.window.slot(now)) for each in self._limits(provider))
        believed = until or max(ends, default=now + timedelta(hours=1))
        believed = min(max(believed, now), now + LONGEST_REFUSAL)
        values = {"provider": provider, "until": believed}
        self._database.transact(
            lambda connection: connection.execute(query("quota_is_spent"), values)
        )
        return believed

    def _limits(self, provider: Provider) -> tuple[Limit, ...]:
        return limits_of(provider, a_day=self._a_day.get(provider))


def _take(
    connection: Connection,
    provider: Provider,
    limits: Sequence[Limit],
    *,
    units: int,
    now: datetime,
) -> None:
    spent_until = first_value(connection.execute(query("hold_quota"), {"provider": provider}))
    if spent_until is not None and now < spent_until:
        raise QuotaSpent(provider, "the provider said that the quota is used up", until=spent_until)
    uses = _uses(connection, provider)
    full = [limit for limit in limits if left(limit, uses, now=now) < units]
    if full:
        until = max(room_again(limit, uses, units=units, now=now) for limit in full)
        names = " and ".join(f"{limit.units:,} units per {limit.name}" for limit in full)
        raise QuotaSpent(provider, f"{names} are used up", until=until)
    _forget(connection, provider, limits, uses, now=now)
    slots = [(limit.name, limit.window.slot(now)) for limit in limits]
    connection.execute(query("count_units"), {"units": units, **_named(provider, slots)})


def _forget(
    connection: Connection,
    provider: Provider,
    limits: Sequence[Limit],
    uses: Sequence[Use],
    *,
    now: datetime,
) -> None:
    gone = [
        (use.limit_name, use.window_start)
        for use in uses
        if not any(counts(limit, use, now=now) for limit in limits)
    ]
    if gone:
        connection.execute(query("forget_uses"), _named(provider, gone))


def _uses(connection: Connection, provider: Provider) -> list[Use]:
    cursor = connection.cursor(row_factory=class_row(Use))
    return cursor.execute(query("quota_uses"), {"provider": provider}).fetchall()


def _named(provider: Provider, slots: Iterable[tuple[str, datetime]]) -> dict[str, object]:
    listed = list(slots)
    return {
        "provider": provider,
        "limit_names": [name for name, _ in listed],
        "window_starts": [start for _, start in listed],
    }
