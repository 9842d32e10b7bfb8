"""Clips for a release: proposed sources searched in order, clips chosen, their use logged once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from numpy.random import Generator

from noktvrn_ai_artist.analytics import observation_rules as rules
from noktvrn_ai_artist.analytics.first_selection import has_its_clips
from noktvrn_ai_artist.analytics.source_records import ClipUsage, Selection
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.errors import BadValue, NoFootage
from noktvrn_ai_artist.video_processing.audio_features import AudioFeatures, slot_length
from noktvrn_ai_artist.video_processing.clip_matching import Fit, Wanted
from noktvrn_ai_artist.video_processing.clip_records import Clip, Orientation
from noktvrn_ai_artist.video_processing.clip_supply import ClipSupply, StockAccess
from noktvrn_ai_artist.video_processing.diversity_guard import (
    GuardRules,
    PastClips,
    ReuseRisk,
    past_clips,
    reuse_risk,
)
from noktvrn_ai_artist.video_processing.search_terms import HasFootageTaste, search_terms
from noktvrn_ai_artist.video_processing.slot_filling import Brief, FilledSlot, fill_slots

MOST_CLIPS = 60
USUAL_RULES = GuardRules()
# The first source fills half of the video and the second the rest, unless one cannot.
_SOURCES_USED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenClip:
    """One clip of the video; `propensity` is how likely its source was to be proposed.

    None if its source was not: then it took over from one that failed or had nothing that fits, and
    no draw decided that.
    """

    slot: int
    clip: Clip
    fit: Fit
    propensity: float | None
    used_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailure:
    """A source that could not be searched, or not to the end, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSelection:
    """What was chosen for a release, and what that risks.

    `unfilled` slots found no clip that fits. `selection` is the draw of sources that the usages
    name; `logged` counts the usages that were new.
    """

    release_id: int
    selection: Selection
    terms: tuple[str, ...]
    slot_length: timedelta
    clips: tuple[ChosenClip, ...]
    unfilled: int
    failures: tuple[SourceFailure, ...]
    risk: ReuseRisk
    logged: int = 0

    @property
    def usages(self) -> tuple[ClipUsage, ...]:
        """What the tracker is told: one event for each slot of this selection."""
        return tuple(
            ClipUsage(
                source_name=chosen.clip.source,
                clip_id=chosen.clip.clip_id,
                release_id=self.release_id,
                used_at=self.selection.drawn_at,
                event_id=f"{self.selection.selection_id} {chosen.slot}",
                search_term=chosen.clip.search_term,
                creator=chosen.clip.creator,
                selection_id=self.selection.selection_id,
            )
            for chosen in self.clips
        )


def select_clips(
    audio_features: AudioFeatures,
    *,
    artist_profile: HasFootageTaste,
    release_id: int,
    number_of_clips: int,
    artist_releases: Collection[int],
    tracker: StockSuccessTracker,
    access: StockAccess,
    rng: Generator,
    orientation: Orientation = Orientation.LANDSCAPE,
    guard: GuardRules = USUAL_RULES,
    dry_run: bool = False,
    more: bool = False,
) -> ClipSelection:
    """Choose clips for a release and log their use, once; a dry run logs nothing.

    The sources are those with a key, in the order that `tracker.propose_sources` draws.
    `artist_releases` are the ids of the artist's releases. A release that has clips by an earlier
    selection gets others only with `more`: so a call repeated after an error doubles nothing.

    Raises:
        BadValue: a number is out of range, all terms are avoided, or the release has its clips.
        NoFootage: no clip fits, or slots are left and every source failed; nothing was logged.
        TrackerError: the log could not be read or written.
    """
    usages, known_id = tracker.usages(), rules.checked_release_id(release_id)
    if not (more or dry_run):  # the log decides when it is written; this saves the calls
        _refuse_a_second_time(usages, known_id)
    slots, terms = _checked_number(number_of_clips), _terms(audio_features, artist_profile)
    past = past_clips(
        usages, release_id=known_id, artist_releases=artist_releases, cooldown=guard.cooldown
    )
    wanted = Wanted(slot=slot_length(audio_features), orientation=orientation)
    brief = Brief(slots=slots, wanted=wanted, terms=terms, past=past, rules=guard)
    supply = ClipSupply(access, orientation, artist_profile.avoided_terms)
    most = min(len(past.own) + slots, _SOURCES_USED)
    selection = tracker.propose_sources(most, rng=rng, among=access.keys)
    chosen = _chosen(brief, supply, selection, known_id)
    return chosen if dry_run else log_selection(tracker, chosen, more=more)


def log_selection(
    tracker: StockSuccessTracker, chosen: ClipSelection, *, more: bool = False
) -> ClipSelection:
    """Note the clips as used, in one write; noted already, they stay as they are.

    Raises:
        BadValue: without `more`, the release was given other clips meanwhile.
        TrackerError: the log could not be written; call again, and nothing doubles.
    """
    logged = tracker.log_clip_usages(
        chosen.usages,
        selections=[chosen.selection],
        first_of=None if more else chosen.release_id,
    )
    return replace(chosen, logged=logged)


def _chosen(
    brief: Brief, supply: ClipSupply, selection: Selection, release_id: int
) -> ClipSelection:
    order = tuple(candidate.source for candidate in selection.candidates)
    filled = fill_slots(brief, supply, order=order)
    failures = tuple(
        SourceFailure(source=source, reason=error.reason)
        for source, error in sorted(supply.failed.items())
    )
    if not filled or (len(filled) < brief.slots and len(failures) == len(order)):
        raise NoFootage("stock libraries", _why(failures, order))
    return ClipSelection(
        release_id=release_id,
        selection=selection,
        terms=brief.terms,
        slot_length=brief.wanted.slot,
        clips=_with_propensities(filled, selection, brief.past),
        unfilled=brief.slots - len(filled),
        failures=failures,
        risk=reuse_risk([one.clip for one in filled], past=brief.past, slots=brief.slots),
    )


def _with_propensities(
    filled: Sequence[FilledSlot], selection: Selection, past: PastClips
) -> tuple[ChosenClip, ...]:
    proposed = selection.candidates[: selection.top_n]
    likely = {candidate.source: candidate.probability for candidate in proposed}
    return tuple(
        ChosenClip(
            slot=one.slot,
            clip=one.clip,
            fit=one.fit,
            propensity=likely.get(one.clip.source),
            used_before=one.clip.key in past.used,
        )
        for one in filled
    )


def _why(failures: Sequence[SourceFailure], order: Sequence[str]) -> str:
    failed = {failure.source: failure.reason for failure in failures}
    told = "; ".join(f"{source}: {failed.get(source, 'no clip that fits')}" for source in order)
    return f"no clips were chosen, and nothing was logged ({told})"


def _terms(features: AudioFeatures, taste: HasFootageTaste) -> tuple[str, ...]:
    terms = search_terms(features, taste)
    if not terms:
        raise BadValue("nothing is left to search for: give keywords", column="keywords")
    return terms


def _refuse_a_second_time(usages: Sequence[ClipUsage], release_id: int) -> None:
    if any(one.release_id == release_id and one.selection_id is not None for one in usages):
        raise has_its_clips(release_id)


def _checked_number(value: object) -> int:
    number = rules.checked_whole(value, column="number_of_clips")
    if not 1 <= number <= MOST_CLIPS:
        raise BadValue(f"must lie between 1 and {MOST_CLIPS}", column="number_of_clips")
    return number
