"""Every peer's best setting, found on seeds the test never uses, and kept with all that was tried.

The whole grid plays the first seed; the best quarter, at least two, play all of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ranking.catalogue import PEERS, Setting
from benchmarks.ranking.runs import OURS, Matrix, Progress, play_all
from benchmarks.ranking.world_kinds import KINDS

TUNED = Path(__file__).with_name("tuned.json")
FIRST_SEEDS = (0,)
ALL_SEEDS = tuple(range(4))


class NotTuned(Exception):
    """A policy has settings to choose from and none was chosen yet."""


def tune(policy: str, *, told: bool, jobs: int, progress: Progress) -> dict[str, Any]:
    """The mean regret of every setting tried, and the best of those that played all seeds."""
    grid = PEERS[policy].settings()
    regret = partial(_regret, policy, told=told, jobs=jobs, progress=progress)
    first = [regret(setting, seeds=FIRST_SEEDS) for setting in grid]
    order = np.argsort(first, kind="stable").tolist()
    kept = [grid[place] for place in order[: max(2, (len(grid) + 3) // 4)]]
    whole = [regret(setting, seeds=ALL_SEEDS) for setting in kept]
    return {
        "setting": kept[int(np.argmin(whole))],
        "tried": _tried(grid, first, FIRST_SEEDS) + _tried(kept, whole, ALL_SEEDS),
    }


def remember(policy: str, *, told: bool, found: dict[str, Any]) -> None:
    """Write what was found beside what is known of the others."""
    known = _known()
    known.setdefault(policy, {})[_knowledge(told)] = found
    lines = json.dumps(dict(sorted(known.items())), indent=1)
    TUNED.write_text(lines + "\n", encoding="utf-8")


def tuned(policy: str, *, told: bool) -> Setting:
    """The setting a policy was found to do best with; nothing for one without a choice.

    Raises:
        NotTuned: there are settings to choose from and none was chosen.
    """
    if policy == OURS or len(settings := PEERS[policy].settings()) == 1:
        return {} if policy == OURS else settings[0]
    knowledge = _knowledge(told and PEERS[policy].uses_artists)
    found = _known().get(policy, {}).get(knowledge)
    if found is None:
        raise NotTuned(f"{policy} ({knowledge}): run `python -m benchmarks.ranking tune` first")
    setting: Setting = found["setting"]
    return setting


def is_tuned(policy: str) -> bool:
    """Whether the policy can play: it has no choice of settings, or one was found."""
    return policy == OURS or len(PEERS[policy].settings()) == 1 or policy in _known()


def _known() -> dict[str, Any]:
    if not TUNED.exists():
        return {}
    known: dict[str, Any] = json.loads(TUNED.read_text(encoding="utf-8"))
    return known


def _knowledge(told: bool) -> str:
    return "told" if told else "untold"


def _regret(
    policy: str,
    setting: Setting,
    *,
    told: bool,
    seeds: tuple[int, ...],
    jobs: int,
    progress: Progress,
) -> float:
    matrix = Matrix(
        policy=policy,
        setting=setting,
        told=told,
        releases=None,
        worlds=tuple(kind.name for kind in KINDS),
        seeds=seeds,
    )
    played = play_all(matrix, jobs=jobs, progress=progress)
    return float(np.mean([np.mean(one.regret) for one in played]))


def _tried(
    settings: Sequence[Setting], regrets: Sequence[float], seeds: tuple[int, ...]
) -> list[dict[str, Any]]:
    return [
        {"setting": setting, "seeds": len(seeds), "regret": round(regret, 2)}
        for setting, regret in zip(settings, regrets, strict=True)
    ]
