"""After a power cut the state file is readable and holds every acknowledged change, no half ones.

The calls of real changes are recorded, among them some killed half-way and repeated; of every disk
that a power cut at any point may leave, the file is opened. Controls leave out one step each.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
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

from noktvrn_ai_artist.analytics import source_stats_file
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.errors import StateFileUnreadable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = "data/stats/source_stats.json"

Change = Callable[[SourceStatsFile], object]
Sabotage = Callable[[list[Call]], list[Call]]


def uses(*numbers: int) -> Change:
    events = [
        ClipUsage(
            source_name="pexels",
            clip_id=f"clip {number}",
            release_id=number,
            used_at=NOON,
            event_id=f"{number}",
        )
        for number in numbers
    ]
    return lambda file: file.add_usages(events)


def score(release_id: int) -> Change:
    report = ScoreReport(
        release_id=release_id, score=0.5, reported_at=NOON, event_id=f"{release_id}"
    )
    return lambda file: file.add_reports([report])


CHANGES: tuple[Change, ...] = (
    uses(1),
    uses(2, 3),
    score(2),
    lambda file: file.forget_release(3),
    uses(4),
    uses(4, 5, 6),
    *(change for number in range(10, 16) for change in (uses(number), score(number))),
)
A_FEW = 4
CALLS_OF_THE_FIRST = 12
CALLS_OF_OTHERS = 7


def histories(folder: Path) -> list[SourceHistory]:
    """The history after none, one, two ... of the changes, undisturbed."""
    file = SourceStatsFile(folder / "undisturbed.json")
    found = [file.read()]
    for change in CHANGES:
        change(file)
        found.append(file.read())
    return found


def recorded(root: Path, changes: Sequence[Change], kills: dict[int, list[int]]) -> list[Call]:
    """The calls of the changes, each tried again after each kill; a kill comes after so many calls.

    With fewer calls than that, the process dies with its work done and nothing acknowledged.
    """
    root.mkdir()
    recorder = Recorder(root)
    for number, change in enumerate(changes):
        for kill_after in kills.get(number, []):
            with suppress(Killed), recorder.installed(kill_after=kill_after):
                change(SourceStatsFile(root / PLACE))
            recorder.mark("killed")
        with recorder.installed():
            change(SourceStatsFile(root / PLACE))
        recorder.mark("acknowledged")
    return recorder.calls


def all_recordings(folder: Path, changes: Sequence[Change]) -> list[list[Call]]:
    """The undisturbed recording, and those of each change killed once or twice at every point."""
    kills: list[dict[int, list[int]]] = [{}]
    for number in range(len(changes)):
        for point in range(CALLS_OF_THE_FIRST if number == 0 else CALLS_OF_OTHERS):
            kills += [{number: [point]}, {number: [point, point // 2]}]
    return [recorded(folder / str(run), changes, each) for run, each in enumerate(kills)]


def problem(folder: Path, acknowledged: int, allowed: Sequence[SourceHistory]) -> str | None:
    """What is wrong with what stands in this folder, if anything is."""
    file = SourceStatsFile(folder / PLACE)
    try:
        found = file.read()
    except StateFileUnreadable as error:
        return error.reason
    if found not in allowed[acknowledged : acknowledged + 2]:
        return "an acknowledged change is missing or a half one is there"
    if acknowledged < len(CHANGES):
        CHANGES[acknowledged](file)
        if file.read() != allowed[acknowledged + 1]:
            return "repeating the change does not complete it"
    return None


def violations(recordings: Sequence[Sequence[Call]], place: Path) -> tuple[int, list[str]]:
    """How many different disks were opened, and what was wrong with which."""
    states = {
        (acknowledged, tree)
        for calls in recordings
        for made, acknowledged in cuts(calls)
        for tree in Disk(calls[:made]).outcomes()
    }
    allowed, folder, found = histories(place), place / "disk", []
    for acknowledged, tree in states:
        folder.mkdir()
        laid_out(tree, folder)
        if (fault := problem(folder, acknowledged, allowed)) is not None:
            found.append(fault)
        shutil.rmtree(folder)
    print(f"{len(states)} disks opened, {len(found)} violations")
    return len(states), found


def without_syncs_of_new_folders(calls: list[Call]) -> list[Call]:
    above = {call.folder for call in calls if call.kind == "make folder"}
    return [call for call in calls if call.kind != "sync" or call.inode not in above]


def renaming_before_syncing(calls: list[Call]) -> list[Call]:
    swapped = list(calls)
    for place, (first, second) in enumerate(pairwise(calls)):
        if (first.kind, second.kind) == ("sync", "rename"):
            swapped[place], swapped[place + 1] = second, first
    return swapped


def without_syncs_when_nothing_changed(calls: list[Call]) -> list[Call]:
    kept: list[Call] = []
    part: list[Call] = []
    for call in calls:
        part.append(call)
        if call.kind in {"killed", "acknowledged"}:
            changed = any(each.kind == "rename" for each in part)
            kept += [each for each in part if changed or each.kind != "sync"]
            part = []
    return kept


@pytest.fixture(autouse=True)
def no_real_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug of this machine."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def test_every_disk_that_a_power_cut_may_leave_is_whole(tmp_path: Path) -> None:
    opened, found = violations(all_recordings(tmp_path, CHANGES), tmp_path)
    assert found == []
    assert opened >= 600


@pytest.mark.parametrize(
    "sabotage",
    [
        without_file_syncs,
        without_folder_syncs,
        without_syncs_of_new_folders,
        renaming_before_syncing,
        without_syncs_when_nothing_changed,
    ],
)
def test_leaving_out_one_step_is_found(tmp_path: Path, sabotage: Sabotage) -> None:
    whole = all_recordings(tmp_path, CHANGES[:A_FEW])
    recordings = [sabotage(calls) for calls in whole]
    assert recordings != whole
    assert violations(recordings, tmp_path)[1]


def test_folders_half_made_by_a_killed_process_need_their_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_stats_file, "_sync_folders_above", lambda _: None)
    assert violations(all_recordings(tmp_path, CHANGES[:A_FEW]), tmp_path)[1]
