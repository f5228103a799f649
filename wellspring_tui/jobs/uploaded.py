"""Input files that somebody else uploaded: each becomes a job of one part, ready to be created.

The file comes to disk first, so that its requests are known and can be sent again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.errors import GoneError, InputError, RefusedError
from wellspring_tui.jobs.collecting import fetch
from wellspring_tui.jobs.filing import FiledInput, file_input
from wellspring_tui.jobs.model import (
    INDEX_NAME,
    WAITING,
    Job,
    Part,
    Step,
    new_job_id,
    new_token,
    part_file_name,
)
from wellspring_tui.jobs.planning import removed_on_failure
from wellspring_tui.private import make_folder
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.life import life_seconds
from wellspring_tui.prompts.model import FileKind, RequestOptions
from wellspring_tui.prompts.requests_jsonl import RequestsFile
from wellspring_tui.text import one_line, storable

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service


class Taker:
    """Brings input files of one service into a ledger."""

    def __init__(self, ledger: Ledger, places: Places, service: Service, service_name: str) -> None:
        self._ledger = ledger
        self._places = places
        self._service = service
        self._service_name = service_name

    def take(
        self, file_id: str, options: RequestOptions, description: str | None, progress: Progress
    ) -> Job:
        """The job of a file that no job has yet; a conductor creates its batch.

        Raises InputError for a file that can't be had, that no batch can be made of, or that
        a batch was made of already: nothing tells whether that is the one that was meant.
        """
        job_id = new_job_id()
        inputs = make_folder(self._places.inputs(job_id))
        outputs = make_folder(self._places.outputs(job_id))
        with removed_on_failure(inputs, outputs):
            path = inputs / part_file_name(1)
            self._fetch(file_id, path, progress)
            _refuse_unsendable(file_id, path)
            self._refuse_used(file_id, progress)
            with AnswerIndex.create(outputs / INDEX_NAME) as index:
                filed = file_input(path, index)
            job = self._job(job_id, file_id, filed, options, description)
            self._ledger.creations.add_uploaded(job, _part(job_id, filed), file_id)
        return self._ledger.job(job_id)

    def _fetch(self, file_id: str, path: Path, progress: Progress) -> None:
        try:
            fetch(self._service, file_id, path, progress, f"Fetching {one_line(file_id, 60)}")
        except (GoneError, RefusedError) as error:
            raise InputError(
                f"the service {self._service_name} does not give the file {_shown(file_id)}",
                todo=f"It says: {one_line(error.what, 200)}",
            ) from None

    def _refuse_used(self, file_id: str, progress: Progress) -> None:
        for count, batch in enumerate(self._service.batches()):
            progress.step("Looking for a batch of that file", count)
            if batch.input_file_id == file_id:
                raise InputError(
                    f"the batch {one_line(batch.id, 60)} was made of the file "
                    f"{_shown(file_id)} already ({one_line(batch.status, 20)})",
                    todo=f"`wellspring adopt {one_line(batch.id, 60)}` takes it over.",
                )

    def _job(
        self,
        job_id: str,
        file_id: str,
        filed: FiledInput,
        options: RequestOptions,
        description: str | None,
    ) -> Job:
        return Job(
            id=job_id,
            name=storable(file_id),
            description=description and storable(description),
            source=storable(file_id),
            kind=FileKind.REQUESTS.value,
            service=self._service_name,
            endpoint=filed.endpoint,
            model=filed.model,
            window=options.window,
            output_life_seconds=life_seconds(options.output_expires_after),
            requests=filed.requests,
            tokens_estimated=filed.tokens,
            created_at=datetime.now(UTC),
        )


def _refuse_unsendable(file_id: str, path: Path) -> None:
    """Raises InputError for a file that a service would refuse to make a batch of."""
    found, requests = survey(RequestsFile(path), RequestOptions())
    for _ in requests:
        pass  # the survey fills as they go by
    if found.problems:
        raise InputError(f"no batch can be made of the file {_shown(file_id)}: {found.problems[0]}")
    if not found.prompts:
        raise InputError(f"there are no requests in the file {_shown(file_id)}")


def _part(job_id: str, filed: FiledInput) -> Part:
    return Part(
        id=f"{job_id}-1",
        job_id=job_id,
        number=1,
        step=Step.UPLOADED,
        status=WAITING,
        token=new_token(f"{job_id}-1"),
        requests=filed.requests,
        size_bytes=filed.size_bytes,
        sha256=filed.sha256,
        endpoint=filed.endpoint,
        model=filed.model,
        tokens=filed.tokens,
    )


def _shown(file_id: str) -> str:
    return f"“{one_line(file_id, 60)}”"
