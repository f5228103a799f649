"""Carries all batches at once, in a thread and an event loop of its own.

HTTP stays quick while fifty thousand requests are answered, and batches take turns: each
gives way after every few answers.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, TypeVar

from wellspring_tui.local import validation, wire
from wellspring_tui.local.runner import Runner
from wellspring_tui.local.watch import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from wellspring_tui.local.answerer import Answer, Answerer, Question
    from wellspring_tui.local.settings import Settings
    from wellspring_tui.local.store import Store
    from wellspring_tui.local.wire import ApiError, JsonObject

_T = TypeVar("_T")
_RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Engine:
    """The thread that does the work. Its public methods may be called from any thread."""

    def __init__(
        self, settings: Settings, store: Store, answerer: Answerer, on_crash: Callable[[], None]
    ) -> None:
        """`on_crash` is called, in the engine's thread, when a batch can't be carried on."""
        self._settings = settings
        self._store = store
        self._answerer = answerer
        self._on_crash = on_crash
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="engine")
        self._runners: dict[str, Runner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin to work, with the batches that an earlier service left unfinished."""
        for batch_id in self._store.unfinished():
            self._leave_to_others(batch_id)
            self.carry(batch_id)
        self._thread.start()

    def _leave_to_others(self, batch_id: str) -> None:
        """End a batch that somebody else began to answer: no batch has answers of two."""
        batch, now = self._store.batch(batch_id), self._settings.answerer
        if batch is None or batch.answerer in ("", now):
            return
        error = validation.answerer_is_gone(batch.answerer, now)
        self._store.leave(batch_id, errors=validation.errors_json([error]), at=wire.now())
        _log.warning("%s: %s", batch_id, error.message)

    def carry(self, batch_id: str) -> None:
        """Take on one more batch."""
        self._loop.call_soon_threadsafe(self._begin, batch_id)

    def cancel(self, batch_id: str) -> None:
        """Tell a batch's runner that the store says `cancelling`."""
        self._loop.call_soon_threadsafe(self._cancel, batch_id)

    @property
    def trouble(self) -> ApiError | None:
        """What keeps the answerer from answering now."""
        return self._answerer.trouble

    @property
    def under_way(self) -> int:
        """How many requests are with whom the answerer asks."""
        return self._answerer.under_way

    async def answer(self, question: Question) -> Answer:
        """Answer a request that somebody waits for."""
        return await self._here(self._answerer.answer(question))

    async def models(self) -> list[JsonObject]:
        """The models that the answerer knows. Raises ApiError."""
        return await self._here(self._answerer.models())

    async def _here(self, work: Coroutine[object, object, _T]) -> _T:
        """Do the work in the engine's loop, and wait for it in the caller's."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def stop(self) -> None:
        """Leave off, soon and cleanly; what is unfinished goes on at the next start."""
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join()

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        await self._stopping.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._answerer.close()

    def _begin(self, batch_id: str) -> None:
        if self._stopping.is_set():
            return
        runner = Runner(batch_id, self._settings, self._store, self._answerer)
        self._runners[batch_id] = runner
        task = self._loop.create_task(self._carry_through(runner))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _cancel(self, batch_id: str) -> None:
        runner = self._runners.get(batch_id)
        if runner is not None:
            runner.cancel()

    def _stop(self) -> None:
        self._stopping.set()
        for runner in self._runners.values():
            runner.stop()

    async def _carry_through(self, runner: Runner) -> None:
        try:
            while not await self._has_ended(runner) and not self._stopping.is_set():
                await self._wait(_RETRY_SECONDS)
        finally:
            del self._runners[runner.batch_id]

    async def _has_ended(self, runner: Runner) -> bool:
        try:
            await runner.run()
        except Stopped:
            return True
        except (OSError, sqlite3.OperationalError) as error:
            _log.error("%s waits for the disk: %s", runner.batch_id, error)
            return False
        return True

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = task.exception()
        if error is not None:
            _log.critical("the service can't go on", exc_info=error)
            self._on_crash()
