"""Commands that choose stock clips for a release, or take over what another program chose."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from numpy.random import default_rng

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.observation_rules import (
    instant_from,
    number_from,
    release_id_from,
)
from noktvrn_ai_artist.analytics.release_registry import get_release, list_releases
from noktvrn_ai_artist.analytics.tracker_place import open_tracker
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.transport import Transport
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.settings import Settings
from noktvrn_ai_artist.video_processing.audio_features import AudioFeatures, features_of
from noktvrn_ai_artist.video_processing.audio_files import measure
from noktvrn_ai_artist.video_processing.clip_records import Orientation
from noktvrn_ai_artist.video_processing.clip_supply import StockAccess
from noktvrn_ai_artist.video_processing.material_sources import read_material_sources
from noktvrn_ai_artist.video_processing.selection_words import (
    as_fields,
    chance_words,
    outcome_words,
)
from noktvrn_ai_artist.video_processing.stock_libraries.known_libraries import configured_keys
from noktvrn_ai_artist.video_processing.video_selector import ClipSelection, select_clips

# A negative number is a value to refuse in our own words, not an option.
VERBATIM = {"ignore_unknown_options": True}

ReleaseId = Annotated[str, typer.Option(help="The release that the clips are for.")]


def select(
    release: ReleaseId,
    tempo: Annotated[str | None, typer.Option(help="Beats a minute, 20 to 400.")] = None,
    energy: Annotated[str | None, typer.Option(help="From 0 (calm) to 1.")] = None,
    mood: Annotated[str | None, typer.Option(help="Such as calm, dark or uplifting.")] = None,
    keywords: Annotated[str, typer.Option(help="What should be seen: neon,city.")] = "",
    audio: Annotated[
        Path | None,
        typer.Option(help="A song to take tempo and energy from; needs the extra `audio`."),
    ] = None,
    count: Annotated[int, typer.Option(help="How many clips, 1 to 60.")] = 6,
    orientation: Annotated[
        Orientation, typer.Option(help="How the video lies.")
    ] = Orientation.LANDSCAPE,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed draws the same again.")
    ] = None,
    more: Annotated[
        bool, typer.Option("--more", help="Choose more clips for a release that has its clips.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be chosen; log nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Choose stock clips for a release by its song and its artist's taste, and log their use."""
    features = _features(tempo, energy, mood, keywords, audio)
    settings, release_id = Settings.from_environment(), release_id_from(release)
    keys = configured_keys(settings)
    service.apply_schema()
    database = shared_database()
    artist_id = get_release(database, release_id).artist_id
    with _transport(settings, database) as transport:
        chosen = select_clips(
            features,
            artist_profile=ArtistEvolutionService(database).footage_taste(release_id),
            release_id=release_id,
            number_of_clips=count,
            artist_releases={
                one.release_id for one in list_releases(database, artist_id=artist_id)
            },
            tracker=open_tracker(settings),
            access=StockAccess(transport=transport, keys=keys),
            rng=default_rng(seed),
            orientation=orientation,
            dry_run=dry_run,
            more=more,
        )
    if as_json:
        print_json({**as_fields(chosen), "dry_run": dry_run})
        return
    _tell(chosen, dry_run=dry_run)


def materials(
    file: Annotated[
        Path, typer.Argument(help="A task's script.json.", exists=True, dir_okay=False)
    ],
    release: ReleaseId,
    used_at: Annotated[
        str | None, typer.Option(help="When the video was cut, with its offset; now if left out.")
    ] = None,
) -> None:
    """Log the stock clips of a video that MoneyPrinterTurbo made; the same file counts once."""
    instant = datetime.now(UTC) if used_at is None else instant_from(used_at, column="used_at")
    usages = read_material_sources(
        file.read_bytes(), release_id=release_id_from(release), used_at=instant
    )
    new = open_tracker(Settings.from_environment()).log_clip_usages(usages)
    say(f"clips in the file: {len(usages):,}; new: {new:,}")


def _features(
    tempo: str | None, energy: str | None, mood: str | None, keywords: str, audio: Path | None
) -> AudioFeatures:
    """What is told goes before what is heard."""
    words = tuple(word.strip() for word in keywords.split(",") if word.strip())
    told = {"tempo": tempo, "energy": energy}
    numbers = {
        name: number_from(text, column=name) for name, text in told.items() if text is not None
    }
    if audio is None:
        return AudioFeatures(mood=mood, keywords=words, **numbers)
    heard = features_of(measure(audio))
    found = {"tempo": heard.tempo, "energy": heard.energy, **numbers}
    return AudioFeatures(mood=mood, keywords=words, **found)


def _transport(settings: Settings, database: Database) -> Transport:
    return Transport(
        settings,
        quota=QuotaLedger(database, a_day=settings.quotas),
        answers=KeptAnswers(database),
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
    )


def _tell(chosen: ClipSelection, *, dry_run: bool) -> None:
    print_table(
        f"Clips for release {chosen.release_id}, {chosen.slot_length.total_seconds():.1f} s each",
        ("clip", "searched for", "file", "fit", "chance", "credit"),
        [
            (
                f"{one.clip.source} {one.clip.clip_id}",
                one.clip.search_term,
                f"{one.fit.rendition.width}×{one.fit.rendition.height}",
                f"{one.fit.total:.2f}",
                chance_words(one),
                one.clip.credit,
            )
            for one in chosen.clips
        ],
        unbroken=("clip", "file", "fit"),
    )
    for line in outcome_words(chosen, dry_run=dry_run):
        say(line)
