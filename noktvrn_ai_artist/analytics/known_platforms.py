"""The platforms and metrics known from the start, with what is known of their meaning.

Sources: the platforms' own documentation as of November 2026, linked beside each definition.
Where a fact was not found in a platform's documentation the comment says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from noktvrn_ai_artist.analytics.metric_catalogue import (
    Catalogue,
    Definition,
    Metric,
    MetricKind,
    Platform,
)

_WINDOWS = ("7d", "28d", "12m")
COUNTER, DAILY, GAUGE = MetricKind.COUNTER, MetricKind.DAILY, MetricKind.GAUGE
UNIQUE, RATIO = MetricKind.ROLLING_UNIQUE, MetricKind.RATIO

# https://developers.google.com/youtube/analytics/revision_history
_YOUTUBE_VIEWS = (
    Definition(id="yt.views.v1", since=None, meaning="plays that passed YouTube's own threshold"),
    Definition(
        id="yt.views.v2",
        since=date(2025, 3, 31),
        meaning="Shorts count every start and replay; other formats as before",
    ),
    Definition(
        id="yt.views.v3",
        since=date(2026, 8, 27),
        meaning="every format counts a play from its first frame, autoplay and hover included",
    ),
)


def _metric(
    name: str, kind: MetricKind, unit: str, *spellings: str, lag: timedelta = timedelta(0)
) -> Metric:
    return Metric(name=name, kind=kind, unit=unit, spellings=frozenset(spellings), lag=lag)


def _common() -> list[Metric]:
    """What every platform may be given by hand; a platform's own definition takes its place.

    The common spellings stay known then.
    """
    return [
        _metric("views", COUNTER, "views", "view", "view_count", "views_count", "plays"),
        _metric("engaged_views", COUNTER, "views", "engaged_view_count"),
        _metric("likes", COUNTER, "likes", "like", "like_count", "likes_count"),
        _metric("dislikes", COUNTER, "dislikes", "dislike", "dislike_count", "dislikes_count"),
        _metric("comments", COUNTER, "comments", "comment", "comment_count", "comments_count"),
        _metric("shares", COUNTER, "shares", "share", "share_count", "shares_count", "shared"),
        _metric("saves", COUNTER, "saves", "save", "save_count", "saves_count", "saved"),
        _metric("streams", DAILY, "streams", "stream", "stream_count", "streams_count"),
        _metric("listeners", UNIQUE, "people", "listener_count", "unique_listeners"),
        _metric("followers", GAUGE, "people", "follower_count", "followers_count"),
        _metric("subscribers_gained", DAILY, "people", "new_subscribers"),
        _metric("listen_time", DAILY, "seconds", "listening_time", "listen_time_seconds"),
        _metric("watch_time", DAILY, "seconds", "watch_time_seconds"),
        _metric("average_view_duration", RATIO, "seconds", "avg_view_duration"),
        _metric("impressions", COUNTER, "impressions", "impression", "impression_count"),
        _metric("click_through_rate", RATIO, "1", "ctr", "impressions_click_through_rate"),
    ]


def _platform(name: str, day_zone: str, own: Iterable[Metric], *spellings: str) -> Platform:
    metrics = {metric.name: metric for metric in _common()}
    for metric in own:
        common = metrics.get(metric.name, metric).spellings
        metrics[metric.name] = replace(metric, spellings=metric.spellings | common)
    return Platform(name=name, day_zone=day_zone, metrics=metrics, spellings=frozenset(spellings))


def _youtube() -> Platform:
    # Lifetime counters: https://developers.google.com/youtube/v3/docs/videos#statistics
    # Daily amounts: https://developers.google.com/youtube/analytics/metrics, two to three days
    # late. That Analytics days are Pacific days was not found in its documentation.
    late = timedelta(days=3)
    views = Metric(name="views", kind=COUNTER, unit="views", definitions=_YOUTUBE_VIEWS)
    daily_views = Metric(
        name="daily_views", kind=DAILY, unit="views", lag=late, definitions=_YOUTUBE_VIEWS
    )
    daily = [
        _metric("engaged_views", DAILY, "views", lag=late),
        _metric("daily_likes", DAILY, "likes", lag=late),
        _metric("daily_comments", DAILY, "comments", lag=late),
        _metric("shares", DAILY, "shares", lag=late),
        _metric("subscribers_gained", DAILY, "people", lag=late),
        _metric("subscribers_lost", DAILY, "people", lag=late),
        _metric("watch_time", DAILY, "seconds", lag=late),
        _metric("average_view_duration", RATIO, "seconds", lag=late),
        _metric("average_view_percentage", RATIO, "percent", lag=late),
        _metric("impressions", DAILY, "impressions", lag=late),
        _metric("click_through_rate", RATIO, "1", lag=late),
    ]
    subscribers = _metric("subscribers", GAUGE, "people", "subscriber_count")
    return _platform(
        "YouTube", "America/Los_Angeles", [views, daily_views, subscribers, *daily], "yt"
    )


def _spotify() -> Platform:
    # https://artists.spotify.com/faq/stats: days are UTC, numbers come once a day, about 15:00
    # Eastern; a stream is over 30 s; listeners are unique in the window and do not add up.
    # Sums over a window that slides on are levels: two of them overlap, and never add up.
    late = timedelta(days=1)
    own = [
        _metric("streams", DAILY, "streams", lag=late),
        _metric("listeners", UNIQUE, "people", lag=late),
        _metric("listeners_7d", UNIQUE, "people", lag=late),
        _metric("monthly_listeners", UNIQUE, "people", "listeners_28d", lag=late),
        _metric("listeners_12m", UNIQUE, "people", lag=late),
        *(_metric(f"streams_{window}", GAUGE, "streams", lag=late) for window in _WINDOWS),
        *(_metric(f"saves_{window}", GAUGE, "saves", lag=late) for window in _WINDOWS),
        _metric("followers", GAUGE, "people", lag=late),
    ]
    return _platform("Spotify", "UTC", own)


def _tiktok() -> Platform:
    # https://developers.tiktok.com/doc/tiktok-api-v2-video-object: lifetime counters, no history.
    return _platform("TikTok", "UTC", [])


def _instagram() -> Platform:
    # https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights:
    # lifetime values up to 48 h late; times in milliseconds there, in seconds here. The zone of
    # its days does not matter for lifetime values.
    late = timedelta(days=2)
    own = [
        _metric("views", COUNTER, "views", lag=late),
        _metric("reach", UNIQUE, "people", lag=late),
        _metric("total_interactions", COUNTER, "interactions", lag=late),
        _metric("watch_time", COUNTER, "seconds", "ig_reels_video_view_total_time", lag=late),
        _metric("average_view_duration", RATIO, "seconds", "ig_reels_avg_watch_time", lag=late),
    ]
    return _platform("Instagram", "UTC", own, "ig")


def _soundcloud() -> Platform:
    # https://developers.soundcloud.com/docs/api: lifetime counters that an owner may hide.
    own = [
        _metric("plays", COUNTER, "plays", "play_count", "playback_count"),
        _metric("likes", COUNTER, "likes", "favoritings_count"),
        _metric("reposts", COUNTER, "reposts", "repost", "reposts_count"),
        _metric("downloads", COUNTER, "downloads", "download", "download_count"),
    ]
    platform = _platform("SoundCloud", "UTC", own)
    metrics = dict(platform.metrics)
    plays, streams, views = metrics["plays"], metrics.pop("streams"), metrics.pop("views")
    also = {streams.name, views.name, *streams.spellings, *views.spellings} - {plays.name}
    metrics["plays"] = replace(plays, spellings=plays.spellings | also)
    return replace(platform, metrics=metrics)


KNOWN = Catalogue(
    platforms={
        platform.name: platform
        for platform in (_youtube(), _spotify(), _tiktok(), _instagram(), _soundcloud())
    }
)
