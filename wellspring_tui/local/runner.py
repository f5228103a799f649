"""One batch, carried from `validating` to its end.

Killed at any instruction, it goes on from there when the service starts again: the status
is in the store, the answers are in the log, and the ending is written down before the
result files are moved to their places.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.local import models, validation, wire
from wellspring_tui.local.answers_log import AnswersLog, requests
from wellspring_tui.local.disk import link, sync_file, sync_folder
from wellspring_tui.local.store import Batch, StoredFile
from wellspring_tui.local.validation import LineError, Validation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.local.answerer import Answerer
    from wellspring_tui.local.settings import Settings
    from wellspring_tui.local.store import Store

VALIDATING_SHARE = 0.1
ANSWERING_SHARE = 0.8
FINALIZING_SHARE = 0.1
CANCELLING_SHARE = 0.05
"""How much of the pace each stage takes."""

ANSWERS_AT_ONCE = 32
SHUFFLED_REQUESTS = 256
"""Answers come in another order than the requests, as they do on OpenAI's service."""
SHUFFLED_BYTES = 8_000_000
_LINES_AT_ONCE = 500
_SHORTEST_SLEEP_SECONDS = 0.02
RESULT_LIFE_SECONDS = 2_592_000
"""OpenAI deletes result files after 30 days unless told otherwise."""

_UNANSWERED = {
    "expired": (
        "batch_expired",
        "This request could not be executed before the completion window expired.",
    ),
    "cancelled": (
        "batch_cancelled",
        "This request was not executed because the batch was cancelled.",
    ),
}

_log = logging.getLogger(__name__)


class _Interrupted(Exception):  # noqa: N818 - not an error: the end came another way
    """The batch ends before all is answered."""

    def __init__(self, ending: str) -> None:
        super().__init__(ending)
        self.ending = ending


class _InvalidError(Exception):
    """Validation found errors."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class Stopped(Exception):  # noqa: N818 - not an error: the batch goes on at the next start
    """The service stops."""


class Runner:
    """Carries one batch."""

    def __init__(self, batch_id: str, settings: Settings, store: Store, answerer: Answerer) -> None:
        self.batch_id = batch_id
        self._store = store
        self._answerer = answerer
        self._files = settings.files
        self._pace_seconds = settings.pace_seconds
        self._token_limit = settings.enqueued_tokens
        self._log = AnswersLog(settings.batches / batch_id)
        self._wake = asyncio.Event()
        self._cancelled = False
        self._stopped = False
        self._expires_at = 0

    def cancel(self) -> None:
        self._cancelled = True
        self._wake.set()

    def stop(self) -> None:
        """Leave off after the answers that are being written."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        """Carry the batch to its end.

        Raises `Stopped` when the service stops first, and `OSError` when the disk is in the
        way: then it can be called again, and goes on.
        """
        batch = self._batch()
        self._cancelled = batch.status == "cancelling"
        self._expires_at = batch.expires_at
        ending = batch.ending
        if ending is None:
            try:
                ending = await self._reach_ending()
            except _InvalidError as found:
                self._fail(found.errors)
                return
            self._decide(ending)
        self._publish()

    def _batch(self) -> Batch:
        batch = self._store.batch(self.batch_id)
        assert batch is not None
        return batch

    async def _reach_ending(self) -> str:
        try:
            if self._batch().status == "validating":
                await self._validate()
            await self._answer()
            self._store.finalize(self.batch_id, at=wire.now())
            await self._pause(FINALIZING_SHARE * self._pace_seconds, may_expire=False)
        except _Interrupted as interrupted:
            await self._settle(interrupted.ending)
            return interrupted.ending
        return "completed"

    # What every stage keeps an eye on

    def _check(self, *, may_expire: bool = True) -> None:
        if self._stopped:
            raise Stopped
        if self._cancelled:
            raise _Interrupted("cancelled")
        if may_expire and time.time() >= self._expires_at:
            raise _Interrupted("expired")

    async def _pause(self, seconds: float, *, may_expire: bool = True) -> None:
        """Let time and other batches pass; a cancellation, an end or the deadline cut it short."""
        self._check(may_expire=may_expire)
        if may_expire:
            seconds = min(seconds, self._expires_at - time.time())
        await self._sleep(seconds)
        self._check(may_expire=may_expire)

    async def _sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    # validating

    async def _validate(self) -> None:
        await self._pause(VALIDATING_SHARE * self._pace_seconds)
        self._take_input()
        batch = self._batch()
        found = Validation(batch.endpoint, size_bytes=self._log.input.stat().st_size)
        with self._log.input.open("rb") as file:
            for number, line in enumerate(file):
                found.feed(line)
                if found.is_full:
                    break
                if number % _LINES_AT_ONCE == 0:
                    await self._pause(0)
        found.finish()
        if found.errors:
            raise _InvalidError(found.errors)
        await self._enqueue(batch, found)

    async def _enqueue(self, batch: Batch, found: Validation) -> None:
        """Take the batch's place in the queue of its model, if there is room."""
        assert found.model is not None
        limit = self._token_limit
        # Whoever was created first is served first, however long its lines took to read.
        while limit is not None and self._store.older_validates(batch.seq):
            await self._pause(_SHORTEST_SLEEP_SECONDS)
        begun = self._store.begin(
            self.batch_id,
            model=models.snapshot(found.model),
            total=found.requests,
            enqueued_tokens=found.prompt_tokens,
            token_limit=limit,
            at=wire.now(),
        )
        if not begun:
            assert limit is not None
            raise _InvalidError([validation.queue_is_full(found.model, limit)])

    def _take_input(self) -> None:
        """Hold on to the input file: its owner may delete it while the batch runs."""
        file_id = self._batch().input_file_id
        file = self._store.file(file_id, now=wire.now())
        if file is None:
            raise _InvalidError([validation.cannot_find(file_id)])
        if file.purpose != "batch":
            raise _InvalidError([validation.wrong_purpose(file_id, file.purpose)])
        self._log.folder.mkdir(exist_ok=True)
        self._log.input.unlink(missing_ok=True)
        try:
            link(self._files / file_id, self._log.input)
        except FileNotFoundError:
            raise _InvalidError([validation.cannot_find(file_id)]) from None

    def _fail(self, errors: list[LineError]) -> None:
        self._store.fail(self.batch_id, errors=validation.errors_json(errors), at=wire.now())
        if self._batch().status == "failed":
            self._log.remove()
            return
        self._decide("cancelled")  # it was cancelled in the very moment its errors were found
        self._publish()

    # in_progress

    async def _answer(self) -> None:
        batch = self._batch()
        if batch.status != "in_progress":
            return
        with self._log as log:
            self._store.advance(self.batch_id, log.flush())
            interval = ANSWERING_SHARE * self._pace_seconds / batch.total
            order = random.Random(self.batch_id)
            begun = time.monotonic()
            answered = 0
            rest = requests(log.input)
            while window := _window(rest):
                order.shuffle(window)
                waiting = [request for request in window if request[0] not in log.done]
                while waiting:
                    due = begun + (answered + 1) * interval - time.monotonic()
                    await self._pause(max(due, _SHORTEST_SLEEP_SECONDS) if due > 0 else 0)
                    ready = self._ready(begun, answered, interval)
                    group, waiting = waiting[:ready], waiting[ready:]
                    await self._answer_group(batch.endpoint, group)
                    answered += len(group)

    @staticmethod
    def _ready(begun: float, answered: int, interval: float) -> int:
        """How many more answers are due by now."""
        if interval == 0:
            return ANSWERS_AT_ONCE
        due = int((time.monotonic() - begun) / interval) - answered
        return max(1, min(due, ANSWERS_AT_ONCE))

    async def _answer_group(self, endpoint: str, group: list[tuple[str, msgspec.Raw]]) -> None:
        answers = await asyncio.gather(
            *(self._answerer.answer(endpoint, msgspec.json.decode(body)) for _, body in group)
        )
        for (custom_id, _), answer in zip(group, answers, strict=True):
            self._log.add(custom_id, answer)
        self._store.advance(self.batch_id, self._log.flush())

    # cancelled or expired

    async def _settle(self, ending: str) -> None:
        """List what was not answered in the error file."""
        if ending == "cancelled":
            await self._sleep_through(CANCELLING_SHARE * self._pace_seconds)
        if not self._batch().total:
            return
        code, message = _UNANSWERED[ending]
        with self._log as log:
            for number, (custom_id, _) in enumerate(requests(log.input)):
                if custom_id not in log.done:
                    log.add_unanswered(custom_id, code=code, message=message)
                if number % _LINES_AT_ONCE == 0:
                    log.flush()
                    await self._sleep_through(0)
            self._store.advance(self.batch_id, log.flush())

    async def _sleep_through(self, seconds: float) -> None:
        """Sleep where only the end of the service matters."""
        await self._sleep(seconds)
        if self._stopped:
            raise Stopped

    # The end

    def _decide(self, ending: str) -> None:
        """Write down how it ends and where the results will be; a file without lines is none."""
        for path in (self._log.output, self._log.error):
            if path.exists():
                sync_file(path)
        self._store.decide(
            self.batch_id,
            ending,
            output_file_id=wire.new_file_id() if _has_lines(self._log.output) else None,
            error_file_id=wire.new_file_id() if _has_lines(self._log.error) else None,
        )

    def _publish(self) -> None:
        batch = self._batch()
        results = (
            (batch.output_file_id, self._log.output, "output"),
            (batch.error_file_id, self._log.error, "error"),
        )
        files = [
            self._place(batch, file_id, path, kind) for file_id, path, kind in results if file_id
        ]
        sync_folder(self._files)
        status = self._store.end(self.batch_id, files, at=wire.now())
        self._log.remove()
        _log.info("%s %s", self.batch_id, status)

    def _place(self, batch: Batch, file_id: str, path: Path, kind: str) -> StoredFile:
        placed = self._files / file_id
        if path.exists():  # or else it was moved before the service was killed
            path.replace(placed)
        now = wire.now()
        return StoredFile(
            id=file_id,
            bytes=placed.stat().st_size,
            created_at=now,
            expires_at=now + (batch.output_life_seconds or RESULT_LIFE_SECONDS),
            filename=f"{batch.id}_{kind}.jsonl",
            purpose="batch_output",
        )


def _window(rest: Iterator[tuple[str, msgspec.Raw]]) -> list[tuple[str, msgspec.Raw]]:
    """The next requests, as many as may change places and fit in little memory."""
    window = []
    size_bytes = 0
    for request in rest:
        window.append(request)
        size_bytes += len(request[1])
        if len(window) == SHUFFLED_REQUESTS or size_bytes >= SHUFFLED_BYTES:
            break
    return window


def _has_lines(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
