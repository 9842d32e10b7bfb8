"""Commands that tell the tracker of stock sources what was used, and how it did."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from noktvrn_ai_artist.analytics.observation_rules import instant_from, number_from, release_id_from
from noktvrn_ai_artist.analytics.performance_db_service import apply_schema
from noktvrn_ai_artist.analytics.source_records import ClipUsage
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.analytics.tracker_place import is_moved, move_to_postgres, open_tracker
from noktvrn_ai_artist.cli.output import say
from noktvrn_ai_artist.settings import Settings

# A negative number is a value to refuse in our own words, not an option.
VERBATIM = {"ignore_unknown_options": True}

tracker = typer.Typer(no_args_is_help=True, help="Tell the tracker of clips used and scores seen.")

EventId = Annotated[
    str | None, typer.Option(help="A name for this event, so that a repetition counts once.")
]


@tracker.command("log-usage", context_settings=VERBATIM)
def log_usage(
    source: Annotated[str, typer.Argument(help="Such as pexels.")],
    clip: Annotated[str, typer.Argument(help="The clip's id at the source.")],
    release: Annotated[str, typer.Argument(help="The release that uses it.")],
    used_at: Annotated[
        str | None, typer.Option(help="When it was cut, with its offset; now if left out.")
    ] = None,
    event_id: EventId = None,
) -> None:
    """Note that a release uses a clip.

    A release ages from its first use, so what is noted late needs `--used-at`.
    """
    opened, release_id = _tracker(), release_id_from(release)
    if used_at is None:
        opened.log_clip_usage(source, clip, release_id, event_id=event_id)
    else:
        usage = ClipUsage(
            source_name=source,
            clip_id=clip,
            release_id=release_id,
            used_at=instant_from(used_at, column="used_at"),
            event_id=event_id,
        )
        opened.log_clip_usages([usage])
    say("noted")


@tracker.command("log-performance", context_settings=VERBATIM)
def log_performance(
    release: Annotated[str, typer.Argument(help="The release.")],
    score: Annotated[str, typer.Argument(help="How well it does; one unit for every release.")],
    event_id: EventId = None,
) -> None:
    """Note how well a release does; a later score replaces an earlier one."""
    value = number_from(score, column="performance_score")
    _tracker().log_release_performance(release_id_from(release), value, event_id=event_id)
    say("noted")


@tracker.command("forget", context_settings=VERBATIM)
def forget(release: Annotated[str, typer.Argument(help="The release.")]) -> None:
    """Forget a release's clips and score."""
    known = _tracker().forget_release(release_id_from(release))
    say("forgotten" if known else "nothing was known of it")


class Keeper(StrEnum):
    """Where a history can be moved to."""

    POSTGRES = "postgres"


@tracker.command("move")
def move(
    to: Annotated[Keeper, typer.Option(help="Into the database that is in use.")],
) -> None:
    """Carry the tracker's file over to PostgreSQL, for many writers and long histories."""
    settings = Settings.from_environment()
    if is_moved(settings):
        say("it is kept in PostgreSQL already")
        return
    apply_schema()
    kept = move_to_postgres(settings)
    say("moved to PostgreSQL" + (f"; the old file is kept as {kept}" if kept else ""))


def _tracker() -> StockSuccessTracker:
    return open_tracker(Settings.from_environment())
