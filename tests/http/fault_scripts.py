"""What goes wrong, request by request: seeded scripts that the local server plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random


class FaultKind(StrEnum):
    """One way in which an answer goes wrong."""

    STATUS = "status"
    NO_ANSWER = "no answer"
    RESET = "reset"
    HANG_UP = "hang up"
    HALF_THEN_CLOSE = "half, then close"
    HALF_THEN_RESET = "half, then reset"
    NOT_HTTP = "not HTTP"
    DRIP = "drip"
    BROKEN_GZIP = "broken gzip"
    CUT_JSON = "cut JSON"
    EMPTY = "empty"
    HTML = "HTML"
    WRONG_TYPE = "wrong type"
    NOT_UTF8 = "not UTF-8"
    HUGE = "huge"
    REDIRECT = "redirect"
    REPEATED_PAGE = "repeated page"
    OVERLAPPING_PAGE = "overlapping page"


PLAYED_BY_WORLDS = frozenset({FaultKind.REPEATED_PAGE, FaultKind.OVERLAPPING_PAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; a status may carry a Retry-After, as it stands or as a date so far from now.

    `seconds` is how long a server without an answer holds the line.
    """

    kind: FaultKind
    status: int = 200
    retry_after: str | None = None
    retry_at: timedelta | None = None
    seconds: float = 0.5

    @property
    def asked_wait(self) -> timedelta:
        """How long it asks to wait, as far as it can be understood."""
        if self.retry_at is not None:
            return max(timedelta(0), self.retry_at)
        said = self.retry_after or ""
        return timedelta(seconds=min(int(said), 10**9)) if said.isdecimal() else timedelta(0)


def status(code: int, retry_after: str | None = None) -> Fault:
    """An answer with this status."""
    return Fault(kind=FaultKind.STATUS, status=code, retry_after=retry_after)


def status_until(code: int, later: timedelta) -> Fault:
    """An answer with this status, and a Retry-After with a date."""
    return Fault(kind=FaultKind.STATUS, status=code, retry_at=later)


# After these the same request may be answered well.
PASSING: Sequence[Fault] = (
    status(429),
    status(429, "2"),
    status(429, "0"),
    status(429, "soon"),
    status(429, "-3"),
    status(429, "1.5"),
    status_until(429, timedelta(seconds=7)),
    status_until(429, timedelta(seconds=-90)),
    status(500),
    status(502),
    status(503, "3"),
    status_until(503, timedelta(seconds=4)),
    status(504),
    Fault(kind=FaultKind.RESET),
    Fault(kind=FaultKind.HANG_UP),
    Fault(kind=FaultKind.HALF_THEN_CLOSE),
    Fault(kind=FaultKind.HALF_THEN_RESET),
    Fault(kind=FaultKind.NOT_HTTP),
    Fault(kind=FaultKind.BROKEN_GZIP),
)
# This passes too, but costs real time: put it in by hand, for a client of little patience.
SILENT = Fault(kind=FaultKind.NO_ANSWER)
# These ask for more patience than one call has: of the first kind a pause that later calls must
# keep, of the second nothing that can be believed.
LONG_PAUSES: Sequence[Fault] = (status(429, "3600"), status_until(429, timedelta(hours=20)))
ABSURD: Sequence[Fault] = (
    status(429, "9" * 30),
    status(429, "86401"),
    status(503, "4000"),
    status_until(429, timedelta(days=365 * 3000)),
    status_until(503, timedelta(days=40)),
)
# After these it will not: the answer is refused or cannot be read.
LASTING: Sequence[Fault] = (
    status(400),
    status(401),
    status(403),
    status(404),
    Fault(kind=FaultKind.CUT_JSON),
    Fault(kind=FaultKind.EMPTY),
    Fault(kind=FaultKind.HTML),
    Fault(kind=FaultKind.WRONG_TYPE),
    Fault(kind=FaultKind.NOT_UTF8),
    Fault(kind=FaultKind.REDIRECT),
)


def fault_script(
    rng: Random,
    *,
    length: int,
    faults: Sequence[Fault] = (*PASSING, *PASSING, *LONG_PAUSES, *ABSURD, *LASTING),
    rate: float = 0.5,
) -> list[Fault | None]:
    """What happens to each of the next requests: with that rate one of the faults."""
    return [rng.choice(faults) if rng.random() < rate else None for _ in range(length)]
