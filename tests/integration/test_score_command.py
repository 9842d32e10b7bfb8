"""`noktvrn score` as people and programs read it."""

from __future__ import annotations

import json
from pathlib import Path

import command_runs
import pytest
from scored_world import RELEASES, curve, tick, world

from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_imports,
    undo_import,
)
from noktvrn_ai_artist.analytics.source_words import ScoreUnit
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue


def run(*options: str, width: int = 80) -> str:
    return command_runs.run("score", *options, width=width)


@pytest.fixture
def tracker(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StockSuccessTracker:
    """The one that the command tells, beside numbers of one platform."""
    monkeypatch.setenv("NOKTVRN_SOURCE_STATS", str(tmp_path / "state.json"))
    world(database)
    return StockSuccessTracker(tmp_path / "state.json", clock=tick)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_moved_is_told_with_what_it_rests_on(tracker: StockSuccessTracker, width: int) -> None:
    told = run(width=width)
    assert "doublings against the artist's" in told
    assert "6,000" in told
    assert told.endswith(
        f"read {RELEASES} changed curves ({9 * RELEASES} observations); "
        f"{RELEASES} releases scored by YouTube views; {RELEASES} moved\n"
    )
    assert run().startswith("nothing to do: read 0 changed curves")


def test_what_the_command_told_is_in_doublings_until_somebody_else_tells(
    tracker: StockSuccessTracker,
) -> None:
    run()
    for release in {report.release_id for report in tracker.reports()}:
        tracker.log_clip_usage("pexels", "clip", release)
    assert tracker.score_scale().unit is ScoreUnit.DOUBLING
    tracker.log_clip_usage("pexels", "clip", 10**6)
    tracker.log_release_performance(10**6, 4.0)
    assert tracker.score_scale().unit is not ScoreUnit.DOUBLING


def test_a_dry_run_says_what_would_move(tracker: StockSuccessTracker) -> None:
    assert run("--dry-run").endswith(f"{RELEASES} would move\n")
    assert tracker.reports() == []


def test_programs_read_the_same(tracker: StockSuccessTracker) -> None:
    told = json.loads(run("--json"))
    assert (told["basis"], told["scored"], told["dry_run"]) == ("YouTube views", RELEASES, False)
    assert {move["release_id"]: move["new"] for move in told["moves"]} == {
        report.release_id: report.score for report in tracker.reports()
    }


def test_a_blend_is_read_by_name_and_weight(tracker: StockSuccessTracker) -> None:
    for platform in ("TikTok", "Instagram"):
        add_performance_metrics(one for n in range(1, 9) for one in curve(n, platform=platform))
    told = run("--blend", "tiktok=1, instagram=3", width=120)
    assert "scored by 75% Instagram views + 25% TikTok views" in told
    assert "3 d / 3 d" in told


@pytest.mark.parametrize("blend", ["", "tiktok", "tiktok=1,tiktok=2", "tiktok=many", "tiktok=0"])
def test_what_is_no_blend_is_refused(tracker: StockSuccessTracker, blend: str) -> None:
    with pytest.raises(BadValue, match="blend"):
        run("--blend", blend)


def test_what_was_told_by_hand_since_is_counted(tracker: StockSuccessTracker) -> None:
    run()
    tracker.log_release_performance(3, 77.0)
    told = run()
    assert "none of them moved" in told
    assert told.endswith("of them 1 keep what the tracker was told by hand since\n")


def test_without_enough_numbers_it_says_what_it_takes(tracker: StockSuccessTracker) -> None:
    undo_import(get_imports()[0].batch_id)
    add_performance_metrics(one for n in range(1, 6) for one in curve(n))
    assert run().endswith(
        "no release can be scored by YouTube views yet: "
        "it takes 6 with a publication date whose totals are known at one age\n"
    )
    add_performance_metrics(curve(6))
    assert "6 releases scored" in run()
