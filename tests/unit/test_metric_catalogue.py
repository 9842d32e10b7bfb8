"""The catalogue: every metric by every spelling, what it means, and what is offered for a typo."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.analytics.metric_catalogue import Metric, MetricKind, Platform, fold
from noktvrn_ai_artist.errors import UnknownMetric, UnknownPlatform

PLATFORMS = ["YouTube", "Spotify", "TikTok", "Instagram", "SoundCloud"]
NEEDED = {
    "views": ["viewCount", "view_count"],
    "engaged_views": ["engagedViews"],
    "likes": ["likeCount", "like_count"],
    "dislikes": ["dislikeCount", "dislike_count"],
    "comments": ["commentCount", "comment_count"],
    "shares": ["shareCount", "share_count"],
    "saves": ["saved", "save_count"],
    "streams": ["stream_count"],
    "listeners": ["unique_listeners"],
    "followers": ["followerCount", "follower_count"],
    "subscribers_gained": ["subscribersGained"],
    "listen_time": ["listening_time"],
    "watch_time": ["watchTime"],
    "average_view_duration": ["averageViewDuration"],
    "impressions": ["Impressions"],
    "click_through_rate": ["CTR", "clickThroughRate"],
}
every_metric = [(p, m) for p in KNOWN.platforms.values() for m in p.metrics.values()]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", NEEDED)
def test_every_platform_knows_the_needed_metrics_by_their_spellings(
    platform: str, name: str
) -> None:
    metric = KNOWN.metric(platform, name)
    for spelling in [*NEEDED[name], name.upper(), f" {name} ", name.replace("_", " ")]:
        assert KNOWN.metric(platform, spelling) is metric


def test_no_spelling_means_two_metrics_of_one_platform() -> None:
    for platform in KNOWN.platforms.values():
        names = [n for m in platform.metrics.values() for n in (m.name, *m.spellings)]
        assert sorted(names) == sorted(set(names))


def test_spellings_are_kept_as_they_are_compared() -> None:
    for _, metric in every_metric:
        assert {fold(spelling) for spelling in metric.spellings} == metric.spellings
        assert fold(metric.name) == metric.name


def test_metrics_stand_under_their_own_names() -> None:
    for name, platform in KNOWN.platforms.items():
        assert name == platform.name
        assert all(key == metric.name for key, metric in platform.metrics.items())
        ZoneInfo(platform.day_zone)


@given(st.sampled_from(PLATFORMS), st.lists(st.booleans(), min_size=10, max_size=10))
def test_a_platform_is_found_in_any_case(name: str, upper: list[bool]) -> None:
    written = "".join(c.upper() if up else c.lower() for c, up in zip(name, upper, strict=False))
    assert KNOWN.platform(written + name[len(written) :]).name == name


@given(st.text())
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(max_size=200))
def test_any_other_name_is_refused_in_one_printable_line(name: str) -> None:
    youtube = KNOWN.platform("YouTube")
    assume(not any(fold(name) in {m.name, *m.spellings} for m in youtube.metrics.values()))
    with pytest.raises(UnknownMetric) as refusal:
        youtube.metric(name)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 1_100
    assert set(refusal.value.nearest) <= set(youtube.metrics)


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("veiws", "views"),
        ("viewss", "views"),
        ("coments", "comments"),
        ("subscriber_gained", "subscribers_gained"),
        ("averageViewDurations", "average_view_duration"),
    ],
)
def test_a_typo_is_answered_with_the_nearest_metric(written: str, nearest: str) -> None:
    with pytest.raises(UnknownMetric, match=nearest) as refusal:
        KNOWN.metric("youtube", written)
    assert refusal.value.nearest[0] == nearest
    assert refusal.value.name == written


@pytest.mark.parametrize(
    "written",
    ["Yotube", "You Tubes", "Y\u043euTube", "\uff39\uff4f\uff55\uff34\uff55\uff42\uff45"],
)
def test_a_look_alike_is_another_platform_and_the_nearest_is_shown(written: str) -> None:
    with pytest.raises(UnknownPlatform, match="YouTube") as refusal:
        KNOWN.platform(written)
    assert refusal.value.nearest == ("YouTube",)


def test_nothing_near_lists_what_is_known() -> None:
    with pytest.raises(UnknownPlatform, match="known: Instagram, SoundCloud, Spotify"):
        KNOWN.platform("§§§")
    bare = KNOWN.with_platform(Platform(name="Deezer", day_zone="UTC", metrics={}))
    with pytest.raises(UnknownMetric, match="known: none yet"):
        bare.metric("deezer", "views")


@pytest.mark.parametrize(
    ("platform", "name", "kind"),
    [
        ("YouTube", "views", MetricKind.COUNTER),
        ("YouTube", "subscribers_gained", MetricKind.DAILY),
        ("YouTube", "average_view_duration", MetricKind.RATIO),
        ("Spotify", "streams", MetricKind.DAILY),
        ("Spotify", "listeners", MetricKind.ROLLING_UNIQUE),
        ("Spotify", "followers", MetricKind.GAUGE),
        ("TikTok", "views", MetricKind.COUNTER),
        ("Instagram", "views", MetricKind.COUNTER),
        ("SoundCloud", "plays", MetricKind.COUNTER),
    ],
)
def test_kinds_are_those_of_the_platforms(platform: str, name: str, kind: MetricKind) -> None:
    assert KNOWN.metric(platform, name).kind is kind


def test_a_metric_has_a_unit_and_no_negative_lag() -> None:
    for _, metric in every_metric:
        assert metric.unit
        assert metric.lag >= timedelta(0)
        assert metric.signed is False


@pytest.mark.parametrize(
    ("day", "definition"),
    [
        (date(2005, 2, 14), "yt.views.v1"),
        (date(2025, 3, 30), "yt.views.v1"),
        (date(2025, 3, 31), "yt.views.v2"),
        (date(2026, 8, 26), "yt.views.v2"),
        (date(2026, 8, 27), "yt.views.v3"),
    ],
)
def test_youtube_views_changed_their_meaning_twice(day: date, definition: str) -> None:
    when = datetime(day.year, day.month, day.day, tzinfo=UTC)
    held = KNOWN.metric("YouTube", "views").definition_at(when)
    assert held is not None
    assert held.id == definition


def test_definitions_begin_at_the_beginning_and_follow_each_other() -> None:
    for _, metric in every_metric:
        if metric.definitions:
            since = [definition.since or date.min for definition in metric.definitions]
            assert metric.definitions[0].since is None
            assert since == sorted(set(since))
        else:
            assert metric.definition_at(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_adding_to_a_catalogue_leaves_it_as_it_was() -> None:
    mood = Metric(name="mood", kind=MetricKind.GAUGE, unit="points", signed=True)
    more = KNOWN.with_metrics("tiktok", [mood])
    assert more.metric("TikTok", "Mood") is mood
    with pytest.raises(UnknownMetric):
        KNOWN.metric("TikTok", "mood")
