"""Writers of one state file, killed at random moments and started again; prints what came of it.

Run as a program of its own, so that forking is cheap and nothing else runs in the process:
`python state_file_killing.py FOLDER --kills 200 [--seed 1] [--leave-out lock|event-ids|whole-file]`

A writer acknowledges an event over a pipe after the logging call has returned; started again, it
repeats the event it had not acknowledged. A reader reads all the while.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

from noktvrn_ai_artist.analytics import source_stats_file
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.errors import StateFileNotWritten, StateFileUnreadable

WRITERS = 8
PARTS = ("nothing", "lock", "event-ids", "whole-file")
KILLS_PER_FILE = 250
"""A fresh file is begun after so many kills, so that time goes into kills and not into parsing."""


@dataclass
class Outcome:
    """What the checker counted."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    never_logged: int = 0
    left_over: int = 0
    reads: int = 0
    torn_reads: int = 0
    shrunk_reads: int = 0
    seconds: float = 0.0


@dataclass
class Writer:
    """One writer as its killer sees it."""

    number: int
    acknowledged: int = 0
    pid: int = 0
    pipe: int = field(default=-1)

    def start(self, path: Path, *, leave_out: str) -> None:
        """Fork a process that goes on where acknowledgements ended."""
        self.pipe, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            write_events(path, self.number, self.acknowledged + 1, writing, leave_out=leave_out)
        os.close(writing)

    def kill(self) -> None:
        """Kill it, and hear what it had acknowledged until then."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        while chunk := os.read(self.pipe, 65536):
            self.acknowledged += len(chunk)
        os.close(self.pipe)


def write_events(path: Path, writer: int, first: int, pipe: int, *, leave_out: str) -> None:
    """Log one event after the other, until killed; one byte acknowledges each."""
    if leave_out == "lock":
        source_stats_file.FileLock = lambda *_, **__: nullcontext()
    if leave_out == "whole-file":
        SourceStatsFile._replace = write_in_place
    tracker = StockSuccessTracker(path)
    event = first
    while True:
        name = f"{writer}-{event}"
        known_as = None if leave_out == "event-ids" else name
        try:
            tracker.log_clip_usage("pexels", name, 1 + event, event_id=known_as)
        except (StateFileNotWritten, StateFileUnreadable):
            continue
        if leave_out == "event-ids":
            time.sleep(0.005)  # more kills find an event stored and not yet acknowledged
        os.write(pipe, b".")
        event += 1


def write_in_place(self: SourceStatsFile, target: Path, data: bytes) -> None:
    """What many programs do: open, truncate, write."""
    target.write_bytes(data)


class Reader:
    """A process that reads without pause and counts what it must never see."""

    def __init__(self, path: Path) -> None:
        self._stop, stopped = os.pipe()[::-1]
        self._answer, answering = os.pipe()
        if os.fork() == 0:
            os.write(answering, json.dumps(read_until(path, stopped)).encode())
            os._exit(0)
        os.close(stopped)
        os.close(answering)

    def stop(self) -> dict[str, int]:
        """End it, and hear what it counted."""
        os.write(self._stop, b".")
        answer = os.read(self._answer, 65536)
        os.close(self._stop)
        os.close(self._answer)
        os.wait()
        return dict(json.loads(answer))


def read_until(path: Path, stopped: int) -> dict[str, int]:
    """Read until something comes through the pipe; a read may never see less than one before."""
    file, most, seen = SourceStatsFile(path), 0, Counter(reads=0, torn_reads=0, shrunk_reads=0)
    while not select.select([stopped], [], [], 0.001)[0]:
        seen["reads"] += 1
        try:
            usages = len(file.read().usages)
        except StateFileUnreadable:
            seen["torn_reads"] += 1
            continue
        seen["shrunk_reads"] += usages < most
        most = max(most, usages)
    return dict(seen)


def one_file(path: Path, kills: int, chance: random.Random, leave_out: str) -> Outcome:
    """Kill writers of a fresh file so many times, then count."""
    outcome = Outcome(kills=kills)
    reader = Reader(path)
    writers = [Writer(number=number) for number in range(WRITERS)]
    for writer in writers:
        writer.start(path, leave_out=leave_out)
    for _ in range(kills - WRITERS):
        time.sleep(chance.uniform(0, 0.012))
        victim = chance.choice(writers)
        victim.kill()
        victim.start(path, leave_out=leave_out)
    for writer in writers:
        writer.kill()
    for name, seen in reader.stop().items():
        setattr(outcome, name, seen)
    counted(path, writers, outcome)
    return outcome


def counted(path: Path, writers: list[Writer], outcome: Outcome) -> None:
    """Compare what was acknowledged with what is there; one event per writer is a maybe."""
    try:
        there = Counter(usage.clip_id for usage in SourceStatsFile(path).read().usages)
    except StateFileUnreadable:
        there = Counter()
    sure = {f"{each.number}-{event + 1}" for each in writers for event in range(each.acknowledged)}
    maybe = {f"{each.number}-{each.acknowledged + 1}" for each in writers}
    outcome.acknowledged = len(sure)
    outcome.lost = len(sure - there.keys())
    outcome.doubled = sum(times > 1 for times in there.values())
    outcome.never_logged = len(there.keys() - sure - maybe)
    suffixes = {each.name.removeprefix(path.name) for each in path.parent.iterdir()}
    outcome.left_over = len(suffixes - {"", ".lock", ".tmp"})


def main() -> None:
    """Read the arguments, kill, print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leave-out", default="nothing", choices=PARTS)
    arguments = parser.parse_args()
    chance, total, began = random.Random(arguments.seed), Counter(), time.monotonic()
    while total["kills"] < arguments.kills:
        folder = arguments.folder / str(total["kills"])
        folder.mkdir()
        kills = min(KILLS_PER_FILE, arguments.kills - total["kills"])
        total.update(
            asdict(one_file(folder / "source_stats.json", kills, chance, arguments.leave_out))
        )
    print(json.dumps({**total, "seconds": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
