"""Commands about what is known: artists, releases, platforms, metrics and events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from noktvrn_ai_artist.analytics import declared_names, release_registry
from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from noktvrn_ai_artist.analytics.observation_rules import instant_from, release_id_from
from noktvrn_ai_artist.analytics.release_entries import ReleaseEntry
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say, shown_id
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.records import ReleaseStatus


def artists(as_json: AsJson = False) -> None:
    """List the artists and how many releases each has."""
    service.check_schema()
    found = release_registry.list_artists(shared_database())
    if as_json:
        print_json(found)
        return
    rows = [(shown_id(a.artist_id), a.name, a.releases) for a in found]
    print_table("Artists", ("id", "artist", "releases"), rows)


def releases(
    artist: Annotated[str | None, typer.Option(help="An artist's id.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the releases, by artist and title."""
    service.check_schema()
    artist_id = None if artist is None else release_id_from(artist, column="artist_id")
    found = release_registry.list_releases(shared_database(), artist_id=artist_id)
    if as_json:
        print_json(found)
        return
    print_table(
        "Releases",
        ("id", "artist", "title", "published (UTC)", "status"),
        [(shown_id(r.release_id), r.artist, r.title, r.published_at, r.status) for r in found],
    )


def register(
    artist: Annotated[str, typer.Argument(help="The artist's name.")],
    title: Annotated[str, typer.Argument(help="The release's title.")],
    published: Annotated[
        str | None, typer.Option(help="When it came out: ISO 8601 with an offset.")
    ] = None,
    platform: Annotated[str | None, typer.Option(help="Where it was published.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Its id there.")] = None,
    url: Annotated[str | None, typer.Option(help="Its address there.")] = None,
) -> None:
    """Register a release, and print its id; a release that is known keeps its id."""
    service.apply_schema()
    published_at = None if published is None else instant_from(published, column="published")
    entry = ReleaseEntry(
        artist=artist, title=title, published_at=published_at, external_id=external_id, url=url
    )
    say(str(release_registry.register_release(shared_database(), entry, platform=platform)))


def status(
    release: Annotated[str, typer.Argument(help="The release's id; see `noktvrn releases`.")],
    stands: Annotated[ReleaseStatus, typer.Argument(help="Where it stands.")],
) -> None:
    """Say where a release stands: approved, published or withdrawn."""
    service.apply_schema()
    release_registry.set_release_status(shared_database(), release_id_from(release), stands)
    say(f"release {release} is {stands}")


def published(
    release: Annotated[str, typer.Argument(help="The release's id; see `noktvrn releases`.")],
    when: Annotated[str, typer.Argument(help="When it came out: ISO 8601 with an offset.")],
) -> None:
    """Say when a release came out, whatever was known; scores follow with the next run."""
    service.apply_schema()
    published_at = instant_from(when, column="published")
    release_id = release_id_from(release)
    release_registry.set_publication_date(shared_database(), release_id, published_at)
    say(f"release {release} came out at {published_at.isoformat()}")


def annotate(
    text: Annotated[str, typer.Argument(help="What happened.")],
    at: Annotated[str | None, typer.Option(help="ISO 8601 with an offset; default now.")] = None,
    release: Annotated[str | None, typer.Option(help="Of one release; default of all.")] = None,
    kind: Annotated[str, typer.Option(help="Such as campaign, playlist, note.")] = "note",
) -> None:
    """Note an event; charts show it as a line."""
    service.apply_schema()
    release_id = None if release is None else release_id_from(release)
    happened_at = datetime.now(UTC) if at is None else instant_from(at, column="at")
    number = release_registry.annotate(
        shared_database(), text, happened_at=happened_at, kind=kind, release_id=release_id
    )
    say(f"event {number} noted")


def metrics(
    platform: Annotated[str | None, typer.Argument(help="Such as YouTube; default all.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the metrics that are known, with their kind, unit and lag."""
    service.check_schema()
    catalogue = declared_names.load_catalogue(shared_database())
    known = [catalogue.platform(platform)] if platform else list(catalogue.platforms.values())
    if as_json:
        print_json({p.name: {"day_zone": p.day_zone, "metrics": p.metrics} for p in known})
        return
    for one in known:
        print_table(
            f"{one.name}: days in {one.day_zone}",
            ("metric", "kind", "unit", "lag (days)", "definition now"),
            [
                (m.name, m.kind, m.unit, m.lag.days, _definition_now(m))
                for m in one.metrics.values()
            ],
        )


def declare(
    platform: Annotated[str, typer.Argument(help="A platform; a new one becomes known.")],
    metric: Annotated[str | None, typer.Argument(help="A new metric of it.")] = None,
    kind: Annotated[MetricKind, typer.Option(help="How its values combine.")] = MetricKind.COUNTER,
    unit: Annotated[str, typer.Option(help="What one step of it is.")] = "count",
    signed: Annotated[bool, typer.Option("--signed", help="It may be negative.")] = False,
    day_zone: Annotated[str, typer.Option(help="A new platform's time zone.")] = "UTC",
) -> None:
    """Let a platform or a metric be known that is not in the catalogue."""
    service.apply_schema()
    database = shared_database()
    if metric is None:
        declared_names.declare_platform(database, platform, day_zone=day_zone)
    else:
        declared_names.declare_metric(
            database, platform, metric, kind=kind, unit=unit, signed=signed
        )
    say(f"{platform}{f' {metric}' if metric else ''} is known now")


def _definition_now(metric: Metric) -> str | None:
    return metric.definitions[-1].id if metric.definitions else None
