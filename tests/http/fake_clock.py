"""A clock that tests move: sleeping takes no time, and is written down."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

# No moment of the faked world depends on when the tests are run.
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class FakeClock:
    """Called, it tells the time; `sleep` moves it on and notes for how many seconds."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.naps: list[float] = []

    def __call__(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let that much time go by at once."""
        with self._lock:
            self.naps.append(seconds)
            self._now += timedelta(seconds=seconds)

    def move(self, span: timedelta) -> None:
        """Let time go by that nobody slept."""
        with self._lock:
            self._now += span
