"""What is worth a line in a chart: people's notes, publications, changes of definition."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from noktvrn_ai_artist.analytics.metric_catalogue import Metric
from noktvrn_ai_artist.records import Annotation
from streamlit_app.analytics.charts import Mark
from streamlit_app.analytics.periods import Period

_MOST = 8


def marks_in(
    period: Period,
    *,
    metric: Metric,
    events: Iterable[Annotation],
    published: Iterable[tuple[datetime | None, str]],
) -> list[Mark]:
    """The marks of a period, the oldest first; publications only as long as they can be read."""
    notes = [Mark(when=event.happened_at, text=event.text) for event in events]
    changes = [
        Mark(
            when=datetime(change.since.year, change.since.month, change.since.day, tzinfo=UTC),
            text=f"counted anew: {change.meaning}",
        )
        for change in metric.definitions
        if change.since is not None
    ]
    out = _inside(period, [Mark(when=when, text=text) for when, text in published if when])
    marks = [*_inside(period, [*notes, *changes]), *(out if len(out) <= _MOST else [])]
    return sorted(marks, key=lambda mark: mark.when)


def _inside(period: Period, marks: list[Mark]) -> list[Mark]:
    return [mark for mark in marks if period.start <= mark.when < period.end]
