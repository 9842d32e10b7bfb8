"""Commands about the database itself: which one, its schema, and stopping the private server."""

from __future__ import annotations

from typing import Annotated

import typer

from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say
from noktvrn_ai_artist.database.cluster import (
    PLACEMENTS,
    check_citus,
    database_size,
    distribute,
    is_distributed,
)
from noktvrn_ai_artist.database.connection_manager import (
    Database,
    private_folder,
    shared_database,
)
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.database.migrations import (
    applied_migrations,
    apply_migrations,
    check_history,
    known_migrations,
)
from noktvrn_ai_artist.errors import SettingsError
from noktvrn_ai_artist.settings import Settings

db = typer.Typer(no_args_is_help=True, help="The database: which one, its schema, its server.")


@db.command()
def status(as_json: AsJson = False) -> None:
    """Say which database is used, where, its version, size and migrations."""
    settings = Settings.from_environment()
    running = _was_running(settings)
    facts = _facts(shared_database())
    facts["was running"] = running
    if as_json:
        print_json(facts)
        return
    print_table("Database", ("", ""), facts.items())


@db.command()
def migrate(
    distributed: Annotated[
        bool, typer.Option("--distributed", help="And spread the tables over a Citus cluster.")
    ] = False,
) -> None:
    """Bring the schema up to date; on a cluster that is spread already, on all nodes."""
    database = shared_database()
    if distributed:
        with database.transaction() as connection:
            check_citus(connection)
    applied = apply_migrations(database)
    for migration in applied:
        say(f"applied {migration.number}: {migration.name}")
    if not applied:
        say("the schema is up to date")
    if distributed:
        for name in (placed := distribute(database)):
            say(f"{name}: {PLACEMENTS[name]}")
        if not placed:
            say("every table lies in its place")


@db.command()
def stop(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing.")] = False,
) -> None:
    """Stop the private server, whoever uses it; the next use starts it again."""
    settings = Settings.from_environment()
    if settings.database_url is not None:
        raise SettingsError("DATABASE_URL names a server of yours; only a private one is stopped")
    stopped = PrivateServer(private_folder(settings)).stop()
    if not quiet:
        say("stopped" if stopped else "it was not running")


def _was_running(settings: Settings) -> bool | None:
    if settings.database_url is not None:
        return None
    return PrivateServer(private_folder(settings)).status().running


def _facts(database: Database) -> dict[str, object]:
    place = database.place
    with database.transaction() as connection:
        version = connection.info.server_version
        size = database_size(connection)
        cluster = is_distributed(connection)
        applied = applied_migrations(connection)
    known = known_migrations()
    check_history(applied, known)
    return {
        "server": "private" if place.private else "given by DATABASE_URL",
        "place": place.place,
        "database": place.database,
        "version": f"{version // 10000}.{version % 10000}",
        "spread over a cluster": cluster,
        "size (bytes)": size,
        "migrations applied": len(applied),
        "migrations waiting": len(known) - len(applied),
    }
