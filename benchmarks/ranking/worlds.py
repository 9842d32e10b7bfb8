"""A world whose true qualities are known: what is on offer, and what each choice would bring.

All luck is drawn when the world is, so every policy meets the same offers, noise and reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.world_kinds import KINDS, WorldKind

Floats = NDArray[np.float64]

REPORT_AGES = np.array([0.25, 1.0, 3.0, 7.0, 14.0, 28.0])
REPORTED = 0.7
SLOTS = (1, 8)
BASE_LEVEL = 6.0
REPORT_NOISE = 0.1
SEASON_DAYS = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is reported of a release at an instant."""

    time: float
    release: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLuck:
    """One draw per release and report age: is it reported, how much later, how far off."""

    seen: Floats
    wobble: Floats
    lateness: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One history drawn from a kind; arrays are by release first, qualities by release and source.

    `offered[release]` holds for each slot which sources have a clip for it.
    """

    kind: WorldKind
    times: Floats
    qualities: Floats
    arrival: Floats
    artists: NDArray[np.int64]
    levels: Floats
    offered: tuple[NDArray[np.bool_], ...]
    clip_noise: tuple[Floats, ...]
    noise: Floats
    trend: Floats
    luck: ReportLuck

    def available(self, release: int) -> NDArray[np.bool_]:
        """Which sources have appeared when the release is cut."""
        return self.arrival <= self.times[release]

    def fill(self, release: int, order: Sequence[int]) -> list[int]:
        """Each slot takes the first source of the order that is offered and not at its cap.

        No source gets more than half of the slots, rounded up; a slot of which every source on
        offer is at its cap stays empty. Sources the order leaves out come last.
        """
        offered = self.offered[release].tolist()
        most = (len(offered) + 1) // 2
        whole = [*order, *sorted(set(range(self.kind.sources)) - set(order))]
        used: Counter[int] = Counter()
        clips = []
        for slot in offered:
            source = next((s for s in whole if slot[s] and used[s] < most), None)
            if source is not None:
                used[source] += 1
                clips.append(source)
        return clips

    def value(self, release: int, clips: Sequence[int]) -> float:
        """The mean true log quality of the clips."""
        return float(np.mean(self.qualities[release, list(clips)]))

    def oracle(self, release: int) -> list[int]:
        """The same slot-filling by the true order of the moment."""
        return self.fill(release, np.argsort(-self.qualities[release], kind="stable").tolist())

    def final_log_score(self, release: int, clips: Sequence[int]) -> float:
        """What the release comes to in the end, as the logarithm of views."""
        worth = self.qualities[release, list(clips)] + self.clip_noise[release][: len(clips)]
        effect = float(np.mean(worth))
        if self.kind.hook:
            effect = 0.5 * float(worth[0]) + 0.5 * float(np.max(worth))
        level = BASE_LEVEL + self.levels[self.artists[release]] + self.trend[release]
        return float(level + effect + self.noise[release])

    def reports(self, release: int, clips: Sequence[int]) -> list[Report]:
        """What will be reported of the release, at growing ages."""
        ages = REPORT_AGES * (0.8 + 0.4 * self.luck.lateness[release])
        share = 1 - np.exp(-((ages / self.kind.maturing_days) ** 0.7))
        wobble = REPORT_NOISE * self.luck.wobble[release]
        logs = self.final_log_score(release, clips) + np.log(share) + wobble
        scores = np.exp(logs)
        if self.kind.rating:
            scores = 100 / (1 + np.exp(BASE_LEVEL - logs))
        known = (self.luck.seen[release] <= REPORTED) & (ages >= self.kind.first_report)
        now = self.times[release]
        return [
            Report(time=float(now + age), release=release, score=float(score))
            for age, score in zip(ages[known], scores[known], strict=True)
        ]


def draw(kind: WorldKind, seed: int, *, releases: int | None = None) -> World:
    """The world of a kind that belongs to a seed, as long as it is or of so many releases."""
    rng = np.random.default_rng([seed, _place(kind)])
    if releases is not None:
        kind = replace(kind, releases=releases)
    times = np.sort(rng.uniform(0, kind.days, kind.releases))
    base = rng.normal(0, kind.quality, kind.sources)
    arrival = _arrivals(kind, base, rng)
    qualities = _jumped(kind, times, _drifted(kind, times, base, rng), rng)
    artists, genre, levels = _artists(kind, rng)
    offered, clip_noise = _offers(kind, times, arrival, genre[artists], rng)
    return World(
        kind=kind,
        times=times,
        qualities=qualities,
        arrival=arrival,
        artists=artists,
        levels=levels,
        offered=offered,
        clip_noise=clip_noise,
        noise=_noise(kind, rng),
        trend=kind.growth * times / kind.days
        + kind.season * np.sin(2 * np.pi * times / SEASON_DAYS),
        luck=_report_luck(kind, rng),
    )


def _place(kind: WorldKind) -> int:
    return [known.name for known in KINDS].index(kind.name)


def _arrivals(kind: WorldKind, base: Floats, rng: np.random.Generator) -> Floats:
    """When each source appears; lifts the newcomers' quality in place."""
    arrival = np.zeros(kind.sources)
    first = kind.first_sources
    if first is not None:
        arrival[first:] = np.sort(rng.uniform(0.1, 0.8, kind.sources - first)) * kind.days
        base[first:] += kind.newcomers_lift
    return arrival


def _drifted(kind: WorldKind, times: Floats, base: Floats, rng: np.random.Generator) -> Floats:
    qualities = np.tile(base, (kind.releases, 1))
    if kind.drift_days is None:
        return qualities
    state = base
    for release, step in enumerate(np.diff(times, prepend=times[0])):
        kept = np.exp(-step / kind.drift_days)
        fresh = rng.normal(0, kind.quality * np.sqrt(1 - kept * kept), kind.sources)
        state = kept * state + fresh
        qualities[release] = state
    return qualities


def _jumped(kind: WorldKind, times: Floats, qualities: Floats, rng: np.random.Generator) -> Floats:
    """At each jump a third of the sources swap qualities: the best sixth with others by chance."""
    for jump in kind.jumps:
        after = np.flatnonzero(times >= jump * kind.days)
        order = np.argsort(qualities[after[0]], kind="stable")
        count = max(1, kind.sources // 6)
        others = rng.choice(order[:-count], size=count, replace=False)
        who, whose = np.append(order[-count:], others), np.append(others, order[-count:])
        qualities[np.ix_(after, who)] = qualities[np.ix_(after, whose)]
    return qualities


def _artists(kind: WorldKind, rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Whose each release is, and every artist's genre and level."""
    popularity = 1 / np.arange(1, kind.artists + 1)
    artists = rng.choice(kind.artists, size=kind.releases, p=popularity / popularity.sum())
    genre = rng.normal(size=kind.artists)
    levels = rng.normal(0, kind.artist_level, kind.artists)
    return artists, genre, kind.artist_level * genre if kind.confounded else levels


def _offers(
    kind: WorldKind, times: Floats, arrival: Floats, genre: Floats, rng: np.random.Generator
) -> tuple[tuple[NDArray[np.bool_], ...], tuple[Floats, ...]]:
    """What each slot of each release may take, and the noise of its clip."""
    chance = rng.uniform(0.3, 0.8, kind.sources)
    lean = rng.choice([-1.0, 0.0, 1.0], size=kind.sources) if kind.confounded else 0.0
    offered, noise = [], []
    for time, taste in zip(times, genre, strict=True):
        slots = int(rng.integers(SLOTS[0], SLOTS[1] + 1))
        here = arrival <= time
        leaning = np.clip(chance + 0.25 * lean * np.tanh(taste), 0.05, 0.95)
        offer = (rng.random((slots, kind.sources)) < leaning) & here
        for slot in np.flatnonzero(~offer.any(axis=1)):
            offer[slot, rng.choice(np.flatnonzero(here))] = True
        offered.append(offer)
        noise.append(rng.normal(0, kind.clip_noise, slots))
    return tuple(offered), tuple(noise)


def _noise(kind: WorldKind, rng: np.random.Generator) -> Floats:
    if kind.tails is None:
        return rng.normal(0, kind.release_noise, kind.releases)
    return rng.standard_t(kind.tails, kind.releases) * kind.release_noise


def _report_luck(kind: WorldKind, rng: np.random.Generator) -> ReportLuck:
    count = len(REPORT_AGES)
    draws = [
        (rng.random(count), rng.normal(size=count), rng.random(count)) for _ in range(kind.releases)
    ]
    seen, wobble, lateness = (np.array(column) for column in zip(*draws, strict=True))
    return ReportLuck(seen=seen, wobble=wobble, lateness=lateness)
