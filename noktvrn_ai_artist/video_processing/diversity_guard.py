"""That releases do not look alike: what may be used again, and when, and what that risks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    """The clips that may not be taken, and all that were ever used, by any artist.

    `own` are the clips that the video has already, and `own_used_before` of them were in another
    release before.
    """

    resting: frozenset[ClipKey] = frozenset()
    used: frozenset[ClipKey] = frozenset()
    own: tuple[ClipUsage, ...] = ()
    own_used_before: int = 0

    @property
    def of_source(self) -> Counter[str]:
        """How many clips of the video each source gave already."""
        return Counter(usage.source_name for usage in self.own)

    @property
    def of_creator(self) -> Counter[tuple[str, str]]:
        """How many each creator gave, as far as they are told."""
        return Counter((one.source_name, one.creator) for one in self.own if one.creator)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseRisk:
    """How much a video repeats, itself and others; platforms judge channels by that.

    It is told of the whole video: of the clips it had already, and of those chosen now.
    `used_before` of them were used by some release before; shares are of all of them, and
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
    own = tuple(usage for usage in usages if usage.release_id == release_id)
    return PastClips(
        resting=_keys(usage for usage in usages if usage.release_id in recent),
        used=_keys(usages),
        own=own,
        own_used_before=_used_before(own, usages),
    )


def reuse_risk(clips: Sequence[Clip], *, past: PastClips, slots: int) -> ReuseRisk:
    """What a choice of clips for so many slots risks, with what the video has already."""
    used_before = past.own_used_before + sum(clip.key in past.used for clip in clips)
    chosen = Counter(clip.source for clip in clips)
    creators = Counter((clip.source, clip.creator) for clip in clips if clip.creator)
    number = len(past.own) + len(clips)
    return ReuseRisk(
        clips=number,
        used_before=used_before,
        source_share=_largest_share(past.of_source + chosen, number),
        creator_share=_largest_share(past.of_creator + creators, number),
        allowed=(*_above_half(chosen, past, slots), *_again(used_before)),
    )


def _above_half(chosen: Counter[str], past: PastClips, slots: int) -> list[str]:
    """What the sources above their half give; one that gave none now had it before."""
    whole = len(past.own) + slots
    return [
        f"{source} gives {number} of {whole} clips: "
        + ("no other source could give one more" if chosen[source] else "they were there already")
        for source, number in sorted((past.of_source + chosen).items())
        if number > most_of_a_source(whole)
    ]


def _again(used_before: int) -> list[str]:
    if not used_before:
        return []
    clips = "1 clip was" if used_before == 1 else f"{used_before} clips were"
    return [f"{clips} used before, by none of the artist's last releases"]


def _largest_share(counted: Counter[str] | Counter[tuple[str, str]], clips: int) -> float:
    return max(counted.values(), default=0) / clips if clips else 0.0


def _used_before(own: Sequence[ClipUsage], usages: Sequence[ClipUsage]) -> int:
    """How many of a release's uses came after one of the same clip in another release."""
    keys, first_use = _keys(own), dict[ClipKey, datetime]()
    for usage in usages:
        key = usage.source_name, usage.clip_id
        if key in keys and usage.release_id != own[0].release_id:
            first_use[key] = min(usage.used_at, first_use.get(key, usage.used_at))
    first = (first_use.get((one.source_name, one.clip_id), one.used_at) for one in own)
    return sum(before < one.used_at for before, one in zip(first, own, strict=True))


def _keys(usages: Iterable[ClipUsage]) -> frozenset[ClipKey]:
    return frozenset((usage.source_name, usage.clip_id) for usage in usages)
