"""A proxy on loopback, as companies have one: the only way to hosts that are not this machine.

It knows one such host, `model.example`, which is whatever listens on that port of loopback.
"""

from __future__ import annotations

import http.client
import socket
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trustme

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

HOST = "model.example"
_PATIENCE_SECONDS = 30


def certified(folder: Path) -> tuple[Path, Path]:
    """What that host shows for its name, with its key; and the authority that vouches for it."""
    shown, authority = folder / "host.pem", folder / "authority.pem"
    signing = trustme.CA()
    signing.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(shown))
    signing.cert_pem.write_to_path(str(authority))
    return shown, authority


class Proxy:
    """Listens while it is entered; `asked` tells what it was asked: `CONNECT model.example:443`."""

    def __init__(self, password: str | None = None, refuses_with: int | None = None) -> None:
        """`password` is `user:password`; `refuses_with` is what it says to everything."""
        self.asked: list[str] = []
        self.password = password
        self.refuses_with = refuses_with
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler_of(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        of = proxy

    return Handler


class _Handler(BaseHTTPRequestHandler):
    of: Proxy
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE_SECONDS

    def do_CONNECT(self) -> None:
        """Pass bytes on, both ways, to their end."""
        host, _, port = self.path.rpartition(":")
        if not self._lets_through(host):
            return
        self.close_connection = True
        with socket.create_connection(("127.0.0.1", int(port)), timeout=_PATIENCE_SECONDS) as there:
            self.send_response_only(200)
            self.end_headers()
            back = threading.Thread(target=_pump, args=(there, self.connection))
            back.start()
            _pump(self.connection, there)
            back.join()

    def do_POST(self) -> None:
        """Ask a request that names the whole address, and pass on what is said."""
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers["content-length"]))
        if not self._lets_through(address.hostname or ""):
            return
        there = http.client.HTTPConnection("127.0.0.1", address.port or 80)
        own = ("proxy-", "content-length", "host")
        headers = {k: v for k, v in self.headers.items() if not k.lower().startswith(own)}
        there.request("POST", address.path, body, headers)
        answer = there.getresponse()
        self._say(answer.status, answer.read())
        there.close()

    def _lets_through(self, host: str) -> bool:
        self.of.asked.append(f"{self.command} {self.path}")
        expected = self.of.password
        if expected is not None:
            said = self.headers["proxy-authorization"]
            if said != f"Basic {b64encode(expected.encode()).decode()}":
                self._say(407)
                return False
        if self.of.refuses_with is not None or host != HOST:
            self._say(self.of.refuses_with or 502)
            return False
        return True

    def _say(self, status: int, body: bytes = b"Said by a proxy") -> None:
        self.send_response_only(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nowhere."""


def _pump(here: socket.socket, there: socket.socket) -> None:
    try:
        while piece := here.recv(65_536):
            there.sendall(piece)
        there.shutdown(socket.SHUT_WR)
    except OSError:
        return
