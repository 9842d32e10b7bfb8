"""Commands that open the app: over one's own numbers, or over the demo's."""

from __future__ import annotations

from typing import Annotated

import typer

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.cli.output import say
from noktvrn_ai_artist.cli.serving import free_port, serve
from noktvrn_ai_artist.database.connection_manager import (
    Database,
    drop_database,
    private_folder,
    use_database,
)
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.demo.demo_data import (
    DEMO_NOW,
    NOTICE,
    load_demo_numbers,
    simulate_clip_usage,
)
from noktvrn_ai_artist.settings import Settings

DEMO_DATABASE = "noktvrn_demo"

Port = Annotated[
    int | None,
    typer.Option(envvar="PORT", min=1, max=65535, help="Default: the first free from 8501."),
]


def run_app(port: Port = None) -> None:
    """Open the app over your own numbers, on this machine only."""
    service.apply_schema()
    serve(free_port(port), {})


def run_demo(
    port: Port = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the demo's database and files away.")
    ] = False,
) -> None:
    """Open the app over a sample of real numbers, in a private database of its own."""
    settings = demo_settings(Settings.from_environment())
    if remove:
        _remove(settings)
        return
    chosen = free_port(port)
    say("preparing the demo's database …")
    use_database(Database(settings).open())
    service.apply_schema()
    load_demo_numbers()
    tracker = StockSuccessTracker(settings.source_stats_path, clock=lambda: DEMO_NOW)
    simulate_clip_usage(tracker)
    say(f"Demo data. {NOTICE}")
    serve(
        chosen,
        {
            "DATABASE_URL": "",
            "NOKTVRN_DEMO": "1",
            "NOKTVRN_DATA_DIR": str(settings.data_dir),
            "NOKTVRN_DATABASE": settings.database,
            "NOKTVRN_SOURCE_STATS": str(settings.source_stats_path),
        },
    )


def demo_settings(settings: Settings) -> Settings:
    """The settings of the demo: always the private server, never a database of the user's."""
    return settings.model_copy(
        update={
            "database_url": None,
            "database": DEMO_DATABASE,
            "source_stats": settings.data_dir / "demo" / "source_stats.json",
            "demo": True,
        }
    )


def _remove(settings: Settings) -> None:
    """Take the demo's database and files away; the server may hold other databases, so it stays."""
    folder = private_folder(settings)
    # Asked of the server, an untouched machine would be given one.
    there = any(folder.glob("[0-9][0-9]/PG_VERSION"))
    if there:
        server = PrivateServer(folder)
        drop_database(server, settings.database)
        server.release()
    state = settings.source_stats_path
    for file in (state, state.with_name(f"{state.name}.lock")):
        there |= file.exists()
        file.unlink(missing_ok=True)
    if state.parent.is_dir() and not any(state.parent.iterdir()):
        state.parent.rmdir()
    say("the demo is gone" if there else "there is no demo here")
    if folder.exists():
        say(f"the private server's folder stays, for your own numbers: {folder}")
