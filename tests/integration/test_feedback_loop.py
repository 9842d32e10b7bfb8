"""The feedback loop: what changed is told once, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed_tables import NOON, everything, few_examples, rows, seen, store_singly
from scored_world import DAY, RELEASES, Loop, curve, published, tick, world

from noktvrn_ai_artist import feedback_loop
from noktvrn_ai_artist.analytics import milestone_keeping
from noktvrn_ai_artist.analytics.performance_db_service import (
    add_performance_metrics,
    get_imports,
    undo_import,
)
from noktvrn_ai_artist.analytics.source_records import ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.database.advisory_locks import AdvisoryLock
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.database.queries import query
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.feedback_loop import run_feedback


@pytest.fixture
def loop(database: Database, tmp_path: Path) -> Loop:
    world(database)
    return Loop(database, StockSuccessTracker(tmp_path / "source_stats.json"))


def better(release_id: int, by: float = 4.0, *, days: int = 4) -> list[Any]:
    return [
        replace(one, metric_value=by * one.metric_value) for one in curve(release_id, days=days)
    ]


def test_every_release_with_a_curve_is_told_once_with_its_artist(loop: Loop) -> None:
    report = loop.run()
    assert (report.basis, report.curves, report.scored) == ("YouTube views", RELEASES, RELEASES)
    assert {move.release_id for move in report.moves} == set(range(1, RELEASES + 1))
    for release_id, told in loop.standing().items():
        assert told.artist_id == 1 + release_id % 2
        assert told.reported_at == published(release_id) + 3 * DAY
    again = loop.run()
    assert (again.curves, again.observations, again.moves) == (0, 0, ())
    assert again.scored == RELEASES


def test_a_move_says_what_it_rests_on(loop: Loop) -> None:
    loop.run()
    add_performance_metrics(better(5, 4))
    report = loop.run()
    move = next(move for move in report.moves if move.release_id == 5)
    (part,) = move.parts
    assert (move.artist, move.title, move.new) == ("Artist 2", "Title 5", round(part.score, 3))
    assert (part.value, part.age) == (4 * 6000, 3 * DAY)
    assert move.old is not None
    assert move.new - move.old == pytest.approx(2, abs=0.1)
    assert move.new == loop.told()[5]


@pytest.mark.parametrize("release_id", [3, RELEASES])
def test_a_correction_is_as_if_the_right_value_had_come_first(
    loop: Loop, release_id: int, tmp_path: Path
) -> None:
    loop.run()
    add_performance_metrics(better(release_id, 8))
    loop.run()
    store_singly(one for one in better(release_id, 3) if one.metric_type == "views")
    loop.run()
    assert loop.told() == loop.anew(tmp_path)


def test_an_undo_is_as_if_nothing_had_come(loop: Loop) -> None:
    loop.run()
    before = loop.told(), loop.kept()
    add_performance_metrics([*better(4, 16), *better(7, 16, days=8)])
    loop.run()
    assert loop.told() != before[0]
    undo_import(get_imports()[0].batch_id)
    loop.run()
    assert (loop.told(), loop.kept()) == before
    assert loop.run().moves == ()


def test_a_release_whose_numbers_vanish_is_told_to_be_usual(loop: Loop) -> None:
    loop.tracker.log_clip_usage("pexels", "a clip", 12)
    with loop.database.transaction() as connection:
        connection.execute(b"delete from content_performance where release_id = 12")
    add_performance_metrics(curve(12, level=9))
    loop.run()
    assert loop.told()[12] > 0
    undo_import(get_imports()[0].batch_id)
    (move,) = (move for move in loop.run().moves if move.release_id == 12)
    assert (move.new, move.parts) == (0, ())
    assert loop.told()[12] == 0
    assert len(loop.tracker.usages(12)) == 1
    assert loop.run().moves == ()


def test_numbers_of_an_instant_still_to_come_wait_and_stop_nobody_else(loop: Loop) -> None:
    seen_until = {n: published(n) + 3 * DAY for n in range(1, RELEASES + 1)}
    stepped_back = seen_until[9]
    report = run_feedback(loop.database, loop.tracker, now=stepped_back)
    assert report.ahead == RELEASES - 9
    assert {move.release_id for move in report.moves} == set(range(1, 10))
    assert set(loop.told()) == set(range(1, 10))
    assert loop.run().ahead == 0
    assert set(loop.told()) == set(range(1, RELEASES + 1))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"platform": "YouTube"},
        {"platform": "tiktok"},
        {"platform": "YouTube", "metric": "likes"},
    ],
    ids=str,
)
def test_whatever_scores_were_made_of_one_run_takes_them_back_without_numbers(
    loop: Loop, asked: dict[str, str]
) -> None:
    for platform in ("TikTok", "Instagram"):
        add_performance_metrics(
            one for n in range(3, 9) for one in curve(n, level=1 + n % 3, platform=platform, days=n)
        )
    loop.run(platform="YouTube")
    loop.run(platform="tiktok", metric="likes")
    loop.run(blend={"tiktok": 1, "instagram": 3})
    for batch in get_imports():
        undo_import(batch.batch_id)
    told = loop.told()
    moves = loop.run(**asked).moves
    assert {move.release_id for move in moves} == {one for one in told if told[one]}
    assert not any(loop.told().values())
    assert loop.run(**asked).moves == loop.run().moves == ()


def test_scores_of_another_platform_stand_as_long_as_their_numbers(loop: Loop) -> None:
    loop.run()
    before = loop.told()
    add_performance_metrics(one for n in (2, 3) for one in curve(n, platform="TikTok"))
    assert loop.run(platform="TikTok").moves == ()
    assert loop.told() == before
    undo_import(get_imports()[1].batch_id)
    assert {move.release_id for move in loop.run().moves} == {n for n in before if before[n]}
    assert not any(loop.told().values())


def test_numbers_without_a_date_wait_for_it(loop: Loop) -> None:
    with loop.database.transaction() as connection:
        connection.execute(b"update approved_releases set published_at = null where release_id = 9")
    assert 9 not in {move.release_id for move in loop.run().moves}
    assert loop.run().curves == 0
    with loop.database.transaction() as connection:
        values = {"release_ids": [9], "published": [published(9)]}
        connection.execute(query("fill_publication_dates"), values)
    report = loop.run()
    assert report.curves == 1
    assert 9 in loop.told()


def test_what_is_read_again_is_what_changed(loop: Loop) -> None:
    loop.run()
    store_singly([seen(9e6, release_id=6, recorded_at=published(6) + 5 * DAY)])
    store_singly([seen(9e6, release_id=6, metric_type="likes", recorded_at=NOON + 20 * DAY)])
    report = loop.run()
    assert (report.curves, report.observations) == (1, len(curve(6)) // 2 + 1)


@settings(few_examples, max_examples=12)
@given(st.data())
def test_milestones_are_always_those_of_reading_everything_anew(
    database: Database, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    world(database)
    folder = tmp_path_factory.mktemp("trackers")
    loop = Loop(database, StockSuccessTracker(folder / "source_stats.json"))
    ids, levels = st.integers(1, RELEASES), st.sampled_from([0.5, 1.0, 3.0])
    for _ in range(data.draw(st.integers(1, 6))):
        given_ = curve(data.draw(ids), level=data.draw(levels), days=data.draw(st.integers(1, 8)))
        match data.draw(st.sampled_from(["run", "bulk", "one", "undo"])):
            case "run":
                loop.run()
            case "bulk":
                add_performance_metrics(given_)
            case "one":
                store_singly([data.draw(st.sampled_from(given_))])
            case _:
                standing = [batch for batch in get_imports() if batch.undone_at is None]
                if standing:
                    undo_import(data.draw(st.sampled_from(standing)).batch_id)
    loop.run()
    kept = loop.kept(), loop.told()
    anew = loop.anew(folder)
    assert loop.kept() == kept[0]
    assert {known: score for known, score in kept[1].items() if score or known in anew} == anew


STEPS = ["follow_metrics", "note_unread", "take_in", "_insert", "known_milestones"]


class Killed(BaseException):
    """The process is gone, as far as the loop can tell."""


@pytest.mark.parametrize("first", [True, False], ids=["first run", "later run"])
@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("step", [*STEPS, "log_release_performances"])
def test_a_run_that_is_ended_anywhere_is_finished_by_the_next(  # noqa: PLR0917 - each a case
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    step: str,
    after: bool,
    first: bool,
) -> None:
    monkeypatch.setattr(milestone_keeping, "CURVES_AT_ONCE", 2)
    if not first:
        loop.run()
        add_performance_metrics([*better(2), *better(5, 0.5), *better(9, 7, days=6)])
    with monkeypatch.context() as patch:
        target = StockSuccessTracker if step.startswith("log") else milestone_keeping
        patch.setattr(target, step, killed(getattr(target, step), after=after))
        with pytest.raises(Killed):
            loop.run()
    loop.run()
    told = loop.told()
    assert loop.run().moves == ()
    assert told == loop.anew(tmp_path)
    assert len(told) == RELEASES


def killed(work: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """The same work, but the process ends before or after its second call (or its only one)."""
    calls = []

    def dying(*given_: Any, **more: Any) -> Any:  # noqa: ANN401
        calls.append(1)
        if len(calls) < 2 and work.__name__ in {"take_in", "_insert"}:
            return work(*given_, **more)
        if after:
            work(*given_, **more)
        raise Killed

    return dying


def test_what_commits_late_is_found_late(loop: Loop) -> None:
    loop.run()
    late = next(one for one in better(8, 50) if one.recorded_at == published(8) + 3 * DAY)
    values = {name: getattr(late, name) for name in late.__slots__}
    values |= {"stored_at": NOON, "undo_lock": 1, "recorded_at": published(8) + 3.01 * DAY}
    with loop.database.transaction() as writer:
        writer.execute(query("insert_observation"), values)
        assert loop.run().curves == 0
        store_singly([seen(1e6, release_id=11, recorded_at=published(11) + 5 * DAY)])
        assert loop.run().curves == 1
    report = loop.run()
    assert report.curves == 1
    assert loop.run().curves == 0


def test_a_writer_that_began_before_anything_was_scored_is_found(loop: Loop) -> None:
    """It cannot know yet that its curves are wanted, so it logs them whether they are or not."""
    with loop.database.transaction() as writer:
        for one in curve(1, level=99, days=9)[-20:]:
            values = {name: getattr(one, name) for name in one.__slots__}
            values |= {"stored_at": NOON, "undo_lock": AdvisoryLock.UNDO.value}
            assert writer.execute(query("insert_observation"), values).rowcount == 1
        loop.run()
    assert loop.run().curves == 1
    assert (1, 168) in {(release_id, hours) for release_id, _, _, hours, _, _ in loop.kept()}


def test_a_dry_run_keeps_and_tells_nothing_and_says_the_same(loop: Loop) -> None:
    before = everything(loop.database)
    logged = rows(loop.database, "select * from changed_curves order by release_id, change_id")
    dry = loop.run(dry_run=True)
    assert (loop.told(), loop.kept(), everything(loop.database)) == ({}, [], before)
    assert rows(loop.database, "select * from scored_metrics") == []
    assert logged == rows(
        loop.database, "select * from changed_curves order by release_id, change_id"
    )
    assert replace(loop.run(), dry_run=True) == dry


def test_two_runs_at_once_end_as_one(loop: Loop, tmp_path: Path) -> None:
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        loop.run()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loop.run().moves == ()
    assert loop.told() == loop.anew(tmp_path)


def test_a_run_waits_for_another_that_reads_the_same_metric(loop: Loop) -> None:
    loop.run()
    add_performance_metrics(better(8))
    done = threading.Event()
    values = {"platform": "YouTube", "metric_type": "views"}
    with loop.database.transaction() as other:
        other.execute(query("hold_scored_metric"), values)
        second = threading.Thread(target=lambda: (loop.run(), done.set()))
        second.start()
        assert not done.wait(0.3)
    assert done.wait(30)
    second.join()


def test_of_several_platforms_one_must_be_named(loop: Loop) -> None:
    add_performance_metrics(one for n in range(1, 9) for one in curve(n, platform="TikTok"))
    with pytest.raises(BadValue, match="TikTok and YouTube have numbers: name the one"):
        loop.run()
    assert loop.run(platform="tiktok").scored == 8
    assert loop.run(platform="YouTube").scored == RELEASES
    assert loop.run(platform="YouTube", metric="likes").basis == "YouTube likes"


def test_a_blend_is_told_as_one_score(loop: Loop) -> None:
    for platform in ("TikTok", "Instagram"):
        add_performance_metrics(
            one for n in range(1, 9) for one in curve(n, level=1 + n % 3, platform=platform)
        )
    report = loop.run(blend={"tiktok": 1, "instagram": 3})
    assert report.basis == "75% Instagram views + 25% TikTok views"
    assert [part.platform for part in report.moves[0].parts] == ["Instagram", "TikTok"]
    with pytest.raises(BadValue, match="leave out YouTube"):
        loop.run(blend={"YouTube": 1, "TikTok": 1})


def test_what_somebody_told_of_a_release_later_stands(loop: Loop) -> None:
    late = tick()
    told = [
        ScoreReport(release_id=2, score=77.0, reported_at=late),
        ScoreReport(release_id=3, score=88.0, reported_at=published(3) + timedelta(hours=1)),
    ]
    loop.tracker.log_release_performances(told)
    report = loop.run()
    assert report.overruled == 1
    assert loop.told()[2] == 77
    assert loop.told()[3] < 10
    assert loop.run().moves == ()


def test_nothing_to_score_is_said(database: Database, tmp_path: Path) -> None:
    world(database)
    with database.transaction() as connection:
        connection.execute(b"delete from content_performance")
    report = Loop(database, StockSuccessTracker(tmp_path / "state.json")).run()
    assert (report.basis, report.scored, report.moves) == (None, 0, ())


def test_the_loop_knows_every_step_that_is_killed() -> None:
    assert all(hasattr(milestone_keeping, step) for step in STEPS)
    assert hasattr(feedback_loop, "run_feedback")
