"""How long the service stays: as long as somebody needs it.

A face of Wellspring that started the service keeps `GET /wellspring/lease` open. When the
last one is gone, killed or not, and every batch has ended, the service ends too.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from wellspring_tui.local.store import Store

FIRST_LEASE_SECONDS = 15.0
"""How long a service that was just started waits for its first lease."""
_LOOK_SECONDS = 0.2


class Leases:
    """Counts the open leases."""

    def __init__(self) -> None:
        self.open = 0
        self._ever = False
        self._begun = time.monotonic()
        self._closing = asyncio.Event()

    async def hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The endpoint: an answer that does not end before its client, or the service, does."""
        del scope
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        if self._closing.is_set():  # too late: whoever asks has to start another service
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b"stopping\n"})
            return
        self.open += 1
        self._ever = True
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"held\n", "more_body": True})
            await self._until_gone(receive)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.open -= 1

    async def _until_gone(self, receive: Receive) -> None:
        closing = asyncio.create_task(self._closing.wait())
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait((closing, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            gone.cancel()

    def close(self) -> None:
        """End all leases: the service stops."""
        self._closing.set()

    async def watch(self, store: Store, stop: Callable[[], None]) -> None:
        """Call `stop` once nobody holds a lease and no batch is unfinished."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._is_over(store):
                break
        stop()

    def _is_over(self, store: Store) -> bool:
        if self.open:
            return False
        waited = time.monotonic() - self._begun
        return (self._ever or waited > FIRST_LEASE_SECONDS) and not store.unfinished()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
