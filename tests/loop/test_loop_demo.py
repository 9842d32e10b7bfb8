"""The loop demo in small: every step twice, and checks that go red when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import loop_run
import pytest
import simulated_loop

from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.feedback_loop import LoopReport, run_feedback

DEMO = Path(__file__).parent / "loop_demo.py"
STEPS = {"register", "parameters", "select", "publish", "collect", "score", "rank", "evolve"}


def small(database: Database, folder: Path) -> loop_run.Checks:
    """Two releases of each artist over two days: too few to find anything out."""
    return loop_run.run(database, folder, releases=2, days=2, seed=1, sure=False)


def failed(checks: loop_run.Checks) -> list[str]:
    return [rule for rule, holds in checks.held if not holds]


def test_every_step_is_done_twice_and_the_second_time_changes_nothing(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = small(database, tmp_path)
    assert failed(checks) == []
    assert {rule.partition(":")[0] for rule, _ in checks.held} >= STEPS
    printed = capsys.readouterr().out
    assert "FAILED" not in printed
    assert printed.count(loop_run.LABEL) >= len(checks.held)


def test_a_step_that_doubles_something_is_found(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(database: Database, book: object, **more: object) -> LoopReport:
        assert isinstance(book, simulated_loop.StockSuccessTracker)
        book.log_clip_usage("pexels", "noted with every call", 1)
        return run_feedback(database, book, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(simulated_loop, "run_feedback", careless)
    assert [rule.partition(":")[0] for rule in failed(small(database, tmp_path))] == ["score"]


def test_a_number_that_the_platform_never_showed_is_found(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = loop_run.stored_rows

    def off_by_one(*given: object) -> list[tuple[object, ...]]:
        ((external_id, metric, at, value), *others) = stored(*given)  # type: ignore[arg-type]
        return [(external_id, metric, at, value + 1), *others]

    monkeypatch.setattr(loop_run, "stored_rows", off_by_one)
    (rule,) = failed(small(database, tmp_path))
    assert rule.endswith("1 wrong")


@pytest.mark.parametrize(("wrong", "code"), [(False, 0), (True, 1)])
def test_the_exit_code_says_whether_all_checks_held(
    wrong: bool, code: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = loop_run.Checks()
    checks.that("the sky is blue", holds=not wrong)
    monkeypatch.setattr(loop_run, "run", lambda *_, **__: checks)
    monkeypatch.setattr(loop_run, "temporary_database", lambda _: nullcontext(database))
    assert loop_run.main([]) == code


def test_nothing_checked_is_no_success() -> None:
    assert not loop_run.Checks().all_held


@pytest.mark.long
def test_the_whole_demo_ends_well() -> None:
    ended = subprocess.run([sys.executable, DEMO], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "all checks held" in ended.stdout
