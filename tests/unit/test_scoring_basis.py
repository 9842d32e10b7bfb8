"""What scores are made of: the metric of each platform, and what may be weighed together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from noktvrn_ai_artist.analytics.growth_curves import DAY, growth_curve
from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind
from noktvrn_ai_artist.analytics.release_milestones import MILESTONES, SPAN, milestones_of
from noktvrn_ai_artist.analytics.release_scoring import ReleaseScore, rated
from noktvrn_ai_artist.analytics.scored_metrics import (
    NOT_TO_BLEND,
    SCORED,
    ScoredMetric,
    blend_of,
    one_metric,
    only_basis,
)
from noktvrn_ai_artist.errors import BadValue, UnknownMetric, UnknownPlatform

OUT = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("platform", KNOWN.platforms)
def test_every_known_platform_has_a_metric_that_can_be_scored(platform: str) -> None:
    assert str(one_metric(KNOWN, platform)) == f"{platform} {SCORED[platform]}"


@pytest.mark.parametrize(
    ("platform", "metric"),
    [
        ("Spotify", "listeners"),
        ("Instagram", "reach"),
        ("YouTube", "ctr"),
        ("Spotify", "followers"),
    ],
)
def test_people_ratios_and_levels_are_no_scores(platform: str, metric: str) -> None:
    with pytest.raises(BadValue, match="no score"):
        one_metric(KNOWN, platform, metric)


def test_what_may_fall_below_zero_is_no_score() -> None:
    signed = Metric(name="net", kind=MetricKind.COUNTER, unit="1", signed=True)
    with pytest.raises(BadValue, match="signed"):
        one_metric(KNOWN.with_metrics("TikTok", [signed]), "TikTok", "net")


def test_a_metric_may_be_named_by_any_spelling() -> None:
    assert str(one_metric(KNOWN, "yt", "likeCount")) == "YouTube likes"


def test_unknown_names_show_the_nearest() -> None:
    with pytest.raises(UnknownPlatform, match="TikTok"):
        one_metric(KNOWN, "tictok")
    with pytest.raises(UnknownMetric):
        blend_of(KNOWN.with_platform(replace(KNOWN.platform("TikTok"), metrics={})), {"TikTok": 1})


def test_a_platform_without_a_usual_metric_needs_one_named() -> None:
    declared = replace(KNOWN.platform("TikTok"), name="Deezer", spellings=frozenset())
    with pytest.raises(BadValue, match="name the one"):
        one_metric(KNOWN.with_platform(declared), "Deezer")


@pytest.mark.parametrize("platform", NOT_TO_BLEND)
def test_terms_that_forbid_a_blend_are_kept_and_named(platform: str) -> None:
    with pytest.raises(BadValue, match=f"leave out {platform}.*https://"):
        blend_of(KNOWN, {platform: 1, "TikTok": 1})
    assert str(blend_of(KNOWN, {platform: 2})) == str(one_metric(KNOWN, platform))


@pytest.mark.parametrize("weights", [{}, {"TikTok": 0}, {"TikTok": -1}, {"TikTok": float("nan")}])
def test_weights_are_above_zero(weights: dict[str, float]) -> None:
    with pytest.raises(BadValue, match="weight above 0"):
        blend_of(KNOWN, weights)


def test_a_platform_weighed_twice_is_refused() -> None:
    with pytest.raises(BadValue, match="twice"):
        blend_of(KNOWN, {"TikTok": 1, "tiktok": 2})


def test_by_default_the_only_platform_is_scored() -> None:
    views, likes = (ScoredMetric(platform="TikTok", metric_type=m) for m in ("views", "likes"))
    streams = ScoredMetric(platform="Spotify", metric_type="streams")
    assert only_basis([]) is None
    assert str(only_basis([likes, views])) == "TikTok views"
    assert str(only_basis([likes])) == "TikTok likes"
    with pytest.raises(BadValue, match="Spotify and TikTok have numbers: name the one"):
        only_basis([streams, views])
    reels = ScoredMetric(platform="Instagram", metric_type="views")
    with pytest.raises(
        BadValue, match=r"Instagram, Spotify and TikTok have .*score by, or weigh"
    ) as refused:
        only_basis([streams, views, reels])
    assert refused.value.rule.endswith("weigh Instagram and TikTok with --blend")


def part(platform: str, score: float, *, release_id: int = 1, sd: float = 1.0) -> ReleaseScore:
    return ReleaseScore(
        release_id=release_id,
        artist_id=7,
        platform=platform,
        metric_type="views",
        score=score,
        sd=sd,
        age=DAY,
        maturity=0.5,
        value=1.0,
        usual=1.0,
        baseline=1.0,
        baseline_releases=9,
        artist_releases=2,
        observed_at=OUT + score * HOUR,
    )


def test_a_platform_without_a_score_leaves_its_weight_to_the_others() -> None:
    scores = {
        "TikTok": [part("TikTok", 4)],
        "Instagram": [part("Instagram", 0), part("Instagram", 3, release_id=2)],
    }
    one, two = rated(scores, {"TikTok": 0.75, "Instagram": 0.25})
    assert (one.score, one.sd) == pytest.approx((3, (0.75**2 + 0.25**2) ** 0.5))
    assert (one.observed_at, [p.platform for p in one.parts]) == (
        OUT + 4 * HOUR,
        ["TikTok", "Instagram"],
    )
    assert (two.score, two.sd, len(two.parts)) == (3, 1, 1)


def test_milestones_say_what_they_rest_on() -> None:
    hours = [0, 5, 20, 30, 47]
    curve = growth_curve(
        1,
        published_at=OUT,
        times=[OUT + h * HOUR for h in hours],
        values=[10.0 * h for h in hours],
    )
    found = milestones_of(curve, published_at=OUT, kind=MetricKind.COUNTER)
    assert [(one.age, one.value, one.observed_at) for one in found] == [
        (6 * HOUR, pytest.approx(60), OUT + 20 * HOUR),
        (DAY, pytest.approx(240), OUT + 30 * HOUR),
    ]


def test_a_daily_amount_is_an_observation_of_the_day_it_is_stamped_with() -> None:
    midnight = OUT.replace(hour=0, minute=0)
    curve = growth_curve(
        1,
        published_at=OUT,
        times=[midnight + n * DAY for n in range(4)],
        values=[1, 2, 4, 8],
        kind=MetricKind.DAILY,
    )
    found = milestones_of(curve, published_at=OUT, kind=MetricKind.DAILY)
    assert [one.age / DAY for one in found] == [1, 2, 3]
    assert [one.observed_at for one in found] == [midnight + n * DAY for n in (1, 2, 3)]


def test_nothing_after_the_span_touches_a_milestone() -> None:
    days = [0, 30, 60, 85, SPAN / DAY]
    curve = growth_curve(
        1,
        published_at=OUT,
        times=[OUT + day * DAY for day in days],
        values=[float(d) for d in days],
    )
    known = milestones_of(curve, published_at=OUT, kind=MetricKind.COUNTER)
    assert MILESTONES[-1] not in {one.age for one in known}
