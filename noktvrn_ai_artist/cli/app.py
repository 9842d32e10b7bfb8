"""The table of contents of `noktvrn`."""

from __future__ import annotations

import logging
from typing import Annotated

import stamina
import typer

from noktvrn_ai_artist.cli import (
    catalogue,
    collecting,
    database,
    demo,
    evolution,
    metadata,
    numbers_in,
    numbers_out,
    retention,
    scoring,
    selecting,
    sources,
    standings,
    tool_serving,
)

app = typer.Typer(
    name="noktvrn",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

NUMBERS_IN, NUMBERS_OUT = "Numbers in", "Numbers out"
RELEASES, SOURCES, RUNNING = "Releases and names", "Stock sources", "App and database"
EVOLUTION = "Artist evolution"

app.command(rich_help_panel=NUMBERS_IN)(numbers_in.ingest)
# A negative value is a value to refuse in our own words, not an option.
app.command(rich_help_panel=NUMBERS_IN, context_settings={"ignore_unknown_options": True})(
    numbers_in.record
)
app.command(rich_help_panel=NUMBERS_IN)(collecting.collect)
app.command(rich_help_panel=NUMBERS_IN)(collecting.runs)
app.command(rich_help_panel=NUMBERS_IN)(numbers_in.imports)
app.command(rich_help_panel=NUMBERS_IN)(numbers_in.undo)

app.command(rich_help_panel=NUMBERS_OUT)(numbers_out.performance)
app.command(rich_help_panel=NUMBERS_OUT)(numbers_out.export)
app.command(rich_help_panel=NUMBERS_OUT)(numbers_out.growth)
app.command(rich_help_panel=NUMBERS_OUT)(numbers_out.corrections)
app.command(rich_help_panel=NUMBERS_OUT)(numbers_out.freshness)

app.command(rich_help_panel=RELEASES)(catalogue.artists)
app.command(rich_help_panel=RELEASES)(catalogue.releases)
app.command(rich_help_panel=RELEASES)(catalogue.register)
app.command(rich_help_panel=RELEASES)(catalogue.status)
app.command(rich_help_panel=RELEASES)(catalogue.published)
app.command(rich_help_panel=RELEASES)(catalogue.annotate)
app.command(rich_help_panel=RELEASES)(metadata.metadata)
app.command(rich_help_panel=RELEASES)(catalogue.metrics)
app.command(rich_help_panel=RELEASES)(catalogue.declare)

app.command(rich_help_panel=SOURCES)(scoring.score)
app.add_typer(standings.sources, name="sources", rich_help_panel=SOURCES)
app.add_typer(sources.tracker, name="tracker", rich_help_panel=SOURCES)
app.command(rich_help_panel=SOURCES, context_settings=selecting.VERBATIM)(selecting.select)
app.command(rich_help_panel=SOURCES, context_settings=selecting.VERBATIM)(selecting.materials)

app.command(rich_help_panel=EVOLUTION)(evolution.evolve)
app.add_typer(evolution.profile, name="profile", rich_help_panel=EVOLUTION)

app.command(name="app", rich_help_panel=RUNNING)(demo.run_app)
app.command(name="demo", rich_help_panel=RUNNING)(demo.run_demo)
app.command(rich_help_panel=RUNNING)(tool_serving.mcp)
app.add_typer(database.db, name="db", rich_help_panel=RUNNING)
app.add_typer(retention.retention, name="retention", rich_help_panel=RUNNING)


@app.callback()
def configure(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what is going on, to the error stream.")
    ] = False,
) -> None:
    """How every release does on every platform, which stock footage earns it, what to use next."""
    logging.basicConfig(level=logging.INFO if verbose else logging.CRITICAL)
    if not verbose:
        stamina.instrumentation.set_on_retry_hooks([])
