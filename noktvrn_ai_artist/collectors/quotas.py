"""What each provider lets us ask in a while: limits, windows, and the arithmetic of room left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from noktvrn_ai_artist.collectors.messages import Provider

_EPOCH = datetime(2005, 1, 1, tzinfo=UTC)
_SLOTS = 60


class Window(Protocol):
    """A span of time that units are counted over, in slots that are forgotten one by one."""

    def slot(self, at: datetime) -> datetime:
        """The start of the slot that this moment falls in."""

    def forgotten(self, slot: datetime) -> datetime:
        """When the units of a slot no longer count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding:
    """The last so-and-so long, counted in sixty slots; units count a slot longer than they must.

    >>> minute = Sliding(length=timedelta(seconds=60))
    >>> minute.forgotten(minute.slot(datetime(2026, 3, 1, 12, 0, 7, 500_000, tzinfo=UTC))).second
    8
    """

    length: timedelta

    def slot(self, at: datetime) -> datetime:
        """The start of the slot that this moment falls in."""
        width = self.length / _SLOTS
        return _EPOCH + (at - _EPOCH) // width * width

    def forgotten(self, slot: datetime) -> datetime:
        """When the units of a slot no longer count."""
        return slot + self.length + self.length / _SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The calendar day in a time zone.

    >>> pacific = Day(zone="America/Los_Angeles")
    >>> pacific.forgotten(pacific.slot(datetime(2026, 3, 8, 20, tzinfo=UTC))).isoformat()
    '2026-03-09T07:00:00+00:00'
    """

    zone: str

    def slot(self, at: datetime) -> datetime:
        """The start of the day that this moment falls in."""
        local = at.astimezone(ZoneInfo(self.zone))
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)

    def forgotten(self, slot: datetime) -> datetime:
        """The next midnight; a day has 23 to 25 hours."""
        # Noon of the next day is in it whatever the clocks do.
        return self.slot(slot + timedelta(hours=36))


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The calendar month in UTC."""

    def slot(self, at: datetime) -> datetime:
        """The start of the month that this moment falls in."""
        start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return start.replace(fold=0)

    def forgotten(self, slot: datetime) -> datetime:
        """The start of the next month."""
        return self.slot(slot + timedelta(days=31))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many units in any one window; the name is unique among its provider's."""

    name: str
    units: int
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The units taken in one slot of one limit."""

    limit_name: str
    window_start: datetime
    units: int


# Where nothing is published, nothing stands here, and the provider's own refusals are obeyed:
# Spotify names no figure for its rolling 30 seconds, Coverr none at all.
LIMITS: Mapping[Provider, tuple[Limit, ...]] = {
    # https://developers.google.com/youtube/v3/determine_quota_cost
    Provider.YOUTUBE: (Limit(name="day", units=10_000, window=Day(zone="America/Los_Angeles")),),
    # https://developers.tiktok.com/doc/tiktok-api-v2-rate-limit; counted there by endpoint.
    Provider.TIKTOK: (
        Limit(name="minute", units=600, window=Sliding(length=timedelta(minutes=1))),
    ),
    # https://developers.soundcloud.com/docs/api/rate-limits: tokens by client credentials.
    Provider.SOUNDCLOUD_ACCOUNTS: (
        Limit(name="12 hours", units=50, window=Sliding(length=timedelta(hours=12))),
    ),
    # https://www.pexels.com/api/documentation/#guidelines
    Provider.PEXELS: (
        Limit(name="hour", units=200, window=Sliding(length=timedelta(hours=1))),
        Limit(name="month", units=20_000, window=Month()),
    ),
    # https://pixabay.com/api/docs/#api_rate_limit
    Provider.PIXABAY: (
        Limit(name="minute", units=100, window=Sliding(length=timedelta(minutes=1))),
    ),
}


def limits_of(provider: Provider, *, a_day: int | None = None) -> tuple[Limit, ...]:
    """The provider's limits; `a_day` takes the place of its daily one, or is one more (in UTC).

    >>> [limit.units for limit in limits_of(Provider.YOUTUBE, a_day=5000)]
    [5000]
    >>> [limit.name for limit in limits_of(Provider.PIXABAY, a_day=300)]
    ['minute', 'day']
    """
    declared = LIMITS.get(provider, ())
    if a_day is None:
        return declared
    daily = next(
        (limit for limit in declared if limit.name == "day"),
        Limit(name="day", units=a_day, window=Day(zone="UTC")),
    )
    return (*(limit for limit in declared if limit is not daily), replace(daily, units=a_day))


def counts(limit: Limit, use: Use, *, now: datetime) -> bool:
    """Whether what was taken in a slot still stands against the limit.

    A slot from the future was counted by a clock since set back; it stands until it would have
    been forgotten had it begun now.
    """
    start = use.window_start
    last_believed = limit.window.forgotten(limit.window.slot(now))
    return (
        use.limit_name == limit.name
        and now < limit.window.forgotten(start)
        and (start < last_believed)
    )


def left(limit: Limit, uses: Iterable[Use], *, now: datetime) -> int:
    """How many units may be taken now; never below 0."""
    taken = sum(use.units for use in uses if counts(limit, use, now=now))
    return max(0, limit.units - taken)


def room_again(limit: Limit, uses: Iterable[Use], *, units: int, now: datetime) -> datetime:
    """When that many units can be taken, if nobody takes any meanwhile.

    More than the limit ever allows will fit when all else is forgotten, and be refused then too.
    """
    standing = sorted(
        (use for use in uses if counts(limit, use, now=now)), key=lambda use: use.window_start
    )
    room = limit.units - sum(use.units for use in standing)
    until = now if room >= units else limit.window.forgotten(limit.window.slot(now))
    for use in standing:
        if room >= units:
            break
        room += use.units
        until = limit.window.forgotten(use.window_start)
    return until
