"""Carrying the jobs on while the dashboard is open: one loop, one round after the other."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from wellspring_tui.errors import WellspringError
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wellspring_tui.jobs.model import Round
    from wellspring_tui.wellspring import Wellspring

T = TypeVar("T")

KEYS_WAIT_SECONDS = 0.001
"""How long a busy thread may keep the interpreter while a key waits; Python's 5 ms are felt."""


async def in_thread(work: Callable[[], T]) -> T:
    """The result of `work`, done in a thread that never keeps the program from ending.

    A round may be waiting a minute for a service. It may be ended at any instruction, so
    quitting need not wait for it, as it would for a thread of asyncio's pool.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = work()
        except BaseException as error:
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True, name="wellspring-work").start()
    return await done


@dataclass(frozen=True, slots=True)
class Activity:
    """Where the carrier stands."""

    busy: bool = False
    refreshed_at: datetime | None = None
    next_at: datetime | None = None
    failure: str | None = None
    """Why what is shown may be stale."""


class Carrier:
    """Runs round after round until stopped. `activity` and `doing` may be read at any time."""

    def __init__(
        self,
        door: Wellspring,
        refreshed: Callable[[Round], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.activity = Activity()
        self.doing: tuple[str, int, int | None] | None = None
        self._door = door
        self._refreshed = refreshed
        self._clock = clock
        self._kick = asyncio.Event()
        self._wanted_now = False
        self._progress = Progress(self._report)
        self._at_rest = threading.Event()
        self._at_rest.set()

    def refresh(self) -> None:
        """Start the next round now, over every service."""
        self._wanted_now = True
        self._kick.set()

    def stop(self) -> None:
        """End long work, such as an upload, at its next step. It goes on at the next start."""
        self._progress.stopped.set()

    async def leave(self, patience_seconds: float) -> None:
        """Stop, and wait a little for the round under way; it may be given up at any point."""
        self.stop()
        await asyncio.to_thread(self._at_rest.wait, patience_seconds)

    async def run(self) -> None:
        """Round after round, for ever."""
        while True:
            self._kick.clear()
            self.activity = replace(self.activity, busy=True, next_at=None)
            await self._round()
            interval = await in_thread(self._door.check_interval_seconds)
            next_at = self._clock() + timedelta(seconds=interval)
            self.activity = replace(self.activity, busy=False, next_at=next_at)
            try:
                async with asyncio.timeout(interval):
                    await self._kick.wait()
            except TimeoutError:
                continue

    async def _round(self) -> None:
        try:
            done = await in_thread(self._tick)
        except WellspringError as error:
            self.activity = replace(self.activity, failure=one_line(str(error)))
            return
        finally:
            self.doing = None
        failure = next((one_line(str(error)) for error in done.failures.values()), None)
        refreshed_at = self.activity.refreshed_at if failure else self._clock()
        self.activity = replace(self.activity, refreshed_at=refreshed_at, failure=failure)
        self._refreshed(done)

    def _tick(self) -> Round:
        self._at_rest.clear()
        try:
            only_due, self._wanted_now = not self._wanted_now, False
            return self._door.tick(self._progress, only_due=only_due)
        finally:
            self._at_rest.set()

    def _report(self, what: str, done: int, total: int | None) -> None:
        self.doing = (what, done, total)
