"""What the ledger tells of jobs, and what people write into it; no service is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import ADOPTED, IMPORTED
from wellspring_tui.jobs.outlook import Outlooks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, JobDetail, JobsQuery, Offer, Outlook
    from wellspring_tui.jobs.ordering import OrderedJobs
    from wellspring_tui.settings import Settings


class Records:
    """The half of Wellspring that needs nothing but the ledger."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings = settings
        self.ledger = ledger
        self._outlooks = Outlooks(ledger.history, self._runs_here)

    def _runs_here(self, service: str) -> bool:
        profile = self.settings.services.get(service)
        return profile is not None and profile.is_quick

    def refuse_if_read_only(self) -> None:
        """Raises InputError when jobs may only be looked at: call it before changing any."""
        if self.settings.read_only:
            raise InputError(
                "Wellspring is open read only: jobs are neither sent nor changed",
                todo="Start it without --read-only.",
            )

    def jobs(
        self, query: JobsQuery | None = None, start: int = 0, stop: int | None = None
    ) -> list[Job]:
        """Jobs in the ledger, newest first unless asked otherwise."""
        return self.ledger.jobs(query, start, stop)

    def count_jobs(self, query: JobsQuery | None = None) -> int:
        """How many jobs are in the ledger, or answer to a query."""
        return self.ledger.count_jobs(query)

    def damage(self) -> str | None:
        """What is wrong with the ledger's file; None when nothing is. It is read whole."""
        return self.ledger.damage()

    def job_ids(self, query: JobsQuery) -> list[str]:
        """The ids of all jobs of a query, in its order."""
        return self.ledger.job_ids(query)

    def ordered(self, query: JobsQuery) -> OrderedJobs:
        """The jobs of a query, page by page, in its order as it is now."""
        return self.ledger.orderings.of(query)

    def outlooks(self, jobs: Iterable[Job], now: datetime) -> dict[str, Outlook]:
        """What is to be expected of open jobs, by id; without those nothing is known of."""
        return self._outlooks.of(jobs, now)

    def expiring(self, jobs: Iterable[Job], now: datetime) -> dict[str, datetime]:
        """Open jobs of which answers soon expire on their service, by id, and when.

        Those too of which some have expired already.
        """
        return self.ledger.expiring.soon(jobs, now)

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
        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        self.ledger.labels.edit(job.id, name=name, tags=tags, notes=notes)
        return self.ledger.job(job.id)

    def offers(self) -> list[Offer]:
        """Batches made elsewhere that were seen on services and not declined, newest first."""
        return self.ledger.offers.current()

    def decline_offers(self, batch_ids: Iterable[str]) -> None:
        """Offer these batches no more; `adopt` takes them all the same."""
        self.refuse_if_read_only()
        self.ledger.offers.decline(batch_ids)

    def recent_files(self, limit: int = 3) -> list[Path]:
        """The prompts files of the last jobs that are still there, newest first."""
        sources = dict.fromkeys(
            Path(job.source)
            for job in self.ledger.jobs(stop=20)
            if job.kind not in (ADOPTED, IMPORTED)  # these were made of no prompts file
        )
        # Unlike Path.is_file, this says no of what can't be looked at.
        return [path for path in sources if os.path.isfile(path)][:limit]  # noqa: PTH113

    def recent_models(self) -> list[str]:
        """The models that the last jobs asked, the latest first."""
        options = (job.options for job in self.ledger.jobs(stop=50))
        return list(dict.fromkeys(one.model for one in options if one is not None))
