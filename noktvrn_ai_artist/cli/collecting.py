"""Commands that ask the platforms for numbers, and say how that went."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
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
    Ended,
    Plan,
    Surroundings,
)
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.collectors.platform_access import NEEDED, check_configured, configured
from noktvrn_ai_artist.collectors.run_ledger import Run, RunOutcome, last_runs
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.errors import (
    CollectionUnderWay,
    PerformanceDbError,
    ProviderError,
    SettingsError,
    TrackerError,
)
from noktvrn_ai_artist.feedback_loop import run_feedback
from noktvrn_ai_artist.settings import Settings

# How long a watch sleeps at most: a release that was registered meanwhile waits no longer.
_NAP = timedelta(minutes=5)
# One is held as long as the interface is, one locks the exchange of a token, one stores.
_CONNECTIONS = 3


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
    score_by: Annotated[
        str | None,
        typer.Option(help="The same, by this platform; needed where several have numbers."),
    ] = None,
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
    _check_connections(settings)
    names = _chosen(settings, platform)
    service.apply_schema()
    around = Surroundings(clock=lambda: datetime.now(UTC), sleep=time.sleep)
    collector = CollectionService(shared_database(), settings, around)
    scores = partial(_score, by=score_by) if score or score_by else _score_nothing
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
        _watch(collector, names, scores)
    else:
        ends = [_collected(collector, name) for name in names]
        if as_json:
            print_json([end.run for end in ends if end.run is not None])
        scores(ends)
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


def _check_connections(settings: Settings) -> None:
    if settings.pool_size < _CONNECTIONS:
        rule = f"collecting takes {_CONNECTIONS} connections at once: set it to that or more"
        raise SettingsError(f"NOKTVRN_POOL_SIZE: {rule}")


def _collected(collector: CollectionService, name: FeedName) -> Ended:
    """One run, told as it ends; an error of one platform does not stop the others."""
    try:
        ended = collector.attempt(name)
    except (ProviderError, CollectionUnderWay) as error:
        ended = Ended(run=None, error=error)
    _tell(name, ended)
    return ended


def _is_well(ended: Ended) -> bool:
    done = ended.run is None or ended.run.outcome == RunOutcome.DONE
    return done and ended.error is None


def _tell(name: FeedName, ended: Ended) -> None:
    """On the error stream: what is printed may be for programs."""
    if ended.error is not None:
        say_error(ended.error)
    if ended.run is not None:
        # What went wrong was said in the line before.
        end = _end(ended.run) if ended.error is None else ended.run.outcome
        say_aside(f"{name}: {end}: {_came_of(ended.run)}")
    elif ended.error is None:
        say_aside(f"{name}: nothing is due")


def _came_of(run: Run) -> str:
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
    return f"{asked}; {came}; {units}"


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


def _score(ends: Iterable[Ended], *, by: str | None) -> None:
    """Score releases if numbers came in: by the platform named, else by the only one with any."""
    if any(end.run is not None and end.run.stored for end in ends):
        report = run_feedback(
            shared_database(),
            open_tracker(Settings.from_environment()),
            now=datetime.now(UTC),
            platform=by,
        )
        say_aside(f"{report.scored:,} releases scored; {len(report.moves):,} moved")


def _score_nothing(ends: Iterable[Ended]) -> None:
    """Nobody asked for scores."""


def _watch(
    collector: CollectionService,
    names: Sequence[FeedName],
    scores: Callable[[Iterable[Ended]], None],
) -> None:
    """Collect whenever something is due, until a signal comes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say_aside(f"watching {', '.join(names)} (Ctrl+C stops it)")
    try:
        while True:
            wakes = [_attended(collector, name, scores) for name in names]
            time.sleep(max(0.0, (min(wakes) - datetime.now(UTC)).total_seconds()))
    except KeyboardInterrupt:
        say_aside("stopped; a run that was under way is taken up by the next one within the hour")


def _attended(
    collector: CollectionService, name: FeedName, scores: Callable[[Iterable[Ended]], None]
) -> datetime:
    """Collect if something is due; when to look again.

    Whatever did not end well is left alone for a while: what refused it may refuse it for long.
    """
    now = datetime.now(UTC)
    try:
        plan = collector.plan(name)
        if plan.next_at is None or plan.next_at > now or plan.units_left == 0:
            later = now + _NAP
            return later if plan.units_left == 0 else min(plan.next_at or later, later)
        ended = _collected(collector, name)
        scores([ended])
    except (PerformanceDbError, TrackerError) as error:
        say_error(error)
        return datetime.now(UTC) + _NAP
    return now if _is_well(ended) else datetime.now(UTC) + _NAP
