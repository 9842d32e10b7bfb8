"""What Google's answers mean, for the YouTube Data and Analytics interfaces alike."""

from __future__ import annotations

from datetime import datetime

from noktvrn_ai_artist.collectors import verdicts
from noktvrn_ai_artist.collectors.answer_fields import Body, read_if_possible
from noktvrn_ai_artist.collectors.messages import Outcome, Provider, Response, Verdict
from noktvrn_ai_artist.collectors.quotas import Day

PACIFIC = Day(zone="America/Los_Angeles")
# Of these only `quotaExceeded` is documented for YouTube (https://developers.google.com/youtube/v3/docs/errors);
# the others are those of Google's older interfaces, whose error format YouTube uses.
_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"})
_LATER = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "backendError",
        "internalError",
        "processingFailure",
    }
)


class _Fault(Body):
    reason: str | None = None


class _Error(Body):
    errors: tuple[_Fault, ...] = ()


class _Refusal(Body):
    error: _Error


def judge(response: Response, *, now: datetime) -> Verdict:
    """What an answer means: by the reasons of its errors, not by its status alone.

    A quota that is spent is there again at the next midnight, Pacific time.
    """
    if response.status == verdicts.OK:
        return verdicts.good_if_an_object(response, Provider.YOUTUBE)
    refusal = read_if_possible(_Refusal, response, provider=Provider.YOUTUBE)
    faults = refusal.error.errors if refusal is not None else ()
    reasons = [fault.reason for fault in faults if fault.reason is not None]
    if _SPENT & set(reasons):
        until = PACIFIC.forgotten(PACIFIC.slot(now))
        return Verdict(outcome=Outcome.QUOTA_SPENT, reason="the day's quota is spent", until=until)
    code = next(iter(reasons), None)
    return verdicts.not_good(response, code, passing=bool(_LATER & set(reasons)))
