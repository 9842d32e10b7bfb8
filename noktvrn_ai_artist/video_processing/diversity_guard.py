"""That releases do not look alike: what may be used again, and when, and what that risks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from noktvrn_ai_artist.analytics.source_records import ClipUsage, checked_count
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.video_processing.clip_records import Clip, ClipKey

COOLDOWN = 5
CLIPS_OF_A_CREATOR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """How strict the guard is.

    A clip of one of the artist's last `cooldown` releases is not taken again, nor one of the same
    release. No creator gives more than `clips_of_a_creator` clips; where the creator is not told,
    nobody can say, and the source's share is all that is limited.

    Raises:
        BadTrackerInput, BadValue: a number is none, or no creator may give a clip.
    """

    cooldown: int = COOLDOWN
    clips_of_a_creator: int = CLIPS_OF_A_CREATOR

    def __post_init__(self) -> None:
        checked_count(self.cooldown, column="cooldown")
        if checked_count(self.clips_of_a_creator, column="clips_of_a_creator") < 1:
            raise BadValue("must be 1 or more", column="clips_of_a_creator")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastClips:
    """The clips that may not be taken, and all that were ever used, by any artist."""

    resting: frozenset[ClipKey] = frozenset()
    used: frozenset[ClipKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseRisk:
    """How much a video repeats, itself and others; platforms judge channels by that.

    `used_before` clips were used by some release before; shares are of the clips chosen, and
    `creator_share` is that of the creator with most of them (0 where none is told). `allowed` says
    what the guard had to let pass.
    """

    clips: int
    used_before: int
    source_share: float
    creator_share: float
    allowed: tuple[str, ...]

    @property
    def used_before_share(self) -> float:
        """The share of clips that were used before."""
        return self.used_before / self.clips if self.clips else 0.0


def most_of_a_source(slots: int) -> int:
    """How many slots one source may fill as long as another has clips: half, rounded up."""
    return (slots + 1) // 2


def past_clips(
    usages: Sequence[ClipUsage],
    *,
    release_id: int,
    artist_releases: Collection[int],
    cooldown: int,
) -> PastClips:
    """What the log says, for a new video of a release.

    The artist's last releases are those whose footage was chosen last: by the first use of a clip,
    and among equals the higher id. Releases without clips do not count.
    """
    first_use: dict[int, tuple[float, int]] = {}
    for usage in usages:
        if usage.release_id in artist_releases and usage.release_id != release_id:
            moment = (usage.used_at.timestamp(), usage.release_id)
            first_use[usage.release_id] = min(moment, first_use.get(usage.release_id, moment))
    ordered = sorted(first_use, key=lambda known: first_use[known], reverse=True)
    recent = {release_id, *ordered[:cooldown]}
    return PastClips(
        resting=_keys(usage for usage in usages if usage.release_id in recent),
        used=_keys(usages),
    )


def reuse_risk(clips: Sequence[Clip], *, past: PastClips, slots: int) -> ReuseRisk:
    """What a choice of clips risks, for a video of so many slots."""
    used_before = sum(clip.key in past.used for clip in clips)
    sources = Counter(clip.source for clip in clips)
    creators = Counter((clip.source, clip.creator) for clip in clips if clip.creator)
    return ReuseRisk(
        clips=len(clips),
        used_before=used_before,
        source_share=_largest_share(sources, len(clips)),
        creator_share=_largest_share(creators, len(clips)),
        allowed=(*_above_half(sources, slots), *_again(used_before)),
    )


def _above_half(sources: Counter[str], slots: int) -> list[str]:
    return [
        f"{source} gives {number} of {slots} clips: no other source had one more that fits"
        for source, number in sorted(sources.items())
        if number > most_of_a_source(slots)
    ]


def _again(used_before: int) -> list[str]:
    if not used_before:
        return []
    clips = "1 clip was" if used_before == 1 else f"{used_before} clips were"
    return [f"{clips} used before, by none of the artist's last releases"]


def _largest_share(counted: Counter[str] | Counter[tuple[str, str]], clips: int) -> float:
    return max(counted.values(), default=0) / clips if clips else 0.0


def _keys(usages: Iterable[ClipUsage]) -> frozenset[ClipKey]:
    return frozenset((usage.source_name, usage.clip_id) for usage in usages)
