"""The tracker's history as a value: laws of order, repetition, forgetting and looking back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)
from noktvrn_ai_artist.errors import BadTrackerInput

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def usage(release_id: int = 1, **fields: object) -> ClipUsage:
    given_fields = {"source_name": "pexels", "clip_id": "clip", "used_at": NOON, **fields}
    return ClipUsage(release_id=release_id, **given_fields)


def report(release_id: int = 1, score: float = 1.0, **fields: object) -> ScoreReport:
    return ScoreReport(release_id=release_id, score=score, **{"reported_at": NOON, **fields})


def selection(name: str = "s", mean: float = 0.0) -> Selection:
    candidates = tuple(
        Candidate(source=source, mean=mean, sd=1.0, probability=0.5)
        for source in ("pexels", "coverr")
    )
    return Selection(selection_id=name, drawn_at=NOON, top_n=1, candidates=candidates)


days = st.integers(-3, 3).map(lambda number: NOON + number * DAY)
parts = st.none() | st.sampled_from(["night", "day"])
usages = st.lists(
    st.builds(
        usage,
        st.integers(1, 3),
        source_name=st.sampled_from(["pexels", "coverr"]),
        used_at=days,
        search_term=parts,
        creator=parts,
        selection_id=st.none() | st.sampled_from(["s", "t"]),
    ),
    max_size=8,
)
reports = st.lists(
    st.builds(report, st.integers(1, 3), st.floats(-9, 9), reported_at=days),
    max_size=8,
    unique_by=lambda each: (each.release_id, each.reported_at),
)
SELECTIONS = (selection("s"), selection("t"))


def told(
    used: Sequence[ClipUsage] = (),
    reported: Sequence[ScoreReport] = (),
    *,
    before: SourceHistory | None = None,
) -> SourceHistory:
    history, _ = (before or SourceHistory()).with_usages(used, SELECTIONS)
    return history.with_reports(reported)[0]


@given(usages, reports, st.randoms(use_true_random=False))
def test_the_order_of_telling_does_not_matter(
    used: list[ClipUsage], reported: list[ScoreReport], random: Random
) -> None:
    history = SourceHistory()
    for event in random.sample([*used, *reported], len(used) + len(reported)):
        if isinstance(event, ClipUsage):
            history = told([event], before=history)
        else:
            history = told([], [event], before=history)
    assert history == told(used, reported)


@given(usages, reports, days)
def test_as_of_is_what_was_told_of_by_then(
    used: list[ClipUsage], reported: list[ScoreReport], instant: datetime
) -> None:
    then = told(
        [each for each in used if each.used_at <= instant],
        [each for each in reported if each.reported_at <= instant],
    )
    assert told(used, reported).as_of(instant).releases == then.releases


@given(usages, reports, st.integers(1, 3))
def test_forgetting_a_release_is_as_if_nothing_was_told_of_it(
    used: list[ClipUsage], reported: list[ScoreReport], release_id: int
) -> None:
    forgetful, known = told(used, reported).without_release(release_id)
    others = told(
        [each for each in used if each.release_id != release_id],
        [each for each in reported if each.release_id != release_id],
    )
    assert forgetful == others
    assert (forgetful.usage_events, forgetful.report_events) == (
        others.usage_events,
        others.report_events,
    )
    assert known == any(each.release_id == release_id for each in [*used, *reported])


@given(st.lists(st.integers(0, 4), max_size=12))
def test_an_event_told_again_changes_nothing(numbers: list[int]) -> None:
    used = [usage(1 + number % 2, event_id=f"{number}") for number in numbers]
    reported = [report(1 + number % 2, number, event_id=f"{number}") for number in numbers]
    history, new = SourceHistory().with_usages(used)
    assert new == len(set(numbers)) == len(history.usages)
    history, new = history.with_reports(reported)
    assert new == len(set(numbers)) == len(history.reports)
    assert history.with_usages(used) == (history, 0)
    assert history.with_reports(reported) == (history, 0)


def test_every_report_is_kept_and_the_latest_stands_last() -> None:
    late, early = report(score=2.0, reported_at=NOON + DAY), report(score=9.0)
    assert told([], [late, early]).releases[1].reports == (early, late)


def test_of_one_instant_the_later_call_stands_and_the_earlier_is_kept_for_its_id_alone() -> None:
    one, other, last = report(score=1.0), report(score=2.0, event_id="e"), report(score=3.0)
    history = told([], [one])
    history = told([], [other], before=history)
    assert history.reports == [other]
    history = told([], [last], before=history)
    assert history.reports == [other, last]
    assert told([], [other], before=history) == history


@given(
    st.lists(st.tuples(st.none() | st.sampled_from([1, 2]), st.booleans()), max_size=6),
    st.integers(0, 6),
)
def test_reports_of_one_instant_are_one_history_however_many_calls_tell_them(
    calls: list[tuple[int | None, bool]], first: int
) -> None:
    reported = [
        report(score=number, artist_id=artist_id, event_id=f"{number}" if named else None)
        for number, (artist_id, named) in enumerate(calls)
    ]
    history = told([], reported)
    assert told([], reported[first:], before=told([], reported[:first])) == history
    assert told([], history.reports) == history


@pytest.mark.parametrize(
    "change",
    [
        {"release_id": 2},
        {"source_name": "coverr"},
        {"clip_id": "other"},
        {"search_term": "night"},
        {"creator": "someone"},
        {"selection_id": "s"},
    ],
)
def test_an_event_id_stands_for_one_usage(change: dict[str, object]) -> None:
    history = told([usage(event_id="e")])
    with pytest.raises(BadTrackerInput, match="event_id: 'e' was used before"):
        told([usage(**{"event_id": "e", **change})], before=history)
    assert told([usage(event_id="e", used_at=NOON + DAY)], before=history) == history


@pytest.mark.parametrize("change", [{"release_id": 2}, {"score": 2.0}, {"artist_id": 7}])
def test_an_event_id_stands_for_one_report(change: dict[str, object]) -> None:
    history = told([], [report(event_id="e")])
    with pytest.raises(BadTrackerInput, match="event_id: 'e' was used before"):
        told([], [report(**{"event_id": "e", **change})], before=history)


def test_ids_of_usages_and_of_reports_are_two_sets() -> None:
    assert len(told([usage(event_id="e")], [report(event_id="e")]).releases) == 1


def test_a_selection_must_be_known_or_told_with_the_usage_that_names_it() -> None:
    with pytest.raises(BadTrackerInput, match="selection_id: 's' is not known"):
        SourceHistory().with_usages([usage(selection_id="s")])
    history, _ = SourceHistory().with_usages([usage(selection_id="s")], [selection("s")])
    later, new = history.with_usages([usage(2, selection_id="s")])
    assert (later.selections, new) == ({"s": selection("s")}, 1)


def test_a_selection_never_changes() -> None:
    history, _ = SourceHistory().with_usages([usage(selection_id="s")], [selection("s")])
    with pytest.raises(BadTrackerInput, match="selection_id: 's' was another selection"):
        history.with_usages([usage(2, selection_id="s")], [selection("s", mean=1.0)])


def test_two_selections_of_one_name_are_refused_together_as_one_after_the_other() -> None:
    with pytest.raises(BadTrackerInput, match="selection_id: 's' was another selection"):
        SourceHistory().with_usages(
            [usage(selection_id="s")], [selection("s"), selection("s", mean=1.0)]
        )


def test_selections_live_as_long_as_a_usage_names_them() -> None:
    history = told([usage(1, selection_id="s"), usage(2, selection_id="s")])
    assert history.selections.keys() == {"s"}
    history, _ = history.without_release(1)
    assert history.selections.keys() == {"s"}
    history, _ = history.without_release(2)
    assert history == SourceHistory()
