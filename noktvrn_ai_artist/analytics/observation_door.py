"""Where observations come in one after the other: each leaves checked, or refused under its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.analytics.observation_rules import checked_observation
from noktvrn_ai_artist.errors import BadValue, Rejection, UnknownMetric, UnknownPlatform
from noktvrn_ai_artist.records import Observation

_FIELDS = tuple(field.name for field in fields(Observation))
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
        values = {"source": self.source, **given}
        values.pop("artist_id", None)  # what get_performance_data returns may come back in
        if "metric_name" in values and "metric_type" in values:
            raise BadValue("is given twice, also as metric_name", column="metric_type")
        if "metric_name" in values:
            values["metric_type"] = values.pop("metric_name")
        unknown = [name for name in values if name not in _FIELDS]
        if unknown:
            raise BadValue("is not a column of an observation", column=str(unknown[0])[:64])
        missing = [name for name in _NEEDED if name not in values]
        if missing:
            raise BadValue("is missing", column=missing[0])
        return Observation(**values)
