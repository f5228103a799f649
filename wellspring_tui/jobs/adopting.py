"""Taking over batches that were made elsewhere: each becomes a job of one part.

Its input file gives prompts and sections back. When that is gone, the custom_ids of its
answers do, once they are collected.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.errors import GoneError, InputError
from wellspring_tui.jobs.collecting import fetch
from wellspring_tui.jobs.filing import FiledInput, file_input
from wellspring_tui.jobs.model import (
    ADOPTED,
    INDEX_NAME,
    Job,
    Part,
    Step,
    new_job_id,
    new_token,
    part_file_name,
)
from wellspring_tui.jobs.offers import name_of
from wellspring_tui.jobs.planning import removed_on_failure
from wellspring_tui.jobs.sending import METADATA_KEY
from wellspring_tui.private import make_folder
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch

_USUAL_WINDOW = "24h"


class Adopter:
    """Brings batches of one service into a ledger."""

    def __init__(self, ledger: Ledger, places: Places, service: Service, service_name: str) -> None:
        self._ledger = ledger
        self._places = places
        self._service = service
        self._service_name = service_name

    def adopt(self, batch_ids: Iterable[str], progress: Progress) -> list[Job]:
        """A job for each batch. All are looked at first: one that can't be had stops the rest."""
        batches = [self._found(batch_id) for batch_id in batch_ids]
        return [self._take(batch, progress) for batch in batches]

    def _found(self, batch_id: str) -> Batch:
        if not batch_id:
            raise InputError("a batch id is needed")
        try:
            batch = self._service.retrieve(batch_id)
        except GoneError as error:
            raise InputError(
                f"the service {self._service_name} has no batch “{one_line(batch_id, 60)}”",
                todo=f"It says: {one_line(error.what, 200)}",
            ) from None
        self._ledger.arrivals.refuse_known(batch.id, batch.metadata.get(METADATA_KEY))
        return batch

    def _take(self, batch: Batch, progress: Progress) -> Job:
        job_id = new_job_id()
        inputs = make_folder(self._places.inputs(job_id))
        outputs = make_folder(self._places.outputs(job_id))
        with removed_on_failure(inputs, outputs):
            with AnswerIndex.create(outputs / INDEX_NAME) as index:
                filed = self._filed(batch, inputs / part_file_name(1), index, progress)
            job, part = self._job(job_id, batch, filed), _part(job_id, batch, filed)
            self._ledger.arrivals.add_adopted(job, part, batch, batch.metadata.get(METADATA_KEY))
        return self._ledger.job(job_id)

    def _filed(
        self, batch: Batch, path: Path, index: AnswerIndex, progress: Progress
    ) -> FiledInput:
        """What the batch's input file holds; nothing when the service has it no more."""
        if batch.input_file_id is not None:
            try:
                stage = f"Fetching the input of {batch.id}"
                fetch(self._service, batch.input_file_id, path, progress, stage)
            except GoneError:
                pass  # its answers' ids will tell what it held
            else:
                return file_input(path, index)
        return FiledInput(requests=batch.counts.total if batch.counts else 0)

    def _job(self, job_id: str, batch: Batch, filed: FiledInput) -> Job:
        return Job(
            id=job_id,
            name=name_of(batch) or batch.id,
            description=batch.metadata.get("description"),
            source=batch.id,
            kind=ADOPTED,
            service=self._service_name,
            endpoint=batch.endpoint or filed.endpoint,
            model=filed.model or batch.model or "",
            window=batch.window or _USUAL_WINDOW,
            requests=filed.requests,
            tokens_estimated=filed.tokens,
            created_at=batch.created_at or datetime.now(UTC),
            status=batch.status,
        )


def _part(job_id: str, batch: Batch, filed: FiledInput) -> Part:
    return Part(
        id=f"{job_id}-1",
        job_id=job_id,
        number=1,
        step=Step.CREATED,
        status=batch.status,
        token=new_token(f"{job_id}-1"),
        requests=filed.requests,
        size_bytes=filed.size_bytes,
        sha256=filed.sha256,
        endpoint=batch.endpoint or filed.endpoint,
        model=filed.model or batch.model or "",
        tokens=filed.tokens,
    )
