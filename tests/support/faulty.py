"""A bad line: a proxy on loopback in front of a real service that breaks real connections."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.faults import KILLS, REWRITTEN, Call, Fault
from tests.support.rewriting import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from tests.support.faults import Plan

_PASSED_ON = ("authorization", "content-type")
_PATIENCE_SECONDS = 30
_SLOW_PIECES = 16
_RETRY_AFTER_SECONDS = 0.05
_PAGES = frozenset({Fault.HAS_MORE_ABSENT, Fault.PAGING_ENDLESS, Fault.LISTING_LATE})
_NOT_DONE = {
    Fault.ERROR_429: (429, "Rate limit reached for requests", "rate_limit_exceeded"),
    Fault.ERROR_500: (500, "The server had an error while processing your request", None),
    Fault.FILE_GONE: (404, "No such File object", None),
}
_SAID_INSTEAD = {
    Fault.ERROR_502: (502, "text/html", b"<html><h1>502 Bad Gateway</h1></html>"),
    Fault.HTML: (200, "text/html", b"<!doctype html><title>Maintenance</title>"),
    Fault.GARBAGE: (200, "application/json", b'["rate", "limited", 0x'),
}


class _HungUp(Exception):  # noqa: N818 - not an error: it is what was planned
    """The connection ends here, without a farewell."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Request:
    call: Call
    headers: Mapping[str, str]
    length: int


class FaultyLine:
    """Listens while it is entered; every call goes to `service_url` unless `plan` says otherwise.

    Counts what was `asked`, what `reached` the service whole, and which faults were `met`.
    """

    def __init__(self, service_url: str, plan: Plan) -> None:
        self.plan = plan
        self.slowness_seconds = 0.02
        """How long each piece of a slow call takes; there are sixteen each way."""
        self.retry_after_seconds = _RETRY_AFTER_SECONDS
        self.at_rest: Callable[[], None] = _nothing
        """Called before batches are told of, e.g. to wait until all have ended."""
        self.meanwhile: Callable[[], None] = _nothing
        """Called when the service has answered and the client has not heard of it."""
        self.kill: Callable[[], None] = _nothing
        """Kills the client."""
        self.asked: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        self.met: Counter[Fault] = Counter()
        self._upstream = urlsplit(service_url)
        self._mistaken: dict[bytes, bytes] = {}
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._closing = False

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        # A blocked accept() does not notice that its socket was closed elsewhere.
        socket.create_connection(self._listening.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            if self._closing:
                client.close()
                return
            client.settimeout(_PATIENCE_SECONDS)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        # A client that hangs up, or is killed, is what this is for.
        with (
            client,
            contextlib.suppress(OSError, http.client.HTTPException),
            client.makefile("rb") as incoming,
        ):
            request = _read_head(incoming)
            if request is None:
                return
            try:
                self._carry(request, incoming, client)
            except _HungUp:
                _reset(client)

    # -- one call ------------------------------------------------------------------

    def _carry(self, request: _Request, incoming: IO[bytes], client: socket.socket) -> None:
        asks = request.call.asks
        fault = self.plan(request.call)
        with self._lock:
            self.asked[asks] += 1
            if fault is not None:
                self.met[fault] += 1
        if fault in (Fault.RESET_ON_ARRIVAL, Fault.KILLED_ON_ARRIVAL):
            self._hang_up(fault)
        if fault in (Fault.RESET_IN_REQUEST, Fault.KILLED_IN_REQUEST):
            self._forward_half(request, incoming)
            self._hang_up(fault)
        body = incoming.read(request.length)
        if fault in _NOT_DONE:
            self._send(client, self._refusal(fault), None)
            return
        if asks == "batches":
            self.at_rest()
        answer = self._forward(request, body, fault)
        self.meanwhile()
        if fault in (Fault.ANSWER_LOST, Fault.KILLED_BEFORE_ANSWER):
            self._hang_up(fault)
        if fault in _SAID_INSTEAD:
            status, kind, said = _SAID_INSTEAD[fault]
            answer = _Answer(status, kind, said)
        if fault in REWRITTEN | _PAGES and answer.status == 200:
            assert fault is not None
            answer = replace(answer, body=rewritten(answer.body, fault))
        self._send(client, answer, fault)

    def _hang_up(self, fault: Fault | None) -> None:
        if fault in KILLS:
            self.kill()
        raise _HungUp

    def _forward(self, request: _Request, body: bytes, fault: Fault | None) -> _Answer:
        target = request.call.target
        if fault is Fault.PAGING_ENDLESS:
            target = f"{urlsplit(target).path}?limit=100"
        if fault is Fault.HAS_MORE_ABSENT:
            target = target.replace("limit=100", "limit=1")
        if fault is Fault.FILE_NOT_FOUND:
            body = self._mistake_file(body)
        connection = http.client.HTTPConnection(
            self._upstream.hostname or "", self._upstream.port, timeout=_PATIENCE_SECONDS
        )
        data = _late(body, self.slowness_seconds) if body and fault is Fault.SLOW else body or None
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        if request.call.method == "POST":
            headers["content-length"] = str(len(body))
        with contextlib.closing(connection):
            connection.request(request.call.method, target, data, headers)
            with self._lock:
                self.reached[request.call.asks] += 1
            answer = connection.getresponse()
            said = answer.read()
            for mistaken, real in self._mistaken.items():
                said = said.replace(mistaken, real)
            return _Answer(answer.status, answer.headers.get("content-type", ""), said)

    def _mistake_file(self, body: bytes) -> bytes:
        """The service looks for a file that is not there, and says that of the real one."""
        asked = json.loads(body)
        real = str(asked["input_file_id"]).encode()
        mistaken = b"file-lost%04d" % len(self._mistaken)
        self._mistaken[mistaken] = real
        return body.replace(real, mistaken)

    def _forward_half(self, request: _Request, incoming: IO[bytes]) -> None:
        """The service gets the head and half of the body, then nothing more."""
        half = incoming.read(request.length // 2)
        address = (self._upstream.hostname or "", self._upstream.port or 80)
        head = [f"{request.call.method} {request.call.target} HTTP/1.1", f"host: {address[0]}"]
        head += [f"{name}: {value}" for name, value in request.headers.items() if name != "host"]
        with socket.create_connection(address, timeout=_PATIENCE_SECONDS) as upstream:
            upstream.sendall("\r\n".join([*head, "", ""]).encode() + half)
            _reset(upstream)

    def _refusal(self, fault: Fault) -> _Answer:
        status, message, code = _NOT_DONE[fault]
        error = {"message": message, "type": "server_error", "param": None, "code": code}
        headers = {"retry-after": str(self.retry_after_seconds)} if status == 429 else {}
        return _Answer(status, "application/json", json.dumps({"error": error}).encode(), headers)

    # -- the way back ----------------------------------------------------------------

    def _send(self, client: socket.socket, answer: _Answer, fault: Fault | None) -> None:
        half = answer.body[: len(answer.body) // 2]
        match fault:
            case Fault.CHUNKS_CUT | Fault.CHUNKS_SHORT:
                chunk = b"%x\r\n%b\r\n" % (len(half), half)
                end = b"0\r\n\r\n" if fault is Fault.CHUNKS_SHORT else b""
                client.sendall(_head(answer, "transfer-encoding: chunked") + chunk + end)
            case Fault.ANSWER_SHORT:
                client.sendall(_head(answer, f"content-length: {len(half)}") + half)
            case Fault.ANSWER_CUT | Fault.KILLED_IN_ANSWER:
                client.sendall(_head(answer, f"content-length: {len(answer.body)}") + half)
                if fault is Fault.KILLED_IN_ANSWER:
                    self._hang_up(fault)
            case _:
                whole = _head(answer, f"content-length: {len(answer.body)}") + answer.body
                pause = self.slowness_seconds if fault is Fault.SLOW else 0.0
                for piece in _late(whole, pause) if pause else [whole]:
                    client.sendall(piece)


def _nothing() -> None:
    """Nobody to kill, nothing to wait for, nobody else at work."""


def _read_head(incoming: IO[bytes]) -> _Request | None:
    """The request's line and headers; None when none came."""
    method, _, rest = incoming.readline().decode("latin-1").partition(" ")
    if not rest:
        return None
    parsed = http.client.parse_headers(incoming)
    headers = {name.lower(): value for name, value in parsed.items()}
    call = Call(method, rest.split(" ")[0])
    return _Request(call, headers, int(headers.get("content-length", 0)))


def _head(answer: _Answer, framing: str) -> bytes:
    reason = http.client.responses[answer.status]
    lines = [f"HTTP/1.1 {answer.status} {reason}", f"content-type: {answer.kind}", framing]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    # One call a connection: what happens to it happens to no other.
    return "\r\n".join([*lines, "connection: close", "", ""]).encode()


def _late(data: bytes, pause_seconds: float) -> Iterator[bytes]:
    size = max(1, -(-len(data) // _SLOW_PIECES))
    for start in range(0, len(data), size):
        time.sleep(pause_seconds)
        yield data[start : start + size]


def _reset(connection: socket.socket) -> None:
    """Close it so that the other end sees a reset, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
