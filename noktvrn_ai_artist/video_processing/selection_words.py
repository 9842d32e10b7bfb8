"""A choice of clips in words for people, and in plain fields for programs."""

from __future__ import annotations

from collections import Counter

from noktvrn_ai_artist.video_processing.video_selector import ChosenClip, ClipSelection

TOOK_OVER = "took over"


def outcome_words(chosen: ClipSelection, *, dry_run: bool) -> list[str]:
    """What came of it: slots left, sources that failed, the risk of reuse, what was logged."""
    risk = chosen.risk
    lines = [f"searched for: {', '.join(chosen.terms)}"]
    if chosen.unfilled:
        wanted = chosen.unfilled + len(chosen.clips)
        lines.append(f"{chosen.unfilled} of {wanted} slots are left: no clip fits them")
    lines += [f"{failure.source} failed: {failure.reason}" for failure in chosen.failures]
    lines += _took_over(chosen)
    lines.append(
        f"reuse: {risk.used_before_share:.0%} of the video's clips were used before, "
        f"{risk.source_share:.0%} come from one source, {risk.creator_share:.0%} from one creator"
    )
    lines += [f"allowed: {each}" for each in risk.allowed]
    noted = "1 clip" if chosen.logged == 1 else f"{chosen.logged:,} clips"
    lines.append("dry run: nothing was logged" if dry_run else f"noted: {noted}")
    return lines


def chance_words(one: ChosenClip) -> str:
    """How likely the clip's source was to be proposed, where it was."""
    return TOOK_OVER if one.propensity is None else f"{one.propensity:.0%}"


def as_fields(chosen: ClipSelection) -> dict[str, object]:
    """The choice as JSON has it; links to files are among it, and Coverr's hold a token."""
    return {
        "release_id": chosen.release_id,
        "selection_id": chosen.selection.selection_id,
        "drawn_at": chosen.selection.drawn_at,
        "sources": chosen.selection.candidates,
        "terms": chosen.terms,
        "slot_length": chosen.slot_length,
        "clips": [_clip_fields(one) for one in chosen.clips],
        "unfilled": chosen.unfilled,
        "failures": chosen.failures,
        "risk": {
            "used_before": chosen.risk.used_before,
            "used_before_share": chosen.risk.used_before_share,
            "source_share": chosen.risk.source_share,
            "creator_share": chosen.risk.creator_share,
            "allowed": chosen.risk.allowed,
        },
        "logged": chosen.logged,
    }


def _took_over(chosen: ClipSelection) -> list[str]:
    counted = Counter(one.clip.source for one in chosen.clips if one.propensity is None)
    proposed = " and ".join(chosen.selection.proposed)
    return [
        f"{source} {TOOK_OVER} for {number} of {len(chosen.clips)} clips: proposed were {proposed}"
        for source, number in sorted(counted.items())
    ]


def _clip_fields(one: ChosenClip) -> dict[str, object]:
    clip, fit = one.clip, one.fit
    return {
        "slot": one.slot,
        "source": clip.source,
        "clip_id": clip.clip_id,
        "search_term": clip.search_term,
        "page": clip.page,
        "creator": clip.creator,
        "duration": clip.duration,
        "licence": clip.licence,
        "credit": clip.credit,
        "file": fit.rendition,
        "fit": {
            "total": fit.total,
            "terms": fit.terms,
            "duration": fit.duration,
            "resolution": fit.resolution,
        },
        "propensity": one.propensity,
        "took_over": one.propensity is None,
        "used_before": one.used_before,
    }
