"""Commands that ask the platforms for numbers, and say how that went."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.tracker_place import open_tracker
from noktvrn_ai_artist.cli.output import (
    AsJson,
    print_json,
    print_table,
    say,
    say_aside,
    say_error,
    shown_id,
)
from noktvrn_ai_artist.collectors import channel_discovery
from noktvrn_ai_artist.collectors.channel_discovery import Discovery
from noktvrn_ai_artist.collectors.collection_service import (
    CollectionService,
    Plan,
    Surroundings,
)
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.platform_access import NEEDED, check_configured, configured
from noktvrn_ai_artist.collectors.run_ledger import Run, RunOutcome, last_runs
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.errors import (
    CollectionUnderWay,
    DatabaseUnavailable,
    ProviderError,
    SettingsError,
)
from noktvrn_ai_artist.feedback_loop import run_feedback
from noktvrn_ai_artist.settings import Settings

# How long a watch sleeps at most: a release that was registered meanwhile waits no longer.
_NAP = timedelta(minutes=5)


def collect(
    platform: Annotated[
        FeedName | None, typer.Option(help="One interface; default all whose keys are set.")
    ] = None,
    discover: Annotated[
        bool,
        typer.Option("--discover", help="First register what is new on --platform's --channel."),
    ] = False,
    channel: Annotated[
        str | None,
        typer.Option(
            help="The YouTube channel (UC... or @name) or SoundCloud user (number or URN);"
            " TikTok lists the account of the token."
        ),
    ] = None,
    artist: Annotated[
        str | None,
        typer.Option(help="Whose releases are discovered; on YouTube default the channel's title."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, whenever something is due, until stopped.")
    ] = False,
    score: Annotated[
        bool, typer.Option("--score", help="Score releases afterwards, if numbers came in.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is due; collect and store nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the platforms for the numbers that are due, youngest releases first, and store them.

    The exit code is 0 only if all that was due was asked for. What is stored is kept either way;
    the next run asks for the rest.
    """
    if watch and (dry_run or as_json):
        raise typer.BadParameter("it goes without --dry-run and --json", param_hint="--watch")
    if discover and platform is None:
        raise typer.BadParameter("it goes with --platform", param_hint="--discover")
    if not discover and (channel, artist) != (None, None):
        hint = "--artist" if channel is None else "--channel"
        raise typer.BadParameter("it goes with --discover", param_hint=hint)
    settings = Settings.from_environment()
    names = _chosen(settings, platform)
    service.apply_schema()
    around = Surroundings(clock=lambda: datetime.now(UTC), sleep=time.sleep)
    collector = CollectionService(shared_database(), settings, around)
    if discover and platform is not None:
        found = channel_discovery.discover(
            shared_database(),
            collector,
            platform,
            channel=channel,
            artist=artist,
            now=datetime.now(UTC),
            dry_run=dry_run,
        )
        _tell_discovery(found, dry_run=dry_run, as_json=as_json)
    if dry_run:
        _tell_plans([collector.plan(name) for name in names], as_json=as_json)
    elif watch:
        _watch(collector, names, scored=_scored_platform(platform) if score else None)
    else:
        ends = [_collected(collector, name) for name in names]
        if as_json:
            print_json([end for end in ends if isinstance(end, Run)])
        if score:
            _score(ends, platform=_scored_platform(platform))
        if not all(_is_well(end) for end in ends):
            raise typer.Exit(1)


def runs(
    most: Annotated[int, typer.Option("--most", min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the last collections: when they began, what came of them, and how they ended."""
    service.check_schema()
    found = last_runs(shared_database(), most=most)
    if as_json:
        print_json(found)
        return
    if not found:
        say("nothing was collected yet: `noktvrn collect` does that")
        return
    print_table(
        "Collections, the latest first",
        ("id", "from", "began", "asked", "stored", "corrected", "missing", "units", "end"),
        [
            (
                shown_id(run.run_id),
                run.feed,
                run.started_at,
                f"{run.asked:,} of {run.due:,}",
                run.stored,
                run.corrected,
                run.missing,
                run.units,
                _end(run),
            )
            for run in found
        ],
    )


def _chosen(settings: Settings, platform: FeedName | None) -> list[FeedName]:
    if platform is not None:
        check_configured(settings, platform)
        return [platform]
    names = configured(settings)
    if not names:
        keys = "; or ".join(
            " and ".join(f"NOKTVRN_{field.upper()}" for field in fields)
            for fields in NEEDED.values()
        )
        raise SettingsError(f"no platform's keys are set: set {keys}")
    return names


def _collected(collector: CollectionService, name: FeedName) -> Run | Exception | None:
    """One run, told as it ends; an error of one platform does not stop the others."""
    try:
        run = collector.collect(name)
    except (ProviderError, CollectionUnderWay) as error:
        say_error(error)
        return error
    _tell(name, run)
    return run


def _is_well(end: Run | Exception | None) -> bool:
    return end is None or (isinstance(end, Run) and end.outcome == RunOutcome.DONE)


def _tell(name: FeedName, run: Run | None) -> None:
    """On the error stream: what is printed may be for programs."""
    if run is None:
        say_aside(f"{name}: nothing is due")
        return
    counts = {
        "stored": run.stored,
        "corrected": run.corrected,
        "known already": run.duplicate,
        "missing": run.missing,
        "hidden": run.hidden,
        "refused": run.refused,
    }
    came = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "no numbers"
    units = "1 unit" if run.units == 1 else f"{run.units:,} units"
    asked = f"{run.asked:,} of {run.due:,} due were asked for"
    say_aside(f"{name}: {_end(run)}: {asked}; {came}; {units}")


def _end(run: Run) -> str:
    ended = run.outcome or "under way, or died"
    return ended if run.reason is None else f"{ended} ({run.reason})"


def _tell_discovery(found: Discovery, *, dry_run: bool, as_json: bool) -> None:
    did = "would be registered" if dry_run else "registered"
    refused = f"; {found.refused:,} break a rule" if found.refused else ""
    tell = say_aside if as_json else say
    tell(
        f"{found.place}: {found.listed:,} published, {found.known:,} known;"
        f" {len(found.new):,} {did} under {found.artist}{refused}"
    )


def _tell_plans(plans: Sequence[Plan], *, as_json: bool) -> None:
    if as_json:
        print_json(plans)
        return
    print_table(
        "What is due",
        ("from", "publications", "due", "calls", "units left", "next"),
        [
            (plan.feed, plan.watched, plan.due, plan.calls, plan.units_left, plan.next_at)
            for plan in plans
        ],
    )


def _scored_platform(platform: FeedName | None) -> str:
    """Whose numbers are scored; nothing for the only platform there is."""
    return "" if platform is None else FEEDS[platform].platform


def _score(ends: Iterable[Run | Exception | None], *, platform: str) -> None:
    if not any(isinstance(end, Run) and end.stored for end in ends):
        return
    tracker = open_tracker(Settings.from_environment())
    report = run_feedback(
        shared_database(), tracker, now=datetime.now(UTC), platform=platform or None
    )
    say_aside(f"{report.scored:,} releases scored; {len(report.moves):,} moved")


def _watch(collector: CollectionService, names: Sequence[FeedName], *, scored: str | None) -> None:
    """Collect whenever something is due, until a signal comes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say_aside(f"watching {', '.join(names)} (Ctrl+C stops it)")
    try:
        while True:
            wakes = [_attended(collector, name, scored=scored) for name in names]
            time.sleep(max(0.0, (min(wakes) - datetime.now(UTC)).total_seconds()))
    except KeyboardInterrupt:
        say_aside("stopped; a run that was under way is taken up by the next one within the hour")


def _attended(collector: CollectionService, name: FeedName, *, scored: str | None) -> datetime:
    """Collect if something is due; when to look again."""
    now = datetime.now(UTC)
    try:
        plan = collector.plan(name)
        if plan.next_at is None or plan.next_at > now or plan.units_left == 0:
            later = now + _NAP
            return later if plan.units_left == 0 else min(plan.next_at or later, later)
        run = collector.collect(name)
    except (ProviderError, CollectionUnderWay, DatabaseUnavailable) as error:
        say_error(error)
        return datetime.now(UTC) + _NAP
    _tell(name, run)
    if scored is not None:
        _score([run], platform=scored)
    return now
