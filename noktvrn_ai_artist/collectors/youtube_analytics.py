"""The YouTube Analytics interface: daily amounts of an account's own videos.

https://developers.google.com/youtube/analytics/reference/reports/query
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from noktvrn_ai_artist.analytics.known_platforms import KNOWN
from noktvrn_ai_artist.collectors import google_answers
from noktvrn_ai_artist.collectors.answer_fields import Body, plain_word, read_body
from noktvrn_ai_artist.collectors.due import Watched
from noktvrn_ai_artist.collectors.messages import (
    Outcome,
    Provider,
    Request,
    Response,
    Verdict,
)
from noktvrn_ai_artist.collectors.readings import (
    Answer,
    Given,
    answer_of,
    missing_from,
)
from noktvrn_ai_artist.errors import BadAnswer

SOURCE = "youtube-analytics-api"
# https://developers.google.com/youtube/analytics/data_model: a filter may name several videos, and
# is then a dimension of any report too. It gives 500 as the most of a group, none for a filter.
MOST_IDS = 500
# The pages' own size: nothing is said of a largest one.
MOST_ROWS = 2000
DAYS = 7
# How far back a report reaches at most, after a time without collections.
MOST_DAYS = 90
# Of a report over more days than usual fewer videos are asked for at once: an answer is read whole.
MOST_ROWS_TOGETHER = 10_000
# Days that are this young are likely to be revised: processing takes two to three days.
PROVISIONAL = timedelta(days=3)
_PROVIDER = Provider.YOUTUBE_ANALYTICS
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE = ZoneInfo(KNOWN.platform("YouTube").day_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A metric of a report: its name and unit in the catalogue."""

    metric_type: str
    times: int = 1


# https://developers.google.com/youtube/analytics/metrics
_METRICS: Mapping[str, _Column] = {
    "views": _Column(metric_type="daily_views"),
    "engagedViews": _Column(metric_type="engaged_views"),
    "estimatedMinutesWatched": _Column(metric_type="watch_time", times=60),
    "averageViewDuration": _Column(metric_type="average_view_duration"),
    "averageViewPercentage": _Column(metric_type="average_view_percentage"),
    "likes": _Column(metric_type="daily_likes"),
    "comments": _Column(metric_type="daily_comments"),
    "shares": _Column(metric_type="shares"),
    "subscribersGained": _Column(metric_type="subscribers_gained"),
    "subscribersLost": _Column(metric_type="subscribers_lost"),
}


class _Header(Body):
    name: str
    dataType: str | None = None  # noqa: N815 - its documented name


class _Fault(Body):
    code: str | None = None


class _Faults(Body):
    code: str | None = None
    error: tuple[_Fault, ...] = ()


class _Table(Body):
    columnHeaders: tuple[_Header, ...]  # noqa: N815
    rows: tuple[tuple[Any, ...], ...] | None = None


class _Result(Body):
    errors: _Faults | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days in Pacific time, the first and the last included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1


def last_days(now: datetime, *, days: int = DAYS) -> Span:
    """The days before the one that this moment falls in.

    >>> last_days(datetime(2026, 11, 20, 7, tzinfo=UTC)).last.isoformat()
    '2026-11-18'
    """
    yesterday = now.astimezone(_ZONE).date() - timedelta(days=1)
    return Span(first=yesterday - timedelta(days=days - 1), last=yesterday)


def days_of(videos: Iterable[Watched], *, at: datetime) -> Span:
    """The last seven days, and the days before that are not known of all these videos.

    Of a video that was asked for those begin with the seven days up to that day, of another with
    its publication. No day is asked for that is more than 90 days back.
    """
    usual = last_days(at)
    first = min([usual.first, *(_first_day(video) for video in videos)])
    return Span(first=max(first, usual.last - timedelta(days=MOST_DAYS - 1)), last=usual.last)


def _first_day(video: Watched) -> date:
    if video.asked_at is not None:
        return video.asked_at.astimezone(_ZONE).date() - timedelta(days=DAYS - 1)
    return date.min if video.published_at is None else video.published_at.astimezone(_ZONE).date()


def video_batches(ready: Iterable[Watched], *, at: datetime) -> list[tuple[Watched, ...]]:
    """The videos as `query_report` takes them, those of the fewest days first.

    What cannot be a video's id is in none.
    """
    askable = [video for video in ready if _ID.fullmatch(video.external_id)]
    found: list[list[Watched]] = []
    for video in sorted(askable, key=lambda one: days_of([one], at=at).days):
        # Sorted so, it is this one that says over how many days all before it are asked for.
        together = min(MOST_IDS, MOST_ROWS_TOGETHER // days_of([video], at=at).days)
        if not found or len(found[-1]) >= together:
            found.append([])
        found[-1].append(video)
    return [tuple(batch) for batch in found]


def query_report(ids: Sequence[str], *, span: Span, token: SecretStr) -> Request:
    """Ask for the daily amounts of up to 500 videos of the account that the token is for."""
    return Request(
        provider=_PROVIDER,
        method="GET",
        path="/v2/reports",
        params={
            "ids": "channel==MINE",
            "startDate": span.first.isoformat(),
            "endDate": span.last.isoformat(),
            "metrics": ",".join(_METRICS),
            "dimensions": "video,day",
            "filters": f"video=={','.join(ids)}",
            "sort": "day,video",
            "maxResults": str(MOST_ROWS),
            "startIndex": "1",
        },
        secret_headers={"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")},
    )


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means; a table may hold errors in its place although the status is 200."""
    verdict = google_answers.judge(response, now=now)
    if verdict.outcome is not Outcome.GOOD:
        return verdict
    try:
        errors = read_body(_Result, response, provider=_PROVIDER).errors
    except BadAnswer as error:
        return Verdict(outcome=Outcome.UNREADABLE, reason=error.reason)
    if errors is None:
        return verdict
    passing = errors.code in {"INTERNAL_ERROR", "SERVICE_UNAVAILABLE"}
    outcome = Outcome.TRY_LATER if passing else Outcome.REFUSED
    code = next((fault.code for fault in errors.error), None) or errors.code
    return Verdict(outcome=outcome, reason=plain_word(code))


# https://developers.google.com/youtube/analytics/reference/reports/query#response
def read_report(
    response: Response, *, request: Request, asked: Iterable[str], now: datetime
) -> Answer:
    """The daily amounts of one page, each stamped with the start of its day.

    `asked` are the videos not told of so far: on a later page what was missing after the one
    before. Videos without views in these days have no rows, and so are missing too.

    Raises:
        BadAnswer: also where rows go on after all that can be there.
    """
    table = read_body(_Table, response, provider=_PROVIDER)
    rows = list(_rows(table))
    given = [number for row in rows for number in _amounts(row, request, now)]
    filtered = request.params["filters"].removeprefix("video==").split(",")
    told = frozenset(number.external_id for number in given)
    missing_from(filtered, told, _PROVIDER)
    return answer_of(
        given,
        provider=_PROVIDER,
        missing=frozenset(asked) - told,
        follow_up=_follow_up(request, rows=len(rows), videos=len(filtered)),
    )


def _rows(table: _Table) -> Iterator[dict[str, Any]]:
    """The rows by the names of their columns: their order is the platform's affair."""
    names = [header.name for header in table.columnHeaders]
    if len(set(names)) < len(names) or not {"day", "video", *_METRICS} <= set(names):
        raise BadAnswer(_PROVIDER, "its columns are not those that were asked for")
    whole = {header.name for header in table.columnHeaders if header.dataType == "INTEGER"}
    for row in table.rows or ():
        if len(row) != len(names):
            raise BadAnswer(_PROVIDER, "a row has not as many cells as there are columns")
        cells = dict(zip(names, row, strict=True))
        if any(isinstance(cells[name], float) for name in whole):
            raise BadAnswer(_PROVIDER, "a cell is not of its column's type")
        yield cells


def _amounts(row: Mapping[str, Any], request: Request, now: datetime) -> Iterator[Given]:
    video, day = row["video"], _day(row["day"], request)
    if not isinstance(video, str):
        raise BadAnswer(_PROVIDER, "a video's id is no text")
    # Rows without an id stand for videos that were deleted since.
    for name, column in _METRICS.items() if video else ():
        value = row[name]
        if value is not None and not _is_number(value):
            raise BadAnswer(_PROVIDER, f"{name} is no number")
        yield Given(
            external_id=video,
            metric_type=column.metric_type,
            value=None if value is None else value * column.times,
            recorded_at=datetime.combine(day, time(), _ZONE).astimezone(UTC),
            provisional=now.astimezone(_ZONE).date() - day <= PROVISIONAL,
        )


def _is_number(cell: object) -> bool:
    whole = isinstance(cell, int) and not isinstance(cell, bool)
    return whole or (isinstance(cell, float) and isfinite(cell))


def _day(cell: object, request: Request) -> date:
    """A day of the span that was asked for."""
    if not isinstance(cell, str) or not _ISO_DAY.fullmatch(cell):
        raise BadAnswer(_PROVIDER, "a day is not written as YYYY-MM-DD")
    # Days written alike have the order of their texts.
    if not request.params["startDate"] <= cell <= request.params["endDate"]:
        raise BadAnswer(_PROVIDER, "a day is not one of those that were asked for")
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise BadAnswer(_PROVIDER, "a day is not in the calendar") from None


def _follow_up(request: Request, *, rows: int, videos: int) -> Request | None:
    """The next page, if this one is full; its first row has the next number, counted from 1."""
    params = request.params
    if rows < int(params["maxResults"]):
        return None
    first, last = date.fromisoformat(params["startDate"]), date.fromisoformat(params["endDate"])
    start = int(params["startIndex"]) + rows
    most = videos * Span(first=first, last=last).days
    if start > most + 1:
        raise BadAnswer(_PROVIDER, "it has more rows than there are videos and days")
    if start > most:
        return None
    return replace(request, params={**params, "startIndex": str(start)})
