"""Growth curves: what is read between snapshots, what is not read, and the usual band."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.growth_curves import (
    DAY,
    GrowthCurve,
    Maturity,
    growth_curve,
    usual_band,
    value_at,
)
from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind

OUT = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)

ages_in_hours = st.lists(st.integers(-48, 24 * 40), min_size=1, max_size=15, unique=True)
counts = st.floats(0, 1e12)


def curve_of(hours: list[int], totals: list[float]) -> GrowthCurve:
    return growth_curve(1, published_at=OUT, times=[OUT + h * HOUR for h in hours], values=totals)


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[list[int], list[float]]:
    hours = draw(ages_in_hours)
    return hours, draw(st.lists(counts, min_size=len(hours), max_size=len(hours)))


@given(snapshots())
def test_at_a_snapshot_the_value_is_the_snapshots(given_: tuple[list[int], list[float]]) -> None:
    hours, totals = given_
    curve = curve_of(hours, totals)
    for hour, total in zip(hours, totals, strict=True):
        if hour >= 0:
            at = value_at(curve, hour * HOUR)
            assert (at.value, at.maturity) == (total, Maturity.KNOWN)


@given(snapshots(), st.floats(0, 60))
def test_a_value_lies_between_its_neighbours_and_never_beyond_the_ends(
    given_: tuple[list[int], list[float]], days: float
) -> None:
    hours, totals = given_
    known = sorted((h / 24, t) for h, t in zip(hours, totals, strict=True) if h >= 0)
    age = timedelta(days=days)
    at = value_at(curve_of(hours, totals), age)
    before = [pair for pair in known if pair[0] <= age / DAY]
    after = [pair for pair in known if pair[0] >= age / DAY]
    if not known:
        assert at.maturity is Maturity.NO_DATA
    elif not after:
        assert at.maturity is Maturity.NOT_YET_MATURE
    elif not before:
        assert at.maturity is Maturity.NOT_OBSERVED
    elif after[0][0] - before[-1][0] > max(1.5, days / 2):
        assert at.maturity is Maturity.IN_A_GAP
    else:
        assert at.maturity is Maturity.KNOWN
        low, high = sorted([before[-1][1], after[0][1]])
        assert at.value is not None
        assert low <= at.value <= high
    assert (at.value is None) == (at.maturity is not Maturity.KNOWN)


@given(snapshots(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    given_: tuple[list[int], list[float]], random: object
) -> None:
    pairs = list(zip(*given_, strict=True))
    curve = curve_of([h for h, _ in pairs], [t for _, t in pairs])
    random.shuffle(pairs)  # type: ignore[attr-defined]
    other = curve_of([h for h, _ in pairs], [t for _, t in pairs])
    np.testing.assert_array_equal(curve.ages, other.ages)
    np.testing.assert_array_equal(curve.values, other.values)
    assert curve.falls == other.falls


@given(snapshots())
def test_nothing_from_before_publication_is_used(given_: tuple[list[int], list[float]]) -> None:
    hours, totals = given_
    curve = curve_of(hours, totals)
    assert curve.before_publication == sum(hour < 0 for hour in hours)
    assert curve.ages.size == len(hours) - curve.before_publication
    assert (curve.ages >= 0).all()
    late = [(h, t) for h, t in zip(hours, totals, strict=True) if h >= 0]
    assert (
        curve.values.tolist()
        == curve_of([h for h, _ in late], [t for _, t in late]).values.tolist()
    )


@given(snapshots())
def test_every_fall_is_flagged_and_kept(given_: tuple[list[int], list[float]]) -> None:
    curve = curve_of(*given_)
    fallen = [i for i, (a, b) in enumerate(pairwise(curve.values.tolist()), 1) if b < a]
    assert list(curve.falls) == fallen


def test_a_gap_widens_with_age() -> None:
    early = curve_of([24, 24 + 40], [1, 2])
    assert value_at(early, 30 * HOUR).maturity is Maturity.IN_A_GAP
    late = curve_of([24 * 20, 24 * 20 + 40], [1, 2])
    assert value_at(late, 24 * 20 * HOUR + 10 * HOUR).value == pytest.approx(1.25)
    edge = curve_of([24, 60], [0, 36])
    assert value_at(edge, 25 * HOUR).value == pytest.approx(1)


def test_each_way_of_not_knowing_has_its_name() -> None:
    curve = curve_of([30, 31], [5, 6])
    assert value_at(curve, 24 * HOUR).maturity is Maturity.NOT_OBSERVED
    assert value_at(curve, 32 * HOUR).maturity is Maturity.NOT_YET_MATURE
    assert value_at(curve_of([-3], [5]), HOUR).maturity is Maturity.NO_DATA


@pytest.mark.parametrize("kind", [MetricKind.GAUGE, MetricKind.RATIO, MetricKind.ROLLING_UNIQUE])
def test_what_does_not_add_up_has_no_curve(kind: MetricKind) -> None:
    with pytest.raises(ValueError, match="no total"):
        growth_curve(1, published_at=OUT, times=[OUT], values=[1.0], kind=kind)


ZONES = ["UTC", "America/Los_Angeles", "Europe/Berlin"]
# The clocks go forward or back within each of these months, somewhere.
MONTHS = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)]


def starts_of_days(first: datetime, zone: str, days: int) -> list[datetime]:
    """The instants at which that many days begin somewhere."""
    at_home = first.astimezone(ZoneInfo(zone)).replace(hour=0)
    return [(at_home + n * DAY).astimezone(UTC) for n in range(days)]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(MONTHS),
    st.integers(0, 20),
    st.floats(0, 0.999),
    st.lists(counts.map(round), min_size=20, max_size=20),
    st.integers(0, 40),
)
def test_daily_amounts_add_up_until_a_day_is_missing(  # noqa: PLR0917 - one draw each
    zone: str, month: datetime, of_day: int, share: float, amounts: list[int], missing: int
) -> None:
    starts = starts_of_days(month, zone, 41)
    published = starts[of_day] + share * (starts[of_day + 1] - starts[of_day])
    told = [(starts[of_day + n], amount) for n, amount in enumerate(amounts) if n != missing]
    curve = growth_curve(
        1,
        published_at=published,
        times=[day for day, _ in told],
        values=[amount for _, amount in told],
        kind=MetricKind.DAILY,
    )
    sums = np.cumsum(amounts[: min(missing, len(amounts))], dtype=np.float64)
    # On a day of 25 hours the first total may be reached before the release was out.
    first = starts[of_day] + DAY < published
    assert curve.values.tolist() == sums.tolist()[first:]
    assert not curve.falls
    assert (np.diff(curve.ages) > 0).all()


def test_days_after_a_missing_one_are_in_a_gap_not_too_early() -> None:
    days = [OUT.replace(hour=0, minute=0) + n * DAY for n in range(10)]
    whole, holed = (
        growth_curve(
            1,
            published_at=OUT,
            times=[day for n, day in enumerate(days) if n != missing],
            values=[1.0 for n, _ in enumerate(days) if n != missing],
            kind=MetricKind.DAILY,
        )
        for missing in (None, 4)
    )
    assert value_at(holed, 7 * DAY).maturity is Maturity.IN_A_GAP
    assert value_at(holed, 3 * DAY).maturity is Maturity.KNOWN
    assert value_at(whole, 7 * DAY).maturity is Maturity.KNOWN
    assert value_at(whole, 28 * DAY).maturity is Maturity.NOT_YET_MATURE


@given(st.lists(counts.map(round), min_size=3, max_size=10), st.integers(1, 5))
def test_days_before_publication_are_not_added(amounts: list[int], earlier: int) -> None:
    midnight = OUT.replace(hour=0, minute=0)
    days = [midnight + n * DAY for n in range(-earlier, len(amounts))]
    curve = growth_curve(
        1,
        published_at=OUT,
        times=days,
        values=[*[7.0] * earlier, *amounts],
        kind=MetricKind.DAILY,
    )
    assert curve.values.tolist() == np.cumsum(amounts, dtype=np.float64).tolist()


def test_without_its_first_day_a_total_is_not_known() -> None:
    later = [OUT + DAY, OUT + 2 * DAY]
    curve = growth_curve(1, published_at=OUT, times=later, values=[3, 4], kind=MetricKind.DAILY)
    assert curve.ages.size == 0


@given(
    st.lists(snapshots(), min_size=1, max_size=7),
    st.randoms(use_true_random=False),
    st.integers(1, 4),
)
def test_a_band_does_not_depend_on_the_order_of_releases(
    several: list[tuple[list[int], list[float]]], random: object, fewest: int
) -> None:
    ages = np.array([0.0, 0.5, 1.0, 7.0, 28.0])
    curves = [curve_of(*given_) for given_ in several]
    band = usual_band(curves, ages, fewest=fewest)
    random.shuffle(curves)  # type: ignore[attr-defined]
    other = usual_band(curves, ages, fewest=fewest)
    for name in ("low", "median", "high", "releases"):
        np.testing.assert_array_equal(getattr(band, name), getattr(other, name))
    enough = band.releases >= fewest
    assert np.isnan(band.median[~enough]).all()
    assert np.isnan(band.low[~enough]).all()
    assert (band.low[enough] <= band.median[enough]).all()
    assert (band.median[enough] <= band.high[enough]).all()


@given(st.lists(counts, min_size=3, max_size=9))
def test_a_band_is_the_quartiles_of_what_is_known(totals: list[float]) -> None:
    curves = [curve_of([0, 24], [0, total]) for total in totals]
    young = curve_of([0, 1], [0, 1])
    band = usual_band([*curves, young], np.array([1.0]))
    assert band.releases.tolist() == [len(totals)]
    assert band.median[0] == pytest.approx(np.median(totals))
    assert [band.low[0], band.high[0]] == pytest.approx(np.percentile(totals, [25, 75]).tolist())


def test_a_band_of_nothing_is_nothing() -> None:
    band = usual_band([], np.array([1.0, 7.0]))
    assert np.isnan(band.median).all()
    assert band.releases.tolist() == [0, 0]
