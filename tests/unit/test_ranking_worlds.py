"""The simulated worlds keep their stated laws, and the loop that plays them tells no secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from benchmarks.ranking.calibration import Check
from benchmarks.ranking.measures import half_width, kendall_tau, ndcg_at, precision_at
from benchmarks.ranking.play import play
from benchmarks.ranking.policy import Beliefs
from benchmarks.ranking.rewards import ReleaseLog, matured_scores, nuisance
from benchmarks.ranking.world_kinds import KINDS, WorldKind
from benchmarks.ranking.worlds import REPORT_AGES, World, draw
from noktvrn_ai_artist.analytics.score_maturing import normal_scores

SEEDS = range(20)
NAMED = {kind.name: kind for kind in KINDS}


@cache
def worlds(name: str, count: int = 20) -> tuple[World, ...]:
    return tuple(draw(NAMED[name], seed) for seed in range(count))


def any_order(world: World, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).permutation(world.kind.sources).tolist()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_seed_is_one_world_and_another_seed_another(kind: WorldKind) -> None:
    one, same, other = draw(kind, 5), draw(kind, 5), draw(kind, 6)
    clips = one.fill(7, any_order(one))
    assert one.reports(7, clips) == same.reports(7, clips) == one.reports(7, clips)
    assert np.array_equal(one.qualities, same.qualities)
    assert not np.array_equal(one.qualities, other.qualities)


@pytest.mark.parametrize("releases", [80, 1000])
def test_a_world_may_be_told_how_long_to_be(releases: int) -> None:
    world = draw(NAMED["abrupt"], 1, releases=releases)
    assert len(world.times) == len(world.offered) == len(world.qualities) == releases
    assert world.times[-1] <= releases / 1.5


@pytest.mark.parametrize("name", ["stationary", "drift"])
def test_qualities_spread_by_a_half_from_first_to_last(name: str) -> None:
    for release in (0, -1):
        spread = np.std([world.qualities[release] for world in worlds(name, 60)])
        assert spread == pytest.approx(0.5, abs=0.06)


def test_drift_forgets_with_a_time_constant_of_sixty_days() -> None:
    pairs = []
    for world in worlds("drift", 60):
        later = int(np.searchsorted(world.times, world.times[0] + 60))
        pairs.append((world.qualities[0], world.qualities[later]))
    before, after = (np.concatenate(column) for column in zip(*pairs, strict=True))
    assert np.corrcoef(before, after)[0, 1] == pytest.approx(np.exp(-1), abs=0.1)


def test_artists_spread_by_four_fifths_and_more_in_heavy_worlds() -> None:
    plain = np.std([world.levels for world in worlds("stationary")])
    heavy = np.std([world.levels for world in worlds("heavy")])
    assert plain == pytest.approx(0.8, abs=0.1)
    assert heavy == pytest.approx(1.3, abs=0.15)


def test_the_most_popular_artist_has_twice_the_releases_of_the_second() -> None:
    counts = sum(np.bincount(world.artists, minlength=25) for world in worlds("stationary"))
    assert counts[0] / counts[1] == pytest.approx(2, rel=0.15)


def test_noise_has_the_stated_spread_and_the_heavy_one_the_stated_tails() -> None:
    plain = np.concatenate([world.noise for world in worlds("stationary")])
    heavy = np.concatenate([world.noise for world in worlds("heavy")])
    clips = np.concatenate([np.concatenate(world.clip_noise) for world in worlds("stationary")])
    assert np.std(plain) == pytest.approx(0.6, abs=0.03)
    assert np.std(clips) == pytest.approx(0.4, abs=0.02)
    assert np.mean(np.abs(heavy) > 5 * 0.6) > 0.005 > np.mean(np.abs(plain) > 5 * 0.6)


def test_an_abrupt_world_swaps_a_third_of_its_sources_twice_and_is_still_otherwise() -> None:
    for world in worlds("abrupt"):
        moved = np.sum(np.diff(world.qualities, axis=0) != 0, axis=1)
        jumps = np.searchsorted(world.times, [200 / 3, 400 / 3])
        assert set(np.flatnonzero(moved) + 1) <= set(jumps)
        assert np.all(moved <= 4)
        assert np.allclose(np.sort(world.qualities[0]), np.sort(world.qualities[-1]))
    assert any(np.any(world.qualities[0] != world.qualities[-1]) for world in worlds("abrupt"))


@pytest.mark.parametrize(("name", "first"), [("new", 5), ("growth", 8), ("all", 10)])
def test_newcomers_appear_within_the_time_and_are_offered_only_then(name: str, first: int) -> None:
    for world in worlds(name):
        parts = world.arrival[first:] / world.kind.days
        assert np.all(world.arrival[:first] == 0)
        assert np.all((parts >= 0.1) & (parts <= 0.8))
        for release in range(0, world.kind.releases, 20):
            assert not world.offered[release][:, ~world.available(release)].any()


def test_newcomers_are_a_little_better_on_average() -> None:
    lift = [np.mean(w.qualities[0, 5:]) - np.mean(w.qualities[0, :5]) for w in worlds("new", 200)]
    assert np.mean(lift) == pytest.approx(0.15, abs=0.06)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_slot_can_be_filled_and_no_source_gets_more_than_half_of_a_release(
    kind: WorldKind,
) -> None:
    world = draw(kind, 3)
    for release in range(kind.releases):
        slots = len(world.offered[release])
        clips = world.fill(release, any_order(world, release))
        assert world.offered[release].any(axis=1).all()
        assert 1 <= len(clips) <= slots <= 8
        assert max(Counter(clips).values()) <= (slots + 1) // 2


def test_a_slot_takes_the_first_source_of_the_order_that_is_offered() -> None:
    world, order = draw(KINDS[0], 1), any_order(draw(KINDS[0], 1))
    for release in range(world.kind.releases):
        first = next(source for source in order if world.offered[release][0, source])
        assert world.fill(release, order)[0] == first


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_order_beats_the_oracle_over_a_world_or_for_a_single_clip(kind: WorldKind) -> None:
    world = draw(kind, 2)
    for seed in range(3):
        order = any_order(world, seed)
        left = np.array([
            world.value(r, world.oracle(r)) - world.value(r, world.fill(r, order))
            for r in range(kind.releases)
        ])  # fmt: skip
        single = np.array([len(offer) == 1 for offer in world.offered])
        assert np.all(left[single] >= 0)
        assert np.mean(left) > 0


def test_seven_reports_in_ten_come_and_show_the_stated_share_of_the_final_score() -> None:
    shown: list[list[float]] = [[] for _ in REPORT_AGES]
    for world in worlds("stationary"):
        for release in range(world.kind.releases):
            clips = world.oracle(release)
            for report in world.reports(release, clips):
                age = report.time - world.times[release]
                place = int(np.argmin(np.abs(np.log(REPORT_AGES / age))))
                share = 1 - np.exp(-((age / 2) ** 0.7))
                final = world.final_log_score(release, clips)
                shown[place].append(np.log(report.score) - final - np.log(share))
    for logs in shown:
        assert len(logs) / (len(SEEDS) * 300) == pytest.approx(0.7, abs=0.03)
        assert np.mean(logs) == pytest.approx(0, abs=0.01)
        assert np.std(logs) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("name", ["delay", "all"])
def test_a_delayed_world_reports_nothing_in_the_first_five_days(name: str) -> None:
    for world in worlds(name, 3):
        ages = [
            report.time - world.times[release]
            for release in range(world.kind.releases)
            for report in world.reports(release, world.oracle(release))
        ]
        assert min(ages) >= 5


def test_ratings_stay_between_nothing_and_a_hundred() -> None:
    world = draw(NAMED["rating"], 1)
    scores = [r.score for release in range(300) for r in world.reports(release, [0, 1])]
    assert 0 < min(scores) < 20
    assert 60 < max(scores) < 100


def test_a_hook_is_half_the_first_clip_and_half_the_best() -> None:
    hook, release = draw(NAMED["hook"], 1), 5
    worth = hook.qualities[release, [0, 1]] + hook.clip_noise[release][:2]
    rest = 6 + hook.levels[hook.artists[release]] + hook.noise[release]
    effect = hook.final_log_score(release, [0, 1]) - rest
    assert len(hook.offered[release]) >= 2
    assert effect == pytest.approx(0.5 * worth[0] + 0.5 * max(worth))


def test_confounded_sources_are_offered_more_to_artists_who_do_well_or_less() -> None:
    leanings = []
    for world in worlds("confounded"):
        level = world.levels[world.artists]
        offers = np.array([offer.mean(axis=0) for offer in world.offered])
        leanings += [abs(np.corrcoef(level, offers[:, s])[0, 1]) for s in range(12)]
    plain = [
        abs(np.corrcoef(w.levels[w.artists], [o[:, 0].mean() for o in w.offered])[0, 1])
        for w in worlds("stationary")
    ]
    assert np.mean(np.array(leanings) > 0.3) == pytest.approx(2 / 3, abs=0.15)
    assert max(plain) < 0.3


def test_an_audience_grows_by_e_to_two_and_a_half() -> None:
    world = draw(NAMED["growth"], 1)
    slope = np.polyfit(world.times / world.kind.days, world.trend, 1)[0]
    assert slope == pytest.approx(2.5, abs=0.5)


@dataclass
class Spy:
    """Orders by a fixed rule and remembers all it was told."""

    order_of: object = None
    artists: set[int | None] = field(default_factory=set)
    now: float = 0.0
    chosen: dict[int, float] = field(default_factory=dict)
    late: list[bool] = field(default_factory=list)

    def chose(self, release: int, time: float, clips: Sequence[int], artist: int | None) -> None:
        self.artists.add(artist)
        self.chosen[release] = time

    def reported(self, release: int, time: float, score: float) -> None:
        self.late.append(time < self.now or time <= self.chosen[release])

    def order(
        self, time: float, available: Sequence[int], rng: np.random.Generator
    ) -> Sequence[int]:
        self.now = time
        return self.ranking(time, available)

    def ranking(self, time: float, available: Sequence[int]) -> Sequence[int]:
        return self.order_of(time, available) if callable(self.order_of) else available

    def beliefs(self, time: float) -> Beliefs | None:
        return None


def test_knowing_the_truth_costs_nothing_and_its_reverse_is_the_worst_ranking() -> None:
    world = draw(NAMED["drift"], 1)

    def truth(time: float, available: Sequence[int]) -> list[int]:
        quality = world.qualities[int(np.searchsorted(world.times, time))]
        return sorted(available, key=lambda source: -quality[source])

    best = play(world, Spy(truth), seed=1, told=False)
    worst = play(world, Spy(lambda t, a: truth(t, a)[::-1]), seed=1, told=False)
    assert np.all(best.regret == 0)
    assert (best.tau, best.ndcg, best.precision) == (1, 1, 1)
    assert worst.tau == -1
    assert np.mean(worst.regret) > 50


def test_artists_are_told_only_where_they_are_to_be() -> None:
    told, untold = Spy(), Spy()
    play(draw(KINDS[0], 1), told, seed=1, told=True)
    play(draw(KINDS[0], 1), untold, seed=1, told=False)
    assert untold.artists == {None}
    assert None not in told.artists


def test_a_report_is_heard_after_its_release_and_before_the_next_choice_only() -> None:
    spy = Spy()
    play(draw(KINDS[0], 1), spy, seed=1, told=False)
    assert len(spy.late) > 1000
    assert not any(spy.late)


def test_measures_agree_on_small_cases() -> None:
    quality = np.array([4.0, 3.0, 2.0, 1.0])
    assert kendall_tau([0, 1, 3, 2], quality) == pytest.approx(4 / 6)
    assert precision_at(3, [3, 1, 0, 2], quality) == pytest.approx(2 / 3)
    assert ndcg_at(1, [1, 0, 2, 3], quality) == pytest.approx(2 / 3)
    spread = np.std(np.arange(10.0), ddof=1) / np.sqrt(10)
    assert half_width(np.arange(10.0)) == pytest.approx(2.2622 * spread, rel=0.001)


def test_multiplying_all_scores_leaves_every_reward_as_it_was() -> None:
    scores = np.random.default_rng(1).lognormal(6, 1, 50)
    assert np.array_equal(normal_scores(scores), normal_scores(1000 * scores))


def test_maturing_lifts_the_young_by_what_the_old_gained_and_leaves_the_old() -> None:
    logs = np.full((201, 6), np.nan)
    logs[:200, 4], logs[:200, 5] = 1.0, 2.0
    logs[200, 4] = 3.0
    matured = matured_scores(logs)
    assert np.all(matured[:200] == 2)
    assert matured[200] == pytest.approx(4, abs=0.01)


def test_a_level_and_an_artist_who_does_well_are_cleared_away() -> None:
    rng = np.random.default_rng(1)
    artists = rng.integers(0, 3, 600)
    shares = rng.dirichlet(np.ones(4), 600)
    lifts = np.array([2.0, -1.0, -1.0])[artists]
    cleared = lifts + 5 - nuisance(lifts + 5, shares, artists)
    assert np.max(np.abs(cleared)) < 0.1


def test_a_log_matures_only_what_it_was_told() -> None:
    log = ReleaseLog(2)
    log.chose(0.0, [0, 0, 1], None)
    log.chose(1.0, [1], None)
    log.reported(0, 3.0, 10.0)
    evidence = log.raw(4.0)
    assert evidence.releases.tolist() == [0]
    assert evidence.shares.tolist() == [[2 / 3, 1 / 3]]
    assert evidence.ages.tolist() == [4.0]
    assert evidence.artists is None


@pytest.mark.parametrize(("stretch", "within"), [(1.0, True), (0.5, False)])
def test_honest_intervals_are_found_to_cover_and_narrow_ones_are_not(
    *, stretch: float, within: bool
) -> None:
    rng, covered, count = np.random.default_rng(1), np.zeros((2, 2)), 0.0
    for world in worlds("stationary"):
        check = Check(world)
        for release in range(100):
            check.chose(release, world.oracle(release))
            check.reported(release)
        finals = np.array([world.final_log_score(r, world.oracle(r)) for r in range(100)])
        unit = 1.4826 * np.median(np.abs(finals - np.median(finals)))
        for _ in range(20):
            truth = world.qualities[100] / unit
            beliefs = Beliefs(mean=truth + 0.3 * rng.normal(size=12), sd=np.full(12, 0.3 * stretch))
            check.hold_against(100, list(range(12)), beliefs)
        covered += check.result().covered
        count += check.result().intervals
    nominal = np.abs(covered[:, 0] / count - [0.5, 0.9]) < 0.02
    assert nominal.tolist() == [within, within]
