"""A policy played through many worlds and seeds, and what is kept of it: one JSON file a run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import reduce
from importlib import import_module
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ranking.calibration import Checked
from benchmarks.ranking.catalogue import PEERS, Setting
from benchmarks.ranking.measures import half_width
from benchmarks.ranking.play import Played, play
from benchmarks.ranking.policy import Policy
from benchmarks.ranking.world_kinds import KINDS
from benchmarks.ranking.worlds import draw

OURS = "ours"
CURVE_POINTS = 50

Progress = Callable[[Iterable[Played], int], Iterable[Played]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Which policy, with which setting, meets which worlds and seeds."""

    policy: str
    setting: Setting
    told: bool
    releases: int | None
    worlds: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def file_name(self) -> str:
        """Policy, knowledge and length, as results are kept by them."""
        length = "standard" if self.releases is None else str(self.releases)
        return f"{self.policy}.{'told' if self.told else 'untold'}.{length}.json"

    def jobs(self) -> list[tuple[Matrix, str, int]]:
        """One for each world and seed, in this order."""
        return [(self, world, seed) for world in self.worlds for seed in self.seeds]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldResult:
    """What is kept of a world: measures by seed, and the mean curve of summed regret.

    The curve is in log quality, at equal steps through the history; `curve_half` is half the width
    of its 95 % interval.
    """

    regret: list[float]
    tau: list[float]
    ndcg: list[float]
    precision: list[float]
    curve: list[float]
    curve_half: list[float]
    checked: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A whole run; `seconds` is what it took on the cores it had."""

    policy: str
    title: str
    told: bool
    releases: int | None
    setting: Mapping[str, Any]
    seeds: list[int]
    seconds: float
    worlds: dict[str, WorldResult]

    def by_seed(self, measure: str = "regret") -> np.ndarray:
        """The measure's values: worlds first, then seeds."""
        return np.array([getattr(world, measure) for world in self.worlds.values()])


def title_of(policy: str) -> str:
    """The name of a policy in tables."""
    return "our tracker" if policy == OURS else PEERS[policy].title


def new_policy(policy: str, setting: Setting, *, sources: int) -> Policy:
    """A fresh policy that has seen nothing; what it needs is imported only now."""
    if policy == OURS:
        ours: Policy = import_module("benchmarks.ranking.ours").Ours(sources=sources)
        return ours
    return PEERS[policy].policy(setting, sources=sources)


def play_job(job: tuple[Matrix, str, int]) -> Played:
    """One world of a matrix, from its first release to its last."""
    matrix, name, seed = job
    kind = next(kind for kind in KINDS if kind.name == name)
    world = draw(kind, seed, releases=matrix.releases)
    policy = new_policy(matrix.policy, matrix.setting, sources=kind.sources)
    return play(world, policy, seed=seed, told=matrix.told)


def play_all(matrix: Matrix, *, jobs: int, progress: Progress) -> list[Played]:
    """Every world and seed of a matrix, in `jobs` processes."""
    todo = matrix.jobs()
    if jobs == 1:
        return list(progress(map(play_job, todo), len(todo)))
    with ProcessPoolExecutor(jobs) as pool:
        return list(progress(pool.map(play_job, todo, chunksize=2), len(todo)))


def run(matrix: Matrix, *, jobs: int, progress: Progress) -> Result:
    """Play a matrix and sum it up."""
    begin = time.perf_counter()
    played = play_all(matrix, jobs=jobs, progress=progress)
    count = len(matrix.seeds)
    return Result(
        policy=matrix.policy,
        title=title_of(matrix.policy),
        told=matrix.told,
        releases=matrix.releases,
        setting=dict(matrix.setting),
        seeds=list(matrix.seeds),
        seconds=round(time.perf_counter() - begin, 1),
        worlds={
            world: _summed_up(played[place * count : (place + 1) * count])
            for place, world in enumerate(matrix.worlds)
        },
    )


def write(result: Result, path: Path) -> None:
    """Keep a result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(result)) + "\n", encoding="utf-8")
    temporary.replace(path)


def read(path: Path) -> Result:
    """A result as it was kept."""
    data = json.loads(path.read_text(encoding="utf-8"))
    worlds = {name: WorldResult(**world) for name, world in data.pop("worlds").items()}
    return Result(worlds=worlds, **data)


def checked_of(result: Result, worlds: Sequence[str]) -> Checked:
    """What was checked in these worlds together."""
    parts = [result.worlds[world].checked for world in worlds]
    return reduce(
        add,
        (Checked(**{name: np.array(value) for name, value in part.items()}) for part in parts),
        Checked.nothing(),
    )


def _summed_up(played: Sequence[Played]) -> WorldResult:
    summed = np.cumsum([one.regret for one in played], axis=1) / 100
    places = np.linspace(0, summed.shape[1] - 1, CURVE_POINTS).round().astype(int)
    checked = reduce(add, (one.checked for one in played))
    return WorldResult(
        regret=_rounded([float(np.mean(one.regret)) for one in played]),
        tau=_rounded([one.tau for one in played]),
        ndcg=_rounded([one.ndcg for one in played]),
        precision=_rounded([one.precision for one in played]),
        curve=_rounded(np.mean(summed[:, places], axis=0)),
        curve_half=_rounded([half_width(summed[:, place]) for place in places]),
        checked={name: np.round(value, 3).tolist() for name, value in asdict(checked).items()},
    )


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(float(value), 4) for value in values]
