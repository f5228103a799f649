"""Jobs, parts and batches for tests of the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from wellspring_tui.jobs.model import WAITING, Job, Part, Step
from wellspring_tui.services.model import Batch, Counts

if TYPE_CHECKING:
    from wellspring_tui.jobs.ledger import Ledger

NOON = datetime(2126, 5, 1, 12, tzinfo=UTC)
"""Later than anything a test does itself, so that what a service says comes last."""


def job(job_id: str, **others: Any) -> Job:
    """A job of one part and three requests."""
    made = Job(
        id=job_id,
        name="garden",
        description=None,
        source="/home/me/garden.json",
        kind="Wellspring visual prompts",
        service="local",
        endpoint="/v1/chat/completions",
        model="gpt-4o-mini",
        window="24h",
        requests=3,
        tokens_estimated=90,
        created_at=NOON,
    )
    return replace(made, **others)


def part(job_id: str, number: int = 1, **others: Any) -> Part:
    """A part of three requests that was not sent yet."""
    made = Part(
        id=f"{job_id}-{number}",
        job_id=job_id,
        number=number,
        step=Step.PLANNED,
        status=WAITING,
        token=f"{job_id}-{number}-0123456789ab",
        requests=3,
        size_bytes=300,
        sha256="0" * 64,
        endpoint="/v1/chat/completions",
        model="gpt-4o-mini",
        tokens=90,
    )
    return replace(made, **others)


def batch(batch_id: str, status: str = "in_progress", **others: Any) -> Batch:
    """A batch of three requests, of which one is answered."""
    made = Batch(
        batch_id,
        status,
        input_file_id="file-i",
        counts=Counts(3, 1, 0),
        created_at=NOON,
        expires_at=NOON + timedelta(days=1),
        timeline={"in_progress": NOON + timedelta(minutes=1)},
    )
    return replace(made, **others)


def added(ledger: Ledger, job_id: str, parts: int = 1) -> list[Part]:
    """The parts of a new job, as the ledger has them."""
    made = job(job_id, requests=3 * parts, parts=parts)
    ledger.add_job(made, [part(job_id, number + 1) for number in range(parts)])
    return ledger.parts(job_id)


def part_now(ledger: Ledger, one: Part) -> Part:
    """A part as it is now."""
    return ledger.parts(one.job_id)[one.number - 1]
