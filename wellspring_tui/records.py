"""What the ledger tells of jobs, and what people write into it; no service is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.jobs.outlook import Outlooks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, JobDetail, JobsQuery, Offer, Outlook


class Records:
    """The half of Wellspring that needs nothing but the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._outlooks = Outlooks(ledger.history)

    def jobs(
        self, query: JobsQuery | None = None, start: int = 0, stop: int | None = None
    ) -> list[Job]:
        """Jobs in the ledger, newest first unless asked otherwise."""
        return self.ledger.jobs(query, start, stop)

    def count_jobs(self, query: JobsQuery | None = None) -> int:
        """How many jobs are in the ledger, or answer to a query."""
        return self.ledger.count_jobs(query)

    def job_ids(self, query: JobsQuery) -> list[str]:
        """The ids of all jobs of a query, in its order."""
        return self.ledger.job_ids(query)

    def position(self, query: JobsQuery, job_id: str) -> int | None:
        """Where a job stands in a query, from 0; None when it is not among its jobs."""
        return self.ledger.position(query, job_id)

    def outlooks(self, jobs: Iterable[Job], now: datetime) -> dict[str, Outlook]:
        """What is to be expected of open jobs, by id; without those nothing is known of."""
        return self._outlooks.of(jobs, now)

    def answered_over_time(self, job_id: str, cells: int, now: datetime | None = None) -> list[int]:
        """Answered and failed at `cells` moments from a job's creation to its end, or to `now`.

        [] when nothing is known.
        """
        return self.ledger.history.answered_over_time(self.ledger.job(job_id), cells, now)

    def job(self, job_id: str) -> Job:
        """One job, by its id or a batch id. Raises JobNotFoundError."""
        return self.ledger.job(job_id)

    def detail(self, job_id: str) -> JobDetail:
        """One job with its parts and timeline. Raises JobNotFoundError."""
        return self.ledger.detail(job_id)

    def edit(
        self,
        job_id: str,
        *,
        name: str | None = None,
        tags: Iterable[str] | None = None,
        notes: str | None = None,
    ) -> Job:
        """Change what is given (and not None) of a job's labels; empty notes are none.

        Raises InputError for an empty name or a tag of more than 40 characters.
        """
        job = self.ledger.job(job_id)
        self.ledger.labels.edit(job.id, name=name, tags=tags, notes=notes)
        return self.ledger.job(job.id)

    def offers(self) -> list[Offer]:
        """Batches made elsewhere that were seen on services and not declined, newest first."""
        return self.ledger.offers.current()

    def decline_offers(self, batch_ids: Iterable[str]) -> None:
        """Offer these batches no more; `adopt` takes them all the same."""
        self.ledger.offers.decline(batch_ids)
