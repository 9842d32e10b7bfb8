"""Results as Markdown: every policy in every world, paired with ours, and how honest ours is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.ranking.calibration import BEST_EDGES, CENTRES, EDGES, LEVELS
from benchmarks.ranking.measures import Floats, half_width
from benchmarks.ranking.runs import OURS, Result, checked_of


def comparable(results: Sequence[Result]) -> list[Result]:
    """Those that met the worlds and seeds of the longest run, the largest regret first."""
    most = max(results, key=lambda result: len(result.seeds) * len(result.worlds))
    alike = [r for r in results if r.seeds == most.seeds and list(r.worlds) == list(most.worlds)]
    return sorted(alike, key=lambda result: -float(np.mean(result.by_seed())))


def regret_table(results: Sequence[Result]) -> str:
    """Regret x 100 by world; the mean and its distance from ours with 95 % intervals."""
    ours = next((result for result in results if result.policy == OURS), None)
    head = ["policy", *results[0].worlds, "mean", "less ours", "tau", "NDCG@5", "p@3"]
    return _table(head, [_regret_row(result, ours) for result in results])


def worse_than_a_peer(results: Sequence[Result]) -> str:
    """The worlds in which a peer's regret is lower than ours beyond the 95 % interval."""
    ours = next((result for result in results if result.policy == OURS), None)
    if ours is None:
        return ""
    rows = [
        [result.title, world, _with_half(difference)]
        for result in results
        for world, difference in zip(ours.worlds, result.by_seed() - ours.by_seed(), strict=True)
        if np.mean(difference) + half_width(difference) < 0
    ]
    if not rows:
        return "In no world is a peer's regret below ours beyond the 95 % interval."
    return _table(["policy", "world", "less ours"], rows)


def coverage_table(result: Result) -> str:
    """How many true values the stated intervals hold, in percent, by world and centre."""
    head = [
        "world",
        *(f"{level:.0%}, {centre}" for level in LEVELS for centre in CENTRES),
        "checks",
    ]
    rows = [_coverage_row(world, result, [world]) for world in result.worlds]
    return _table(head, [*rows, _coverage_row("every world", result, list(result.worlds))])


def reliability_table(result: Result) -> str:
    """What was stated against what was so: one better than another, and the best of those used."""
    checked = checked_of(result, list(result.worlds))
    return "\n\n".join(
        [
            _binned_table("A is better than B, stated", EDGES, checked.better),
            _binned_table("best of those used, stated", BEST_EDGES, checked.best),
        ]
    )


def _regret_row(result: Result, ours: Result | None) -> list[str]:
    regret = result.by_seed()
    cells = [result.title, *(f"{value:.1f}" for value in np.mean(regret, axis=1))]
    cells.append(_with_half(np.mean(regret, axis=0)))
    paired = ours is not None and ours is not result
    cells.append(_with_half(np.mean(regret - ours.by_seed(), axis=0)) if ours and paired else "")
    return cells + [f"{np.mean(result.by_seed(m)):.2f}" for m in ("tau", "ndcg", "precision")]


def _coverage_row(name: str, result: Result, worlds: Sequence[str]) -> list[str]:
    checked = checked_of(result, worlds)
    parts = 100 * checked.covered / max(checked.intervals, 1)
    return [name, *(f"{part:.1f}" for part in parts.ravel()), f"{checked.intervals:.0f}"]


def _binned_table(name: str, edges: Floats, counts: Floats) -> str:
    rows = [
        [f"{low:.2f}-{high:.2f}", f"{stated / count:.3f}", f"{true / count:.3f}", f"{count:.0f}"]
        for low, high, (count, stated, true) in zip(edges, edges[1:], counts, strict=False)
        if count
    ]
    return _table([name, "mean stated", "came true", "times"], rows)


def _with_half(values: Floats) -> str:
    return f"{np.mean(values):.1f} ± {half_width(values):.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
