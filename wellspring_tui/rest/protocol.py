"""HTTP/1.1 with an end to every patience: slow senders and slow readers hold nothing for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from wellspring_tui.rest import problems

if TYPE_CHECKING:
    import asyncio

_NO_HTTP = problems.RefusalError(
    400,
    "http",
    "This is no HTTP request",
    "What was sent does not follow HTTP/1.1.",
    headers={"connection": "close"},
)
HEAD_SECONDS = 10.0
"""How long a client may take to send the head of a request."""
READING_SECONDS = 60.0
"""How long a client may leave an answer unread."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with time limits on both sides."""

    _head_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_head_timer()
        elif self._head_timer is None and self.timeout_keep_alive_task is None:
            self._limit_head()

    def send_400_response(self, msg: str) -> None:
        del msg
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            told = problems.answer(_NO_HTTP)
            for event in (
                h11.Response(
                    status_code=told.status_code, headers=told.raw_headers, reason=b"Bad Request"
                ),
                h11.Data(data=bytes(told.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        # Else the answer has been given before all of the request was here.
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_timer = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_reading_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_reading_timer()
        super().connection_lost(exc)

    def _limit_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_reading_timer(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None
