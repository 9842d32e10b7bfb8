"""The one place that talks to platforms and stock libraries: it sends, waits, and asks again.

stamina is not used here: its sleep and clock cannot be passed in, its deadline does not look ahead
(a wait that outlasts it is begun all the same), and its hooks are given the arguments of a call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Protocol, Self

import httpx2

from noktvrn_ai_artist.collectors.base_urls import base_urls
from noktvrn_ai_artist.collectors.body_reader import BodyReader
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.messages import (
    Outcome,
    Provider,
    Request,
    Response,
    Verdict,
)
from noktvrn_ai_artist.collectors.quota_ledger import LONGEST_REFUSAL, QuotaLedger
from noktvrn_ai_artist.collectors.request_secrets import (
    check_secrets,
    opened,
    revealed,
    without_secrets,
)
from noktvrn_ai_artist.collectors.waiting import asked_wait, pause
from noktvrn_ai_artist.errors import (
    AccessRefused,
    BadAnswer,
    ProviderUnavailable,
    QuotaSpent,
)
from noktvrn_ai_artist.settings import Settings

_LOG = logging.getLogger(__name__)
_REQUEST_TIMEOUT, _FIRST_SERVER_ERROR = 408, 500
_REDIRECTS = range(300, 400)
# Some providers do ask for a day; what is longer is taken for a mistake.
LONGEST_WAIT = timedelta(days=1)


class Judge(Protocol):
    """A provider's own reading of what an answer means."""

    def __call__(self, response: Response, *, now: datetime) -> Verdict:
        """What the answer means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long one request is tried, and how much of an answer is read.

    `total` bounds all attempts and pauses together; `silence` is how long a server may say nothing,
    and so how much longer than that the last attempt may last.
    """

    attempts: int = 5
    total: timedelta = timedelta(seconds=60)
    silence: timedelta = timedelta(seconds=20)
    largest_body: int = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """Why an attempt came to nothing that may come to something later, and how much later."""

    reason: str
    wait: timedelta = timedelta(0)
    asked_too_often: bool = False


class Transport:
    """Sends requests, each until it is answered well or patience ends; use it as a `with` block.

    One object may serve several threads. It follows no redirect, keeps no cookie, and goes through
    no proxy.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        quota: QuotaLedger,
        answers: KeptAnswers,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        patience: Patience | None = None,
        rng: Random | None = None,
    ) -> None:
        self._urls: Mapping[Provider, str] = base_urls(settings.base_urls)
        self._quota, self._answers = quota, answers
        self._clock, self._sleep = clock, sleep
        self._patience = patience or Patience()
        self._rng = rng or SystemRandom()
        # Its client would write whole URLs to the log and keep cookies; this layer does neither.
        self._http = httpx2.HTTPTransport()
        logging.getLogger("httpcore2.http11").addFilter(_without_details)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.close()

    def send(self, request: Request, *, judge: Judge) -> Response:
        """The good answer to a request: a kept one if it asks for that, or else from the provider.

        Raises:
            NotConfigured: a key or token has characters that cannot be sent.
            ProviderUnavailable: no good answer came within the attempts and the time.
            QuotaSpent: nothing was asked, or nothing more, as the quota is used up.
            AccessRefused: the provider refuses this request.
            BadAnswer: the answer cannot be read, is too large, or leads elsewhere.
        """
        base_url = self._urls[request.provider]
        check_secrets(request)
        if request.keep_for is not None:
            kept = self._answers.find(request, base_url=base_url, now=self._clock())
            if kept is not None:
                return kept
        response = self._tried(request, judge)
        if request.keep_for is not None and not revealed(request, response.body):
            self._answers.keep(request, response, base_url=base_url, now=self._clock())
        return response

    def _tried(self, request: Request, judge: Judge) -> Response:
        deadline = self._clock() + self._patience.total
        attempt, answer = 0, self._attempt(request, judge, deadline)
        while isinstance(answer, _Trouble):
            attempt += 1
            wait = max(answer.wait, pause(attempt, rng=self._rng))
            if attempt >= self._patience.attempts or wait >= deadline - self._clock():
                raise self._given_up(request, answer, attempt)
            _LOG.info("%s: %s; asking again", request.provider, answer.reason)
            self._sleep(wait.total_seconds())
            answer = self._attempt(request, judge, deadline)
        return answer

    def _given_up(self, request: Request, trouble: _Trouble, attempts: int) -> Exception:
        """The error to end with; a pause that the provider asked for is kept by later calls too."""
        provider = request.provider
        if trouble.asked_too_often and self._patience.total <= trouble.wait <= LONGEST_WAIT:
            until = self._spent(provider, self._clock() + trouble.wait)
            return QuotaSpent(provider, trouble.reason, until=until)
        times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        return ProviderUnavailable(provider, f"{trouble.reason}; given up after {times}")

    def _attempt(self, request: Request, judge: Judge, deadline: datetime) -> Response | _Trouble:
        self._quota.take(request.provider, units=request.units, now=self._clock())
        answer = self._exchange(request, deadline)
        if isinstance(answer, _Trouble):
            return answer
        if answer.status in _REDIRECTS:
            raise BadAnswer(request.provider, f"leads elsewhere ({answer.status}); not followed")
        return self._judged(request, answer, judge)

    def _judged(self, request: Request, response: Response, judge: Judge) -> Response | _Trouble:
        now, provider = self._clock(), request.provider
        if response.status >= _FIRST_SERVER_ERROR or response.status == _REQUEST_TIMEOUT:
            reason = f"status {response.status}"
            return _Trouble(reason=reason, wait=asked_wait(response, now=now))
        verdict = judge(response, now=now)
        wait = asked_wait(response, now=now) if verdict.wait is None else verdict.wait
        reason = without_secrets(verdict.reason or f"status {response.status}", request)
        match verdict.outcome:
            case Outcome.GOOD:
                return response
            case Outcome.TRY_LATER:
                return _Trouble(reason=reason, wait=wait, asked_too_often=True)
            case Outcome.QUOTA_SPENT:
                until = verdict.until or (now + min(wait, LONGEST_REFUSAL) if wait else None)
                raise QuotaSpent(provider, reason, until=self._spent(provider, until))
            case Outcome.REFUSED:
                raise AccessRefused(provider, reason)
            case Outcome.UNREADABLE:
                raise BadAnswer(provider, reason)

    def _spent(self, provider: Provider, until: datetime | None) -> datetime:
        return self._quota.spent(provider, until=until, now=self._clock())

    def _exchange(self, request: Request, deadline: datetime) -> Response | _Trouble:
        """One request and its whole answer.

        Errors of the connection end here: they hold the request, and with it what is secret.
        """
        url = f"{self._urls[request.provider]}/{request.path.lstrip('/')}"
        left = (deadline - self._clock()).total_seconds()
        seconds = max(0.01, min(left, self._patience.silence.total_seconds()))
        try:
            answer = self._http.handle_request(_on_the_wire(request, url, seconds=seconds))
            with closing(answer):
                return self._read(request.provider, answer, deadline)
        except httpx2.TimeoutException:
            return _Trouble(reason="no answer in time")
        except httpx2.ConnectError as error:
            return _Trouble(reason=without_secrets(f"no connection: {error}", request))
        except httpx2.RequestError:
            return _Trouble(reason="the answer broke off")

    def _read(
        self, provider: Provider, answer: httpx2.Response, deadline: datetime
    ) -> Response | _Trouble:
        body = BodyReader(answer.headers.get("content-encoding", ""))
        for chunk in answer.iter_raw():
            body.add(chunk, most=self._patience.largest_body)
            if body.too_large:
                megabytes = self._patience.largest_body >> 20
                raise BadAnswer(provider, f"the answer is larger than {megabytes} MB")
            if self._clock() >= deadline:
                return _Trouble(reason="the answer took too long")
        if not body.whole:
            return _Trouble(reason="the answer broke off")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(status=answer.status_code, headers=headers, body=bytes(body.read))


def _on_the_wire(request: Request, url: str, *, seconds: float) -> httpx2.Request:
    """The request as it is sent: only here what is secret in it stands in the open."""
    form = None
    if request.form is not None or request.secret_form:
        form = {**(request.form or {}), **opened(request.secret_form)}
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": "noktvrn_ai_artist",
        **request.headers,
        **opened(request.secret_headers),
    }
    return httpx2.Request(
        request.method,
        url,
        params={**request.params, **opened(request.secret_params)},
        headers=headers,
        json=None if request.json is None else dict(request.json),
        data=form,
        extensions={"timeout": httpx2.Timeout(seconds).as_dict()},
    )


def _without_details(record: logging.LogRecord) -> bool:
    """Of what the connection logs only what happened: an answer's headers may hold secrets."""
    record.msg, record.args = str(record.msg).partition(" ")[0], ()
    return True
