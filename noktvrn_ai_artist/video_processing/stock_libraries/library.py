"""What every stock library can do: a search becomes a request, an answer becomes clips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from pydantic import Field, SecretStr

from noktvrn_ai_artist.collectors.answer_fields import Body, read_if_possible
from noktvrn_ai_artist.collectors.messages import Outcome, Provider, Request, Response, Verdict
from noktvrn_ai_artist.collectors.verdicts import not_good
from noktvrn_ai_artist.video_processing.clip_records import Clip, ClipPage, ClipSearch

A_DAY = timedelta(hours=24)
_KEY_REFUSED = (401, 403)
Pixels = Annotated[int, Field(gt=0, le=100_000)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


class Asks(Protocol):
    """How a library is asked."""

    def __call__(self, search: ClipSearch, *, key: SecretStr) -> Request:
        """The request for one page."""


class Reads(Protocol):
    """How a library's answer is read."""

    def __call__(self, response: Response, *, search: ClipSearch) -> ClipPage:
        """The clips of the page; BadAnswer where it is not as documented."""


class Judges(Protocol):
    """What a library's answer means."""

    def __call__(self, response: Response, *, now: datetime) -> Verdict:
        """The verdict, for the transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLibrary:
    """One library: its name as a source, how it is asked, and how its answers are read.

    `key_setting` is the field of the settings that holds its key.
    """

    provider: Provider
    key_setting: str
    ask: Asks
    read: Reads
    judge: Judges

    @property
    def name(self) -> str:
        """Its name as a source of clips."""
        return self.provider.value


def good_if_documented(kind: type[Body], response: Response, *, provider: Provider) -> Verdict:
    """Good, unless the body is not such an object."""
    if read_if_possible(kind, response, provider=provider) is None:
        return Verdict(outcome=Outcome.UNREADABLE, reason="its answer is not as documented")
    return Verdict(outcome=Outcome.GOOD)


def bad_status(response: Response) -> Verdict:
    """What a status means where the library's documentation says nothing of errors."""
    if response.status in _KEY_REFUSED:
        reason = f"the key is refused (status {response.status})"
        return Verdict(outcome=Outcome.REFUSED, reason=reason)
    return not_good(response, None)


def each_once(clips: Iterable[Clip]) -> tuple[Clip, ...]:
    """Without repetitions, in order; clips without a file are left out."""
    return tuple({clip.key: clip for clip in clips if clip.renditions}.values())
