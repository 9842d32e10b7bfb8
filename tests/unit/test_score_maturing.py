"""How scores mature: a slow oracle of the development factors, laws of scale and of robustness."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from statistics import NormalDist, median

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from source_worlds import Floats, report, told, use

from noktvrn_ai_artist.analytics import score_maturing as model
from noktvrn_ai_artist.analytics.score_maturing import (
    AGE_EDGES,
    AGE_GROUPS,
    age_group,
    matured,
    normal_scores,
)

NAN = math.nan
QUARTILE = NormalDist().inv_cdf(0.75)
Table = list[list[float]]


def tables(
    scores: st.SearchStrategy[float], *, rows: int = 9, least: int = 0
) -> st.SearchStrategy[Table]:
    """Releases by age group, most places empty."""
    row = st.lists(st.just(NAN) | scores, min_size=AGE_GROUPS, max_size=AGE_GROUPS)
    return st.lists(row, min_size=least, max_size=rows)


amounts = st.floats(0, 1e6).map(lambda score: round(score, 2))
lifts = st.floats(-5, 5).map(lambda score: round(score, 3))
ordinary = tables(amounts) | tables(lifts)
extreme = tables(
    st.sampled_from([0.0, 5e-324, 1e-308, 1e-200, 1.0, 3.0, 1e200, 1.7e308])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(0, allow_infinity=False)
)


def array(table: Table) -> Floats:
    return np.array(table, dtype=np.float64).reshape(-1, AGE_GROUPS)


def values(table: Table) -> Floats:
    return matured(array(table)).values


def reported(row: list[float]) -> list[int]:
    return [group for group, score in enumerate(row) if not math.isnan(score)]


def spread_of(scores: list[float]) -> float:
    if not scores:
        return 0.0
    ordered, last = sorted(scores), len(scores) - 1
    low, high = (
        ordered[math.floor(place)]
        + (place % 1) * (ordered[math.ceil(place)] - ordered[math.floor(place)])
        for place in (last / 4, 3 * last / 4)
    )
    return (high - low) / 2 / QUARTILE


def jumps_of(table: Table) -> list[tuple[range, float]]:
    """The steps between every two successive reports of a release, and how far they went."""
    return [
        (range(before, after), row[after] - row[before])
        for row in table
        for before, after in pairwise(reported(row))
    ]


def fitted(jumps: list[tuple[range, float]], believed: list[float]) -> list[float]:
    """Least squares, every step of size 0 believed so many times beforehand."""
    doubt = math.sqrt(model._DOUBT_STEPS)
    rows, ends = [], []
    for (steps, jump), weight in zip(jumps, believed, strict=True):
        rows.append([math.sqrt(weight) * (step in steps) for step in range(AGE_GROUPS - 1)])
        ends.append(math.sqrt(weight) * jump)
    for step in range(AGE_GROUPS - 1):
        rows.append([doubt * (step == other) for other in range(AGE_GROUPS - 1)])
        ends.append(0.0)
    return np.linalg.lstsq(np.array(rows), np.array(ends))[0].tolist()


def off_the(steps: list[float], jumps: list[tuple[range, float]]) -> list[float]:
    return [abs(jump - sum(steps[step] for step in its)) for its, jump in jumps]


def by_loops(table: Table) -> tuple[list[float], list[float]]:
    """The steps and their variances in squared spreads, of scores that add up."""
    jumps = jumps_of(table)
    spread = spread_of([row[reported(row)[-1]] for row in table if reported(row)])
    steps = [0.0] * (AGE_GROUPS - 1)
    for _ in range(2 if jumps else 0):
        off = off_the(steps, jumps)
        typical = max(median(off) / QUARTILE, model._SMALLEST_DEVIATION * spread)
        steps = fitted(
            jumps, [min(1.0, model._WILD * typical / each) if each else 1.0 for each in off]
        )
    variances = []
    for step in range(AGE_GROUPS - 1):
        total, seen = model._UNKNOWN_STEP**2, 1
        for (its, _), off in zip(jumps, off_the(steps, jumps), strict=True):
            if step in its and spread:
                total += (min(off, spread) / spread) ** 2 / len(its)
            seen += step in its
        variances.append(total / seen if spread else 0.0)
    return steps, variances


@given(tables(lifts))
def test_the_values_are_those_of_a_slow_least_squares_fit(table: Table) -> None:
    steps, variances = by_loops(table)
    has_negative = any(score < 0 for row in table for score in row)
    mature = matured(array(table), differences=not has_negative)
    for row, value, variance in zip(table, mature.values, mature.variances, strict=True):
        if its := reported(row):
            rest = sum(steps[its[-1] :])
            assert value == pytest.approx(row[its[-1]] + rest, rel=1e-9, abs=1e-9)
            assert variance == pytest.approx(sum(variances[its[-1] :]), rel=1e-7, abs=1e-9)


@given(tables(amounts))
def test_amounts_grow_by_factors_as_their_logarithms_do_by_sums(table: Table) -> None:
    positive = [score for row in table for score in row if score > 0]
    assume(positive)
    offset = model._SMALLEST_PART * median(positive)
    steps, variances = by_loops([[math.log(score + offset) for score in row] for row in table])
    mature = matured(array(table))
    for row, value, variance in zip(table, mature.values, mature.variances, strict=True):
        if its := reported(row):
            grown = (row[its[-1]] + offset) * math.exp(sum(steps[its[-1] :])) - offset
            assert value == pytest.approx(max(grown, 0.0), rel=1e-8, abs=1e-8 * offset)
            assert variance == pytest.approx(sum(variances[its[-1] :]), rel=1e-7, abs=1e-9)


@given(ordinary)
def test_a_release_without_a_report_has_no_value_and_every_other_has_one(table: Table) -> None:
    mature = matured(array(table))
    assert np.isnan(mature.values).tolist() == [not reported(row) for row in table]
    assert (mature.variances >= 0).all()
    for row, group in zip(table, mature.groups, strict=True):
        assert not reported(row) or group == reported(row)[-1]


@given(extreme)
def test_no_finite_score_however_small_or_large_gives_a_warning_or_a_value_not_finite(
    table: Table,
) -> None:
    mature = matured(array(table))
    assert np.isfinite(mature.values).tolist() == [bool(reported(row)) for row in table]
    assert np.isfinite(mature.variances).all()
    if not any(score < 0 for row in table for score in row):
        assert not (mature.values < 0).any()


@pytest.mark.parametrize(
    "rows",
    [
        [[5e-324], [5e-324], [5e-324], [1.0], [0.0]],
        [[-1e-200], [1e-200], [-1e-200], [1e-200], [1.0]],
        [[1e-300, 1.0]] * 30 + [[NAN, 1e-300, 1.0]] * 30 + [[1e-300]] * 90,
        [[1.7e308], [-1.7e308]],
        [[5e-324], [-5e-324], [5e-324, 0.0]],
    ],
    ids=["offset", "spread", "growth", "largest", "smallest"],
)
def test_scores_that_could_under_or_overflow_do_not(rows: Table) -> None:
    table = [row + [NAN] * (AGE_GROUPS - len(row)) for row in rows]
    assert np.isfinite(values(table)).all()
    assert np.isfinite(matured(array(table)).variances).all()


@given(ordinary)
def test_a_score_that_has_settled_is_its_own_value_to_the_last_bit(table: Table) -> None:
    mature = matured(array(table))
    settled = ~np.isnan(array(table)[:, -1])
    np.testing.assert_array_equal(mature.values[settled], array(table)[settled, -1])
    assert (mature.variances[settled] == 0).all()


@given(ordinary)
def test_of_two_releases_of_one_age_the_one_with_more_stays_ahead(table: Table) -> None:
    mature = matured(array(table))
    for group in range(AGE_GROUPS):
        peers = sorted(
            (row[group], value)
            for row, value, its in zip(table, mature.values, mature.groups, strict=True)
            if its == group and reported(row)
        )
        assert all(one[1] <= other[1] for one, other in pairwise(peers))


@given(ordinary, st.integers(-40, 40))
def test_a_power_of_two_multiplies_every_value_and_changes_nothing_else(
    table: Table, power: int
) -> None:
    once, scaled = matured(array(table)), matured(array(table) * 2.0**power)
    np.testing.assert_array_equal(scaled.values, once.values * 2.0**power)
    np.testing.assert_array_equal(scaled.variances, once.variances)
    np.testing.assert_array_equal(scaled.groups, once.groups)


@given(ordinary, st.floats(1e-6, 1e6))
def test_any_positive_factor_does_the_same_but_for_rounding(table: Table, factor: float) -> None:
    once, scaled = matured(array(table)), matured(array(table) * factor)
    largest = np.nanmax(np.abs(once.values), initial=0.0)
    np.testing.assert_allclose(
        scaled.values / factor, once.values, rtol=1e-9, atol=max(1e-300, 1e-9 * float(largest))
    )
    np.testing.assert_allclose(scaled.variances, once.variances, rtol=1e-6, atol=1e-9)


CURVE = np.array([-3.0, -1.6, -0.7, -0.3, -0.1, 0.0])
FIRST_ALONE = np.where(np.arange(AGE_GROUPS) == 0, 0.0, NAN)


def test_where_all_follow_one_curve_and_many_were_seen_an_early_report_tells_the_end() -> None:
    whole = np.linspace(-4.0, 4.0, 400)[:, None] + CURVE
    lifted = matured(np.vstack([whole, whole + FIRST_ALONE])).values[400:]
    assert np.abs(lifted - whole[:, -1]).max() < 0.03


def test_amounts_that_follow_one_curve_tell_their_end_by_its_factor() -> None:
    """Nearly: the small part of the median that is added to an amount does not grow with it."""
    whole = np.exp(np.linspace(4.0, 5.0, 400)[:, None] + CURVE)
    lifted = matured(np.vstack([whole, whole + FIRST_ALONE])).values[400:]
    assert np.abs(lifted / whole[:, -1] - 1).max() < 0.15


def test_reports_that_skip_ages_teach_the_same_steps() -> None:
    ends = np.linspace(-3.0, 3.0, 900)
    whole = ends[:, None] + CURVE
    for number, row in enumerate(whole):
        row[[number % AGE_GROUPS, (number // 6) % AGE_GROUPS]] = NAN
    known = ~np.isnan(whole)
    assert np.abs(matured(whole).values - ends)[known.any(axis=1)].max() < 0.03


def test_where_most_steps_are_alike_to_the_last_bit_the_others_still_count() -> None:
    still = [[NAN, NAN, NAN, score, score, score] for score in range(1, 31)]
    growing = [[score, 2.0 * score] + [NAN] * 4 for score in range(1, 31)]
    young = [10.0] + [NAN] * 5
    assert values([*still, *growing, young])[-1] > 15.0


@given(st.floats(1e3, 1e300), st.sampled_from([-1.0, 1.0]))
def test_one_wild_lift_moves_no_other_by_more_than_a_few_hundredths_of_the_spread(
    size: float, sign: float
) -> None:
    base = [[0.1 * number - 2] + [NAN] * 4 + [0.1 * number - 1.9] for number in range(40)]
    base += [[0.1 * number - 2] + [NAN] * 5 for number in range(40)]
    wild = [[*base[0][:-1], sign * size], *base[1:]]
    assert np.abs(values(wild) - values(base))[1:].max() < 0.1


@given(st.floats(1e7, 1e300))
def test_one_wild_amount_moves_no_other_by_more_than_a_tenth(size: float) -> None:
    base = [[100.0 * number] + [NAN] * 4 + [200.0 * number] for number in range(1, 41)]
    base += [[100.0 * number] + [NAN] * 5 for number in range(1, 41)]
    wild = [[*base[0][:-1], size], *base[1:]]
    assert np.abs(np.log(values(wild)[1:] / values(base)[1:])).max() < 0.1


def test_one_score_below_0_makes_differences_of_amounts() -> None:
    grown = [[float(number), 10.0 * number] + [NAN] * 4 for number in range(1, 31)]
    young = [1.0] + [NAN] * 5
    as_amount, as_lift = values([*grown, young])[-1], values([*grown, [-1.0] * 6, young])[-1]
    assert as_amount < 12 < as_lift


@pytest.mark.parametrize("score", [0.0, 7.0, -7.0])
def test_one_release_alone_keeps_its_score_at_any_age(score: float) -> None:
    table = [[score if group == age else NAN for group in range(6)] for age in range(6)]
    for row in table:
        assert values([row]).tolist() == [score]
        assert matured(array([row])).variances.tolist() == [0.0]


def test_scores_all_equal_stay_equal_and_nothing_is_known_to_be_unsettled() -> None:
    mature = matured(array([[5.0] + [NAN] * 5, [5.0] * 6, [NAN] * 5 + [5.0]]))
    assert mature.values.tolist() == [5.0] * 3
    assert mature.variances.tolist() == [0.0] * 3


def test_no_scores_give_no_values() -> None:
    assert values([]).tolist() == []
    assert np.isnan(values([[NAN] * 6] * 3)).all()


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 3.0, 4.5, 12.0, 40.0]), lifts), min_size=1))
def test_of_several_reports_in_one_age_group_the_latest_counts_as_if_it_were_the_only_one(
    told_of: list[tuple[float, float]],
) -> None:
    by_day = dict(told_of)
    latest = {age_group(timedelta(days=day)): day for day in sorted(by_day)}
    rows = [
        told([use("own", 1)], [report(1, by_day[day], day=day) for day in days])
        for days in (by_day, latest.values())
    ]
    every, only = (history.releases[1].scores_by_age for history in rows)
    assert np.array_equal(every, only, equal_nan=True)


def test_an_age_is_of_the_group_that_its_edge_opens() -> None:
    moment = timedelta(microseconds=1)
    assert [age_group(edge) for edge in AGE_EDGES] == [1, 2, 3, 4, 5]
    assert [age_group(edge - moment) for edge in AGE_EDGES] == [0, 1, 2, 3, 4]


scores = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30)


@given(scores | st.lists(st.integers(0, 4).map(float), min_size=1))
def test_normal_scores_are_the_quantiles_of_the_ranks_counted_one_by_one(
    numbers: list[float],
) -> None:
    for number, score in zip(numbers, normal_scores(numbers), strict=True):
        rank = sum(other < number for other in numbers)
        rank += (sum(other == number for other in numbers) + 1) / 2
        expected = NormalDist().inv_cdf((rank - 3 / 8) / (len(numbers) + 1 / 4))
        assert score == expected


@given(scores)
def test_normal_scores_mirror_when_the_values_do(numbers: list[float]) -> None:
    mirrored = normal_scores([-number for number in numbers])
    np.testing.assert_allclose(mirrored, -normal_scores(numbers), atol=1e-12)


@given(scores)
def test_any_growing_function_leaves_normal_scores_as_they_were(numbers: list[float]) -> None:
    grown = [math.asinh(number) for number in numbers]
    assume(len(set(grown)) == len(set(numbers)))
    np.testing.assert_array_equal(normal_scores(grown), normal_scores(numbers))
