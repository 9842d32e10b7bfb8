"""Commands that show numbers: as they are, by age, corrected, and how fresh."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, cast

import numpy as np
import typer

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.growth_curves import (
    AGES,
    DAY,
    AgeValue,
    GrowthCurve,
    growth_curve,
    usual_band,
    value_at,
)
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from noktvrn_ai_artist.analytics.observation_rules import instant_from, release_id_from
from noktvrn_ai_artist.analytics.performance_questions import HistoryPoint
from noktvrn_ai_artist.analytics.release_registry import get_release
from noktvrn_ai_artist.cli.output import (
    AsJson,
    print_json,
    print_json_array,
    print_table,
    say,
    shown,
    shown_id,
)
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.records import Correction

_OBSERVATION_COLUMNS = (
    "release_id",
    "platform",
    "metric_type",
    "metric_value",
    "recorded_at",
    "source",
)

Instant = Annotated[str | None, typer.Option(help="ISO 8601 with an offset.")]


def performance(
    artist: Annotated[str | None, typer.Option(help="An artist's id.")] = None,
    release: Annotated[str | None, typer.Option(help="A release's id.")] = None,
    platform: Annotated[str | None, typer.Option(help="Such as YouTube.")] = None,
    since: Instant = None,
    until: Instant = None,
    most: Annotated[int, typer.Option(min=1, help="How many the table shows.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show observations, newest first; `--since` is inclusive, `--until` exclusive."""
    service.check_schema()
    found = service.iter_performance_data(
        None if artist is None else release_id_from(artist, column="artist_id"),
        None if release is None else release_id_from(release),
        platform,
        _instant(since, "since"),
        _instant(until, "until"),
    )
    with closing(cast("Generator[dict[str, Any]]", found)) as streamed:
        if as_json:
            print_json_array(streamed)
            return
        rows = [_observation_cells(row) for row in islice(streamed, most)]
    print_table(f"Observations (UTC): the newest {len(rows):,}", _OBSERVATION_COLUMNS, rows)


def growth(
    release: Annotated[str, typer.Argument(help="A release's id.")],
    platform: Annotated[str, typer.Option(help="The platform.")] = "YouTube",
    metric: Annotated[str, typer.Option(help="A counter or a daily amount.")] = "views",
    as_json: AsJson = False,
) -> None:
    """Show a release after 24 h, 7 d and 28 d against its artist's other releases at that age."""
    service.check_schema()
    known = get_release(shared_database(), release_id_from(release))
    if known.published_at is None:
        raise BadValue("the release has no date of publication", column="published_at")
    kind = _adding_up(questions.metric_of(platform, metric))
    history = questions.metric_history(
        platform=platform, metric_type=metric, artist_id=known.artist_id
    )
    curves = _curves(history, kind)
    own = curves.pop(known.release_id, None) or growth_curve(
        known.release_id, published_at=known.published_at, times=[], values=[], kind=kind
    )
    rows = _growth_rows(own, list(curves.values()))
    if as_json:
        print_json({"release": known, "ages": rows})
        return
    say(f"{known.artist} – {known.title} · {platform} {metric}")
    print_table(
        "",
        ("age", "value", "usual median", "lower quartile", "upper quartile", "releases behind it"),
        [_growth_cells(row) for row in rows],
    )


def corrections(
    release: Annotated[str, typer.Argument(help="A release's id.")], as_json: AsJson = False
) -> None:
    """Show values of a release that no longer stand, and where they had come from."""
    service.check_schema()
    found = service.get_corrections(release_id_from(release))
    if as_json:
        print_json(found)
        return
    print_table(
        "Values that no longer stand",
        ("platform", "metric", "recorded at (UTC)", "value", "source", "import", "stored at"),
        [_correction_cells(correction) for correction in found],
    )


def freshness(as_json: AsJson = False) -> None:
    """Show how far the numbers of each platform and metric reach."""
    service.check_schema()
    found = questions.freshness()
    if as_json:
        print_json(found)
        return
    print_table(
        "Freshness",
        ("platform", "metric", "releases", "observations", "complete to (UTC)"),
        [(f.platform, f.metric_type, f.releases, f.observations, f.complete_to) for f in found],
    )


def _observation_cells(row: Mapping[str, Any]) -> list[object]:
    return [shown_id(row["release_id"]), *(row[column] for column in _OBSERVATION_COLUMNS[1:])]


def _adding_up(metric: Metric) -> MetricKind:
    if metric.kind not in {MetricKind.COUNTER, MetricKind.DAILY}:
        named = metric.kind.replace("_", " ")
        raise BadValue(f"{metric.name} is a {named}, which does not add up", column="metric")
    return metric.kind


def _correction_cells(old: Correction) -> tuple[object, ...]:
    batch = None if old.batch_id is None else shown_id(old.batch_id)
    key = (old.platform, old.metric_type, old.recorded_at)
    return (*key, old.metric_value, old.source, batch, old.stored_at)


def _instant(text: str | None, column: str) -> datetime | None:
    return None if text is None else instant_from(text, column=column)


def _curves(history: Sequence[HistoryPoint], kind: MetricKind) -> dict[int, GrowthCurve]:
    points: dict[int, list[HistoryPoint]] = {}
    for point in history:
        points.setdefault(point.release_id, []).append(point)
    return {
        release_id: growth_curve(
            release_id,
            published_at=own[0].published_at,
            times=[point.recorded_at for point in own],
            values=[point.metric_value for point in own],
            kind=kind,
        )
        for release_id, own in points.items()
        if own[0].published_at is not None
    }


def _growth_rows(own: GrowthCurve, others: Sequence[GrowthCurve]) -> list[dict[str, object]]:
    band = usual_band(others, np.array([age / DAY for age in AGES]))
    rows: list[dict[str, object]] = []
    for place, age in enumerate(AGES):
        at: AgeValue = value_at(own, age)
        usual = [float(part[place]) for part in (band.median, band.low, band.high)]
        known = not np.isnan(usual[0])
        rows.append(
            {
                "age_hours": age.total_seconds() / 3600,
                "value": at.value,
                "maturity": at.maturity.value,
                "usual_median": usual[0] if known else None,
                "lower_quartile": usual[1] if known else None,
                "upper_quartile": usual[2] if known else None,
                "releases": int(band.releases[place]),
            }
        )
    return rows


def _growth_cells(row: dict[str, object]) -> tuple[object, ...]:
    hours = float(str(row["age_hours"]))
    age = f"{hours:.0f} h" if hours <= 24 else f"{hours / 24:.0f} d"  # noqa: PLR2004
    value = row["maturity"] if row["value"] is None else shown(row["value"])
    usual = row["usual_median"], row["lower_quartile"], row["upper_quartile"]
    return (age, value, *usual, row["releases"])
