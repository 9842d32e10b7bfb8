"""What the faked platforms hold: works whose counters move with the clock, in steps of an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fake_clock import START

SHARES: Mapping[str, float] = {
    "views": 1.0,
    "plays": 1.0,
    "likes": 0.07,
    "comments": 0.011,
    "shares": 0.004,
    "reposts": 0.005,
    "downloads": 0.002,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One video or track. `hidden` counters are not shown; one that is `gone` is private."""

    external_id: str
    title: str
    published_at: datetime = START - timedelta(days=30)
    pace: float = 100.0
    hidden: frozenset[str] = frozenset()
    gone: bool = False

    def count(self, metric: str, at: datetime) -> int | None:
        """What its counter shows: none where it is hidden, whole hours' worth where it is not."""
        if metric in self.hidden:
            return None
        hours = max(0, (at - self.published_at) // timedelta(hours=1))
        return int(hours * self.pace * SHARES[metric])


def works(number: int, *, form: str = "video{:06d}") -> dict[str, Work]:
    """So many works, alike but for their pace; every seventh hides likes, the fifth is gone."""
    made = [
        Work(
            external_id=form.format(index),
            title=f"Work {index}",
            published_at=datetime(2026, 10, 1, 12, tzinfo=UTC) + timedelta(hours=index % 900),
            pace=3.0 + index % 97,
            hidden=frozenset({"likes"} if index % 7 == 0 else ()),
            gone=index % 50 == 5,
        )
        for index in range(number)
    ]
    return {work.external_id: work for work in made}
