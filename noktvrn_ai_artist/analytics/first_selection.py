"""A release gets its clips by one selection; another is refused unless it is asked for: a rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from noktvrn_ai_artist.analytics.source_records import ClipUsage
from noktvrn_ai_artist.errors import BadValue


def refuse_a_second_selection(
    release_id: int, *, kept: Collection[str | None], told: Iterable[ClipUsage]
) -> None:
    """Whether usages may be a release's first selection, or that selection told again.

    `kept` are the selections that the release's stored usages name; None is no selection.

    Raises:
        BadValue: they name another selection than these usages.
    """
    named = {usage.selection_id for usage in told if usage.release_id == release_id}
    known = set(kept) - {None}
    if known and not named <= known:
        raise has_its_clips(release_id)


def has_its_clips(release_id: int) -> BadValue:
    """The refusal of a second selection."""
    rule = f"{release_id} has its clips already; ask for more of them, or forget it first"
    return BadValue(rule, column="release_id")
