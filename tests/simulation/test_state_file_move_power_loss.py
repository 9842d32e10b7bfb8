"""A state file handed over to a ledger is whole after a power cut or a kill at any point.

What may be on the disk: the history in its file, nothing kept but perhaps a copy; or the pointer,
and then the copy is whole. The ledger is told first, and lasts by itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from power_loss import (
    Call,
    Disk,
    Killed,
    Recorder,
    cuts,
    laid_out,
    without_file_syncs,
    without_folder_syncs,
)

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.source_stats_format import encoded
from noktvrn_ai_artist.errors import StateFileUnreadable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = "source_stats.json"
CALLS_OF_A_MOVE = 10
HISTORY, _ = SourceHistory().with_usages(
    [
        ClipUsage(source_name="pexels", clip_id=f"{number}", release_id=number, used_at=NOON)
        for number in range(1, 6)
    ]
)

Sabotage = Callable[[list[Call]], list[Call]]


class Ledger:
    """A ledger that keeps what it takes, and refuses what is not what it has."""

    def __init__(self) -> None:
        self.history: SourceHistory | None = None

    def take(self, history: SourceHistory) -> str:
        assert self.history is None or self.history == history
        self.history = history
        return "the ledger"


def recorded(root: Path, kills: Sequence[int]) -> list[Call]:
    """The calls of a move that was killed after so many calls, each time, and then went through."""
    root.mkdir()
    recorder, ledger = Recorder(root), Ledger()
    with recorder.installed():
        SourceStatsFile(root / PLACE).add_usages(HISTORY.usages)
    recorder.mark("acknowledged")
    for kill_after in kills:
        with suppress(Killed), recorder.installed(kill_after=kill_after):
            hand_over(root / PLACE, ledger)
        recorder.mark("killed")
    with recorder.installed():
        hand_over(root / PLACE, ledger)
    recorder.mark("acknowledged")
    return recorder.calls


def hand_over(path: Path, ledger: Ledger) -> None:
    """Move it unless that was done."""
    if SourceStatsFile(path).moved_to() is None:
        SourceStatsFile(path).hand_over(ledger.take)


def problem(folder: Path, acknowledged: int) -> str | None:
    """What is wrong with what stands in this folder once the history was acknowledged."""
    file = SourceStatsFile(folder / PLACE)
    try:
        moved = file.moved_to() is not None
        if not moved and file.read() != HISTORY:
            return "the history is gone"
    except StateFileUnreadable as error:
        return error.reason
    if acknowledged > 1 and not moved:
        return "an acknowledged move is undone"
    kept = folder / f"{PLACE}.moved"
    if (moved or kept.exists()) and not holds_the_history(kept):
        return "the old file was not kept, or not as a whole"
    if not moved:
        file.hand_over(lambda _: "the ledger")
        if {each.name for each in folder.iterdir()} - {f"{PLACE}.lock"} != {PLACE, kept.name}:
            return "moving again leaves more than the pointer and one copy"
    return None


def holds_the_history(kept: Path) -> bool:
    return kept.exists() and kept.read_bytes() == encoded(HISTORY)


def violations(
    recordings: Sequence[Sequence[Call]], place: Path, *, most: int = 1_000_000
) -> tuple[int, list[str]]:
    """How many different disks were opened, and what was wrong with which, up to so many."""
    states = {
        (acknowledged, tree)
        for calls in recordings
        for made, acknowledged in cuts(calls)
        if acknowledged
        for tree in Disk(calls[:made]).outcomes()
    }
    folder, found = place / "disk", []
    for acknowledged, tree in states:
        folder.mkdir()
        laid_out(tree, folder)
        if (fault := problem(folder, acknowledged)) is not None:
            found.append(fault)
        shutil.rmtree(folder)
        if len(found) == most:
            break
    print(f"{len(states)} disks opened, {len(found)} violations")
    return len(states), found


def killed_moves(folder: Path) -> list[list[Call]]:
    """Moves that were killed once or twice at every point."""
    kills = [[point] for point in range(CALLS_OF_A_MOVE)]
    kills += [[point, point // 2] for point in range(CALLS_OF_A_MOVE)]
    return [recorded(folder / str(run), each) for run, each in enumerate(kills)]


@pytest.fixture(autouse=True)
def no_real_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug of this machine."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def test_every_disk_that_a_power_cut_may_leave_has_the_history_once(tmp_path: Path) -> None:
    recordings = [recorded(tmp_path / "undisturbed", []), *killed_moves(tmp_path)]
    opened, found = violations(recordings, tmp_path)
    assert found == []
    assert opened >= 30


@pytest.mark.parametrize("sabotage", [without_file_syncs, without_folder_syncs])
def test_leaving_out_one_step_is_found(tmp_path: Path, sabotage: Sabotage) -> None:
    whole = recorded(tmp_path / "undisturbed", [])
    assert violations([sabotage(whole)], tmp_path, most=1)[1]


def test_trusting_a_pointer_that_was_not_synced_is_found(tmp_path: Path) -> None:
    whole = recorded(tmp_path / "whole", [CALLS_OF_A_MOVE - 1])
    assert violations([whole], tmp_path)[1] == []
    killed = next(place for place, call in enumerate(whole) if call.kind == "killed")
    trusting = [call for place, call in enumerate(whole) if place < killed or call.kind != "sync"]
    assert violations([trusting], tmp_path)[1]
