"""A job in the shape of a batch object, for programs that were written for one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from wellspring_tui.errors import InputError, RefusedError
from wellspring_tui.services.model import Counts
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wellspring_tui.jobs.model import Job, Part


@dataclass(frozen=True, slots=True)
class JobBatch:
    """A job as the Batch API would show it, were it one batch."""

    id: str
    """The id of its first batch; before there is one, of the job."""
    job_id: str
    batch_ids: tuple[str, ...]
    """All its batches: a large job has several, a retry adds one."""
    status: str
    """`waiting` or `sending` before there is a batch, then the Batch API's words."""
    request_counts: Counts
    endpoint: str
    completion_window: str
    model: str
    input_file_id: str | None
    """Of its first batch, as are the other files."""
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    """In seconds since 1970, as are the other times."""
    expires_at: int | None
    ended_at: int | None
    """When its answers came to disk."""
    errors: tuple[str, ...]
    """What services said against it."""
    waiting_for: str | None
    """Why it is not sent yet, if it is held up."""
    cost_usd: str | None
    """Once its answers are on disk; None when a price is unknown."""
    metadata: Mapping[str, str]
    """Its name and description."""

    def as_dict(self) -> dict[str, Any]:
        """The same as a dict; `request_counts` has `total`, `completed` and `failed`."""
        told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return told


def as_batch(job: Job, parts: Sequence[Part]) -> JobBatch:
    """A job and all its parts, seen so."""
    first = parts[0]
    batch_ids = tuple(part.batch_id for part in parts if part.batch_id)
    waits = (part.waiting_for for part in parts if part.waiting_for and not part.ended)
    labels = {"name": job.name, "description": job.description}
    return JobBatch(
        id=batch_ids[0] if batch_ids else job.id,
        job_id=job.id,
        batch_ids=batch_ids,
        status=job.status,
        request_counts=Counts(job.requests, job.completed, job.failed),
        endpoint=job.endpoint,
        completion_window=job.window,
        model=job.model,
        input_file_id=first.input_file_id,
        output_file_id=first.output_file_id,
        error_file_id=first.error_file_id,
        created_at=int(job.created_at.timestamp()),
        expires_at=_seconds(job.expires_at),
        ended_at=_seconds(job.ended_at),
        errors=tuple(str(problem) for part in parts for problem in part.problems),
        waiting_for=next(waits, None),
        cost_usd=None if job.cost is None else str(job.cost),
        metadata={key: value for key, value in labels.items() if value},
    )


def id_of(batch: object) -> str:
    """The id in whatever stands for a batch: an object, a dict or the id itself.

    Raises InputError.
    """
    if isinstance(batch, JobBatch):
        return batch.job_id
    found = batch.get("id") if isinstance(batch, dict) else getattr(batch, "id", batch)
    if not isinstance(found, str):
        raise InputError(f"expected a batch or an id, found {type(batch).__name__}")
    return found


def refuse_unanswered(batch: JobBatch) -> None:
    """Raises RefusedError for a job that is over, of which a service has run nothing."""
    counts = batch.request_counts
    if batch.errors and not counts.completed and not counts.failed:
        raise RefusedError(
            f"the job {batch.job_id} is {batch.status}: {one_line(batch.errors[0], 400)}",
            todo=f"retry_batch_job({batch.job_id!r}) sends it again.",
        )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
