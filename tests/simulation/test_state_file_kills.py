"""What was acknowledged is there exactly once after `kill -9` of its writers at random moments.

`NOKTVRN_PROOF_KILLS` says how many kills the long proof makes (2,000 by default).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("state_file_killing.py")


def killed(folder: Path, *, kills: int, leave_out: str = "nothing") -> dict[str, float]:
    """Run the killing in a process of its own and hear what it counted."""
    options = ["--kills", str(kills), "--leave-out", leave_out]
    finished = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), *options],
        check=True,
        capture_output=True,
        text=True,
    )
    print(finished.stdout)
    return dict(json.loads(finished.stdout))


def violations(outcome: dict[str, float]) -> float:
    """Everything that must not happen."""
    kinds = ("lost", "doubled", "never_logged", "left_over", "torn_reads", "shrunk_reads")
    return sum(outcome[kind] for kind in kinds)


def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    outcome = killed(tmp_path, kills=200)
    assert violations(outcome) == 0
    assert outcome["kills"] == 200
    assert outcome["acknowledged"] > 50
    assert outcome["reads"] > 50


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kills = int(os.environ.get("NOKTVRN_PROOF_KILLS", "2000"))
    outcome = killed(tmp_path, kills=kills)
    assert violations(outcome) == 0
    assert outcome["kills"] == kills


def test_without_the_lock_events_are_lost(tmp_path: Path) -> None:
    assert killed(tmp_path, kills=40, leave_out="lock")["lost"] > 0


def test_without_event_ids_repeated_events_double(tmp_path: Path) -> None:
    assert killed(tmp_path, kills=60, leave_out="event-ids")["doubled"] > 0


def test_writing_in_place_tears_reads(tmp_path: Path) -> None:
    assert killed(tmp_path, kills=40, leave_out="whole-file")["torn_reads"] > 0
