"""Commands about how long what a source told is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.performance_db_service import apply_schema, check_schema
from noktvrn_ai_artist.analytics.retention import (
    Expired,
    RetentionRule,
    clear_retention,
    expire,
    retention_rules,
    set_retention,
)
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say
from noktvrn_ai_artist.collectors.feeds import FEEDS
from noktvrn_ai_artist.database.connection_manager import Database, shared_database
from noktvrn_ai_artist.database.queries import query

retention = typer.Typer(help="How long what a source told is kept; for good, unless set.")

Source = Annotated[str, typer.Argument(help="As `noktvrn performance` shows it: manual, csv, ...")]


@retention.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how long what each source told is kept; for good, unless set."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise typer.BadParameter("it goes behind the command it is for", param_hint="--json")
        return
    check_schema()
    rules = retention_rules(shared_database())
    if as_json:
        print_json([{"source": rule.source, "days": rule.kept.days} for rule in rules])
        return
    if rules:
        print_table("Kept", ("source", "days"), [(rule.source, rule.kept.days) for rule in rules])
    say("what other sources told is kept for good" if rules else "everything is kept for good")


@retention.command("set")
def set_rule(
    source: Source,
    days: Annotated[int, typer.Option(help="Whole days after it was stored.")],
) -> None:
    """Keep what a source told for so many days; `noktvrn retention apply` deletes what is older."""
    apply_schema()
    # A number of days beyond what a timedelta holds is beyond what is allowed, too.
    kept = timedelta(days=max(-1, min(days, 999_999)))
    database, named = shared_database(), source.strip()
    set_retention(database, RetentionRule(source=named, kept=kept))
    say(f"what {named} told is kept for {days:,} days; `noktvrn retention apply` deletes the rest")
    stored = _stored_sources(database)
    if named not in stored:
        known = sorted({*stored, *(feed.source for feed in FEEDS.values())})
        say(f"so far nothing is stored from {named}; known sources: {', '.join(known)}")


@retention.command("clear")
def clear_rule(source: Source) -> None:
    """Keep what a source told for good again."""
    apply_schema()
    cleared = clear_retention(shared_database(), source)
    say("kept for good from now on" if cleared else "it was kept for good already")


@retention.command("apply")
def apply_rules(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be deleted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what the rules no longer keep; interrupted, it is finished by running it again."""
    apply_schema()
    database = shared_database()
    gone = expire(database, now=datetime.now(UTC), dry_run=dry_run)
    if gone and not dry_run:
        digest(database)
    if as_json:
        print_json(gone)
        return
    for one in gone:
        _tell(one, dry_run=dry_run)
    if not gone:
        say("no rule is set: nothing was deleted")


def _stored_sources(database: Database) -> set[str]:
    with database.transaction() as connection:
        return {source for (source,) in connection.execute(query("stored_sources"))}


def _tell(gone: Expired, *, dry_run: bool) -> None:
    did = "would delete" if dry_run else "deleted"
    say(
        f"{gone.source}, stored before {gone.before:%Y-%m-%d %H:%M} UTC: {did}"
        f" {gone.observations:,} standing and {gone.superseded:,} superseded values;"
        f" earlier values that stand again: {gone.restored:,}"
    )
