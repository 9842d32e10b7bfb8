"""`python -m benchmarks.ranking`: play the worlds, replay the log, write the tables and charts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.ranking.catalogue import PEERS
from benchmarks.ranking.play import Played
from benchmarks.ranking.report import write_report
from benchmarks.ranking.runs import OURS, Matrix, Progress, run, write
from benchmarks.ranking.tuning import NotTuned, is_tuned, remember, tune, tuned
from benchmarks.ranking.world_kinds import KINDS

RESULTS = Path(__file__).with_name("results")
DOCS = Path(__file__).parents[2] / "docs"
NAMES = (OURS, *PEERS)
WORLDS = tuple(kind.name for kind in KINDS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what was asked: everything, or one step."""
    asked = _parser().parse_args(arguments)
    if asked.policies is None:
        asked.policies = [name for name in NAMES if asked.step == "tune" or is_tuned(name)]
    if asked.step == "tune":
        _tune(asked)
    if asked.step in {"all", "run"}:
        try:
            _run(asked)
        except NotTuned as error:
            raise SystemExit(str(error)) from error
    if asked.step in {"all", "replay"}:
        _replay(asked)
    if asked.step in {"all", "report"}:
        for path in write_report(asked.results, asked.docs):
            Console().print(f"written: {path}", soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__)
    steps = ("all", "tune", "run", "replay", "report")
    parser.add_argument("step", nargs="?", choices=steps, default="all")
    parser.add_argument(
        "--policies",
        nargs="+",
        choices=NAMES,
        metavar="NAME",
        help="all that are tuned, if not said",
    )
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=WORLDS, metavar="WORLD")
    parser.add_argument("--seeds", type=int, default=40, help="how many seeds")
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--releases", type=int, help="of every world, instead of its own")
    parser.add_argument("--told", action="store_true", help="only with the artists told")
    parser.add_argument("--untold", action="store_true", help="only without")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where the page to fill is")
    return parser


def _knowledge(asked: argparse.Namespace) -> tuple[bool, ...]:
    return (
        (True,) if asked.told and not asked.untold else (False,) if asked.untold else (False, True)
    )


def _wanted(asked: argparse.Namespace) -> list[tuple[str, bool]]:
    """Policies with and without artists; without only, where knowing them changes nothing."""
    return [
        (policy, told)
        for policy in asked.policies
        for told in _knowledge(asked)
        if not told or policy == OURS or PEERS[policy].uses_artists
    ]


def _tune(asked: argparse.Namespace) -> None:
    for policy, told in _wanted(asked):
        if policy == OURS or len(PEERS[policy].settings()) == 1:
            continue
        found = tune(policy, told=told, jobs=asked.jobs, progress=_progress(policy, told))
        remember(policy, told=told, found=found)
        Console().print(f"{policy} ({'told' if told else 'untold'}): {found['setting']}")


def _run(asked: argparse.Namespace) -> None:
    for matrix in _matrices(asked):
        result = run(matrix, jobs=asked.jobs, progress=_progress(matrix.policy, matrix.told))
        write(result, asked.results / matrix.file_name)
        regret = result.by_seed()
        worlds = " ".join(f"{value:.1f}" for value in np.mean(regret, axis=1))
        Console().print(
            f"{matrix.file_name}: {worlds} | {np.mean(regret):.2f}"
            f"  tau {np.mean(result.by_seed('tau')):.2f}  ({result.seconds:.0f} s)",
            soft_wrap=True,
        )


def _matrices(asked: argparse.Namespace) -> list[Matrix]:
    """What is to be played; before anything is, every setting must be known."""
    return [
        Matrix(
            policy=policy,
            setting=tuned(policy, told=told),
            told=told,
            releases=asked.releases,
            worlds=tuple(asked.worlds),
            seeds=tuple(range(asked.first_seed, asked.first_seed + asked.seeds)),
        )
        for policy, told in _wanted(asked)
    ]


def _replay(asked: argparse.Namespace) -> None:
    from benchmarks.ranking import replay  # noqa: PLC0415 - pandas and obp are needed only here

    text = replay.table(replay.replay())
    asked.results.mkdir(parents=True, exist_ok=True)
    (asked.results / "replay.md").write_text(f"{text}\n", encoding="utf-8")
    Console().print(text, soft_wrap=True, markup=False)


def _progress(policy: str, told: bool) -> Progress:
    """A bar with the policy's name."""
    name = f"{policy} {'told' if told else 'untold'}"

    def bar(played: Iterable[Played], total: int) -> Iterable[Played]:
        return track(played, description=name, total=total, console=Console(stderr=True))

    return bar


if __name__ == "__main__":
    main()
