"""Moving the tracker's file into PostgreSQL: nothing lost or doubled, also when killed anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from observed_tables import rows
from typer.testing import CliRunner

from noktvrn_ai_artist.analytics import ledger_rows
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_ledger import SourceLedger
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.analytics.tracker_place import is_moved, move_to_postgres, open_tracker
from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import StateFileUnreadable, WrongLedger
from noktvrn_ai_artist.settings import Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SELECTION = Selection(
    selection_id="s",
    drawn_at=NOON,
    top_n=1,
    candidates=(Candidate(source="pexels", mean=0.1, sd=0.3, probability=1.0),),
)


def usage(release_id: int, **fields: object) -> ClipUsage:
    given_fields = {"source_name": "pexels", "clip_id": "clip", "used_at": NOON, **fields}
    return ClipUsage(release_id=release_id, **given_fields)


def told_of(file: SourceStatsFile) -> SourceHistory:
    """A history with everything in it: doubles without ids, a selection, scores of one instant."""
    file.add_usages([usage(1), usage(1), usage(2, event_id="e", search_term="night")])
    file.add_usages([usage(3, selection_id="s", creator="Ω")], [SELECTION])
    file.add_reports(
        [
            ScoreReport(release_id=1, score=1e308, reported_at=NOON, event_id="early"),
            ScoreReport(release_id=1, score=-5e-324, reported_at=NOON, artist_id=2**63 - 1),
            ScoreReport(release_id=9, score=0.1, reported_at=NOON - timedelta(days=9)),
        ]
    )
    return file.read()


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return database.settings.model_copy(update={"source_stats": tmp_path / "source_stats.json"})


@pytest.fixture
def file(settings: Settings) -> SourceStatsFile:
    return SourceStatsFile(settings.source_stats_path)


def test_all_is_carried_over_and_the_tracker_goes_on_from_there(
    settings: Settings, file: SourceStatsFile
) -> None:
    history = told_of(file)
    before = open_tracker(settings, clock=lambda: NOON)
    standings, usages, reports = before.standings(), before.usages(), before.reports()
    assert not is_moved(settings)
    kept = move_to_postgres(settings)
    assert is_moved(settings)
    after = open_tracker(settings, clock=lambda: NOON)
    assert (after.standings(), after.usages(), after.reports()) == (standings, usages, reports)
    assert kept is not None
    assert SourceStatsFile(kept).read() == history
    assert after.log_clip_usages([usage(2, event_id="e", search_term="night"), usage(4)]) == 1
    assert len(open_tracker(settings).usages()) == len(usages) + 1


def test_a_tracker_over_the_old_place_refuses_to_go_on(
    settings: Settings, file: SourceStatsFile
) -> None:
    told_of(file)
    old = StockSuccessTracker(settings.source_stats_path, clock=lambda: NOON)
    move_to_postgres(settings)
    for door in (old.standings, lambda: old.log_clip_usage("pexels", "clip", 1)):
        with pytest.raises(StateFileUnreadable, match="was moved to PostgreSQL"):
            door()


def test_moving_without_a_file_begins_an_empty_ledger(settings: Settings) -> None:
    assert move_to_postgres(settings) is None
    tracker = open_tracker(settings)
    tracker.log_clip_usage("pexels", "clip", 1)
    assert len(open_tracker(settings).usages()) == 1


def test_a_ledger_with_another_history_is_left_alone(
    database: Database, settings: Settings, file: SourceStatsFile
) -> None:
    history = told_of(file)
    SourceLedger(database).add_usages([usage(77)])
    with pytest.raises(WrongLedger, match="holds another history; nothing was moved"):
        move_to_postgres(settings)
    assert not is_moved(settings)
    assert file.read() == history
    assert SourceLedger(database).read().usages == [usage(77)]


def test_a_history_that_does_not_come_back_as_it_went_is_not_moved(
    database: Database,
    settings: Settings,
    file: SourceStatsFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = told_of(file)
    real = ledger_rows.store_reports
    monkeypatch.setattr(
        ledger_rows,
        "store_reports",
        lambda connection, reports, known: real(connection, reports[1:], known=known),
    )
    with pytest.raises(WrongLedger, match="does not give back"):
        move_to_postgres(settings)
    assert SourceLedger(database).read() == SourceHistory()
    assert file.read() == history


def test_what_was_told_to_the_file_after_a_killed_move_is_carried_over_too(
    database: Database, settings: Settings, file: SourceStatsFile
) -> None:
    told_of(file)
    SourceLedger(database).carry_over(file.read())
    file.add_usages([usage(1), usage(5, selection_id="s")])
    history = file.read()
    move_to_postgres(settings)
    assert SourceLedger(database).read() == history


_KILLED = """
import os, signal, sys
from pathlib import Path
from noktvrn_ai_artist.analytics import ledger_rows, source_ledger, source_stats_file
from noktvrn_ai_artist.analytics.tracker_place import move_to_postgres
from noktvrn_ai_artist.settings import Settings

module, name, moment = sys.argv[1:4]
owner = {"rows": ledger_rows, "ledger": source_ledger.SourceLedger,
         "file": source_stats_file.SourceStatsFile, "calls": source_stats_file}[module]
real = getattr(owner, name)

def stepping(*arguments, **options):
    if moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, stepping)
move_to_postgres(Settings.from_environment())
"""
STEPS = [
    "ledger carry_over",
    "rows store_usages",
    "rows store_selections",
    "rows store_reports",
    "file _keep",
    "file _replace",
    "calls _write_all",
    "calls _sync_folder",
]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_move_killed_at_any_step_is_finished_by_the_next(
    database: Database,
    settings: Settings,
    file: SourceStatsFile,
    step: str,
    moment: str,
) -> None:
    history = told_of(file)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, *step.split(), moment],
        env={
            **os.environ,
            "NOKTVRN_DATA_DIR": str(settings.data_dir),
            "NOKTVRN_DATABASE": settings.database,
            "NOKTVRN_SOURCE_STATS": str(settings.source_stats_path),
        },
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert file.read() == history
    assert SourceLedger(database).read() in (SourceHistory(), history)
    kept = move_to_postgres(settings)
    assert SourceLedger(database).read() == history
    assert rows(database, "select count(*) from clip_usage") == [(len(history.usages),)]
    names = {each.name for each in settings.source_stats_path.parent.iterdir()}
    assert kept is not None
    assert names == {file.path.name, kept.name, f"{file.path.name}.lock"}


def run(settings: Settings, *words: str) -> tuple[int, str]:
    environment = {"NOKTVRN_SOURCE_STATS": str(settings.source_stats_path)}
    answer = CliRunner().invoke(app, ["tracker", *words], env=environment)
    return answer.exit_code, answer.output


def test_the_command_moves_once_and_says_so(settings: Settings, file: SourceStatsFile) -> None:
    history = told_of(file)
    code, said = run(settings, "move", "--to", "postgres")
    assert (code, said.replace("\n", "")) == (
        0,
        f"moved to PostgreSQL; the old file is kept as {file.path}.moved",
    )
    assert run(settings, "move", "--to", "postgres") == (0, "it is kept in PostgreSQL already\n")
    assert run(settings, "log-usage", "coverr", "clip", "7")[0] == 0
    assert len(open_tracker(settings).usages()) == len(history.usages) + 1


def test_there_is_nowhere_else_to_move_to(settings: Settings) -> None:
    assert run(settings, "move")[0] == 2
    assert run(settings, "move", "--to", "mysql")[0] == 2
