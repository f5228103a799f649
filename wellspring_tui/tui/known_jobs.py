"""Jobs by their ids, as far as they are still there: any process may forget one meanwhile."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wellspring_tui.errors import JobNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring


def known_jobs(door: Wellspring, ids: Iterable[str]) -> list[Job]:
    """The jobs of these ids; one that was taken out of the ledger meanwhile is left out."""
    jobs = []
    for job_id in ids:
        with suppress(JobNotFoundError):
            jobs.append(door.job(job_id))
    return jobs
