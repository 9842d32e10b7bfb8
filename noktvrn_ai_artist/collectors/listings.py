"""All that a channel, a user or the linked account has published, read page by page to the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from noktvrn_ai_artist.collectors import soundcloud, tiktok, youtube_data
from noktvrn_ai_artist.collectors.feeds import FEEDS, FeedName
from noktvrn_ai_artist.collectors.messages import Request, Response
from noktvrn_ai_artist.collectors.platform_access import Opened, PlatformAccess
from noktvrn_ai_artist.collectors.readings import Found, Page, Trail
from noktvrn_ai_artist.errors import BadValue

# There nobody but the caller says whose works these are.
WITHOUT_TITLE = frozenset({FeedName.TIKTOK, FeedName.SOUNDCLOUD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was found where; `title` is the channel's own, None where the platform tells none."""

    place: str
    title: str | None
    found: tuple[Found, ...]


def read_listing(access: PlatformAccess, name: FeedName, channel: str | None) -> Listing:
    """Every page of what is published there.

    `channel` is a YouTube channel (UC... or @name) or a SoundCloud user (number or URN); TikTok
    lists the account that the token was granted for, and takes none.

    Raises:
        BadValue: there is nothing to list there, or no such channel.
        NotConfigured, ProviderError: also where a page repeats one that was read.
    """
    if name not in _LISTINGS:
        listing = ", ".join(_LISTINGS)
        raise BadValue(f"nothing is listed there; there are {listing}", column="platform")
    return _LISTINGS[name](access, channel)


def _youtube(access: PlatformAccess, channel: str | None) -> Listing:
    if not channel:
        raise BadValue("must name a YouTube channel: UC... or @name", column="channel")

    def asking(opened: Opened) -> Listing:
        asked = youtube_data.find_channel(channel, key=opened.secret)
        home = youtube_data.read_channel(opened.send(asked))
        if home is None:
            raise BadValue("there is no channel of this id or handle", column="channel")
        first = youtube_data.list_uploads(home.uploads, key=opened.secret)
        found = _walked(opened, first, youtube_data.read_uploads)
        # A video that is not out yet has no date, and its title may change.
        out = tuple(one for one in found if one.published_at is not None)
        return Listing(place=f"channel {channel}", title=home.title, found=out)

    return access.ask(FEEDS[FeedName.YOUTUBE], asking)


def _tiktok(access: PlatformAccess, channel: str | None) -> Listing:
    if channel is not None:
        rule = "must not be named: TikTok lists the account of the token"
        raise BadValue(rule, column="channel")

    def asking(opened: Opened) -> tuple[Found, ...]:
        first = tiktok.list_videos(token=opened.secret)
        return _walked(opened, first, tiktok.read_listing)

    found = access.ask(FEEDS[FeedName.TIKTOK], asking)
    return Listing(place="TikTok account", title=None, found=found)


def _soundcloud(access: PlatformAccess, channel: str | None) -> Listing:
    user = soundcloud.user_urn(channel or "")
    if user is None:
        rule = "must name a SoundCloud user: a number or soundcloud:users:..."
        raise BadValue(rule, column="channel")

    def asking(opened: Opened) -> tuple[Found, ...]:
        first = soundcloud.list_tracks(user, token=opened.secret)
        return _walked(opened, first, soundcloud.read_listing)

    found = access.ask(FEEDS[FeedName.SOUNDCLOUD], asking)
    return Listing(place=user, title=None, found=found)


class _Read(Protocol):
    def __call__(
        self, response: Response, *, request: Request, trail: Trail | None = None
    ) -> Page: ...


def _walked(opened: Opened, first: Request, read: _Read) -> tuple[Found, ...]:
    request: Request | None = first
    trail, found = Trail(), list[Found]()
    while request is not None:
        answer = opened.send(request)
        page = read(answer, request=request, trail=trail)
        found += page.found
        request, trail = page.follow_up, page.trail
    return tuple(found)


_LISTINGS: Mapping[FeedName, Callable[[PlatformAccess, str | None], Listing]] = {
    FeedName.YOUTUBE: _youtube,
    FeedName.TIKTOK: _tiktok,
    FeedName.SOUNDCLOUD: _soundcloud,
}
