"""What is asked of the reading doors: checked, and told to the queries so that an index helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from noktvrn_ai_artist.analytics import observation_rules
from noktvrn_ai_artist.analytics.declared_names import with_known_names
from noktvrn_ai_artist.database.connection_manager import Connection, shared_database
from noktvrn_ai_artist.database.queries import query

# From PostgreSQL 18 on, an index whose first columns are not asked for is read in skips.
SKIPPING_SERVER = 180000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which observations are asked for: those that match every filter that is not None.

    `platform` is a name of the catalogue, both times are aware, and the end is exclusive.
    """

    artist_id: int | None
    release_id: int | None
    platform: str | None
    start_date: datetime | None
    end_date: datetime | None

    @classmethod
    def checked(
        cls,
        artist_id: int | None,
        release_id: int | None,
        platform: str | None,
        start_date: datetime | None,
        end_date: datetime | None,
    ) -> Filters:
        """Filters as a caller gave them, if they may match anything.

        Raises:
            BadValue, UnknownPlatform: a filter cannot match anything.
        """
        return cls(
            artist_id=observation_rules.checked_filter_id(artist_id, column="artist_id"),
            release_id=observation_rules.checked_filter_id(release_id),
            platform=_shown_platform(platform),
            start_date=_instant(start_date, "start_date"),
            end_date=_instant(end_date, "end_date"),
        )

    def values(self, connection: Connection) -> dict[str, object]:
        """The filters as `observations` and `copy_observations` take them.

        A window over all releases is a narrow range of an index for each platform and metric. A
        server that does not step over those by itself is told which were ever observed, and the
        rest of the transaction sees the same moment. The catalogue would not do as a list: what it
        no longer names is there still.
        """
        platforms = None if self.platform is None else [self.platform]
        metric_types = None
        if self._is_a_window_alone() and connection.info.server_version < SKIPPING_SERVER:
            connection.execute(query("one_snapshot"))
            observed = list(_observed_metrics(connection, self.platform))
            platforms = sorted({platform for platform, _ in observed})
            metric_types = sorted({metric_type for _, metric_type in observed})
        return {
            "artist_id": self.artist_id,
            "release_id": self.release_id,
            "platforms": platforms,
            "metric_types": metric_types,
            "start_date": self.start_date,
            "end_date": self.end_date,
        }

    def _is_a_window_alone(self) -> bool:
        windowed = self.start_date is not None or self.end_date is not None
        return windowed and self.artist_id is None and self.release_id is None


def _instant(value: datetime | None, column: str) -> datetime | None:
    return None if value is None else observation_rules.checked_instant(value, column=column)


def _shown_platform(platform: str | None) -> str | None:
    if platform is None:
        return None
    name = observation_rules.checked_name(platform, column="platform")
    return with_known_names(shared_database(), lambda catalogue: catalogue.platform(name).name)


def _observed_metrics(connection: Connection, platform: str | None) -> Iterator[tuple[str, str]]:
    """Each platform and metric that anything was observed of: one step in an index for each."""
    last = (platform or "", "")
    while True:
        after = {"platform": last[0], "metric_type": last[1]}
        found = connection.execute(query("next_metric"), after).fetchone()
        if found is None or platform not in {None, found[0]}:
            return
        last = (found[0], found[1])
        yield last
