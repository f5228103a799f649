"""A real HTTP service on loopback that answers what a test tells it to.

In front of the built-in service it is a bad line: everything goes through, but for
what the test wants lost, cut or refused.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from typing import Self

_PASSED_ON = ("authorization", "content-type")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without `/v1` and the query."""
        return urlsplit(self.target).path.removeprefix("/v1")

    @property
    def query(self) -> dict[str, str]:
        """The query, each name once."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `announced` is the Content-Length it claims, when that is not true."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None


Answering: TypeAlias = Callable[[Asked], Reply | None]
"""None hangs up without an answer."""


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    """`value` as the Batch API would send it."""
    return Reply(status, json.dumps(value).encode(), {"content-type": "application/json"} | headers)


def refusal(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """An error in OpenAI's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json_reply({"error": error}, status, **headers)


class ScriptedService:
    """Listens on loopback while it is entered."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[Asked] = []
        self._answering = answering
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def count(self, method: str, path: str) -> int:
        """How often that was asked."""
        return sum((one.method, one.path) == (method, path) for one in self.asked)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        asked, answering = self.asked, self._answering

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                self.close_connection = True
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else _chunks(self)
                headers = {name.lower(): value for name, value in self.headers.items()}
                one = Asked(self.command, self.path, headers, body)
                asked.append(one)
                reply = answering(one)
                if reply is None:
                    return
                # `send_response` would tell the time of this machine beside a time of the test's.
                tell = self.send_response_only if "date" in reply.headers else self.send_response
                tell(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                announced = len(reply.body) if reply.announced is None else reply.announced
                self.send_header("content-length", str(announced))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing on stderr."""

        return Handler


def _chunks(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding", "").lower() != "chunked":
        return b""
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def forward(asked: Asked, base_url: str) -> Reply:
    """What a real service at `base_url` answers to the same request."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    headers = {name: asked.headers[name] for name in _PASSED_ON if name in asked.headers}
    try:
        connection.request(asked.method, asked.target, asked.body or None, headers)
        answer = connection.getresponse()
        kind = {"content-type": answer.headers.get("content-type", "")}
        return Reply(answer.status, answer.read(), kind)
    finally:
        connection.close()


def without_contents(base_url: str) -> Answering:
    """Answers as a real service at `base_url` does, and gives no file's contents away."""

    def answer(call: Asked) -> Reply:
        if call.path.endswith("/content"):
            return refusal(503, "not now")
        return forward(call, base_url)

    return answer
