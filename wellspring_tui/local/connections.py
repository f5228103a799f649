"""HTTP/1.1 to one server: connections kept open, one request on each at a time.

Much less than a general client does, and so much quicker: a model server is asked
thousands of times over the same few connections.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import h11

from wellspring_tui.local.proxies import proxy_for, with_port

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

    from wellspring_tui.local.proxies import Proxy

_CONNECT_SECONDS = 10.0
_CHUNK_BYTES = 256 * 1024
_PROXY_WANTS_A_PASSWORD = 407
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""A larger answer is none: pictures as base64 take a few megabytes each."""

Headers = list[tuple[bytes, bytes]]
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class UnreachableError(Exception):
    """The server can't be reached, or hung up; the sentence says why."""


class ProxyError(UnreachableError):
    """The proxy in between is not there, or lets nothing through; the sentence names it."""


class UnreadableError(Exception):
    """What came back is not HTTP, or more than an answer may be."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said."""

    status_code: int
    headers: Headers
    """Names in lower case."""
    body: bytes

    def header(self, name: bytes) -> str | None:
        """The value of a header, by its name in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)


class _HungUpError(Exception):
    """An idle connection was closed before anything was answered on it."""


class Connections:
    """Open connections to the server of a URL. Belongs to one event loop."""

    def __init__(self, url: str, headers: Headers, *, is_base: bool = False) -> None:
        """`url` may have a path; its `/v1` at the end, if any, is left to the calls.

        When it `is_base`, it is whole, and the `/v1` of the calls is left out: not every
        provider calls it so.
        """
        address = urlsplit(url)
        self._host = address.hostname or "127.0.0.1"
        self._is_secure = address.scheme == "https"
        self._port = address.port or (443 if self._is_secure else 80)
        self._authority = address.netloc.rpartition("@")[2]
        path = address.path.rstrip("/")
        self._prefix = path if is_base else path.removesuffix("/v1")
        self._left_out = "/v1" if is_base else ""
        self._headers = [(b"host", self._authority.encode()), *headers]
        self._idle: list[_Connection] = []
        self.under_way = 0
        """How many requests are sent, or being sent, and not answered."""
        self._tls: ssl.SSLContext | None = None

    def target(self, path: str) -> str:
        """Where on the server a call goes: `path` begins with `/v1`."""
        return self._prefix + path.removeprefix(self._left_out)

    async def ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        """One request and its answer. Raises UnreachableError and UnreadableError."""
        headers = self._headers
        if method == "POST":
            headers = [
                *headers,
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ]
        target, relay = self.target(path), None if self._is_secure else self._proxy
        if relay is not None:  # it reads the request itself, and passes it on
            target, headers = f"http://{self._authority}{target}", [*headers, *relay.headers]
        request = h11.Request(method=method, target=target, headers=headers)
        reply = await self._reply(request, body)
        if relay is not None and reply.status_code == _PROXY_WANTS_A_PASSWORD:
            raise _refused_by(relay, reply.status_code)
        return reply

    async def _reply(self, request: h11.Request, body: bytes) -> Reply:
        while self._idle:
            connection = self._idle.pop()
            with suppress(_HungUpError):
                return await self._exchange(connection, request, body)
        try:
            return await self._exchange(await self._connect(), request, body)
        except _HungUpError:
            raise UnreachableError("it hung up without an answer") from None

    async def _exchange(self, connection: _Connection, request: h11.Request, body: bytes) -> Reply:
        done = False
        self.under_way += 1
        try:
            reply = await connection.exchange(request, body)
            done = connection.is_reusable()
        finally:
            self.under_way -= 1
            if done:
                self._idle.append(connection)
            else:
                connection.close()
        return reply

    @cached_property
    def _proxy(self) -> Proxy | None:
        try:
            return proxy_for("https" if self._is_secure else "http", self._host, self._port)
        except ValueError as error:
            raise ProxyError(str(error)) from None

    async def _connect(self) -> _Connection:
        proxy = self._proxy
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                if proxy is not None:
                    return await self._connect_through(proxy)
                return _Connection(*await self._open(self._host, self._port, tls=self._is_secure))
        except TimeoutError:
            if proxy is not None:
                raise ProxyError(f"{proxy} takes too long") from None
            raise UnreachableError("it can't be reached") from None
        except OSError as error:
            raise UnreachableError(_why(error)) from None

    async def _open(self, host: str, port: int, *, tls: bool) -> _Streams:
        context = self._tls_context() if tls else None
        return await asyncio.open_connection(host, port, ssl=context, limit=_CHUNK_BYTES)

    async def _connect_through(self, proxy: Proxy) -> _Connection:
        """A connection to a proxy, or with TLS one to the server in a tunnel through it."""
        try:
            reader, writer = await self._open(proxy.host, proxy.port, tls=proxy.is_secure)
        except OSError as error:
            raise ProxyError(f"{proxy} can't be reached: {_why(error)}") from None
        if self._is_secure:
            try:
                await self._dig(proxy, _Connection(reader, writer))
                await writer.start_tls(self._tls_context(), server_hostname=self._host)
            except BaseException:
                writer.close()
                raise
        return _Connection(reader, writer)

    async def _dig(self, proxy: Proxy, connection: _Connection) -> None:
        try:
            authority = with_port(self._host, self._port)
            status_code = await connection.tunnel(authority, proxy.headers)
        except (_HungUpError, UnreachableError, UnreadableError):
            raise ProxyError(f"{proxy} does not answer as one") from None
        if not 200 <= status_code < 300:
            raise _refused_by(proxy, status_code)

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            import ssl

            self._tls = ssl.create_default_context()
        return self._tls

    async def close(self) -> None:
        """Close what is idle."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        for connection in idle:
            await connection.closed()


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)
        self._was_heard = False

    async def exchange(self, request: h11.Request, body: bytes) -> Reply:
        """Send a request and read its answer to the end."""
        self._was_heard = False
        with self._translated():
            await self._send((request, h11.Data(data=body), h11.EndOfMessage()))
            return await self._receive()

    async def tunnel(self, authority: str, headers: Headers) -> int:
        """Ask a proxy for a way to `host:port`; the status that it answers with."""
        told = [(b"host", authority.encode()), *headers]
        request = h11.Request(method="CONNECT", target=authority, headers=told)
        with self._translated():
            await self._send((request, h11.EndOfMessage()))
            while not isinstance(event := await self._next(), h11.Response):
                pass
            return event.status_code

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except h11.RemoteProtocolError as error:
            if not self._was_heard:
                raise _HungUpError from None
            raise UnreadableError(f"its answer can't be read: {error}") from None
        except OSError as error:
            if not self._was_heard:
                raise _HungUpError from None
            raise UnreachableError(_why(error)) from None

    async def _send(self, events: Sequence[h11.Event]) -> None:
        self._writer.write(b"".join(self._http.send(event) or b"" for event in events))
        await self._writer.drain()

    async def _receive(self) -> Reply:
        status_code, headers, pieces, size_bytes = 0, [], [], 0
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                status_code, headers = event.status_code, list(event.headers)
            elif isinstance(event, h11.Data):
                pieces.append(bytes(event.data))
                size_bytes += len(event.data)
                if size_bytes > MAX_ANSWER_BYTES:
                    raise UnreadableError(f"it answers with more than {MAX_ANSWER_BYTES:,} bytes")
            elif isinstance(event, h11.EndOfMessage):
                return Reply(status_code, headers, b"".join(pieces))

    async def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """What the other side says next. Raises _HungUpError when it says nothing more."""
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.ConnectionClosed):
                raise _HungUpError
            if event is not h11.NEED_DATA:
                return event
            received = await self._reader.read(_CHUNK_BYTES)
            self._was_heard = self._was_heard or bool(received)
            self._http.receive_data(received)

    def is_reusable(self) -> bool:
        """Whether another request may go over it; then it is ready for one."""
        if self._http.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            return False
        self._http.start_next_cycle()
        return not self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()

    async def closed(self) -> None:
        with suppress(OSError):
            await self._writer.wait_closed()


def _refused_by(proxy: Proxy, status_code: int) -> ProxyError:
    match status_code:
        case 407 if proxy.credentials:
            why = f"refuses the user and password in {proxy.variable}"
        case 407:
            why = f"wants a user and a password, as http://USER:PASSWORD@… in {proxy.variable}"
        case 502 | 503 | 504:
            why = "can't reach it"
        case _:
            why = "lets nothing through to it"
    return ProxyError(f"{proxy} {why} ({status_code})")


def _why(error: OSError) -> str:
    """In the system's words; asyncio puts the address in their place."""
    # The number of a TLS error is none of the system's.
    if (refused := getattr(error, "verify_message", "") or getattr(error, "reason", "")) != "":
        return f"TLS: {refused}"
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "it can't be reached"
