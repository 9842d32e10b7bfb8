"""The transport: whatever a server does, the answer is the right one or an error, in bounds."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from echo_world import EchoWorld, content, items, judge
from fake_clock import START, FakeClock
from fault_scripts import Fault, FaultKind, status, status_until
from local_server import AgainstSpecification, Asked, LocalServer, Reply
from pydantic import SecretStr
from transport_trials import A_DAY, CALM, Trials

from noktvrn_ai_artist.collectors.base_urls import BASE_URLS, base_urls
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.messages import (
    Outcome,
    Provider,
    Request,
    Response,
    Verdict,
)
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.transport import Patience, Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import (
    AccessRefused,
    BadAnswer,
    NotConfigured,
    ProviderUnavailable,
    QuotaSpent,
    SettingsError,
)
from noktvrn_ai_artist.settings import Settings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world() -> EchoWorld:
    return EchoWorld()


@pytest.fixture
def web(world: EchoWorld, clock: FakeClock) -> Iterator[LocalServer]:
    with LocalServer(world, clock=clock) as web:
        yield web


@pytest.fixture
def trials(database: Database, web: LocalServer, world: EchoWorld) -> Iterator[Trials]:
    trials = Trials(database, web, world)
    yield trials
    trials.close()


@pytest.fixture
def transport(trials: Trials) -> Transport:
    return trials.transport


def patient(database: Database, url: str, patience: Patience, clock: FakeClock) -> Transport:
    return Transport(
        Settings(base_urls=dict.fromkeys(Provider, url)),
        quota=QuotaLedger(database),
        answers=KeptAnswers(database),
        clock=clock,
        sleep=clock.sleep,
        patience=patience,
        rng=Random(1),
    )


def test_a_fault_script_never_ends_in_a_wrong_answer(trials: Trials) -> None:
    ends = Counter(trials.run(seed) for seed in range(200))
    assert set(ends) == {
        "answered",
        "ProviderUnavailable",
        "QuotaSpent",
        "AccessRefused",
        "BadAnswer",
    }


@pytest.mark.long
@pytest.mark.timeout(900)
def test_three_thousand_fault_scripts_never_end_in_a_wrong_answer(trials: Trials) -> None:
    began, busy = time.monotonic(), time.process_time()
    ends = Counter(trials.run(seed) for seed in range(3_000))
    took, busy = time.monotonic() - began, time.process_time() - busy
    print(f"{ends} in {took:.1f} s ({busy:.1f} s of them computing, client and server)")
    assert ends["answered"] > 1_000


def test_a_transport_that_took_halves_for_wholes_would_be_caught(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(response: Response, *, now: datetime) -> Verdict:
        return Verdict(outcome=Outcome.GOOD)

    monkeypatch.setattr("transport_trials.judge", careless)
    with pytest.raises(AssertionError):
        Counter(trials.run(seed) for seed in range(50))


def test_a_transport_that_did_not_count_its_units_first_would_be_caught(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuotaLedger, "take", lambda *_args, **_named: None)
    with pytest.raises(AssertionError):
        trials.run(1)


def test_units_are_counted_before_a_call_goes_out(
    transport: Transport, web: LocalServer, trials: Trials
) -> None:
    web.play([Fault(kind=FaultKind.RESET)] * 5)
    with pytest.raises(ProviderUnavailable, match="given up after 5 attempts"):
        transport.send(items("a", units=7), judge=judge)
    assert trials.quota.left(Provider.YOUTUBE, now=trials.clock()) == A_DAY - 35


def test_a_spent_quota_is_asked_for_once_and_then_waited_for(
    transport: Transport, web: LocalServer, clock: FakeClock
) -> None:
    web.play([status(402)])
    for _ in range(3):
        with pytest.raises(QuotaSpent) as spent:
            transport.send(items("a"), judge=judge)
        assert spent.value.until == START + timedelta(hours=3)
    assert len(web.asked) == 1
    clock.move(timedelta(hours=3))
    assert transport.send(items("a"), judge=judge).status == 200


def test_one_spent_quota_stops_no_other_provider(transport: Transport, web: LocalServer) -> None:
    web.play([status(402)])
    with pytest.raises(QuotaSpent):
        transport.send(items("a"), judge=judge)
    assert transport.send(items("a", provider=Provider.PEXELS), judge=judge).status == 200


@pytest.mark.parametrize("later", ["9" * 30, "86401", "4000"])
def test_an_absurd_pause_is_given_up_on_at_once(
    transport: Transport, web: LocalServer, clock: FakeClock, later: str
) -> None:
    web.play([status(503, later)])
    with pytest.raises(ProviderUnavailable, match="given up after 1 attempt"):
        transport.send(items("a"), judge=judge)
    assert clock.naps == []
    assert transport.send(items("a"), judge=judge).status == 200


@pytest.mark.parametrize("fault", [status(429, "17"), status_until(429, timedelta(seconds=17))])
def test_a_pause_is_as_long_as_the_server_asks(
    transport: Transport, web: LocalServer, clock: FakeClock, fault: Fault
) -> None:
    web.play([fault])
    transport.send(items("a"), judge=judge)
    assert clock.naps == [17]


def test_without_a_word_from_the_server_the_pauses_grow(
    transport: Transport, web: LocalServer, clock: FakeClock
) -> None:
    web.play([status(500)] * 4)
    transport.send(items("a"), judge=judge)
    first, second, third, fourth = clock.naps
    assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0 <= fourth <= 4.0


def test_attempts_and_pauses_end_within_the_time(
    transport: Transport, web: LocalServer, clock: FakeClock
) -> None:
    web.play([status(503, "25")] * 5)
    with pytest.raises(ProviderUnavailable, match="given up after 3 attempts"):
        transport.send(items("a"), judge=judge)
    assert clock.naps == [25, 25]


def test_an_answer_that_drips_in_is_given_up(database: Database, world: EchoWorld) -> None:
    class WallClock(FakeClock):
        def __call__(self) -> datetime:
            return datetime.now(UTC)

    clock = WallClock()
    patience = Patience(total=timedelta(seconds=0.2), silence=timedelta(seconds=5))
    with LocalServer(world, script=[Fault(kind=FaultKind.DRIP)]) as server:
        transport = patient(database, server.url, patience, clock)
        with transport, pytest.raises(ProviderUnavailable, match="took too long"):
            transport.send(items("a"), judge=judge)
    assert len(server.asked) == 1


def test_a_body_beyond_the_bound_is_refused(
    database: Database, web: LocalServer, clock: FakeClock
) -> None:
    web.play([Fault(kind=FaultKind.HUGE)])
    transport = patient(database, web.url, CALM, clock)
    with transport, pytest.raises(BadAnswer, match="larger than 16 MB"):
        transport.send(items("a"), judge=judge)
    assert len(web.asked) == 1


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(
    database: Database, clock: FakeClock
) -> None:
    packed = gzip.compress(b"x" * (20 << 20))
    reply = Reply(headers={"Content-Encoding": "gzip"}, body=packed)
    with LocalServer(lambda _: reply, clock=clock) as server:
        transport = patient(database, server.url, CALM, clock)
        with transport, pytest.raises(BadAnswer, match="larger than 16 MB"):
            transport.send(items("a"), judge=judge)
    assert len(packed) < 1 << 16


def test_a_redirect_is_not_followed(database: Database, clock: FakeClock) -> None:
    with LocalServer(EchoWorld(), clock=clock) as elsewhere:
        leading = Reply(status=307, headers={"Location": f"{elsewhere.url}/v1/items?nonce=a"})
        with LocalServer(lambda _: leading, clock=clock) as server:
            transport = patient(database, server.url, CALM, clock)
            with transport, pytest.raises(BadAnswer, match="leads elsewhere"):
                transport.send(items("a"), judge=judge)
        assert len(server.asked) == 1
        assert elsewhere.asked == []


def test_a_server_that_is_not_there_is_unavailable(database: Database, clock: FakeClock) -> None:
    transport = patient(database, "http://127.0.0.1:9", CALM, clock)
    with transport, pytest.raises(ProviderUnavailable, match="no connection"):
        transport.send(items("a"), judge=judge)
    assert len(clock.naps) == 4


def test_no_cookie_is_kept(database: Database, clock: FakeClock) -> None:
    told: list[str] = []

    def world(asked: Asked) -> Reply:
        told.append(asked.headers.get("cookie", ""))
        return Reply.json(content("a", 1), set_cookie="who=you")

    with (
        LocalServer(world, clock=clock) as server,
        patient(database, server.url, CALM, clock) as transport,
    ):
        for _ in range(2):
            transport.send(items("a"), judge=judge)
    assert told == ["", ""]


def test_an_answer_is_asked_for_once_while_it_is_kept(
    transport: Transport, web: LocalServer, clock: FakeClock, trials: Trials
) -> None:
    request = items("a", keep_for=timedelta(hours=24))
    first = transport.send(request, judge=judge)
    clock.move(timedelta(hours=23))
    assert transport.send(request, judge=judge).body == first.body
    assert len(web.asked) == 1
    clock.move(timedelta(hours=1))
    assert transport.send(request, judge=judge).body != first.body
    assert len(web.asked) == 2


def test_a_kept_answer_costs_no_units_and_needs_no_quota(
    transport: Transport, web: LocalServer, trials: Trials
) -> None:
    request = items("a", keep_for=timedelta(hours=24))
    transport.send(request, judge=judge)
    trials.quota.spent(Provider.YOUTUBE, until=None, now=trials.clock())
    assert transport.send(request, judge=judge).status == 200


def test_another_question_is_not_given_a_kept_answer(
    transport: Transport, web: LocalServer
) -> None:
    for nonce in "ab":
        for _ in range(2):
            request = items(nonce, keep_for=timedelta(hours=24))
            assert f'"nonce": "{nonce}"'.encode() in transport.send(request, judge=judge).body
    assert len(web.asked) == 2


@pytest.mark.parametrize("fault", [status(404), Fault(kind=FaultKind.CUT_JSON), status(402)])
def test_only_good_answers_are_kept(
    transport: Transport, web: LocalServer, clock: FakeClock, fault: Fault
) -> None:
    request = items("a", keep_for=timedelta(hours=24))
    web.play([fault])
    with pytest.raises((AccessRefused, BadAnswer, QuotaSpent)):
        transport.send(request, judge=judge)
    clock.move(timedelta(hours=4))
    assert transport.send(request, judge=judge).body.startswith(b'{"nonce": "a"')


@pytest.mark.parametrize("key", ["line\n", "schlüssel", "tab\t", "nul\0"])
def test_a_key_that_cannot_be_sent_is_refused_before_a_call(
    transport: Transport, web: LocalServer, key: str
) -> None:
    request = replace(items("a"), secret_headers={"X-Key": SecretStr(key)})
    with pytest.raises(NotConfigured, match="the key or token for X-Key") as refused:
        transport.send(request, judge=judge)
    assert key not in f"{refused.value}"
    assert web.asked == []


def test_parameters_forms_and_json_arrive_as_they_were_meant(
    database: Database, clock: FakeClock
) -> None:
    seen: list[Asked] = []

    def world(asked: Asked) -> Reply:
        seen.append(asked)
        return Reply.json(content("a", 1))

    whole = {"q": "neon & città 100%", "plus": "a+b c", "empty": ""}
    with (
        LocalServer(world, clock=clock) as server,
        patient(database, f"{server.url}/base/", CALM, clock) as transport,
    ):
        post = Request(provider=Provider.TIKTOK, method="POST", path="v2/x", params=whole)
        secret = {"token": SecretStr("s+1 &")}
        transport.send(replace(post, form=whole, secret_form=secret), judge=judge)
        transport.send(replace(post, json={"ids": ["1"]}, secret_params=secret), judge=judge)
    assert [asked.path for asked in seen] == ["/base/v2/x"] * 2
    assert seen[0].params == whole
    assert seen[0].form == {**whole, "token": "s+1 &"}
    assert seen[1].params == {**whole, "token": "s+1 &"}
    assert seen[1].json == {"ids": ["1"]}


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "x", "http://", "https://me:canary@host", "https://host?key=canary", "//host"],
)
def test_a_base_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="base_urls, pexels") as refused:
        base_urls({"pexels": url})
    assert "canary" not in f"{refused.value}"


def test_a_base_url_for_nobody_is_refused() -> None:
    with pytest.raises(SettingsError, match="no provider 'pexel'"):
        base_urls({"pexel": "https://x"})


def test_every_provider_is_asked_over_tls_unless_told_otherwise() -> None:
    assert set(BASE_URLS) == set(Provider)
    assert all(url.startswith("https://") for url in base_urls({}).values())
    assert base_urls({"pexels": "http://localhost:1/"})[Provider.PEXELS] == "http://localhost:1"


def test_the_server_fails_the_test_of_a_client_that_leaves_the_specification(
    database: Database, clock: FakeClock
) -> None:
    with (
        pytest.raises(AgainstSpecification, match="there is one parameter"),
        LocalServer(EchoWorld(), clock=clock) as server,
        patient(database, server.url, CALM, clock) as transport,
        pytest.raises(AccessRefused),
    ):
        transport.send(replace(items("a"), params={"page": "1"}), judge=judge)
