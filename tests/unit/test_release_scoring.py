"""Release scores: fair at equal age, looking back only, and moved by no single wild number far."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.release_milestones import (
    MILESTONES,
    KnownMilestone,
    MilestoneTable,
    milestone_table,
)
from noktvrn_ai_artist.analytics.release_scoring import ReleaseScore, score_releases
from noktvrn_ai_artist.analytics.usual_performance import (
    FEWEST,
    FOUNDERS,
    PULL,
    RECENT,
    WINDOW,
    Floats,
)

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)


def world(seed: int, *, releases: int = 80, artists: int = 6, holes: float = 0.1) -> MilestoneTable:
    """Releases that grow, of artists who differ, each followed up to an age of its own."""
    dice = np.random.default_rng(seed)
    artist_ids = dice.integers(1, artists + 1, releases)
    level = 14 + dice.normal(0, 1.5, artists + 1)[artist_ids] + dice.standard_t(3, releases)
    growth = np.sort(dice.normal(0, 1, (releases, len(MILESTONES))), axis=1)
    values = np.round(np.exp2(level[:, None] + growth))
    reached = dice.integers(0, len(MILESTONES) + 1, releases)
    values[np.arange(len(MILESTONES)) >= reached[:, None]] = np.nan
    values[dice.random(values.shape) < holes] = np.nan
    kept = ~np.isnan(values).all(axis=1)
    return table_of(values[kept], artist_ids[kept].tolist())


def table_of(values: Floats, artist_ids: Sequence[int]) -> MilestoneTable:
    return MilestoneTable(
        release_ids=np.arange(1, len(values) + 1),
        artist_ids=np.array(artist_ids),
        values=values,
        observed=np.full(values.shape, FIRST, dtype=np.object_),
    )


def changed(table: MilestoneTable, values: Floats) -> MilestoneTable:
    return table_of(values, table.artist_ids.tolist())


def scored(table: MilestoneTable) -> dict[int, ReleaseScore]:
    found = score_releases(table, platform="YouTube", metric_type="views")
    return {score.release_id: score for score in found}


def numbers(table: MilestoneTable) -> dict[int, float]:
    return {release_id: score.score for release_id, score in scored(table).items()}


def settled(count: int = 60, *, artists: int = 12) -> MilestoneTable:
    """Releases known at every age; those of artist 1 are above the quartiles, doubled or not."""
    dice = np.random.default_rng(7)
    artist_ids = [1 + n % artists for n in range(count)]
    noise = dice.normal(0, 2, count)
    level = 20 + np.where(np.array(artist_ids) == 1, 3 + noise / 20, noise)
    return table_of(np.exp2(level[:, None] + np.linspace(-3, 0, len(MILESTONES))), artist_ids)


def quartiles(values: Sequence[float]) -> list[float]:
    return statistics.quantiles(values, n=4, method="inclusive")


def slowly(table: MilestoneTable, row: int) -> float | None:
    """The score of one release by the words of the documentation."""
    logs = np.log2(table.values + 1)

    def platform(of: int, place: int) -> tuple[float, float] | None:
        known = [n for n in range(len(logs)) if not np.isnan(logs[n, place])]
        if of not in known:
            return None
        at = known.index(of)
        near = known[max(0, at - WINDOW) : at] if at >= FOUNDERS else known[:FOUNDERS]
        others = [logs[n, place] for n in near if n != of]
        if len(others) < FEWEST:
            return None
        low, middle, high = quartiles(others)
        return middle, max((high - low) / 1.349, 0.5)

    def lift(of: int, place: int) -> float | None:
        usual = platform(of, place)
        return None if usual is None else logs[of, place] - usual[0]

    places = [p for p in range(len(MILESTONES)) if lift(row, p) is not None]
    if not places:
        return None
    own, usual = lift(row, places[-1]), platform(row, places[-1])
    assert own is not None
    assert usual is not None
    before = [n for n in range(row) if table.artist_ids[n] == table.artist_ids[row]][-RECENT:]
    reached = [[lift(n, p) for p in range(places[-1] + 1)] for n in before]
    lifts = [[known for known in each if known is not None][-1:] for each in reached]
    clipped = [float(np.clip(v, -3 * usual[1], 3 * usual[1])) for each in lifts for v in each]
    if not clipped:
        return own
    middle = statistics.median(clipped)
    mean = middle + statistics.fmean(
        float(np.clip(v - middle, -usual[1], usual[1])) for v in clipped
    )
    return own - mean * len(clipped) / (len(clipped) + PULL)


@some
@given(seeds, st.integers(5, 60), st.integers(1, 6))
def test_scores_are_those_of_the_slow_way(seed: int, releases: int, artists: int) -> None:
    table = world(seed, releases=releases, artists=artists)
    found = numbers(table)
    for row in range(len(table.values)):
        expected = slowly(table, row)
        assert (row + 1 in found) == (expected is not None)
        if expected is not None:
            assert found[row + 1] == pytest.approx(expected, abs=1e-9)


def test_the_window_moves_on_as_the_slow_way_says() -> None:
    table = world(3, releases=WINDOW + 120, holes=0.0)
    found = numbers(table)
    for row in range(WINDOW + 20, len(table.values), 9):
        expected = slowly(table, row)
        if expected is not None:
            assert found[row + 1] == pytest.approx(expected, abs=1e-9)


@some
@given(seeds)
def test_later_releases_do_not_move_a_score(seed: int) -> None:
    table = world(seed, holes=0.0)
    values = table.values.copy()
    later = 50
    known = ~np.isnan(values[:later])
    values[later:] *= 1000
    before, after = numbers(table), numbers(changed(table, values))
    for row in range(later):
        # Whoever is among the first of an age is held against those who come soon after.
        places = np.flatnonzero(known[row])
        if places.size and known[:, places[-1]].sum() >= FOUNDERS:
            assert after[row + 1] == before[row + 1]


@some
@given(seeds)
def test_a_release_is_never_compared_with_what_others_were_later(seed: int) -> None:
    table = world(seed, holes=0.0)
    before = scored(table)
    for release_id, score in before.items():
        values = table.values.copy()
        values[:, MILESTONES.index(score.age) + 1 :] *= 1000
        assert scored(changed(table, values))[release_id].score == pytest.approx(score.score) or (
            # it was known at an older age too, where too few others are
            not np.isnan(table.values[release_id - 1, MILESTONES.index(score.age) + 1 :]).all()
        )


def test_doubling_one_release_adds_one_doubling() -> None:
    table = settled()
    values = table.values.copy()
    values[40] *= 2
    before, after = numbers(table), numbers(changed(table, values))
    assert after[41] - before[41] == pytest.approx(1, abs=1e-4)


def test_doubling_an_artist_leaves_what_shrinkage_leaves() -> None:
    """Of one doubling, PULL / (n + PULL) stays with n earlier releases: a third, a fifth, ..."""
    table = settled()
    own = table.artist_ids == 1
    before, after = (
        scored(changed(table, np.where(own[:, None], table.values * by, table.values)))
        for by in (1, 2)
    )
    for release_id in np.flatnonzero(own)[2:] + 1:
        earlier = before[release_id].artist_releases
        moved = after[release_id].score - before[release_id].score
        assert earlier > 0
        assert moved == pytest.approx(PULL / (earlier + PULL), abs=1e-3)


def test_doubling_everything_changes_nothing() -> None:
    table = settled()
    before, after = numbers(table), numbers(changed(table, table.values * 2))
    assert after == pytest.approx(before, abs=1e-4)


def test_a_wild_release_pulls_its_artists_usual_only_so_far() -> None:
    table = settled()
    found = []
    for by in (1.0, 2.0**12, 2.0**24):
        values = table.values.copy()
        values[12] *= by
        found.append(numbers(changed(table, values)))
    for release_id in (25, 37, 49):
        tame, wild, wilder = (numbers_[release_id] for numbers_ in found)
        assert wilder == wild
        assert 0 <= tame - wild <= 3


def test_of_one_earlier_release_no_more_than_three_spreads_are_believed() -> None:
    table = settled(30, artists=29)
    values = table.values.copy()
    values[29], values[0] = values[28], values[28] * 2**25
    table = table_of(values, table.artist_ids.tolist())
    last = scored(table)[30]
    assert last.artist_releases == 1
    # 25 doublings above it, of which two thirds would count.
    assert last.score > -10


def test_more_age_and_more_of_the_artist_make_a_score_surer() -> None:
    table = settled(120)
    grown = []
    for places in range(1, len(MILESTONES) + 1):
        values = table.values.copy()
        values[100, places:] = np.nan
        grown.append(scored(changed(table, values))[101])
    assert [score.age for score in grown] == list(MILESTONES)
    for younger, older in pairwise(grown):
        assert older.sd < younger.sd
        assert older.maturity > younger.maturity
    assert (grown[0].maturity, grown[-1].maturity) == (0, 1)
    lone = changed(table, table.values)
    lone.artist_ids[100] = 99
    assert scored(lone)[101].sd > grown[-1].sd
    assert scored(lone)[101].artist_releases == 0


def test_missing_is_not_zero() -> None:
    table = settled()
    values = table.values.copy()
    values[30] = np.nan
    values[31, 0] = np.nan
    found = scored(changed(table, values))
    assert 31 not in found
    assert found[32].score == pytest.approx(scored(table)[32].score, abs=0.2)
    assert found[32].age == MILESTONES[-1]


def test_nothing_is_usual_before_five_others_are_known() -> None:
    few, enough = settled(FEWEST), settled(FEWEST + 1)
    assert scored(few) == {}
    assert len(scored(enough)) == FEWEST + 1


def test_no_releases_have_no_scores() -> None:
    assert score_releases(milestone_table([]), platform="YouTube", metric_type="views") == []


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_milestones_are_told_does_not_matter(random: object) -> None:
    table = world(5)
    told = [
        KnownMilestone(
            release_id=row + 1,
            artist_id=int(table.artist_ids[row]),
            published_at=FIRST + row * DAY,
            age=age,
            value=float(table.values[row, place]),
            observed_at=FIRST + row * DAY + age,
        )
        for row in range(len(table.values))
        for place, age in enumerate(MILESTONES)
        if not np.isnan(table.values[row, place])
    ]
    random.shuffle(told)  # type: ignore[attr-defined]
    found = scored(milestone_table(told))
    assert {release_id: one.score for release_id, one in found.items()} == numbers(table)
    for one in found.values():
        assert one.observed_at == FIRST + (one.release_id - 1) * DAY + one.age


def test_a_score_is_the_doublings_between_its_value_and_the_usual() -> None:
    for score in scored(world(11)).values():
        assert 2**score.score * (score.usual + 1) == pytest.approx(score.value + 1)
