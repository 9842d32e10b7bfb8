"""One loop for every policy: it orders, the slots fill, reports come in, regret is counted."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ranking.calibration import Check, Checked
from benchmarks.ranking.measures import Floats, kendall_tau, ndcg_at, precision_at
from benchmarks.ranking.policy import Policy
from benchmarks.ranking.worlds import World

RANKED_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How one policy did in one world: regret by release, the measures' means, what was checked."""

    regret: Floats
    tau: float
    ndcg: float
    precision: float
    checked: Checked


def play(world: World, policy: Policy, *, seed: int, told: bool) -> Played:
    """Let a policy live through a world; `seed` is for the policy's own dice."""
    rng = np.random.default_rng(seed + 10**6)
    due: list[tuple[float, int, float]] = []
    check = Check(world)
    regret, ranks = np.zeros(world.kind.releases), []
    for release, now in enumerate(world.times.tolist()):
        while due and due[0][0] <= now:
            time, earlier, score = heapq.heappop(due)
            policy.reported(earlier, time, score)
            check.reported(earlier)
        available = np.flatnonzero(world.available(release)).tolist()
        clips = world.fill(release, policy.order(now, available, rng))
        regret[release] = world.value(release, world.oracle(release)) - world.value(release, clips)
        if release % RANKED_EVERY == RANKED_EVERY - 1:
            ranks.append(_agreement(world, policy, release, available))
            check.hold_against(release, available, policy.beliefs(now))
        policy.chose(release, now, clips, int(world.artists[release]) if told else None)
        check.chose(release, clips)
        for report in world.reports(release, clips):
            heapq.heappush(due, (report.time, report.release, report.score))
    tau, ndcg, precision = np.mean(ranks, axis=0).tolist()
    return Played(
        regret=100 * regret, tau=tau, ndcg=ndcg, precision=precision, checked=check.result()
    )


def _agreement(
    world: World, policy: Policy, release: int, available: Sequence[int]
) -> tuple[float, float, float]:
    ranked = list(policy.ranking(float(world.times[release]), available))
    quality = world.qualities[release]
    return (
        kendall_tau(ranked, quality),
        ndcg_at(5, ranked, quality),
        precision_at(3, ranked, quality),
    )
