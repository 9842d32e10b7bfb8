"""The only maker of what pages share: the database, its cached reads, and the tracker."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import streamlit as st

from noktvrn_ai_artist.analytics import performance_db_service, performance_questions
from noktvrn_ai_artist.analytics import release_registry as registry
from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.growth_curves import Band, GrowthCurve, growth_curve, usual_band
from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue, MetricKind
from noktvrn_ai_artist.analytics.performance_questions import (
    DailyGain,
    Freshness,
    LatestValue,
    PeriodGain,
)
from noktvrn_ai_artist.analytics.source_course import (
    LATELY,
    Change,
    Moment,
    change_between,
    explanation_then,
    moments,
    past_instants,
)
from noktvrn_ai_artist.analytics.source_parts import Part
from noktvrn_ai_artist.analytics.source_records import (
    ClipUsage,
    Explanation,
    PartStanding,
    Selection,
    Standing,
)
from noktvrn_ai_artist.analytics.source_words import ScoreScale
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.analytics.tracker_place import open_tracker
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.artist_evolution.profiles import ArtistProfile
from noktvrn_ai_artist.artist_evolution.progression import ProgressionEntry
from noktvrn_ai_artist.collectors.collection_service import (
    CollectionService,
    Plan,
    Surroundings,
)
from noktvrn_ai_artist.collectors.feeds import FEEDS
from noktvrn_ai_artist.collectors.platform_access import configured
from noktvrn_ai_artist.collectors.run_ledger import Absence, Run, RunLedger, last_runs
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.demo.demo_data import DEMO_NOW
from noktvrn_ai_artist.records import (
    Annotation,
    Artist,
    Correction,
    ImportBatch,
    Publication,
    Release,
)
from noktvrn_ai_artist.settings import Settings

_FRESH = "60s"
_HISTORY = ["release_id", "published_at", "recorded_at", "metric_value"]


@st.cache_resource(ttl="1h", max_entries=1, show_spinner="Starting the database …")
def database() -> Database:
    """The process's database, with its schema up to date."""
    performance_db_service.apply_schema()
    return shared_database()


def settings() -> Settings:
    """What the surroundings decide."""
    return Settings.from_environment()


def forget_reads() -> None:
    """Let every page read anew; called after each write."""
    st.cache_data.clear()


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def catalogue() -> Catalogue:
    """Every platform and metric that is known."""
    return load_catalogue(database())


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def artists() -> list[Artist]:
    """All artists by name."""
    return registry.list_artists(database())


@st.cache_data(ttl=_FRESH, max_entries=16, show_spinner=False)
def releases(artist_id: int | None = None) -> list[Release]:
    """All releases, or one artist's, by artist and title."""
    return registry.list_releases(database(), artist_id=artist_id)


@st.cache_data(ttl=_FRESH, max_entries=256, show_spinner=False)
def publications(release_id: int) -> list[Publication]:
    """Where a release was published."""
    return registry.list_publications(database(), release_id)


@st.cache_data(ttl=_FRESH, max_entries=256, show_spinner=False)
def events(release_id: int | None = None) -> list[Annotation]:
    """Events of everything and of one release (or of all), the oldest first."""
    return registry.list_annotations(database(), release_id=release_id)


@st.cache_data(ttl=_FRESH, max_entries=256, show_spinner=False)
def corrections(release_id: int) -> list[Correction]:
    """Values of a release that no longer stand."""
    database()
    return performance_db_service.get_corrections(release_id)


@st.cache_data(ttl=_FRESH, max_entries=4, show_spinner=False)
def imports(most: int = 100) -> list[ImportBatch]:
    """The latest imports and saves, the newest first."""
    database()
    return performance_db_service.get_imports(most=most)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def release_numbers(release_id: int) -> pd.DataFrame:
    """Every observation of a release, the oldest first."""
    database()
    frame = performance_db_service.get_performance_frame(release_id=release_id)
    return frame.sort_values("recorded_at", kind="stable", ignore_index=True)


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def freshness() -> list[Freshness]:
    """How far the numbers of each platform and metric reach."""
    database()
    return performance_questions.freshness()


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def latest_values(platform: str, metric: str, artist_id: int | None) -> list[LatestValue]:
    """The newest value of a metric of every release, or of one artist's."""
    database()
    return performance_questions.latest_values(
        platform=platform, metric_type=metric, artist_id=artist_id
    )


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def period_gains(
    platform: str, metric: str, start: datetime, end: datetime, artist_id: int | None
) -> list[PeriodGain]:
    """What each release gained in a period."""
    database()
    return performance_questions.period_gains(
        platform=platform, metric_type=metric, start=start, end=end, artist_id=artist_id
    )


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def daily_gains(
    platform: str, metric: str, start: datetime, end: datetime, artist_id: int | None
) -> list[DailyGain]:
    """What releases gained together on each day of a period."""
    database()
    return performance_questions.daily_gains(
        platform=platform, metric_type=metric, start=start, end=end, artist_id=artist_id
    )


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def recent_values(
    platform: str, metric: str, start: datetime, artist_id: int | None
) -> dict[int, list[float]]:
    """The values of a metric from an instant on by release, the oldest first."""
    database()
    return performance_questions.recent_values(
        platform=platform, metric_type=metric, start=start, artist_id=artist_id
    )


@st.cache_data(ttl=_FRESH, max_entries=16, show_spinner=False)
def history(platform: str, metric: str, artist_id: int | None) -> pd.DataFrame:
    """Every value of a metric by release, the oldest first."""
    database()
    points = performance_questions.metric_history(
        platform=platform, metric_type=metric, artist_id=artist_id
    )
    return pd.DataFrame(points, columns=_HISTORY)


@st.cache_data(ttl=_FRESH, max_entries=16, show_spinner=False)
def growth_curves(
    platform: str, metric: str, kind: MetricKind, artist_id: int | None
) -> list[GrowthCurve]:
    """How each release that is out grew with its age; releases without any number left out."""
    points = history(platform, metric, artist_id)
    curves = [
        growth_curve(
            int(str(release_id)),
            published_at=rows["published_at"].iloc[0],
            times=list(rows["recorded_at"]),
            values=list(rows["metric_value"]),
            kind=kind,
        )
        for release_id, rows in points.dropna(subset="published_at").groupby("release_id")
    ]
    return [curve for curve in curves if curve.ages.size]


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def usual_growth(
    platform: str,
    metric: str,
    kind: MetricKind,
    *,
    artist_id: int | None,
    without: int,
    ages: tuple[float, ...],
) -> Band:
    """The usual total at each age (in days), over all releases but the one that is compared."""
    curves = growth_curves(platform, metric, kind, artist_id)
    others = [curve for curve in curves if curve.release_id != without]
    return usual_band(others, np.array(ages))


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def standings() -> list[Standing]:
    """What the tracker believes about every source, the best first."""
    return _tracker().standings()


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def clip_usages() -> list[ClipUsage]:
    """Every clip use the tracker knows of."""
    return _tracker().usages()


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def score_scale() -> ScoreScale:
    """What the scores that the tracker was told are measured against."""
    return _tracker().score_scale()


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def explanation(source: str) -> Explanation:
    """Which releases made a source's estimate."""
    return _tracker().explain(source)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def recent_change(source: str) -> Change:
    """How a source's estimate went lately, and what moved it."""
    since = present() - LATELY
    before = explanation_then(_tracker(), source, since)
    return change_between(before, explanation(source), since=since)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def part_standings(source: str, part: Part) -> list[PartStanding]:
    """What the tracker believes about the clips, search terms or creators of a source."""
    return _tracker().part_standings(source, part=part)


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def proposal(top_n: int) -> Selection:
    """A draw of sources to show; always the same one, while nothing else changes."""
    return _tracker().propose_sources(top_n, rng=np.random.default_rng(0))


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def selections() -> list[Selection]:
    """What was proposed for the clips that are in use, the latest first."""
    return _tracker().selections()


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def course() -> list[Moment]:
    """What was believed of all sources in the past, and what is now."""
    until, told = present(), _tracker().reports()
    history = hash((tuple(clip_usages()), tuple(told)))
    past = _past_moments(history, past_instants(told, until=until))
    return [*past, Moment(instant=until, standings=tuple(standings()))]


@st.cache_data(ttl="24h", max_entries=2, show_spinner="Looking back …")
def _past_moments(history: int, instants: tuple[datetime, ...]) -> list[Moment]:
    """Kept for as long as the history stays the same, which `history` stands for."""
    return moments(_tracker(), instants)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def artist_profile(artist_id: int) -> ArtistProfile:
    """What an artist's releases are made of now."""
    return ArtistEvolutionService(database()).profile(artist_id)


@st.cache_data(ttl=_FRESH, max_entries=64, show_spinner=False)
def progression(artist_id: int) -> list[ProgressionEntry]:
    """How an artist's profile came to be, the oldest change first."""
    return ArtistEvolutionService(database()).progression(artist_id)


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def collection_plans() -> list[Plan]:
    """What is due from each interface whose keys are set."""
    around = Surroundings(clock=present, sleep=time.sleep)
    service = CollectionService(database(), settings(), around)
    return [service.plan(name) for name in configured(settings())]


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def collection_runs() -> list[Run]:
    """The last runs of all interfaces, the newest first."""
    return last_runs(database())


@st.cache_data(ttl=_FRESH, max_entries=1, show_spinner=False)
def collection_absences() -> list[tuple[str, Absence]]:
    """What was missing or hidden when last asked for, where missing says something."""
    return [
        (name.value, one)
        for name, feed in FEEDS.items()
        if feed.rhythm.rests
        for one in RunLedger(database(), feed).absences()
    ]


def present() -> datetime:
    """What time it is for what is shown."""
    return DEMO_NOW if settings().demo else datetime.now(UTC)


def _tracker() -> StockSuccessTracker:
    if settings().demo:
        return open_tracker(settings(), clock=lambda: DEMO_NOW)
    return open_tracker(settings())
