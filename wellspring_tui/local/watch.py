"""What a batch on its way keeps an eye on: its cancellation, its deadline, the service's end."""

from __future__ import annotations

import asyncio
import time


class Interrupted(Exception):  # noqa: N818 - not an error: the end came another way
    """The batch ends before all is answered."""

    def __init__(self, ending: str) -> None:
        super().__init__(ending)
        self.ending = ending


class Stopped(Exception):  # noqa: N818 - not an error: the batch goes on at the next start
    """The service stops."""


class Watch:
    """Says when to leave off, and wakes whoever sleeps when that changes."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self.expires_at = 0
        """Unix seconds."""
        self.is_stopped = False
        self._woken = asyncio.Event()

    def cancel(self) -> None:
        """The batch's owner wants its end."""
        self.is_cancelled = True
        self.wake()

    def stop(self) -> None:
        """The service stops."""
        self.is_stopped = True
        self.wake()

    def wake(self) -> None:
        """End the sleep of whoever sleeps."""
        self._woken.set()

    def check(self, *, may_expire: bool = True) -> None:
        """Raise `Stopped` or `Interrupted` when there is a reason."""
        if self.is_stopped:
            raise Stopped
        if self.is_cancelled:
            raise Interrupted("cancelled")
        if may_expire and time.time() >= self.expires_at:
            raise Interrupted("expired")

    async def pause(self, seconds: float, *, may_expire: bool = True) -> None:
        """Let time and other batches pass; a cancellation, an end or the deadline cut it short."""
        end = time.monotonic() + seconds
        self.check(may_expire=may_expire)
        while True:
            rest = end - time.monotonic()
            if may_expire:
                rest = min(rest, self.expires_at - time.time())
            await self.sleep(rest)
            self.check(may_expire=may_expire)
            if end <= time.monotonic():
                return

    async def sleep(self, seconds: float | None) -> None:
        """Sleep until woken, or so long at most."""
        if seconds is not None and seconds <= 0:
            await asyncio.sleep(0)
            return
        self._woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def sleep_through(self, seconds: float) -> None:
        """Sleep where only the end of the service matters."""
        end = time.monotonic() + seconds
        while True:
            await self.sleep(end - time.monotonic())
            if self.is_stopped:
                raise Stopped
            if end <= time.monotonic():
                return
