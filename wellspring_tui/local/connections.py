"""HTTP/1.1 to one server: connections kept open, one request on each at a time.

Much less than a general client does, and so much quicker: a model server is asked
thousands of times over the same few connections.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import h11

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

_CONNECT_SECONDS = 10.0
_CHUNK_BYTES = 256 * 1024
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""A larger answer is none: pictures as base64 take a few megabytes each."""

Headers = list[tuple[bytes, bytes]]


class UnreachableError(Exception):
    """The server can't be reached, or hung up; the sentence says why."""


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
        path = address.path.rstrip("/")
        self._prefix = path if is_base else path.removesuffix("/v1")
        self._left_out = "/v1" if is_base else ""
        self._headers = [(b"host", address.netloc.rpartition("@")[2].encode()), *headers]
        self._idle: list[_Connection] = []
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
        request = h11.Request(method=method, target=self.target(path), headers=headers)
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
        try:
            reply = await connection.exchange(request, body)
            done = connection.is_reusable()
        finally:
            if done:
                self._idle.append(connection)
            else:
                connection.close()
        return reply

    async def _connect(self) -> _Connection:
        tls = self._tls_context() if self._is_secure else None
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self._host, self._port, ssl=tls, limit=_CHUNK_BYTES
                )
        except TimeoutError:
            raise UnreachableError("it can't be reached") from None
        except OSError as error:
            raise UnreachableError(_why(error)) from None
        return _Connection(reader, writer)

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
        try:
            await self._send((request, h11.Data(data=body), h11.EndOfMessage()))
            return await self._receive()
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
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                received = await self._reader.read(_CHUNK_BYTES)
                self._was_heard = self._was_heard or bool(received)
                self._http.receive_data(received)
            elif isinstance(event, h11.Response):
                status_code, headers = event.status_code, list(event.headers)
            elif isinstance(event, h11.Data):
                pieces.append(bytes(event.data))
                size_bytes += len(event.data)
                if size_bytes > MAX_ANSWER_BYTES:
                    raise UnreadableError(f"it answers with more than {MAX_ANSWER_BYTES:,} bytes")
            elif isinstance(event, h11.EndOfMessage):
                return Reply(status_code, headers, b"".join(pieces))
            elif isinstance(event, h11.ConnectionClosed):
                raise _HungUpError

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


def _why(error: OSError) -> str:
    """In the system's words; asyncio puts the address in their place."""
    # The number of a TLS error is none of the system's.
    if (refused := getattr(error, "verify_message", "") or getattr(error, "reason", "")) != "":
        return f"TLS: {refused}"
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "it can't be reached"
