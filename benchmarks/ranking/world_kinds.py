"""The twelve kinds of world: what drifts, jumps, arrives late, misleads.

Everything here is simulated. Durations are days, spreads are in natural logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldKind:
    """What a world is like.

    `drift_days` is the time constant of an Ornstein-Uhlenbeck process that keeps the spread of the
    qualities; at each of `jumps` (parts of the whole time) a third of the sources swap theirs;
    `first_sources` are there at the start and the others appear between a tenth and eight tenths
    of the time, `newcomers_lift` better on average; `tails` are the degrees of freedom of Student's
    t for the release noise. A report before `first_report` does not exist, and a share of
    1 - exp(-(age / maturing_days)^0.7) of the final score shows at an age.
    """

    name: str
    releases: int = 300
    per_day: float = 1.5
    sources: int = 12
    quality: float = 0.5
    drift_days: float | None = None
    jumps: tuple[float, ...] = ()
    first_sources: int | None = None
    newcomers_lift: float = 0.15
    artists: int = 25
    artist_level: float = 0.8
    tails: float | None = None
    clip_noise: float = 0.4
    release_noise: float = 0.6
    first_report: float = 0.0
    maturing_days: float = 2.0
    growth: float = 0.0
    season: float = 0.0
    rating: bool = False
    hook: bool = False
    confounded: bool = False

    @property
    def days(self) -> float:
        """How long the world lasts."""
        return self.releases / self.per_day


KINDS = (
    WorldKind(name="stationary"),
    WorldKind(name="drift", drift_days=60),
    WorldKind(name="abrupt", jumps=(1 / 3, 2 / 3)),
    WorldKind(name="new", sources=15, first_sources=5),
    WorldKind(name="heavy", tails=2.5, artist_level=1.3),
    WorldKind(name="delay", first_report=5, maturing_days=10, drift_days=60),
    WorldKind(name="many", sources=30, releases=150),
    WorldKind(name="growth", growth=2.5, season=0.4, sources=15, first_sources=8),
    WorldKind(name="rating", rating=True),
    WorldKind(name="hook", hook=True),
    WorldKind(name="confounded", confounded=True),
    WorldKind(
        name="all",
        sources=20,
        first_sources=10,
        drift_days=60,
        jumps=(0.5,),
        tails=2.5,
        growth=1.5,
        season=0.4,
        first_report=5,
        maturing_days=10,
    ),
)
"""In the order of the tables; a kind's place is part of its seed, so new ones go to the end."""
