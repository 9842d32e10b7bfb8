"""A real HTTP server on loopback that plays a platform, checks what it is asked, and misbehaves.

How to use it, from any test (tests/http is on the path; there is no package `http` here, because
that name is the standard library's):

    from fake_clock import FakeClock
    from fault_scripts import fault_script
    from local_server import Asked, LocalServer, Reply, refuse_unless

    def world(asked: Asked) -> Reply:
        refuse_unless(asked.headers.get("x-goog-api-key") == "key", "the key is in its header")
        return Reply.json({"items": []})

    clock = FakeClock()
    with LocalServer(world, clock=clock, script=fault_script(Random(1), length=5)) as server:
        settings = Settings(base_urls={"youtube": server.url}, ...)
        transport = Transport(settings, ..., clock=clock, sleep=clock.sleep)

A *world* is a function, or an object that is called, from a request to its reply. What it refuses
with `refuse_unless` or any assertion is answered with 400 and raised again when the `with` block
ends, so a client that leaves the specification fails its test even if it swallows the 400. Every
request is in `server.asked`, every fault that was played in `server.played`. The n-th request to
arrive meets the n-th entry of the script; after its end everything is answered well. Page faults
(`FaultKind.REPEATED_PAGE`, `OVERLAPPING_PAGE`) are the world's own to play: it finds them in
`asked.fault`.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from fake_clock import FakeClock
from fault_scripts import PLAYED_BY_WORLDS, Fault, FaultKind

HUGE = 17 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived; header names are in lower case, `params` are the query's."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None

    @property
    def form(self) -> Mapping[str, str]:
        """The body as a form."""
        return single_values(self.body.decode())

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, content: object, *, status: int = 200, **headers: str) -> Reply:
        """A reply in JSON; `retry_after="3"` becomes the header Retry-After."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"Content-Type": "application/json; charset=UTF-8"}
        return cls(status=status, headers={**kind, **named}, body=json.dumps(content).encode())


class AgainstSpecification(AssertionError):
    """A client asked for something that the platform's documentation does not know."""


def refuse_unless(kept: object, rule: str) -> None:
    """Fail the test of whoever asked, unless the rule is kept."""
    if not kept:
        raise AgainstSpecification(rule)


def single_values(query: str) -> dict[str, str]:
    """The values of a query or form, each name once."""
    found = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    for name, values in found.items():
        refuse_unless(len(values) == 1, f"{name} is given once")
    return {name: values[0] for name, values in found.items()}


World = Callable[[Asked], Reply]


class LocalServer:
    """The server of one test, as a `with` block."""

    def __init__(
        self, world: World, *, clock: FakeClock | None = None, script: Sequence[Fault | None] = ()
    ) -> None:
        self.world, self.clock = world, clock or FakeClock()
        self.asked: list[Asked] = []
        self.played: list[Fault] = []
        self.refusals: list[Exception] = []
        self._script = list(script)
        self._lock = threading.Lock()
        # Whoever plays dead wakes when the test ends, so no test waits for its server.
        self.over = threading.Event()
        self._http = _Server(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL to put into `Settings(base_urls=...)`."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def play(self, script: Sequence[Fault | None]) -> None:
        """Begin a new script, an empty log, and leave the world as it is."""
        with self._lock:
            self._script, self.asked, self.played = list(script), [], []

    def arrive(self, asked: Asked) -> Fault | None:
        """Write a request down, and say what goes wrong with it."""
        with self._lock:
            fault = self._script.pop(0) if self._script else None
            self.asked.append(asked)
            if fault is not None:
                self.played.append(fault)
            return fault

    def answer(self, asked: Asked) -> Reply:
        """What the world says; what it refuses is kept for the end."""
        try:
            return self.world(asked)
        except Exception as refusal:  # noqa: BLE001 - raised again by the test that asked
            self.refusals.append(refusal)
            return Reply.json({"error": f"{type(refusal).__name__}: {refusal}"}, status=400)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        if self.refusals:
            raise self.refusals[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: LocalServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet; otherwise each answer waits for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Quiet: what was asked is in the log of the server."""

    def do_GET(self) -> None:
        owner = self.server.owner
        asked = self._asked()
        fault = owner.arrive(asked)
        if fault is None:
            self._send(owner.answer(asked))
        elif fault.kind in PLAYED_BY_WORLDS:
            self._send(owner.answer(_with_fault(asked, fault)))
        else:
            self._misbehave(fault, owner, asked)
        self.wfile.flush()

    do_POST = do_GET  # noqa: N815 - the base class's name

    def _asked(self) -> Asked:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Asked(
            method=self.command,
            path=parts.path,
            params=single_values(parts.query),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def _misbehave(self, fault: Fault, owner: LocalServer, asked: Asked) -> None:
        if fault.kind is FaultKind.STATUS:
            self._send(_status_reply(fault, owner.clock))
        elif fault.kind is FaultKind.NO_ANSWER:
            owner.over.wait(fault.seconds)
            self.close_connection = True
        elif fault.kind is FaultKind.RESET:
            self._reset()
        elif fault.kind is FaultKind.HANG_UP:
            self.close_connection = True
        elif fault.kind in _BROKEN_TRANSFERS:
            _BROKEN_TRANSFERS[fault.kind](self, owner.answer(asked))
        else:
            self._send(_WRONG_BODIES[fault.kind](owner.answer(asked)))

    def _send(self, reply: Reply, *, length: int | None = None) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) if length is None else length))
        self.end_headers()
        self.wfile.write(reply.body)

    def _reset(self) -> None:
        """Close with an RST packet, as a crashed peer does."""
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def _send_half_and_close(self, reply: Reply) -> None:
        whole = len(reply.body)
        self._send(_with_body(reply, reply.body[: whole // 2]), length=whole)
        self.close_connection = True

    def _send_half_and_reset(self, reply: Reply) -> None:
        self._send_half_and_close(reply)
        self._reset()

    def _drip(self, reply: Reply) -> None:
        """A byte now and then: no single read is ever late."""
        self._send(_with_body(reply, b""), length=1 << 20)
        with hung_up():
            while not self.server.owner.over.wait(0.005):
                self.wfile.write(b" ")
                self.wfile.flush()
        self.close_connection = True

    def _talk_nonsense(self, _reply: Reply) -> None:
        self.wfile.write(b"HTTP/9.9 what\r\n\r\n")
        self.close_connection = True


_BROKEN_TRANSFERS: Mapping[FaultKind, Callable[[_Handler, Reply], None]] = {
    FaultKind.HALF_THEN_CLOSE: _Handler._send_half_and_close,
    FaultKind.HALF_THEN_RESET: _Handler._send_half_and_reset,
    FaultKind.DRIP: _Handler._drip,
    FaultKind.NOT_HTTP: _Handler._talk_nonsense,
}


@contextmanager
def hung_up() -> Iterator[None]:
    """A block that ends early, without an error, when the other side has gone."""
    try:
        yield
    except OSError:
        return


def _with_fault(asked: Asked, fault: Fault) -> Asked:
    return Asked(
        method=asked.method,
        path=asked.path,
        params=asked.params,
        headers=asked.headers,
        body=asked.body,
        fault=fault,
    )


def _with_body(reply: Reply, body: bytes) -> Reply:
    return Reply(status=reply.status, headers=reply.headers, body=body)


def _status_reply(fault: Fault, clock: FakeClock) -> Reply:
    later = fault.retry_after
    if later is None and fault.retry_at is not None:
        later = format_datetime(clock() + fault.retry_at, usegmt=True)
    headers = {"Content-Type": "application/json"} | ({"Retry-After": later} if later else {})
    body = json.dumps({"error": {"code": fault.status, "message": "as the script says"}})
    return Reply(status=fault.status, headers=headers, body=body.encode())


def _zipped_wrong(reply: Reply) -> Reply:
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    return Reply(headers=headers, body=gzip.compress(reply.body)[:-9] + b"nonsense!")


_WRONG_BODIES: Mapping[FaultKind, Callable[[Reply], Reply]] = {
    FaultKind.CUT_JSON: lambda reply: _with_body(reply, reply.body[: len(reply.body) // 2]),
    FaultKind.EMPTY: lambda reply: _with_body(reply, b""),
    FaultKind.HTML: lambda _: Reply(
        headers={"Content-Type": "text/html"}, body=b"<html><title>Sign in</title></html>"
    ),
    FaultKind.WRONG_TYPE: lambda reply: _with_body(reply, b'["not", "an", "object"]'),
    FaultKind.NOT_UTF8: lambda reply: _with_body(reply, b'{"value": "\xff\xfe"}'),
    FaultKind.HUGE: lambda reply: _with_body(reply, b'{"value": "' + b"x" * HUGE + b'"}'),
    FaultKind.BROKEN_GZIP: _zipped_wrong,
    FaultKind.REDIRECT: lambda _: Reply(
        status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}
    ),
}
