"""The middle of a batch's life: its requests are on their way to answers, many at once.

Answers are written as they come, in the order in which they come, and never asked for
again once they are.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING

from wellspring_tui.local import wire
from wellspring_tui.local.answerer import Question
from wellspring_tui.local.lines import shuffled
from wellspring_tui.local.watch import Interrupted, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.local.answerer import Answerer
    from wellspring_tui.local.answers_log import AnswersLog
    from wellspring_tui.local.lines import Line
    from wellspring_tui.local.scenarios import Scenario
    from wellspring_tui.local.store import Batch, Store
    from wellspring_tui.local.watch import Watch

_OPEN_BYTES = 32_000_000
"""Requests with pictures in them are large: fewer of those are open at once."""
_TELL_SECONDS = 0.1
"""How often the counts of a batch are written to the store; the answers are at once."""
_LAST_ANSWERS_SECONDS = 10.0
_LAST_ANSWERS_AT_THE_END_SECONDS = 1.0
"""How long answers under way are waited for: by a cancelled batch, and when the service stops."""
_DISK_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Answering:
    """Carries one batch from its first request to its last answer."""

    def __init__(
        self,
        batch: Batch,
        log: AnswersLog,
        *,
        store: Store,
        answerer: Answerer,
        watch: Watch,
        scenario: Scenario,
        pace_seconds: float,
    ) -> None:
        """`log` is open; `pace_seconds` is how long all the answers may take, 0 for no time."""
        self._batch = batch
        self._log = log
        self._store = store
        self._answerer = answerer
        self._watch = watch
        self._scenario = scenario
        self._interval = pace_seconds / max(1, batch.total)
        self._open: set[asyncio.Task[None]] = set()
        self._open_bytes = 0
        self._begun = time.monotonic()
        self._started = 0
        self._told_at = 0.0
        self._told = log.counts
        self._defect: BaseException | None = None
        self._turning_point = batch.total // 2 if scenario.has_turning_point else None
        """After so many lines the scenario has something happen."""

    async def run(self) -> None:
        """Raises `Stopped`, and `Interrupted` when the batch ends before all is answered."""
        try:
            await self._work()
        except (Interrupted, Stopped) as reason:
            await self._let_finish(reason)
            raise
        finally:
            await self._abandon()
        await self._write()
        self._tell()

    async def _work(self) -> None:
        rest = self._rest()
        line = next(rest, None)
        while line is not None or self._open:
            self._watch.check()
            if self._defect is not None:
                raise self._defect
            if self._is_at_turning_point() and not self._open:
                await self._turn()
            while line is not None and self._may_start(line):
                self._start(line)
                line = next(rest, None)
            await self._watch.sleep(self._next_look_seconds(line))
            await self._write()

    def _rest(self) -> Iterator[Line]:
        """The requests without an answer."""
        order = random.Random(self._batch.id)
        for line in shuffled(self._log.input, order):
            if line.custom_id not in self._log.done and not self._scenario.omits(line.number):
                yield line

    def _is_at_turning_point(self) -> bool:
        if self._turning_point is None:
            return False
        return len(self._log.done) + self._started >= self._turning_point

    async def _turn(self) -> None:
        self._turning_point = None
        self._tell()
        await self._watch.pause(self._scenario.stalls("in_progress"))
        if self._scenario.expires:
            self._store.expire_now(self._batch.id, at=wire.now())
            raise Interrupted("expired")

    # How fast

    def _may_start(self, line: Line) -> bool:
        if self._due_seconds() > 0 or self._is_at_turning_point():
            return False
        if not self._open:
            return True
        room = len(self._open) < self._answerer.at_once
        return room and self._open_bytes + len(line.body) <= _OPEN_BYTES

    def _due_seconds(self) -> float:
        """How long until the pace lets the next request go."""
        if self._interval == 0:
            return 0.0
        return self._begun + (self._started + 1) * self._interval - time.monotonic()

    def _next_look_seconds(self, line: Line | None) -> float:
        left = self._batch.expires_at - time.time()
        if self._told != self._log.counts:  # nothing else may happen for long
            left = min(left, _TELL_SECONDS)
        due = self._due_seconds()
        return min(left, due) if line is not None and due > 0 else left

    # One request

    def _start(self, line: Line) -> None:
        self._started += 1
        self._open_bytes += len(line.body)
        task = asyncio.create_task(self._ask(line))
        self._open.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._open.discard(task)
        if not task.cancelled():
            self._defect = self._defect or task.exception()
        self._watch.wake()

    async def _ask(self, line: Line) -> None:
        question = Question(self._batch.endpoint, line.body, self._batch.id, line.number)
        try:
            answer = self._scenario.answer(line.number)
            if answer is None:
                answer = self._scenario.dressed(await self._answerer.answer(question))
            self._log.add(line.custom_id, answer)
        finally:
            self._open_bytes -= len(line.body)

    # What is answered

    async def _write(self) -> None:
        """Write the answers that came. A full disk is waited for: answers may have cost money."""
        while True:
            try:
                self._log.flush()
                break
            except OSError as error:
                _log.error("%s waits for the disk: %s", self._batch.id, error)
                await self._watch.sleep_through(_DISK_SECONDS)
        if time.monotonic() - self._told_at >= _TELL_SECONDS:
            self._tell()

    def _tell(self) -> None:
        self._told_at, self._told = time.monotonic(), self._log.counts
        self._store.advance(self._batch.id, self._log.counts)

    async def _let_finish(self, reason: Interrupted | Stopped) -> None:
        """Take what is answered within moments; a batch that has expired has none left."""
        self._answerer.dismiss(self._batch.id)
        if isinstance(reason, Stopped):
            await self._finish_within(_LAST_ANSWERS_AT_THE_END_SECONDS)
        elif reason.ending == "cancelled":
            await self._finish_within(_LAST_ANSWERS_SECONDS)
        self._log.flush()

    async def _finish_within(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        # A service that stops while a batch is being cancelled does not wait for that.
        was_stopped = self._watch.is_stopped
        while self._open and self._watch.is_stopped == was_stopped and time.monotonic() < end:
            await self._watch.sleep(end - time.monotonic())

    async def _abandon(self) -> None:
        left = list(self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
