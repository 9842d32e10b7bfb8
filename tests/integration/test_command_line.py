"""The command line as people and programs use it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import typer
from observed_tables import rows
from typer.core import TyperGroup
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics import performance_reads
from noktvrn_ai_artist.analytics.observation_batches import ignore_rejection
from noktvrn_ai_artist.cli import app, numbers_in
from noktvrn_ai_artist.database.connection_manager import Database, use_database
from noktvrn_ai_artist.database.embedded_postgres import PrivateServer
from noktvrn_ai_artist.errors import NoktvrnError
from noktvrn_ai_artist.ingest import ingest_service
from noktvrn_ai_artist.settings import Settings

ROOT = Path(__file__).parents[2]
SAMPLE = files("noktvrn_ai_artist.demo") / "youtube_trending_us_music.csv"
MINUTE = timedelta(minutes=1)
WAITING = (
    "select from pg_stat_activity where datname = current_database()"
    " and wait_event_type = 'Lock' and pid <> pg_backend_pid()"
)
READING = {
    "runs": [],
    "imports": [],
    "performance": ["--platform", "YouTube"],
    "growth": ["1"],
    "corrections": ["1"],
    "freshness": [],
    "artists": [],
    "releases": [],
    "metrics": ["YouTube"],
    "sources": [],
    "sources explain": ["pexels"],
    "sources propose": [],
    "sources clips": ["pexels"],
    "profile show": ["1"],
    "profile history": ["1"],
    "profile next": ["1"],
    "db status": [],
    "retention": [],
}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def ingested(database: Database, own_state: Path) -> Database:
    run("ingest", str(SAMPLE))
    run("tracker", "log-usage", "pexels", "a clip", "1")
    return database


def commands() -> dict[str, Any]:
    """Every command by the words that call it."""
    found: dict[str, Any] = {}
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            if command.invoke_without_command:
                found[name] = command
            found |= {f"{name} {sub}": one for sub, one in command.commands.items()}
        else:
            found[name] = command
    return found


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in commands().items() if not command.help] == []


def test_every_reading_command_offers_json() -> None:
    offering = {
        name
        for name, command in commands().items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    acting = {"collect", "ingest", "score", "evolve", "metadata", "select", "retention apply"}
    assert offering == READING.keys() | acting


@pytest.mark.parametrize("name", READING)
def test_json_is_json_and_the_table_is_not_empty(name: str, ingested: Database) -> None:
    arguments = [*name.split(), *READING[name]]
    assert json.loads(run(*arguments, "--json")) is not None
    assert run(*arguments).strip()


def test_ingest_counts_and_undo_takes_back(database: Database, own_state: Path) -> None:
    first = json.loads(run("ingest", str(SAMPLE), "--json"))
    assert (first["artists"], first["releases"], first["counts"]["stored"]) == (251, 362, 7464)
    again = json.loads(run("ingest", str(SAMPLE), "--json"))
    assert (again["counts"]["stored"], again["counts"]["duplicate"]) == (0, 7464)
    run("undo", str(first["counts"]["batch_id"]))
    assert json.loads(run("releases", "--json")) == []
    assert json.loads(run("performance", "--json")) == []


def test_a_dry_run_stores_nothing(database: Database, own_state: Path) -> None:
    report = json.loads(run("ingest", str(SAMPLE), "--dry-run", "--json"))
    assert report["counts"]["stored"] == 7464
    assert json.loads(run("releases", "--json")) == []


def test_a_release_is_registered_recorded_and_shown(database: Database, own_state: Path) -> None:
    release = run("register", "An Artist", "A Song", "--published", "2026-01-01T00:00Z").strip()
    assert run("record", release, "youtube", "viewCount", "12").strip() == "stored"
    (row,) = json.loads(run("performance", "--release", release, "--json"))
    assert (row["platform"], row["metric_type"], row["metric_value"]) == ("YouTube", "views", 12)


def test_a_declared_metric_is_known_from_then_on(database: Database, own_state: Path) -> None:
    run("declare", "Bandcamp", "--day-zone", "UTC")
    run("declare", "Bandcamp", "refunds", "--signed", "--kind", "daily", "--unit", "refunds")
    release = run("register", "An Artist", "A Song").strip()
    assert run("record", release, "bandcamp", "refunds", "-3").strip() == "stored"


def test_the_tracker_is_told_and_asked(own_state: Path) -> None:
    run("tracker", "log-usage", "Pexels", "clip 1", "7", "--event-id", "once")
    run("tracker", "log-usage", "Pexels", "clip 1", "7", "--event-id", "once")
    run("tracker", "log-performance", "7", "-0.5")
    (standing,) = json.loads(run("sources", "--json"))
    assert (standing["source"], standing["usages"], standing["releases"]) == ("pexels", 1, 1)
    assert standing["enough_evidence"] is False
    early = "2026-03-01T12:00:00+00:00"
    run("tracker", "log-usage", "coverr", "clip 2", "8", "--used-at", early)
    used = {one["source"]: one["last_used"] for one in json.loads(run("sources", "--json"))}
    assert used["coverr"] == early
    assert "too little data" in run("sources")


def test_the_readme_lists_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    groups_of = "db|tracker|sources|profile|retention"
    named = set(re.findall(rf"noktvrn ((?:{groups_of}) [a-z-]+|[a-z]+)", readme))
    assert commands().keys() - named == set()
    groups = {"db", "tracker", "profile"}
    assert {name for name in named if name not in groups} - commands().keys() == set()


def refused(*arguments: str) -> str:
    """The one error that a command ends with."""
    with pytest.raises(NoktvrnError) as refusal:
        CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("kind", ["gauge", "rolling_unique", "ratio"])
def test_growth_of_what_does_not_add_up_is_refused(
    kind: str, database: Database, own_state: Path
) -> None:
    release = run("register", "An Artist", "A Song", "--published", "2026-01-01T00:00Z").strip()
    run("declare", "YouTube", "mood", "--kind", kind)
    told = refused("growth", release, "--metric", "mood")
    assert told.startswith("metric: mood is a ")
    assert "does not add up" in told


@pytest.mark.parametrize("title", [r"\[/x] y", "[/x] y", ":heart: [b]b[/b]", "\\[b]", "[link=x]"])
def test_a_title_is_shown_to_the_letter(title: str, database: Database, own_state: Path) -> None:
    run("register", "An Artist", title)
    assert title in run("releases")


def long_file(folder: Path, *values: str) -> Path:
    """A long table of one release's views, minute by minute."""
    file = folder / "numbers.csv"
    rows = [
        f"An Artist,A Song,YouTube,views,{value},{datetime(2026, 1, 1, tzinfo=UTC) + at * MINUTE}\n"
        for at, value in enumerate(values)
    ]
    head = "artist,title,platform,metric_type,metric_value,recorded_at\n"
    file.write_text(head + "".join(rows), encoding="utf-8")
    return file


def test_a_dry_run_names_no_import_and_writes_no_file(database: Database, own_state: Path) -> None:
    file = long_file(own_state, "1", "many", "3")
    dry = ["ingest", str(file), "--dry-run", "--skip-bad"]
    assert json.loads(run(*dry, "--json"))["counts"]["batch_id"] is None
    told = run(*dry)
    assert "would store 2 of 3" in told
    assert "row 3, metric_value: " in told
    assert "undo" not in told
    assert [path.name for path in own_state.iterdir()] == ["numbers.csv"]


def test_undo_is_offered_where_something_was_stored(database: Database, own_state: Path) -> None:
    file = long_file(own_state, "1")
    assert "`noktvrn undo 1` takes it back" in run("ingest", str(file))
    assert "undo" not in run("ingest", str(file))


def test_a_rejects_file_without_rejects_is_refused(database: Database, own_state: Path) -> None:
    file = long_file(own_state, "1")
    told = refused("ingest", str(file), "--rejects", str(own_state / "bad.csv"))
    assert "--skip-bad" in told
    assert json.loads(run("releases", "--json")) == []


def test_rejects_that_would_replace_a_special_file_are_refused_before_anything_is_stored(
    database: Database, own_state: Path
) -> None:
    file, pipe = long_file(own_state, "1", "many"), own_state / "pipe"
    os.mkfifo(pipe)
    told = refused("ingest", str(file), "--skip-bad", "--rejects", str(pipe))
    assert "it is no ordinary file" in told
    assert pipe.is_fifo()
    assert json.loads(run("releases", "--json")) == []


def test_refusals_are_kept_only_for_who_reads_them(
    database: Database, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    def listened(*given: Any, on_rejection: Any, **more: Any) -> Any:  # noqa: ANN401 - passed on
        heard.append(on_rejection)
        return ingest_service.ingest_file(*given, on_rejection=on_rejection, **more)

    monkeypatch.setattr(numbers_in, "ingest_file", listened)
    file = str(long_file(own_state, "1", "many"))
    refused("ingest", file)
    refused("ingest", file, "--dry-run")
    run("ingest", file, "--skip-bad", "--dry-run")
    assert [one is ignore_rejection for one in heard] == [True, True, False]


def test_observations_are_shown_and_streamed_however_many_there_are(
    database: Database, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("ingest", str(long_file(own_state, *map(str, range(9)))))
    monkeypatch.setattr(performance_reads, "MOST_ROWS", 5)
    assert "the newest 3" in run("performance", "--most", "3")
    rows = json.loads(run("performance", "--json"))
    assert [row["metric_value"] for row in rows] == [8, 7, 6, 5, 4, 3, 2, 1, 0]


def heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_an_import_in_one_line(database: Database, own_state: Path) -> None:
    file = long_file(own_state, "1", "2")
    settings = database.settings
    place = {"NOKTVRN_DATA_DIR": str(settings.data_dir), "NOKTVRN_DATABASE": settings.database}
    with database.transaction() as other:
        other.execute("lock table content_performance in exclusive mode")
        process = subprocess.Popen(
            [sys.executable, "-m", "noktvrn_ai_artist", "ingest", str(file)],
            env={**os.environ, **place},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Whoever runs the tests in the background lets their children ignore Ctrl+C.
            preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - no other thread holds a lock here
        )
        while process.poll() is None and not rows(database, WAITING):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "stopped; nothing was stored\n")
    assert rows(database, "select from artists") == []


def test_a_stop_that_came_too_late_says_what_was_stored(
    database: Database, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stored_and_stopped(*given: Any, **more: Any) -> None:  # noqa: ANN401 - passed on
        ingest_service.ingest_file(*given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(numbers_in, "ingest_file", stored_and_stopped)
    result = CliRunner().invoke(app, ["ingest", str(long_file(own_state, "1"))])
    assert result.exit_code == 130
    assert result.stderr == (
        "stopped; import 1 has stored 1 observations: the same command again stores the rest,"
        " `noktvrn undo 1` takes it back\n"
    )


@pytest.mark.parametrize(
    "name", [name for name in READING if name.partition(" ")[0] not in {"sources", "db"}]
)
def test_a_reading_command_leaves_a_given_database_as_it_is(
    name: str, server: PrivateServer, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = server.ensure_running()
    url = f"postgresql://{target.user}@/postgres?host={quote(target.host, safe='')}"
    monkeypatch.setenv("DATABASE_URL", url)
    use_database(None)
    assert "noktvrn db migrate" in refused(*name.split(), *READING[name])
    with Database(Settings.from_environment()) as untouched:
        assert rows(untouched, "select from pg_tables where schemaname = 'public'") == []
    use_database(None)


def test_a_release_stands_where_it_is_said_to(database: Database, own_state: Path) -> None:
    release = run("register", "An Artist", "A Song").strip()
    run("status", release, "withdrawn")
    (known,) = json.loads(run("releases", "--json"))
    assert known["status"] == "withdrawn"


def test_a_wrong_publication_date_is_mended(database: Database, own_state: Path) -> None:
    release = run("register", "An Artist", "A Song", "--published", "2036-01-01T00:00Z").strip()
    run("published", release, "2026-01-01T02:00+02:00")
    (known,) = json.loads(run("releases", "--json"))
    assert datetime.fromisoformat(known["published_at"]) == datetime(2026, 1, 1, tzinfo=UTC)
    assert "UTC offset" in refused("published", release, "2026-01-01T00:00")
    assert "there is no release" in refused("published", "999", "2026-01-01T00:00Z")
