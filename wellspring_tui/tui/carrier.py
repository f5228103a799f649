"""Carrying the jobs on while the dashboard is open: one loop, one round after the other."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from wellspring_tui.errors import WellspringError
from wellspring_tui.progress import Progress
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from wellspring_tui.jobs.model import Job, Round
    from wellspring_tui.wellspring import Wellspring

T = TypeVar("T")

KEYS_WAIT_SECONDS = 0.001
"""How long a busy thread may keep the interpreter while a key waits; Python's 5 ms are felt."""
_SHORTEST_WAIT_SECONDS = 1.0


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


THE_LEDGER = ""
"""Stands in `Activity.troubles` for the ledger itself, which concerns every service."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a service could not be asked, in one sentence."""

    sentence: str
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Where the carrier stands."""

    busy: bool = False
    paused: bool = False
    refreshed_at: datetime | None = None
    """When every service with open jobs was last heard."""
    next_at: datetime | None = None
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    """Channel → why what is shown of its jobs may be stale."""

    def trouble_with(self, job: Job) -> Trouble | None:
        """Why what is shown of a job may be stale."""
        ways = (*job.channels, THE_LEDGER)
        return next((self.troubles[way] for way in ways if way in self.troubles), None)

    @property
    def next_try_at(self) -> datetime | None:
        """When what failed is tried again, of several the first; None while paused."""
        tries = [trouble.next_try_at for trouble in self.troubles.values() if trouble.next_try_at]
        return None if self.paused else min(tries, default=self.next_at)


class Carrier:
    """Runs round after round until stopped. `activity` and `doing` may be read at any time."""

    def __init__(
        self,
        door: Wellspring,
        refreshed: Callable[[Round], None],
        failing: Callable[[str, str], None],
        clock: Callable[[], datetime],
    ) -> None:
        """`refreshed` hears of every round.

        `failing` hears once, with a service and a sentence, that it can't be asked: not
        again until it has answered in between.
        """
        self.activity = Activity()
        self.doing: tuple[str, int, int | None] | None = None
        self._door = door
        self._refreshed = refreshed
        self._failing = failing
        self._clock = clock
        self._kick = asyncio.Event()
        self._wanted_now = False
        self._progress = Progress(self._report)
        self._at_rest = threading.Event()
        self._at_rest.set()

    def refresh(self) -> None:
        """Start the next round now, over every service, even while paused."""
        self._wanted_now = True
        self._kick.set()

    def pause(self) -> None:
        """Start no more rounds by itself; the one under way goes on to its end."""
        self.activity = replace(self.activity, paused=True, next_at=None)
        self._kick.set()

    def resume(self) -> None:
        """Go on, with a round at once."""
        self.activity = replace(self.activity, paused=False)
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
            await self._rest(await self._interval_seconds())

    async def _interval_seconds(self) -> float:
        try:
            return await in_thread(self._door.check_interval_seconds)
        except WellspringError:  # the round has told of it
            return self._door.settings.check_interval_seconds

    async def _rest(self, interval_seconds: float) -> None:
        """Wait for the next round: its time, a refresh, or the end of a pause."""
        self.activity = replace(self.activity, busy=False)
        if not self.activity.paused:
            await self._sleep(interval_seconds)
        while self.activity.paused and not self._wanted_now:
            self._kick.clear()
            await self._kick.wait()

    async def _sleep(self, interval_seconds: float) -> None:
        now = self._clock()
        next_try_at = self.activity.next_try_at
        seconds = interval_seconds
        if next_try_at is not None:
            until_try = (next_try_at - now).total_seconds()
            seconds = min(seconds, max(_SHORTEST_WAIT_SECONDS, until_try))
        self.activity = replace(self.activity, next_at=now + timedelta(seconds=seconds))
        try:
            async with asyncio.timeout(seconds):
                await self._kick.wait()
        except TimeoutError:
            return

    async def _round(self) -> None:
        try:
            done = await in_thread(self._tick)
        except WellspringError as error:
            self._note_troubles({THE_LEDGER: Trouble(one_line(str(error)))})
            return
        finally:
            self.doing = None
        now = self._clock()
        if not done.failures:
            self.activity = replace(self.activity, refreshed_at=now)
        self._note_troubles(
            {
                service: Trouble(
                    one_line(str(error)),
                    now + timedelta(seconds=done.next_tries.get(service, 0.0)),
                )
                for service, error in done.failures.items()
            }
        )
        self._refreshed(done)

    def _note_troubles(self, troubles: dict[str, Trouble]) -> None:
        new = troubles.keys() - self.activity.troubles.keys()
        self.activity = replace(self.activity, troubles=troubles)
        for service in sorted(new):
            self._failing(service, troubles[service].sentence)

    def _tick(self) -> Round:
        self._at_rest.clear()
        try:
            only_due, self._wanted_now = not self._wanted_now, False
            return self._door.tick(self._progress, only_due=only_due)
        finally:
            self._at_rest.set()

    def _report(self, what: str, done: int, total: int | None) -> None:
        self.doing = (what, done, total)
