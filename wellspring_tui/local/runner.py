"""One batch, carried from `validating` to its end.

Killed at any instruction, it goes on from there when the service starts again: the status
is in the store, the answers are in the log, and the ending is written down before the
result files are moved to their places.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from wellspring_tui.local import validation, wire
from wellspring_tui.local.answering import Answering
from wellspring_tui.local.answers_log import AnswersLog
from wellspring_tui.local.disk import link, sync_file, sync_folder
from wellspring_tui.local.lines import lines
from wellspring_tui.local.scenarios import Scenario
from wellspring_tui.local.store import Batch, StoredFile
from wellspring_tui.local.validation import LineError, Validation
from wellspring_tui.local.watch import Interrupted, Watch

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.local.answerer import Answerer
    from wellspring_tui.local.settings import Settings
    from wellspring_tui.local.store import Store

VALIDATING_SHARE = 0.1
ANSWERING_SHARE = 0.8
FINALIZING_SHARE = 0.1
CANCELLING_SHARE = 0.05
"""How much of the pace each stage takes."""

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


class _InvalidError(Exception):
    """Validation found errors."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class Runner:
    """Carries one batch."""

    def __init__(self, batch_id: str, settings: Settings, store: Store, answerer: Answerer) -> None:
        self.batch_id = batch_id
        self._store = store
        self._answerer = answerer
        self._settings = settings
        self._files = settings.files
        self._log = AnswersLog(settings.batches / batch_id)
        self._watch = Watch()
        self._scenario = Scenario()

    def cancel(self) -> None:
        self._watch.cancel()

    def stop(self) -> None:
        """Leave off after the answers that are being written."""
        self._watch.stop()

    async def run(self) -> None:
        """Carry the batch to its end.

        Raises `Stopped` when the service stops first, and `OSError` when the disk is in the
        way: then it can be called again, and goes on.
        """
        batch = self._batch()
        self._watch.is_cancelled = batch.status == "cancelling"
        self._watch.expires_at = batch.expires_at
        self._scenario = self._settings.scenario_of(batch.metadata)
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
            seconds = self._stage_seconds(FINALIZING_SHARE, "finalizing")
            await self._watch.pause(seconds, may_expire=False)
        except Interrupted as interrupted:
            await self._settle(interrupted.ending)
            return interrupted.ending
        return "completed"

    @property
    def _pace_seconds(self) -> float:
        slow = self._scenario.slow_seconds
        return self._settings.pace_seconds if slow is None else slow

    def _stage_seconds(self, share: float, state: str) -> float:
        return share * self._pace_seconds + self._scenario.stalls(state)

    # validating

    async def _validate(self) -> None:
        await self._watch.pause(self._stage_seconds(VALIDATING_SHARE, "validating"))
        self._take_input()
        batch = self._batch()
        found = Validation(
            batch.endpoint,
            size_bytes=self._log.input.stat().st_size,
            knows_misfit=self._answerer.knows_misfit,
        )
        with self._log.input.open("rb") as file:
            for number, line in enumerate(file):
                found.feed(line)
                if found.is_full:
                    break
                if number % _LINES_AT_ONCE == 0:
                    await self._watch.pause(0)
        found.finish()
        if found.errors:
            raise _InvalidError(found.errors)
        await self._enqueue(batch, found)

    async def _enqueue(self, batch: Batch, found: Validation) -> None:
        """Take the batch's place in the queue of its model, if there is room."""
        assert found.model is not None
        limit = self._settings.enqueued_tokens
        if self._happens(self._scenario.queue_full_times):
            raise _InvalidError([validation.queue_is_full(found.model, found.prompt_tokens)])
        # Whoever was created first is served first, however long its lines took to read.
        while limit is not None and self._store.older_validates(batch.seq):
            await self._watch.pause(_SHORTEST_SLEEP_SECONDS)
        begun = self._store.begin(
            self.batch_id,
            model=self._answerer.full_name(found.model),
            total=found.requests,
            enqueued_tokens=found.prompt_tokens,
            token_limit=limit,
            at=wire.now(),
        )
        if not begun:
            assert limit is not None
            raise _InvalidError([validation.queue_is_full(found.model, limit)])

    def _happens(self, times: float) -> bool:
        """Whether this batch is one of the first ones of its input file, which it happens to."""
        batch = self._batch()
        return self._store.failed_before(batch.seq, batch.input_file_id) < times

    def _take_input(self) -> None:
        """Hold on to the input file: its owner may delete it while the batch runs."""
        file_id = self._batch().input_file_id
        file = self._store.file(file_id, now=wire.now())
        if file is None or self._happens(self._scenario.lost_input_times):
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
            answering = Answering(
                batch,
                log,
                store=self._store,
                answerer=self._answerer,
                watch=self._watch,
                scenario=self._scenario,
                pace_seconds=ANSWERING_SHARE * self._pace_seconds,
            )
            await answering.run()

    # cancelled or expired

    async def _settle(self, ending: str) -> None:
        """List what was not answered in the error file."""
        if ending == "cancelled":
            await self._watch.sleep_through(self._stage_seconds(CANCELLING_SHARE, "cancelling"))
        if not self._batch().total:
            return
        code, message = _UNANSWERED[ending]
        with self._log as log:
            for number, line in enumerate(lines(log.input)):
                if line.custom_id not in log.done:
                    log.add_unanswered(line.custom_id, code=code, message=message)
                if number % _LINES_AT_ONCE == 0:
                    log.flush()
                    await self._watch.sleep_through(0)
            self._store.advance(self.batch_id, log.flush())

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
            self._place(batch, file_id, path, kind)
            for file_id, path, kind in results
            if file_id and kind not in self._scenario.lost_results
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
            purpose=wire.RESULT,
        )


def _has_lines(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
