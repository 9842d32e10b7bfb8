"""Which publications are due to be asked about: by age and last time alone, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
# Whoever runs by the clock is never on the second: an hour after 10:00:03 is not 11:00:01.
SLACK = timedelta(minutes=5)
# So often in a row a publication may be missing before it is asked for weekly only; but not while
# it is young: one that is late to be public would lose the days that are told by nothing else.
PATIENT_UNTIL = 3
YOUNG = 14 * DAY
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Up to this age a publication is asked for this often."""

    until: timedelta
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often publications are asked for: by the first step that covers the age, else `then`.

    With `rests`, one that is missing three times in a row is asked for weekly only from an age of
    14 days on.
    """

    steps: tuple[Step, ...]
    then: timedelta
    rests: bool


# A counter says what it is now; the young ones move, and their first days are told by nothing else.
COUNTERS = Rhythm(
    steps=(
        Step(until=2 * DAY, every=HOUR),
        Step(until=YOUNG, every=6 * HOUR),
        Step(until=90 * DAY, every=DAY),
    ),
    then=WEEK,
    rests=True,
)
# Days without views have no rows, so there what is missing says nothing of a publication.
DAILY_AMOUNTS = Rhythm(steps=(), then=DAY, rests=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A publication as collection sees it.

    `asked_at` is the start of the run that last asked for it (None: none did), `misses` how often
    in a row it was missing then.
    """

    release_id: int
    external_id: str
    published_at: datetime | None = None
    asked_at: datetime | None = None
    misses: int = 0


def due_at(watched: Watched, *, rhythm: Rhythm) -> datetime:
    """When it is to be asked for next: at once if it never was, but not before it is out.

    >>> out = datetime(2026, 11, 1, tzinfo=UTC)
    >>> song = Watched(release_id=1, external_id="a", published_at=out, asked_at=out + 3 * DAY)
    >>> due_at(song, rhythm=COUNTERS).isoformat()
    '2026-11-04T06:00:00+00:00'
    """
    if watched.asked_at is None:
        return watched.published_at or _LONG_AGO
    return watched.asked_at + _pause(watched, watched.asked_at, rhythm)


def due(watched: Iterable[Watched], *, now: datetime, rhythm: Rhythm) -> list[Watched]:
    """Those that are due, the youngest first; whose age is not known come last."""
    ready = [one for one in watched if _is_due(one, now, rhythm)]
    return sorted(ready, key=lambda one: (_LONG_AGO - _out(one), one.external_id))


def next_due(watched: Iterable[Watched], *, rhythm: Rhythm) -> datetime | None:
    """When the first of them is due; None where there is none."""
    return min((due_at(one, rhythm=rhythm) for one in watched), default=None)


def _is_due(watched: Watched, now: datetime, rhythm: Rhythm) -> bool:
    slack = timedelta(0) if watched.asked_at is None else SLACK
    return due_at(watched, rhythm=rhythm) - slack <= now


def _pause(watched: Watched, asked_at: datetime, rhythm: Rhythm) -> timedelta:
    # One of unknown age is asked for as often as one of middle age.
    age = asked_at - watched.published_at if watched.published_at else YOUNG + DAY
    if rhythm.rests and watched.misses >= PATIENT_UNTIL and age >= YOUNG:
        return WEEK
    return next((step.every for step in rhythm.steps if age < step.until), rhythm.then)


def _out(watched: Watched) -> datetime:
    return watched.published_at or _LONG_AGO
