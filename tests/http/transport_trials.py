"""One fault script against the transport, and what has to be true afterwards whatever happened."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

from echo_world import EchoWorld, content, items, judge
from fake_clock import START
from fault_scripts import (
    ABSURD,
    LASTING,
    LONG_PAUSES,
    PASSING,
    SILENT,
    Fault,
    FaultKind,
    fault_script,
)
from local_server import LocalServer

from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.messages import Provider, Response
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.transport import Patience, Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    AccessRefused,
    BadAnswer,
    ProviderError,
    ProviderUnavailable,
    QuotaSpent,
)
from noktvrn_ai_artist.settings import Settings

A_DAY, UNITS = 10_000, 3
# A machine that stalls must not look like a server that is silent, so only few scripts are played
# to a transport that soon loses patience.
CALM, QUICK = Patience(silence=timedelta(seconds=5)), Patience(silence=timedelta(seconds=0.2))
QUICK_ONE_IN = 50


class Trials:
    """A transport, the server it talks to, and their clock."""

    def __init__(self, database: Database, server: LocalServer, world: EchoWorld) -> None:
        self.server, self.world, self.clock = server, world, server.clock
        self.database, self.quota, self.rng = database, QuotaLedger(database), Random(0)
        self.calm, self.quick = self._transport(CALM), self._transport(QUICK)
        self.transport = self.calm

    def _transport(self, patience: Patience) -> Transport:
        return Transport(
            Settings(base_urls=dict.fromkeys(Provider, self.server.url)),
            quota=self.quota,
            answers=KeptAnswers(self.database),
            clock=self.clock,
            sleep=self.clock.sleep,
            patience=patience,
            rng=self.rng,
        )

    def close(self) -> None:
        self.calm.__exit__()
        self.quick.__exit__()

    def run(self, seed: int) -> str:
        """One script; what came of it, in a word. Any law that is broken fails the test."""
        self.rng.seed(seed)
        script = fault_script(self.rng, length=8, rate=self.rng.choice([0.2, 0.5, 0.9, 1.0]))
        self.transport = self.calm
        if seed % QUICK_ONE_IN == 0:
            self.transport = self.quick
            script[self.rng.randrange(3)] = SILENT
        # Noon of the next day: no script runs over the Pacific midnight, when units count anew.
        self.clock.move(START + timedelta(days=(self.clock() - START).days + 2) - self.clock())
        self.clock.naps.clear()
        self.server.play(script)
        end = self._sent(f"n{seed}")
        self._check(script, end, f"n{seed}")
        return "answered" if isinstance(end, Response) else type(end).__name__

    def _sent(self, nonce: str) -> Response | ProviderError:
        try:
            return self.transport.send(items(nonce, units=UNITS), judge=judge)
        except ProviderError as error:
            return error

    def _check(self, script: list[Fault | None], end: Response | ProviderError, nonce: str) -> None:
        calls, naps = len(self.server.asked), self.clock.naps
        assert 1 <= calls <= CALM.attempts
        assert len(naps) == calls - 1
        assert sum(naps) < CALM.total.total_seconds()
        *before, last = script[:calls]
        for fault, nap in zip(before, naps, strict=True):
            assert fault in (*PASSING, SILENT)
            # A date has whole seconds only.
            assert nap > fault.asked_wait.total_seconds() - 1
        if not isinstance(end, QuotaSpent):
            assert self.quota.left(Provider.YOUTUBE, now=self.clock()) == A_DAY - UNITS * calls
        self._check_end(last, end, nonce)

    def _check_end(self, last: Fault | None, end: Response | ProviderError, nonce: str) -> None:
        if last is None:
            assert isinstance(end, Response), end
            assert json.loads(end.body) == content(nonce, self.world.served)
            assert self.world.nonces[-1] == nonce
        elif last in LONG_PAUSES:
            assert isinstance(end, QuotaSpent)
            assert end.until > self.clock() + last.asked_wait - timedelta(seconds=1)
            self._check_silence(end)
        elif last in LASTING:
            refused = last.kind is FaultKind.STATUS
            assert type(end) is (AccessRefused if refused else BadAnswer)
        else:
            assert last in ABSURD or self._patience_ended(last)
            assert type(end) is ProviderUnavailable

    def _patience_ended(self, last: Fault) -> bool:
        spent = timedelta(seconds=sum(self.clock.naps))
        longest = max(last.asked_wait, timedelta(seconds=8))
        return len(self.server.asked) == CALM.attempts or spent + longest >= CALM.total

    def _check_silence(self, spent: QuotaSpent) -> None:
        """Until that moment no call goes out; from then on they do."""
        calls = len(self.server.asked)
        assert isinstance(self._sent("too-early"), QuotaSpent)
        assert len(self.server.asked) == calls
        self.server.play([])
        self.clock.move(spent.until - self.clock())
        assert isinstance(self._sent("in-time"), Response)
