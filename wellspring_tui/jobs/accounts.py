"""What jobs used and cost: told of one while it is collected, and of all whenever asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.tariffs import Tariffs
from wellspring_tui.errors import InputError, StorageError
from wellspring_tui.jobs.model import INDEX_NAME, part_file_name
from wellspring_tui.jobs.usage import sum_up
from wellspring_tui.jobs.usage_report import GROUPINGS, UsageReport, UsageRow, rows_of_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from wellspring_tui.answers.tariffs import Tariff
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.jobs.usage_report import By
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress


class Accounts:
    """Sums up jobs and reports on the sums."""

    def __init__(
        self,
        ledger: Ledger,
        places: Places,
        tariff: Callable[[Job], Callable[[str, bool], Tariff]],
    ) -> None:
        """`tariff` gives today's prices for the requests of a job."""
        self._ledger = ledger
        self._places = places
        self._tariff = tariff

    def used(self, job: Job, parts: Sequence[Part], index: AnswerIndex) -> JobUsage:
        """What a job has used, as far as its answers are in its index."""
        summed = sum_up(job, parts, index, self.tariffs(job))
        return replace(summed, lengths=tuple(index.lengths()))

    def tariffs(self, job: Job) -> Tariffs:
        """The prices a job was charged by; today's where it has not been charged yet."""
        kept = self._ledger.usage.tariffs(job.id)
        return Tariffs(
            self._tariff(job),
            {key: one for key, one in kept.items() if one.charged},
            frozenset(self._real_time_files(job)),
        )

    def _real_time_files(self, job: Job) -> Iterator[str]:
        if not job.real_time_parts:
            return
        for part in self._ledger.parts(job.id):
            if part.real_time:
                yield part_file_name(part.number, "output")
                yield part_file_name(part.number, "error")

    def report(
        self, by: By, since: date | None, until: date | None, job: Job | None, progress: Progress
    ) -> UsageReport:
        """Tokens and money under headings. Raises InputError for headings there are none of."""
        if by not in GROUPINGS:
            raise InputError(f"usage is told by {', '.join(GROUPINGS)}, not by “{by}”")
        if by == "type" and job is None:
            raise InputError(
                "usage by prompt type is told of one job", todo="Name the job, or ask by section."
            )
        uncounted = self._catch_up(progress)
        job_id = None if job is None else job.id
        if by == "type" and job is not None:
            rows = self._by_type(job, since, until)
        else:
            rows = self._ledger.usage.rows(by, since, until, job_id)
        jobs, estimated = self._ledger.usage.jobs(since, until, job_id)
        none = UsageRow("", "all", jobs, estimated_input_tokens=estimated)
        return UsageReport(by, tuple(rows), sum(rows, none), since, until, job_id, uncounted)

    def _by_type(self, job: Job, since: date | None, until: date | None) -> list[UsageRow]:
        with AnswerIndex(self._places.outputs(job.id) / INDEX_NAME) as index:
            parts = self._ledger.parts(job.id)
            return rows_of_job(
                sum_up(job, parts, index, self.tariffs(job), by="prompt_type"), since, until
            )

    def _catch_up(self, progress: Progress) -> int:
        """Sum up the jobs of which nothing is noted; how many can't be, for want of an index."""
        gone = 0
        for count, job_id in enumerate(self._ledger.usage.uncounted()):
            progress.step("Summing up jobs", count)
            job, parts = self._ledger.job(job_id), self._ledger.parts(job_id)
            try:
                with AnswerIndex(self._places.outputs(job_id) / INDEX_NAME) as index:
                    self._ledger.usage.write(self.used(job, parts, index))
            except StorageError:
                gone += 1
        return gone
