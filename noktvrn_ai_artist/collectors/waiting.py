"""How long to wait before asking again: what the provider says, or a growing, jittered pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

from noktvrn_ai_artist.collectors.messages import Response

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=0.5), timedelta(seconds=8)
# A year of seconds has eight digits; what is longer is as absurd, and is not added to any date.
_MOST_DIGITS = 9


def asked_wait(response: Response, *, now: datetime) -> timedelta:
    """What Retry-After says, in seconds or as a date; none where it is missing or says nothing.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after

    >>> now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> asked_wait(Response(status=429, headers={"retry-after": "7"}, body=b""), now=now).seconds
    7
    """
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return timedelta(seconds=int(said) if len(said) <= _MOST_DIGITS else 10**_MOST_DIGITS)
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return timedelta(0)
    span: timedelta = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    return max(timedelta(0), span)


def pause(attempt: int, *, rng: Random) -> timedelta:
    """How long to wait after the given attempt (from 1): about twice as long each time.

    It is drawn from half of that to all of it, so that clients that failed together do not come
    back together.
    """
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))
    return whole * rng.uniform(0.5, 1.0)
