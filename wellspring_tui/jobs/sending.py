"""Sending a part: its input file goes up, then its batch is created. Each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from wellspring_tui.errors import (
    BusyError,
    CredentialsError,
    GoneError,
    NetworkError,
    RefusedError,
)
from wellspring_tui.jobs.model import Part, Step
from wellspring_tui.jobs.uploading import CancelledError, upload
from wellspring_tui.jobs.waiting import CREATION
from wellspring_tui.services.model import BatchProblem

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import RemoteFile

METADATA_KEY = "wellspring_part"
JOB_KEY = "wellspring_job"
_DESCRIPTION_KEY = "description"
_METADATA_LENGTH = 512
"""OpenAI's limit for a value in `metadata`."""
_PROCESSING = "the service to process its input file"
_SPOILT = frozenset({"error", "failed", "deleted"})

_WINDOW = "24h"
"""The one that the built-in service takes."""

LookedFor: TypeAlias = "frozenset[tuple[str, datetime | None]]"
"""Attempts to create a batch: the part's id and when it was asked for."""


class Sender:
    """Takes parts from `planned` to `created` on one service."""

    def __init__(
        self,
        ledger: Ledger,
        places: Places,
        service: Service,
        profile: ServiceProfile,
        looked_for: LookedFor,
    ) -> None:
        """`looked_for` tells the attempts that this round's listing was searched for."""
        self._ledger = ledger
        self._places = places
        self._service = service
        self._profile = profile
        self._looked_for = looked_for

    def send(self, part: Part, progress: Progress) -> bool:
        """Carry a held part as far as it goes; whether it moved.

        A part in `creating` was left there by a crash or a lost answer. The listing has
        just been looked through for it: it is asked for again only once the service has
        had time to show what it made.
        """
        if part.step is Step.CREATING and self.may_still_appear(part):
            return False
        path = self._places.inputs(part.job_id) / part.input_name
        if part.input_file_id is None and not _is_whole(path, part):
            gone = BatchProblem(f"the input file {path} was removed or changed", "input_file_gone")
            self._ledger.steps.end_unsent(part, "failed", [gone])
            return True
        try:
            file_id = part.input_file_id or self._upload(part, path, progress).id
            self._ledger.steps.to_step(part, Step.UPLOADED, input_file_id=file_id)
            if part.creation_held:
                return self._ledger.steps.wait(part, CREATION.reason, CREATION.until)
            if self._profile.waits_for_files and not self._is_processed(file_id):
                pause = timedelta(seconds=self._profile.backoff_seconds)
                return self._ledger.steps.wait(part, _PROCESSING, datetime.now(UTC) + pause)
            self._create(part, file_id)
        except RefusedError as error:
            self._ledger.steps.end_unsent(part, "failed", [BatchProblem(error.what, "refused")])
        except CancelledError:
            self._ledger.steps.end_unsent(part, "cancelled")
        return True

    def may_still_appear(self, part: Part) -> bool:
        """Whether a batch asked for in vain may yet show in the listing."""
        asked = part.attempted_at
        if asked is None:
            return False
        if (part.id, asked) not in self._looked_for:
            return True  # another process has asked for it since the listing was read
        return (datetime.now(UTC) - asked).total_seconds() < self._profile.settle_seconds

    def _upload(self, part: Part, path: Path, progress: Progress) -> RemoteFile:
        interrupted = part.step is Step.UPLOADING
        self._ledger.steps.to_step(part, Step.UPLOADING)
        if interrupted:
            known = self._service.find_file(part.upload_name, part.size_bytes)
            if known is not None:
                return known
        return upload(
            self._service,
            path,
            part.upload_name,
            progress.stage(f"Uploading part {part.number}"),
            cancelled=lambda: self._ledger.job(part.job_id).cancel_asked,
        )

    def _is_processed(self, file_id: str) -> bool:
        """Whether a batch may be made of a file. Raises RefusedError when it never will be."""
        status = self._service.file(file_id).status
        if status in _SPOILT:
            raise RefusedError(f"{self._profile.name} could not process the input file {file_id}")
        return status in (None, "processed")

    def _create(self, part: Part, file_id: str) -> None:
        job = self._ledger.job(part.job_id)
        if job.cancel_asked:
            raise CancelledError
        metadata = {METADATA_KEY: part.token, JOB_KEY: part.job_id}
        if job.description:
            metadata[_DESCRIPTION_KEY] = job.description[:_METADATA_LENGTH]
        self._ledger.steps.to_step(part, Step.CREATING)
        try:
            batch = self._service.create(
                file_id,
                part.endpoint,
                _WINDOW if part.real_time else job.window,
                metadata,
                part.model,
                output_life_seconds=None if part.real_time else job.output_life_seconds,
            )
        except NetworkError:
            raise  # it may have been created: the part stays in `creating`
        except (CredentialsError, GoneError):
            self._ledger.steps.to_step(part, Step.UPLOADED)
            raise
        except BusyError as error:
            if not error.in_doubt:
                self._ledger.steps.to_step(part, Step.UPLOADED)
            raise
        self._ledger.steps.observe(part, batch)


def _is_whole(path: Path, part: Part) -> bool:
    return path.is_file() and path.stat().st_size == part.size_bytes
