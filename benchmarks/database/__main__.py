"""`make bench`: measure storing and reading on a private server of its own, and write the report.

Contenders of a contest run in turn, so that what else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks.database import questions, reading, singles, storing
from benchmarks.database.apart import peak_mb
from benchmarks.database.contest import (
    Contender,
    Outcome,
    Result,
    machine,
    play,
    write,
)
from benchmarks.database.report import write_report
from benchmarks.database.world import (
    A_RELEASE,
    World,
    fill,
    make_files,
    open_world,
    register,
    wal_position,
)
from noktvrn_ai_artist.database.connection_manager import use_database

RESULTS = Path(__file__).with_name("results")
DOCS = Path(__file__).parents[2] / "docs"
# In this order: what comes after new rows needs a full table, and daily batches make it fuller.
CONTESTS: Mapping[str, Callable[[World], list[Contender]]] = {
    "new-rows": storing.new_rows,
    "same-rows": storing.same_rows,
    "many-rows": reading.many_rows,
    "one-release": reading.one_release,
    "into-files": reading.into_files,
    "daily-batch": storing.daily_batch,
}
APART = ("singles", "questions")

say = Console(stderr=True).print


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for at every size, and rewrite the page."""
    asked = _parser().parse_args(arguments)
    if asked.step in {"all", "run"}:
        for rows in asked.rows:
            with _folder(asked.folder) as folder:
                _measure(folder, rows, asked)
    if asked.step in {"all", "report"}:
        for path in write_report(asked.results, asked.docs):
            say(f"written: {path}", soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.database", description=__doc__)
    parser.add_argument("step", nargs="?", choices=("all", "run", "report"), default="all")
    parser.add_argument("--rows", nargs="+", type=int, default=[1_000_000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    names = (*CONTESTS, *APART)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="CONTEST")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--folder", type=Path, help="of the server; a temporary one if not said")
    return parser


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """Where the server and the files of one size live; all of it goes at the end."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="bench-", dir=given))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def _measure(folder: Path, rows: int, asked: argparse.Namespace) -> None:
    releases = max(1, rows // A_RELEASE)
    if "singles" in asked.only:
        _measure_singles(folder, asked)
    with _world(folder, releases) as world:
        make_files(world)
        wanted, full = [name for name in CONTESTS if name in asked.only], False
        for name in wanted:
            if name != "new-rows" and not full:
                fill(world)
                full = True
            _keep(name, rows, _played(world, name, asked.rounds), asked.results)
        if "questions" in asked.only:
            _keep("questions", rows, questions.asked_of_all(world, progress=say), asked.results)
        assert world.database.server is not None
        server = world.database.server
    server.remove()


def _measure_singles(folder: Path, asked: argparse.Namespace) -> None:
    """In a database of their own, with few connections for all threads and with one for each."""
    for connections in singles.CONNECTIONS:
        with _world(folder, 10_000, name="singles", connections=connections) as world:
            singles.emptied(world)
            found = list(singles.outcomes(world, rounds=asked.rounds, progress=say))
            _keep(f"singles-{connections}", 0, found, asked.results)


@contextmanager
def _world(
    folder: Path, releases: int, *, name: str = "bench", connections: int = 8
) -> Iterator[World]:
    world = open_world(folder, releases=releases, name=name, connections=connections)
    register(world)
    try:
        yield world
    finally:
        use_database(None)


def _played(world: World, name: str, rounds: int) -> list[Outcome]:
    say(f"{name}, {world.rows:,} rows", style="bold")
    contenders = CONTESTS[name](world)
    outcomes = play(contenders, rounds=rounds, wal=lambda: wal_position(world), progress=say)
    return [
        replace(outcome, peak_mb=_peak(world, contender))
        for contender, outcome in zip(contenders, outcomes, strict=True)
    ]


def _peak(world: World, contender: Contender) -> float | None:
    if contender.alone is None:
        return None
    contender.prepare()
    peak = peak_mb(world, *contender.alone)
    say(f"{contender.name}: {peak:,.0f} MB")
    return peak


def _keep(contest: str, rows: int, outcomes: Sequence[Outcome], folder: Path) -> None:
    result = Result(contest=contest, rows=rows, machine=machine(), outcomes=outcomes)
    say(f"written: {write(result, folder)}", soft_wrap=True)


if __name__ == "__main__":
    main()
