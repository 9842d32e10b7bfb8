"""The YouTube Analytics interface as its discovery document says, and Google's tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from fake_clock import FakeClock
from faked_works import Work, works
from google_specification import check_answer, check_request
from local_server import Asked, Reply, refuse_unless
from youtube_world import refusal

REFRESH, CLIENT, SECRET = "canary-refresh-77", "canary-client-77", "canary-secret-77"
_DOCUMENT = "youtubeAnalytics.v2"
PACIFIC = ZoneInfo("America/Los_Angeles")
_NEEDED = ("ids", "startDate", "endDate", "metrics")
_PATTERNS = {
    "ids": r"[a-zA-Z]+==[a-zA-Z0-9_+-]+",
    "startDate": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "endDate": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "metrics": r"[0-9a-zA-Z,]+",
    "dimensions": r"[0-9a-zA-Z,]+",
    "sort": r"[-0-9a-zA-Z,]+",
}
# https://developers.google.com/youtube/analytics/metrics
_TIMES: Mapping[str, float] = {
    "views": 24,
    "engagedViews": 20,
    "estimatedMinutesWatched": 40,
    "averageViewDuration": 1,
    "averageViewPercentage": 0.61,
    "likes": 2,
    "comments": 0.3,
    "shares": 0.2,
    "subscribersGained": 0.1,
    "subscribersLost": 0.05,
}
_FLOATS = {"averageViewPercentage"}


@dataclass(slots=True)
class AnalyticsWorld:
    """Daily amounts, complete two days late and revised for a day more; tokens last an hour."""

    clock: FakeClock
    works: dict[str, Work] = field(default_factory=lambda: works(120))
    rng: Random = field(default_factory=lambda: Random(1))
    granted: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return self._grant(asked)
        check_request(asked, name=_DOCUMENT, resource="reports", method="query")
        refuse_unless(set(_NEEDED) <= set(asked.params), "four parameters are needed")
        for name, pattern in _PATTERNS.items():
            refuse_unless(
                re.fullmatch(pattern, asked.params.get(name, "a")) or name not in asked.params, name
            )
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.granted or token != self.granted[-1]:
            return refusal(401, "authError")
        content = self._table(asked.params)
        check_answer(content, name=_DOCUMENT, schema="QueryResponse")
        return Reply.json(content)

    def amount(self, video: str, day: date, metric: str) -> float | None:
        """What a report made now says of a day; None where it says nothing."""
        age = (self.clock().astimezone(PACIFIC).date() - day).days
        work = self.works.get(video)
        if work is None or work.gone or age < 2 or work.published_at.date() > day:
            return None
        exact = work.pace * _TIMES[metric] * (0.9 if age < 4 else 1.0) + day.day
        return exact if metric in _FLOATS else int(exact)

    def _table(self, params: Mapping[str, str]) -> dict[str, Any]:
        metrics, dimensions = params["metrics"].split(","), params["dimensions"].split(",")
        refuse_unless(set(metrics) <= set(_TIMES), "the metrics are known")
        refuse_unless(sorted(dimensions) == ["day", "video"], "videos by day")
        rows = self._rows(params, metrics)
        start = int(params.get("startIndex", "1")) - 1
        page = rows[start : start + int(params.get("maxResults", "200"))]
        columns = ["video", "day", *metrics]
        self.rng.shuffle(columns)  # readers go by the header, so the order may be any
        content: dict[str, Any] = {
            "kind": "youtubeAnalytics#resultTable",
            "columnHeaders": [_header(name) for name in columns],
        }
        # Without data there is no list of rows at all.
        return content | ({"rows": [[row[c] for c in columns] for row in page]} if page else {})

    def _rows(self, params: Mapping[str, str], metrics: Sequence[str]) -> list[dict[str, Any]]:
        filtered = re.fullmatch(r"video==([A-Za-z0-9_,-]+)", params["filters"])
        refuse_unless(filtered, "the filter names videos")
        videos = sorted(set(filtered[1].split(",")) if filtered else ())
        refuse_unless(len(videos) <= 500, "up to 500 videos")
        first, last = date.fromisoformat(params["startDate"]), date.fromisoformat(params["endDate"])
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        refuse_unless(days, "the span is not empty")
        return [
            {"video": v, "day": d.isoformat()} | {m: self.amount(v, d, m) for m in metrics}
            for d, v in product(days, videos)
            if self.amount(v, d, "views") is not None
        ]

    def _grant(self, asked: Asked) -> Reply:
        refuse_unless(asked.method == "POST" and not asked.params, "tokens are posted in a form")
        given = dict(asked.form)
        refuse_unless(
            given.keys() == {"grant_type", "refresh_token", "client_id", "client_secret"},
            "4 fields",
        )
        if (given["client_id"], given["client_secret"]) != (CLIENT, SECRET):
            return Reply.json({"error": "invalid_client"}, status=401)
        if (given["grant_type"], given["refresh_token"]) != ("refresh_token", REFRESH):
            return Reply.json({"error": "invalid_grant", "error_description": "x"}, status=400)
        self.granted.append(f"canary-google-access-{len(self.granted)}")
        content = {"access_token": self.granted[-1], "expires_in": 3599, "token_type": "Bearer"}
        return Reply.json(
            {**content, "scope": "https://www.googleapis.com/auth/yt-analytics.readonly"}
        )


def _header(name: str) -> dict[str, str]:
    dimension = name in {"video", "day"}
    kind = "STRING" if dimension else "FLOAT" if name in _FLOATS else "INTEGER"
    return {"name": name, "columnType": "DIMENSION" if dimension else "METRIC", "dataType": kind}
