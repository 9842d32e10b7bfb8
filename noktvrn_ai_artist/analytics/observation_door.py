"""Where observations come in one after the other: each leaves checked, or refused under its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.analytics.observation_rules import checked_observation
from noktvrn_ai_artist.errors import BadValue, Rejection, UnknownMetric, UnknownPlatform
from noktvrn_ai_artist.records import Observation

FIELDS = tuple(field.name for field in fields(Observation))
_NEEDED = ("release_id", "platform", "metric_type", "metric_value", "recorded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedObservation:
    """A checked observation and the row it came from (1 is the first row of data)."""

    row: int
    observation: Observation


Row = NumberedObservation | Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationDoor:
    """The rules at one moment: what is known, what time it is, and where numbers come from."""

    catalogue: Catalogue
    now: datetime
    source: str

    def admit(self, row: int, given: Observation | Mapping[str, Any]) -> Row:
        """The checked observation, or why it is refused."""
        try:
            observation = given if isinstance(given, Observation) else self._from_mapping(given)
            checked = checked_observation(observation, catalogue=self.catalogue, now=self.now)
        except BadValue as error:
            return Rejection(row=row, column=error.column, rule=error.rule)
        except UnknownPlatform as error:
            return Rejection(row=row, column="platform", rule=str(error))
        except UnknownMetric as error:
            return Rejection(row=row, column="metric_type", rule=str(error))
        return NumberedObservation(row=row, observation=checked)

    def _from_mapping(self, given: Mapping[str, Any]) -> Observation:
        if not isinstance(given, Mapping):
            raise BadValue("must be an observation or a dictionary of its columns", column="row")
        values = {name: given[column] for name, column in columns_by_field(given).items()}
        return Observation(**{"source": self.source, **values})


def columns_by_field(columns: Iterable[str]) -> dict[str, str]:
    """Under which name each field of an observation is given.

    `metric_name` is understood for `metric_type`; `artist_id` is read over, so that what
    `get_performance_data` returns may come in again.

    Raises:
        BadValue: a column is unknown, missing, or there twice.

    >>> columns_by_field(["release_id", "artist_id", "platform", "metric_name", "metric_value",
    ...                   "recorded_at"])["metric_type"]
    'metric_name'
    """
    found: dict[str, str] = {}
    for column in columns:
        name = "metric_type" if column == "metric_name" else column
        if name == "artist_id":
            continue
        if name in found:
            also = ", also as metric_name" if name == "metric_type" else ""
            raise BadValue(f"is given twice{also}", column=name)
        if name not in FIELDS:
            raise BadValue("is not a column of an observation", column=str(column)[:64])
        found[name] = column
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise BadValue("is missing", column=missing[0])
    return found
