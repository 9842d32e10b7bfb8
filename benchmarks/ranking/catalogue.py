"""Every policy by name: what it is made of, what it is fed, and the small grid it is tuned on.

A name that ends in "+" is fed our log and our matured, ranked, cleared rewards; the others get raw
scores, one for each clip's source, as a user would feed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product

from benchmarks.ranking.learners import Fed, LearnerPolicy
from benchmarks.ranking.policy import Policy

Setting = Mapping[str, object]

HALF_LIVES = (20.0, 30.0, 45.0, 90.0)
WINDOWS = (None, 120.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One policy: a learner by module and class, settings that stand, settings to choose from."""

    title: str
    module: str
    learner: str
    fed: Fed
    fixed: Setting = field(default_factory=dict)
    grid: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def uses_artists(self) -> bool:
        """Whether being told the artists can change anything."""
        return self.fed == "matured" or any("artist" in name for name in self.fixed)

    def settings(self) -> list[Setting]:
        """Every point of the grid."""
        return [dict(zip(self.grid, point, strict=True)) for point in product(*self.grid.values())]

    def policy(self, setting: Setting, *, sources: int) -> Policy:
        """A fresh policy; the library is imported only now."""
        module = import_module(f"benchmarks.ranking.{self.module}")
        learner = getattr(module, self.learner)(**self.fixed, **setting)
        return LearnerPolicy(learner, sources=sources, fed=self.fed)


def _peer(
    title: str, module: str, learner: str, fixed: Setting, **grid: tuple[object, ...]
) -> Entry:
    fed: Fed = "matured" if title.endswith("+") else "raw"
    return Entry(title=title, module=module, learner=learner, fed=fed, fixed=fixed, grid=grid)


def _paper(title: str, learner: str, **grid: tuple[object, ...]) -> Entry:
    return Entry(title=title, module="plain", learner=learner, fed="matured", grid=grid)


PEERS: Mapping[str, Entry] = {
    "random": _peer("random", "plain", "Random", {}),
    "mean": _peer(
        "mean score per source with decay (30 days), greedy",
        "plain",
        "FadingMean",
        {"half_life": 30.0, "unseen_first": False},
    ),
    "mean-unseen-first": _peer(
        "decayed mean, unseen sources first",
        "plain",
        "FadingMean",
        {"half_life": 30.0, "unseen_first": True},
    ),
    "mabwiser-ucb1": _peer(
        "MABWiser UCB1", "with_mabwiser", "ByCount", {"kind": "ucb1"},
        alpha=(1.0, 100.0, 400.0, 1600.0),
    ),
    "mabwiser-ts": _peer("MABWiser TS", "with_mabwiser", "ByCount", {"kind": "thompson"}),
    "mabwiser-linucb": _peer(
        "MABWiser LinUCB", "with_mabwiser", "ByContext",
        {"kind": "ucb", "artist_context": True}, alpha=(1.0, 100.0, 400.0, 1600.0),
    ),
    "mabwiser-epsilon": _peer(
        "MABWiser eps-greedy", "with_mabwiser", "ByCount", {"kind": "epsilon"},
        alpha=(0.02, 0.05, 0.1),
    ),
    "river-ucb": _peer("River UCB", "with_river", "River", {"kind": "ucb"}, delta=(0.1, 0.3, 1.0)),
    "river-ts": _peer("River TS", "with_river", "River", {"kind": "thompson"}),
    "vw-regression": _peer(
        "Vowpal Wabbit regression", "with_vowpal", "Regression", {"artist_features": True},
        rate=(0.5, 2.0), epsilon=(0.0, 0.05),
    ),
    "vw-squarecb": _peer(
        "Vowpal Wabbit SquareCB", "with_vowpal", "SquareCb", {},
        rate=(0.5, 2.0), gamma=(10.0, 100.0),
    ),
    "bb-ucb": _peer(
        "bayesianbandits UCB", "with_bayesianbandits", "ByArm", {},
        half_life=(None, 45.0), quantile=(0.68, 0.9),
    ),
    "bb-ts": _peer(
        "bayesianbandits Thompson", "with_bayesianbandits", "ByArm", {"quantile": None},
        half_life=(None, 45.0),
    ),
    "mabwiser-ucb1+": _peer(
        "MABWiser UCB1 +", "with_mabwiser", "ByCount", {"kind": "ucb1"},
        alpha=(0.1, 0.2, 0.4), window=WINDOWS, once=(False, True),
    ),
    "mabwiser-ts+": _peer(
        "MABWiser TS +", "with_mabwiser", "ByCount", {"kind": "thompson"},
        window=WINDOWS, once=(False, True),
    ),
    "mabwiser-lints+": _peer(
        "MABWiser LinTS +", "with_mabwiser", "ByContext", {"kind": "thompson"},
        alpha=(0.3, 0.6), window=WINDOWS, once=(False, True),
    ),
    "mabwiser-linucb+": _peer(
        "MABWiser LinUCB +", "with_mabwiser", "ByContext", {"kind": "ucb"},
        alpha=(0.5, 1.0), window=WINDOWS, once=(False, True),
    ),
    "mabwiser-epsilon+": _peer(
        "MABWiser eps-greedy +", "with_mabwiser", "ByCount", {"kind": "epsilon"},
        alpha=(0.02, 0.05, 0.1), window=WINDOWS, once=(False, True),
    ),
    "river-ucb+": _peer(
        "River UCB +", "with_river", "River", {"kind": "ucb"},
        delta=(0.1, 0.2, 0.4), window=WINDOWS, once=(False, True),
    ),
    "river-ts+": _peer(
        "River TS +", "with_river", "River", {"kind": "thompson"}, window=WINDOWS,
        once=(False, True),
    ),
    "vw-regression+": _peer(
        "Vowpal Wabbit regression +", "with_vowpal", "Regression", {},
        rate=(0.1, 0.5), half_life=(None, 45.0), epsilon=(0.0, 0.03),
    ),
    "vw-squarecb+": _peer(
        "Vowpal Wabbit SquareCB +", "with_vowpal", "SquareCb", {},
        rate=(0.5, 2.0), gamma=(10.0, 100.0),
    ),
    "bb-arms-ucb+": _peer(
        "bayesianbandits UCB +", "with_bayesianbandits", "ByArm", {},
        half_life=(45.0, 90.0), quantile=(0.68, 0.8, 0.9),
    ),
    "bb-linear-ucb+": _peer(
        "bayesianbandits, decayed linear UCB on our shares +", "with_bayesianbandits", "OnShares",
        {}, half_life=HALF_LIVES, ridge=(1.0, 2.0), quantile=(0.68, 0.75, 0.85),
    ),
    "bb-linear-ts+": _peer(
        "bayesianbandits, decayed linear Thompson on our shares +", "with_bayesianbandits",
        "OnShares", {}, half_life=HALF_LIVES, ridge=(1.0, 2.0), scale=(0.15, 0.3, 0.6),
    ),
    "d-ucb": _paper(
        "discounted UCB (paper)", "DiscountedUcb",
        half_life=HALF_LIVES, width=(0.02, 0.05, 0.1, 0.2),
    ),
    "d-ts": _paper(
        "discounted Thompson (paper)", "DiscountedThompson",
        half_life=HALF_LIVES, scale=(0.15, 0.3, 0.6),
    ),
    "d-linucb": _paper(
        "discounted linear UCB (paper)", "DiscountedLinearUcb",
        half_life=HALF_LIVES, ridge=(1.0, 2.0), width=(0.15, 0.3, 0.6),
    ),
}  # fmt: skip
"""By the name the command line takes."""
