"""What the tests of carried jobs look at."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

from wellspring_tui.prompts.model import RequestOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import Batch
    from wellspring_tui.wellspring import Wellspring

OPTIONS = RequestOptions()
_CLOCK_SLACK = timedelta(seconds=5)
"""Services tell whole seconds."""
Answers: TypeAlias = "dict[tuple[str, str], dict[str, Any]]"
CREATION = ("POST", "/batches")


def batches_of(remote: Service, job: Job) -> list[Batch]:
    """Every batch that was ever made for a job."""
    return [batch for batch in remote.batches() if batch.metadata.get("wellspring_job") == job.id]


def is_whole(wellspring: Wellspring, remote: Service, job: Job) -> None:
    """A job is collected with every answer on disk, from one batch a part."""
    ended = wellspring.job(job.id)
    assert (ended.status, ended.all_answered, ended.missing) == ("completed", True, 0)
    parts = wellspring.detail(job.id).parts
    assert sorted(batch.id for batch in batches_of(remote, job)) == sorted(
        str(part.batch_id) for part in parts
    )
    results = wellspring.results(job.id)
    assert results.index.totals().answered == job.requests
    assert all(json.loads(results.response_line(one) or b"") for one in results.index.answers())
    results.index.close()
    assert list(wellspring.settings.places.data.rglob("*.tmp")) == []


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a job, held against what should have; all well when it equals `Verdict()`."""

    created_twice: int = 0
    """Batches that run, or ran, beside another one for the same part."""
    never_created: int = 0
    """Parts without a batch."""
    lost: int = 0
    """Answers that an undisturbed run has and this one has not, or has otherwise."""
    unaccounted: int = 0
    """Requests that are neither answered nor failed nor missing, and rows of the job or of
    its parts that count otherwise than the files."""
    leftovers: tuple[str, ...] = ()
    """Half-written files."""
    unfinished: bool = False


def judged(wellspring: Wellspring, remote: Service, job_id: str, undisturbed: Answers) -> Verdict:
    """Look at a job from all sides: the service's listing, the ledger, the answers on disk."""
    detail = wellspring.detail(job_id)
    job = detail.job
    made = takewhile(
        lambda batch: batch.created_at is None or batch.created_at > job.created_at - _CLOCK_SLACK,
        remote.batches(),
    )
    # A batch whose validation failed did no work and cost nothing.
    running = Counter(
        batch.metadata["wellspring_part"]
        for batch in made
        if batch.metadata.get("wellspring_job") == job_id and batch.status != "failed"
    )
    with wellspring.results(job_id).index as index:
        totals = index.totals()
    found = answers_of(wellspring, job_id)
    by_ledger = (job.completed, job.failed, job.missing)
    by_files = (totals.answered, totals.failed, totals.missing)
    return Verdict(
        created_twice=running.total() - len(running) + max(0, len(running) - len(detail.parts)),
        never_created=len({part.token for part in detail.parts} - set(running)),
        lost=sum(found.get(own_id) != answer for own_id, answer in undisturbed.items()),
        unaccounted=abs(job.requests - sum(by_files))
        + (by_ledger != by_files)
        + sum(part.completed + part.failed != part.requests for part in detail.parts),
        leftovers=tuple(path.name for path in _half_written(wellspring, job_id)),
        unfinished=not job.collected or job.status != "completed",
    )


def _half_written(wellspring: Wellspring, job_id: str) -> Iterator[Path]:
    places = wellspring.settings.places
    for folder in (places.inputs(job_id), places.outputs(job_id)):
        yield from folder.glob("*.tmp")


def answers_of(wellspring: Wellspring, job_id: str) -> Answers:
    """All answers of a job as the results tell them, by their place in it."""
    results = wellspring.results(job_id)
    with results.index:
        by_section = results.as_dict({})["results_by_section"]
    return {
        (section, prompt_type): entry
        for section, entries in by_section.items()
        for prompt_type, entry in entries.items()
    }
