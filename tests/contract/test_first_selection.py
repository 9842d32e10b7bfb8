"""A release gets its clips by one selection, in whatever a tracker keeps its log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from tracker_events import NewPlace, Place, use

from noktvrn_ai_artist.analytics.source_records import ClipUsage, Selection
from noktvrn_ai_artist.errors import BadValue


def drawn_for(place: Place, release_id: int, seed: int) -> tuple[list[ClipUsage], list[Selection]]:
    """The clips of a selection of a release's own."""
    rng = np.random.default_rng(seed)
    drawn = place().propose_sources(1, rng=rng, among=["pexels", "coverr"])
    name = drawn.selection_id
    clips = [
        use(
            release_id=release_id,
            clip_id=f"{seed}-{slot}",
            event_id=f"{name} {slot}",
            selection_id=name,
        )
        for slot in range(2)
    ]
    return clips, [drawn]


def test_a_release_has_one_first_selection_however_often_it_is_told(new_place: NewPlace) -> None:
    place = new_place()
    (first, drawn), (other, drawn_then) = drawn_for(place, 7, 1), drawn_for(place, 7, 2)
    place().log_clip_usages([use(release_id=7, clip_id="by hand")])
    assert place().log_clip_usages(first, selections=drawn, first_of=7) == 2
    before = place().usages()
    for told in (other, [use(release_id=7)]):
        with pytest.raises(BadValue, match="release_id: 7 has its clips already"):
            place().log_clip_usages(told, selections=drawn_then, first_of=7)
    assert place().log_clip_usages(first, selections=drawn, first_of=7) == 0
    assert (place().usages(), place().selections()) == (before, drawn)
    assert place().log_clip_usages(other, selections=drawn_then) == 2
    for clips, selection in ((first, drawn), (other, drawn_then)):
        assert place().log_clip_usages(clips, selections=selection, first_of=7) == 0
    elsewhere, of_another = drawn_for(place, 8, 3)
    assert place().log_clip_usages(elsewhere, selections=of_another, first_of=8) == 2
    place().forget_release(7)
    assert place().log_clip_usages(other, selections=drawn_then, first_of=7) == 2


def test_of_many_first_selections_at_once_one_is_stored(new_place: NewPlace) -> None:
    place, begin = new_place(), Barrier(6)
    told = [drawn_for(place, 7, seed) for seed in range(6)]

    def log(number: int) -> int:
        tracker, (clips, selections) = place(), told[number]
        begin.wait()
        try:
            return tracker.log_clip_usages(clips, selections=selections, first_of=7)
        except BadValue:
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(log, range(6))) == [0, 0, 0, 0, 0, 2]
    assert len(place().usages(7)) == 2
