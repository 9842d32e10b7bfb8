"""What a library may be fed: raw scores as they come, or scores matured, ranked and cleared.

The second is our own reward pipeline, kept here in its plain batch form, so that a peer's figure
shows what its formula is worth and not what its input lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.measures import Floats
from noktvrn_ai_artist.analytics.score_maturing import normal_scores

BUCKET_EDGES = np.array([0.6, 2.0, 5.0, 10.0, 20.0])
SOURCE_RIDGE, ARTIST_RIDGE = 4.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Every release that has a score: its reward, its age in days, and what it was cut from.

    `clips` counts clips by release and source, `shares` sums to 1 over the sources; `artists` is
    None where artists are not told; `releases` numbers the rows.
    """

    releases: NDArray[np.int64]
    clips: Floats
    ages: Floats
    rewards: Floats
    artists: NDArray[np.int64] | None

    @property
    def shares(self) -> Floats:
        """The part of each release's clips that came from each source."""
        return self.clips / np.sum(self.clips, axis=1, keepdims=True)

    @property
    def sources(self) -> int:
        """How many sources there are, seen or not."""
        return self.clips.shape[1]

    def recent(self, days: float | None) -> Evidence:
        """Only the releases of the last `days`; all of them for None."""
        if days is None:
            return self
        kept = self.ages <= days
        return Evidence(
            releases=self.releases[kept],
            clips=self.clips[kept],
            ages=self.ages[kept],
            rewards=self.rewards[kept],
            artists=None if self.artists is None else self.artists[kept],
        )

    def by_clip(self, *, once: bool = False) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and source of each clip, or `once` of each source of a release."""
        counts = (self.clips > 0 if once else self.clips).astype(int)
        rows, sources = np.nonzero(counts)
        return np.repeat(rows, counts[rows, sources]), np.repeat(sources, counts[rows, sources])


class ReleaseLog:
    """All that may be known of the releases so far."""

    def __init__(self, sources: int) -> None:
        self._sources = sources
        self._clips: list[Floats] = []
        self._times: list[float] = []
        self._artists: list[int | None] = []
        self._latest: list[float] = []
        self._by_age: list[Floats] = []

    def chose(self, time: float, clips: Sequence[int], artist: int | None) -> None:
        """A release was cut of these sources."""
        self._clips.append(np.bincount(clips, minlength=self._sources).astype(float))
        self._times.append(time)
        self._artists.append(artist)
        self._latest.append(float("nan"))
        self._by_age.append(np.full(len(BUCKET_EDGES) + 1, np.nan))

    def reported(self, release: int, time: float, score: float) -> None:
        """A newer score replaces the older, within its age bucket and as the latest."""
        self._latest[release] = score
        bucket = int(np.searchsorted(BUCKET_EDGES, time - self._times[release]))
        self._by_age[release][bucket] = np.sign(score) * np.log1p(abs(score))

    def raw(self, now: float) -> Evidence:
        """Every scored release with its latest score as it is."""
        return self._evidence(now, np.array(self._latest))

    def matured(self, now: float) -> Evidence:
        """Every scored release with its matured normal score, less level and artist."""
        logs = np.array(self._by_age).reshape(len(self._times), len(BUCKET_EDGES) + 1)
        evidence = self._evidence(now, matured_scores(logs))
        if not len(evidence.rewards):
            return evidence
        scores = normal_scores(evidence.rewards)
        return Evidence(
            releases=evidence.releases,
            clips=evidence.clips,
            ages=evidence.ages,
            rewards=scores - nuisance(scores, evidence.shares, evidence.artists),
            artists=evidence.artists,
        )

    def _evidence(self, now: float, rewards: Floats) -> Evidence:
        rows = np.flatnonzero(np.isfinite(rewards))
        told = bool(self._artists) and self._artists[0] is not None
        return Evidence(
            releases=rows,
            clips=np.array(self._clips).reshape(len(self._clips), self._sources)[rows],
            ages=now - np.array(self._times)[rows],
            rewards=rewards[rows],
            artists=np.array(self._artists)[rows].astype(int) if told else None,
        )


def matured_scores(logs: Floats) -> Floats:
    """What each release's latest log score will be when it is old: chain-ladder factors, in logs.

    `logs` is by release and age bucket, NaN where nothing was reported. For each step between
    buckets the increments of releases that reported in both are summed over (count + 1/2), which
    draws a factor of few releases towards no growth.
    """
    if not len(logs):
        return np.zeros(0)
    steps = np.diff(logs, axis=1)
    counts = np.sum(np.isfinite(steps), axis=0)
    factors = np.nansum(steps, axis=0) / (counts + 0.5)
    still_to_come = np.append(np.cumsum(factors[::-1])[::-1], 0.0)
    known = np.isfinite(logs)
    last = logs.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return logs[np.arange(len(logs)), last] + still_to_come[last]


def nuisance(scores: Floats, shares: Floats, artists: NDArray[np.int64] | None) -> Floats:
    """Level and artist of each release, fitted jointly with undecayed source effects.

    Jointly, so that they neither eat the sources' signal nor pass for it.
    """
    level = np.ones((len(scores), 1))
    if artists is not None:
        level = np.hstack([level, np.eye(int(np.max(artists)) + 1)[artists]])
    design = np.hstack([level, shares])
    ridge = np.full(design.shape[1], SOURCE_RIDGE)
    ridge[: level.shape[1]] = ARTIST_RIDGE
    ridge[0] = 1e-6
    fitted = np.linalg.solve(design.T @ design + np.diag(ridge), design.T @ scores)
    return level @ fitted[: level.shape[1]]
