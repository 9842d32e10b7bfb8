"""What a tracker refuses, at whichever of its doors, and that nothing of it is logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from tracker_events import NOON, NewPlace, report, use

from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.errors import BadTrackerInput, TrackerError


@pytest.mark.parametrize(
    "change",
    [
        {"source": "coverr"},
        {"release_id": 2},
        {"clip_id": "other"},
        {"search_term": "night"},
        {"creator": "someone"},
    ],
)
def test_an_event_id_that_stands_for_another_usage_is_refused(
    tracker: StockSuccessTracker, change: dict[str, object]
) -> None:
    tracker.log_clip_usages([use(event_id="e")])
    with pytest.raises(BadTrackerInput, match="event_id: 'e' was used before"):
        tracker.log_clip_usages([use(**{"event_id": "e", **change})])
    assert tracker.usages() == [use(event_id="e")]


@pytest.mark.parametrize(
    "change", [{"score": 2.0}, {"release_id": 2}, {"artist_id": 3}, {"artist_id": 0}]
)
def test_an_event_id_that_stands_for_another_score_is_refused(
    tracker: StockSuccessTracker, change: dict[str, object]
) -> None:
    tracker.log_release_performances([report(event_id="e")])
    with pytest.raises(BadTrackerInput, match="event_id: 'e' was used before"):
        tracker.log_release_performances([report(**{"event_id": "e", **change})])
    assert tracker.reports() == [report(event_id="e")]


def test_a_usage_that_names_an_unknown_selection_is_refused(tracker: StockSuccessTracker) -> None:
    with pytest.raises(BadTrackerInput, match="selection_id: 's' is not known"):
        tracker.log_clip_usages([use(), use(selection_id="s")])
    assert tracker.usages() == []


def test_another_selection_under_a_known_name_is_refused(tracker: StockSuccessTracker) -> None:
    drawn = tracker.propose_sources(1, rng=np.random.default_rng(1), among=["pexels"])
    tracker.log_clip_usage("pexels", "8512", 7, selection=drawn)
    with pytest.raises(BadTrackerInput, match="was another selection"):
        tracker.log_clip_usage("pexels", "8512", 8, selection=replace(drawn, top_n=0))
    assert len(tracker.usages()) == 1


@pytest.mark.parametrize("artist_id", [-1, 2**63, True, 1.0, "1"], ids=ascii)
def test_a_bad_artist_is_refused(tracker: StockSuccessTracker, artist_id: object) -> None:
    with pytest.raises(BadTrackerInput, match="artist_id"):
        tracker.log_release_performance(1, 1.0, artist_id=artist_id)
    assert tracker.reports() == []


def test_a_batch_is_all_or_nothing(tracker: StockSuccessTracker) -> None:
    tracker.log_clip_usages([use(event_id="e")])
    with pytest.raises(BadTrackerInput):
        tracker.log_clip_usages([use(event_id="new"), use("coverr", event_id="e")])
    with pytest.raises(BadTrackerInput):
        tracker.log_clip_usages([use(), use(used_at=NOON + timedelta(minutes=6))])
    assert tracker.usages() == [use(event_id="e")]


SECOND = np.timedelta64(1, "s")
BAD_IDS = [
    *(True, 1.5, 1.0, 0, -1, 2**63, int("9" * 4000), "1", None, np.float64(1), Decimal(1)),
    *(SECOND, 10**4999),
]
BAD_SCORES = [
    *(float("nan"), float("inf"), float("-inf"), 1e400, True, False, "1", None),
    *(Decimal(1), 2**53 + 1, -(2**53) - 1, 10**4999, np.float64("nan"), 1j, np.bool_(True)),
    *(SECOND, np.timedelta64("NaT"), Fraction(2**54 + 1, 2), Decimal("NaN"), pd.NA),
]
BAD_SOURCES = ["", " ", "x" * 65, "pex\0els", "\ud800", "pex\u202eels", "a\nb", "ﷺ" * 4, None, 5]
BAD_LABELS = ["", "  ", "x" * 257, "a\0b", "\udfff", 5, b"clip"]
BAD_TIMES = [
    datetime(2026, 3, 1),  # noqa: DTZ001 - naive on purpose
    datetime(2004, 12, 31, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, tzinfo=timezone(timedelta(hours=-14))),
    NOON + timedelta(minutes=5, microseconds=1),
    "now",
    None,
    pd.NaT,
    np.datetime64("2026-01-01"),
    date(2026, 1, 1),
]


def shown(value: object) -> str:
    return ascii(value)[:30] if not isinstance(value, int) or abs(value) < 1e30 else "huge"


@pytest.mark.parametrize("release_id", BAD_IDS, ids=shown)
def test_a_bad_release_id_is_refused_at_every_door(
    tracker: StockSuccessTracker, release_id: object
) -> None:
    doors = [
        lambda: tracker.log_clip_usage("pexels", "8512", release_id),
        lambda: tracker.log_release_performance(release_id, 1.0),
        lambda: tracker.log_clip_usages([use(release_id=release_id)]),
        lambda: tracker.log_release_performances([report(release_id)]),
        lambda: tracker.forget_release(release_id),
        *([] if release_id is None else [lambda: tracker.usages(release_id)]),
    ]
    for door in doors:
        with pytest.raises(BadTrackerInput, match="release_id: must be") as refusal:
            door()
        assert "999" not in str(refusal.value)
    assert tracker.usages() == []


@pytest.mark.parametrize("score", BAD_SCORES, ids=shown)
def test_a_bad_score_is_refused_and_not_repeated(
    tracker: StockSuccessTracker, score: object
) -> None:
    tracker.log_clip_usages([use()])
    for door in (
        lambda: tracker.log_release_performance(1, score),
        lambda: tracker.log_release_performances([report(2), report(1, score)]),
    ):
        with pytest.raises(BadTrackerInput, match="performance_score") as refusal:
            door()
        assert len(str(refusal.value)) < 80
    assert tracker.standings()[0].releases == 0


@pytest.mark.parametrize("name", BAD_SOURCES, ids=shown)
def test_a_bad_source_name_is_refused(tracker: StockSuccessTracker, name: object) -> None:
    for door in (
        lambda: tracker.log_clip_usage(name, "8512", 1),
        lambda: tracker.log_clip_usages([use(), use(name)]),
    ):
        with pytest.raises(BadTrackerInput, match="source_name"):
            door()
    assert tracker.usages() == []


@pytest.mark.parametrize("label", BAD_LABELS, ids=shown)
def test_a_bad_clip_or_event_id_is_refused(tracker: StockSuccessTracker, label: object) -> None:
    for door, column in (
        (lambda: tracker.log_clip_usage("p", label, 1), "clip_id"),
        (lambda: tracker.log_clip_usage("p", "1", 1, event_id=label), "event_id"),
        (lambda: tracker.log_release_performance(1, 1.0, event_id=label), "event_id"),
        (lambda: tracker.log_clip_usage("p", "1", 1, search_term=label), "search_term"),
        (lambda: tracker.log_clip_usage("p", "1", 1, creator=label), "creator"),
        (lambda: tracker.log_clip_usages([use(selection_id=label)]), "selection_id"),
    ):
        with pytest.raises(BadTrackerInput, match=column):
            door()
    assert tracker.usages() == []


@pytest.mark.parametrize("instant", BAD_TIMES, ids=shown)
def test_a_bad_time_is_refused(tracker: StockSuccessTracker, instant: object) -> None:
    with pytest.raises(BadTrackerInput, match="used_at"):
        tracker.log_clip_usages([use(), use(used_at=instant)])
    with pytest.raises(BadTrackerInput, match="reported_at"):
        tracker.log_release_performances([report(reported_at=instant)])
    assert tracker.usages() == []


@pytest.mark.parametrize("top_n", [-1, True, 1.0, "3", None, SECOND])
def test_a_bad_number_of_sources_is_refused(tracker: StockSuccessTracker, top_n: object) -> None:
    with pytest.raises(BadTrackerInput, match="top_n"):
        tracker.get_top_sources(top_n)


def test_a_naive_instant_asked_about_and_a_naive_clock_are_refused(new_place: NewPlace) -> None:
    with pytest.raises(BadTrackerInput, match="as_of: needs a UTC offset"):
        new_place()().standings(as_of=datetime(2026, 3, 1))  # noqa: DTZ001
    with pytest.raises(BadTrackerInput, match="clock: needs a UTC offset"):
        new_place()(lambda: datetime(2026, 3, 1)).log_clip_usage("pexels", "1", 1)  # noqa: DTZ001


def test_names_that_look_like_commands_are_only_names(tracker: StockSuccessTracker) -> None:
    name, clip = "'); drop table x; --", "=cmd|' /C calc'!A0\r\n\t"
    tracker.log_clip_usage(name, clip, 1)
    assert [(each.source_name, each.clip_id) for each in tracker.usages()] == [(name, clip)]


def test_every_refusal_is_one_of_the_trackers_errors() -> None:
    assert issubclass(BadTrackerInput, TrackerError)
    assert issubclass(BadTrackerInput, ValueError)
