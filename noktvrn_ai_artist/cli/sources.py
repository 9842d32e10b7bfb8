"""Commands about stock sources: how they stand, and what the tracker is told."""

from __future__ import annotations

from typing import Annotated

import typer

from noktvrn_ai_artist.analytics.observation_rules import number_from, release_id_from
from noktvrn_ai_artist.analytics.source_ranking import CREDIBLE_LEVEL
from noktvrn_ai_artist.analytics.source_records import RELEASES_FOR_EVIDENCE, Standing
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say
from noktvrn_ai_artist.settings import Settings

# A negative number is a value to refuse in our own words, not an option.
VERBATIM = {"ignore_unknown_options": True}

tracker = typer.Typer(no_args_is_help=True, help="Tell the tracker of clips used and scores seen.")

EventId = Annotated[
    str | None, typer.Option(help="A name for this event, so that a repetition counts once.")
]


def show_sources(as_json: AsJson = False) -> None:
    """Show which stock sources go with better releases, and how sure that is."""
    found = _tracker().standings()
    if as_json:
        print_json([{**_fields(s), "enough_evidence": s.enough_evidence} for s in found])
        return
    print_table(
        "Stock sources: association with better releases, not proof of cause",
        (
            "source",
            "estimate",
            f"{CREDIBLE_LEVEL:.0%} interval",
            "releases",
            "weigh",
            "uses",
            "last use",
        ),
        [_row(standing) for standing in found],
    )
    say(f"too little data: fewer than {RELEASES_FOR_EVIDENCE} scored releases")


@tracker.command("log-usage", context_settings=VERBATIM)
def log_usage(
    source: Annotated[str, typer.Argument(help="Such as pexels.")],
    clip: Annotated[str, typer.Argument(help="The clip's id at the source.")],
    release: Annotated[str, typer.Argument(help="The release that uses it.")],
    event_id: EventId = None,
) -> None:
    """Note that a release uses a clip."""
    _tracker().log_clip_usage(source, clip, release_id_from(release), event_id=event_id)
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


def _tracker() -> StockSuccessTracker:
    return StockSuccessTracker(Settings.from_environment().source_stats_path)


def _fields(standing: Standing) -> dict[str, object]:
    return {name: getattr(standing, name) for name in Standing.__slots__}


def _row(standing: Standing) -> tuple[object, ...]:
    estimate, interval = f"{standing.mean:+.2f}", f"{standing.low:+.2f} to {standing.high:+.2f}"
    if not standing.enough_evidence:
        estimate = "too little data"
    return (
        standing.source,
        estimate,
        interval,
        standing.releases,
        round(standing.effective_releases, 1),
        standing.usages,
        standing.last_used,
    )
