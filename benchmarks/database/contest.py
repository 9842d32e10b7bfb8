"""The shape of every measurement: contenders that do the same work in turn, and what came out."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.database.world import World


class Side(StrEnum):
    """Whose work it is: ours, the server's own limit, or what people use instead."""

    OURS = "ours"
    LIMIT = "limit"
    OTHER = "other"


# Of a world, so much: rows to store, or days to read.
Work = Callable[["World", int], object]


def nothing() -> None:
    """No preparation is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do the work: `run` answers for how many rows it handled, which must be `amount`.

    `prepare` is called before every run and not timed. `alone` is the same work and its size, where
    its memory is to be measured in a process of its own.
    """

    name: str
    side: Side
    amount: int
    run: Callable[[], int]
    prepare: Callable[[], object] = nothing
    alone: tuple[Work, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the runs of a contender came to: seconds and bytes of WAL of each, megabytes at most."""

    name: str
    side: Side
    amount: int
    seconds: Sequence[float]
    wal: Sequence[int] = ()
    peak_mb: float | None = None

    @property
    def rate(self) -> float:
        """Rows a second, of the median run."""
        return self.amount / statistics.median(self.seconds)

    @property
    def wal_a_row(self) -> float | None:
        """Bytes of WAL for each row, of the median run."""
        return statistics.median(self.wal) / self.amount if self.wal else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A contest's outcomes at one size of the world."""

    contest: str
    rows: int
    machine: str
    outcomes: Sequence[Outcome]


class WrongWork(Exception):
    """A contender did not do the work it is measured by."""


def play(
    contenders: Iterable[Contender],
    *,
    rounds: int,
    wal: Callable[[], int],
    progress: Callable[[str], object],
) -> list[Outcome]:
    """Let every contender run in turn, as often as there are rounds."""
    contenders = list(contenders)
    seconds: dict[str, list[float]] = {one.name: [] for one in contenders}
    written: dict[str, list[int]] = {one.name: [] for one in contenders}
    for number in range(1, rounds + 1):
        for one in contenders:
            one.prepare()
            wal_before, begin = wal(), time.perf_counter()
            done = one.run()
            seconds[one.name].append(time.perf_counter() - begin)
            written[one.name].append(wal() - wal_before)
            if done != one.amount:
                raise WrongWork(f"{one.name}: {done:,} rows instead of {one.amount:,}")
            progress(f"round {number}: {one.name}: {one.amount / seconds[one.name][-1]:,.0f}/s")
    return [
        Outcome(
            name=one.name,
            side=one.side,
            amount=one.amount,
            seconds=seconds[one.name],
            wal=written[one.name],
        )
        for one in contenders
    ]


def machine() -> str:
    """What the figures were measured on, as far as a reader can use it."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {_python()}"


def write(result: Result, folder: Path) -> Path:
    """Keep a result as JSON; the same contest at the same size is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.contest}.{result.rows}.json"
    path.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Result:
    """A result that was kept."""
    kept: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    outcomes = [Outcome(**{**one, "side": Side(one["side"])}) for one in kept["outcomes"]]
    return Result(**{**kept, "outcomes": outcomes})


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])
