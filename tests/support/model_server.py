"""A model server that does as it is told and notes what it was asked.

`python -m tests.support.model_server` prints its URL. It is quick enough to be measured
against: a request takes `--latency` and no processor time to speak of. What a request's
body has in `faults` happens to it, one fault each time it is asked: a status code, with
`:SECONDS` behind it for a Retry-After, or the name of one of `_ODD`. `user` is its name.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
_ODD = ("close", "half", "garbage", "html", "nan", "hang", "pretty", "chunked", "bare", "plain")


class _Server:
    """What all connections share: the slots, and the note of what was asked."""

    def __init__(
        self, latency: float, slots: int, *, refuses: bool, log: Path | None, key: str | None
    ) -> None:
        self.key = key
        self.latency = latency
        self.refuses = refuses
        self.free = slots
        self.waiting: deque[_Connection] = deque()
        self.asked: Counter[str] = Counter()
        self._log = None if log is None else os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, what: str) -> None:
        if self._log is not None:
            os.write(self._log, what.encode() + b"\n")


class _Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._path = ""
        self._body: dict[str, Any] = {}
        self._name = ""
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {key.lower(): value for key, value in (line.split(": ", 1) for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            return
        self._path = lines[0].split(" ")[1]
        self._body = json.loads(rest[:size]) if size else {}
        self._name = str(self._body.get("user", ""))
        self._received = rest[size:]
        key = headers.get("authorization", "no key")
        self._server.note(f"asked {self._name} {key}")
        if self._server.key not in (None, key.removeprefix("Bearer ")):
            self._refuse_key(key)
        else:
            self._begin()

    def _begin(self) -> None:
        if self._server.free:
            self.work()
        elif self._server.refuses:
            self._refuse(429, None)
        else:
            self._server.waiting.append(self)

    def work(self) -> None:
        """Take a slot for as long as an answer takes."""
        self._server.free -= 1
        self._busy = True
        seconds = self._body.get("seconds", self._server.latency)
        self._loop.call_later(seconds, self._finish)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._server.waiting:
            self._server.waiting.remove(self)

    def _finish(self) -> None:
        self._server.free += 1
        if self._server.waiting:
            self._server.waiting.popleft().work()
        times = self._server.asked[self._name]
        self._server.asked[self._name] += 1
        faults = self._body.get("faults", [])
        fault = str(faults[times]) if times < len(faults) else "none"
        status, _, seconds = fault.partition(":")
        if status.isdigit():
            self._refuse(int(status), seconds or None)
        else:
            self._odd(fault)

    def _refuse(self, status: int, retry_after: str | None) -> None:
        self._server.note(f"refused {self._name}")
        error = {"message": f"Said {status}.", "type": "some", "param": None, "code": None}
        code = self._body.get("code")
        body = {"error": {**error, "code": code}}
        extra = f"retry-after: {retry_after}\r\n" if retry_after else ""
        self._send(json.dumps(body).encode(), status, extra)

    def _refuse_key(self, key: str) -> None:
        """As some providers do: with the whole key in it."""
        self._server.note(f"refused {self._name}")
        error = {"message": f"Incorrect API key: {key}", "type": "some", "code": "invalid_api_key"}
        self._send(json.dumps({"error": error}).encode(), 401)

    def _odd(self, fault: str) -> None:
        raw = json.dumps(_answer(self._path, self._body, self._name)).encode()
        match fault:
            case "none":
                self._server.note(f"answered {self._name}")
                self._send(raw)
            case "hang":
                self._server.note(f"kept waiting {self._name}")
            case "close":
                self._transport.close()
            case "half":
                self._send(raw[: len(raw) // 2], size=len(raw))
                self._transport.close()
            case "garbage":
                self._transport.write(b"what is that?\r\n\r\n")
            case "html":
                self._send(b"<h1>Welcome</h1>")
            case "nan":
                self._send(b'{"score": NaN}')
            case "pretty":
                self._send(json.dumps(json.loads(raw), indent=2).encode())
            case "bare":  # as old servers say it
                self._send(b'{"object": "error", "message": "No such model.", "code": 404}', 404)
            case "plain":
                self._send(b"Not here.\n", 404)
            case "chunked":
                pieces = (raw[:7], raw[7:])
                chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
                head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                self._transport.write(head + chunks + b"0\r\n\r\n")

    def _send(
        self, body: bytes, status: int = 200, extra: str = "", size: int | None = None
    ) -> None:
        length = len(body) if size is None else size
        head = f"HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n{extra}\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)


def _answer(path: str, body: dict[str, Any], name: str) -> dict[str, Any]:
    model, text = body.get("model"), f"An answer to {name}"
    match path:
        case "/v1/models":
            listed = {"id": "tiny", "object": "model", "created": 1, "owned_by": "tests"}
            return {"object": "list", "data": [listed]}
        case "/v1/chat/completions":
            choice = {"index": 0, "message": {"role": "assistant", "content": text}}
            return {"id": "c", "model": model, "choices": [choice], "usage": _USAGE}
        case "/v1/completions":
            return {"id": "c", "model": model, "choices": [{"text": text}], "usage": _USAGE}
        case "/v1/responses":
            content = [{"type": "output_text", "text": text}]
            usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
            output = [{"type": "message", "role": "assistant", "content": content}]
            return {"id": "r", "model": model, "output": output, "usage": usage}
        case "/v1/embeddings":
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}]
            usage = {"prompt_tokens": 5, "total_tokens": 5}
            return {"object": "list", "data": data, "model": model, "usage": usage}
        case "/v1/moderations":
            return {"id": "m", "model": model, "results": [{"flagged": False}]}
        case "/v1/videos":
            return {"id": "v", "object": "video", "model": model, "status": "completed"}
        case "/v1/images/generations" | "/v1/images/edits":
            return {"created": 1, "data": [{"b64_json": "AAAA"}], "usage": None}
    return {"error": {"message": f"no {path}", "type": "some", "param": None, "code": None}}


class ModelServer:
    """One running process of it, while it is entered."""

    def __init__(self, folder: Path, *options: str, port: int = 0) -> None:
        self._log = folder / "asked.log"
        self._command = [sys.executable, "-m", "tests.support.model_server", "--log"]
        self._command += [str(self._log), *options]
        self._port = port
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*self._command, "--port", str(self._port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._port = int(self.url.rpartition(":")[2])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def notes(self) -> list[str]:
        """What happened, in its order: `asked NAME KEY`, `answered NAME`, `refused NAME`."""
        return self._log.read_text().split("\n")[:-1] if self._log.exists() else []

    def asked(self) -> list[str]:
        """The names of the requests it was asked, in their order."""
        return [note.split(" ")[1] for note in self.notes() if note.startswith("asked ")]


async def _serve(given: argparse.Namespace) -> None:
    server = _Server(
        given.latency, given.slots, refuses=given.refuses, log=given.log, key=given.key
    )
    loop = asyncio.get_running_loop()
    tls = None
    if given.tls is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(given.tls)
    listening = await loop.create_server(
        lambda: _Connection(server), "127.0.0.1", given.port, backlog=1_024, ssl=tls
    )
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--refuses", action="store_true", help="with 429 what finds no slot")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--key", help="the only one that it takes")
    parser.add_argument("--tls", type=Path, help="a certificate and its key, to speak TLS with")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(_serve(_parse()))
