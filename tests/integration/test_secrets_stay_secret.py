"""No key, token or client secret leaves the transport, in whatever way a call ends."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from echo_world import judge, tattling_world
from fake_clock import FakeClock
from fault_scripts import PASSING, Fault, FaultKind, fault_script
from local_server import LocalServer
from observed_tables import rows
from pydantic import SecretStr

from noktvrn_ai_artist.collectors import transport as transport_module
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.kept_tokens import KeptTokens, Link
from noktvrn_ai_artist.collectors.messages import Provider, Request, Response
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.token_grants import TokenGrant
from noktvrn_ai_artist.collectors.transport import Patience, Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import NoktvrnError
from noktvrn_ai_artist.settings import Settings

CANARY = "canary"
NASTY = (*PASSING, Fault(kind=FaultKind.NOT_HTTP), Fault(kind=FaultKind.EMPTY))


def request_of(seed: int) -> Request:
    """A request with a canary in every secret position, some with signs that URLs escape."""
    return Request(
        provider=Provider.PIXABAY,
        method="POST",
        path="/v1/items",
        params={"nonce": str(seed)},
        headers={"X-Plain": "plain"},
        secret_headers={
            "Authorization": SecretStr("Bearer canary-bearer/1+2=="),
            "X-Key": SecretStr("canary-header"),
        },
        secret_params={"key": SecretStr("canary &param%")},
        form={"grant_type": "refresh_token"},
        secret_form={"secret": SecretStr("canary form+")},
        keep_for=timedelta(hours=24),
    )


class Surroundings:
    """Everything that a call may leave something in."""

    def __init__(self, database: Database, caplog: pytest.LogCaptureFixture) -> None:
        self.database, self.caplog = database, caplog
        self.clock, self.shown = FakeClock(), list[str]()
        caplog.set_level(logging.DEBUG)

    def transport(self, server: LocalServer) -> Transport:
        return Transport(
            Settings(base_urls=dict.fromkeys(Provider, server.url)),
            quota=QuotaLedger(self.database),
            answers=KeptAnswers(self.database),
            clock=self.clock,
            sleep=self.clock.sleep,
            patience=Patience(silence=timedelta(seconds=5)),
            rng=Random(1),
        )

    def play(self, seeds: range) -> int:
        """Play a script for each seed; how many answers were good."""
        world = tattling_world(Random(seeds.start))
        with LocalServer(world, clock=self.clock) as server, self.transport(server) as transport:
            return sum(self._send(server, transport, seed) for seed in seeds)

    def _send(self, server: LocalServer, transport: Transport, seed: int) -> bool:
        self.clock.move(timedelta(days=40))
        server.play(fault_script(Random(seed), length=6, rate=0.4, faults=NASTY))
        request = request_of(seed)
        self.shown += [repr(transport), repr(request), str(request)]
        try:
            answer = transport.send(request, judge=judge)
        except NoktvrnError as error:
            self.shown += told(error)
            return False
        assert isinstance(answer, Response)
        return True

    def left_behind(self) -> str:
        """All logs, errors, forms and rows in one text."""
        tables = ("provider_quotas", "quota_use", "kept_answers", "kept_tokens", "collection_runs")
        stored = [repr(rows(self.database, f"select * from {table}")) for table in tables]
        logged = [f"{each.name} {each.getMessage()} {vars(each)}" for each in self.caplog.records]
        return "\n".join([*self.shown, *logged, *stored])


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that it came from, said or hidden."""
    while error is not None:
        yield error
        if error.__cause__ is not None and error.__cause__ is not error.__context__:
            yield from chain(error.__cause__)
        error = error.__context__


def told(error: BaseException) -> list[str]:
    """All that an error says, to whoever asks."""
    return [
        text
        for each in chain(error)
        for text in (
            str(each),
            repr(each),
            repr(vars(each)),
            *traceback.format_exception(each),
        )
    ]


@pytest.fixture
def surroundings(database: Database, caplog: pytest.LogCaptureFixture) -> Surroundings:
    return Surroundings(database, caplog)


def test_a_hundred_and_fifty_calls_leave_no_secret_behind(surroundings: Surroundings) -> None:
    good = surroundings.play(range(150))
    assert 20 < good < 130
    assert surroundings.left_behind().count(CANARY) == 0
    assert any(each.name.startswith("httpcore2") for each in surroundings.caplog.records)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_three_thousand_calls_leave_no_secret_behind(surroundings: Surroundings) -> None:
    hits = 0
    for start in range(0, 3_000, 100):
        surroundings.play(range(start, start + 100))
        hits += surroundings.left_behind().count(CANARY)
        surroundings.shown.clear()
        surroundings.caplog.clear()
    print(f"{hits} hits in 3,000 calls")
    assert hits == 0


def test_reasons_that_were_not_read_through_would_be_seen(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "without_secrets", lambda text, _request: text)
    surroundings.play(range(20))
    assert CANARY in "".join(surroundings.shown)


def test_a_logged_header_would_be_seen(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("httpcore2.http11")
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(transport_module, "_without_details", lambda _record: True)
    surroundings.play(range(5))
    assert CANARY in surroundings.left_behind()


def test_a_kept_answer_that_repeats_a_secret_would_be_seen(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "revealed", lambda _request, _body: False)
    surroundings.play(range(20))
    assert CANARY in surroundings.left_behind()


def test_an_error_on_the_wire_is_no_part_of_the_error_that_is_raised(
    surroundings: Surroundings,
) -> None:
    with LocalServer(tattling_world(Random(1)), clock=surroundings.clock) as server:
        server.play([Fault(kind=FaultKind.RESET)] * 5)
        with surroundings.transport(server) as transport, pytest.raises(NoktvrnError) as raised:
            transport.send(request_of(1), judge=judge)
    assert [type(each).__module__ for each in chain(raised.value)] == ["noktvrn_ai_artist.errors"]


@pytest.mark.parametrize("position", ["secret_headers", "secret_params", "secret_form"])
@pytest.mark.parametrize(
    "odd", ["canary\r\nX: y", "canary-ü", "canary\0", " canary ", "canary" * 5_000]
)
def test_an_odd_secret_is_refused_or_sent_and_never_told(
    surroundings: Surroundings, position: str, odd: str
) -> None:
    request = replace(request_of(1), **{position: {"Key": SecretStr(odd)}})
    with (
        LocalServer(tattling_world(Random(3)), clock=surroundings.clock) as server,
        surroundings.transport(server) as transport,
        pytest.raises(NoktvrnError) as raised,
    ):
        send_until_refused(transport, replace(request, keep_for=None))
    surroundings.shown += told(raised.value)
    assert CANARY not in surroundings.left_behind()


def send_until_refused(transport: Transport, request: Request) -> None:
    """The world refuses one call in two, so this ends."""
    while transport.send(request, judge=judge):
        pass


def test_a_kept_token_is_shown_nowhere(surroundings: Surroundings, tmp_path: Path) -> None:
    clock = surroundings.clock
    tokens = KeptTokens(surroundings.database, key_folder=tmp_path, clock=clock)
    grant = TokenGrant(
        access_token=SecretStr("canary-access"),
        expires_at=clock() + timedelta(hours=1),
        refresh_token=SecretStr("canary-refresh"),
    )
    tokens.access_token(
        Provider.TIKTOK,
        "me",
        link=Link(
            base_urls=(), client_id=SecretStr("canary-app"), refresh_token=SecretStr("canary-first")
        ),
        exchange=lambda _: grant,
    )
    surroundings.shown += [repr(tokens), repr(grant), repr(vars(tokens))]
    assert len(rows(surroundings.database, "select * from kept_tokens")) == 1
    assert CANARY not in surroundings.left_behind()
