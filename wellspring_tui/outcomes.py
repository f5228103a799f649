"""What came of jobs: answers, comparisons, exports, tokens and money; no service is asked."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wellspring_tui.errors import JobNotFoundError, StorageError
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import INDEX_NAME, NO_SERVICE, Job
from wellspring_tui.progress import Progress
from wellspring_tui.records import Records

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from datetime import date

    from wellspring_tui.answers.comparing import Comparison
    from wellspring_tui.answers.exports.source import Source
    from wellspring_tui.answers.model import Totals
    from wellspring_tui.answers.money import PriceList
    from wellspring_tui.answers.plain import PlainAnswer
    from wellspring_tui.answers.prices import Prices
    from wellspring_tui.answers.results import Results
    from wellspring_tui.answers.tariffs import Tariff, Tariffs
    from wellspring_tui.jobs.accounts import Accounts
    from wellspring_tui.jobs.usage_report import By, UsageReport
    from wellspring_tui.settings import Settings


class Outcomes(Records):
    """The half of Wellspring that reads what is on disk."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, Ledger(settings.places.ledger))

    def results(self, job_id: str) -> Results:
        """A job's answers, as far as they have come; close its `index` after use."""
        from wellspring_tui.answers.index import AnswerIndex
        from wellspring_tui.answers.results import Results

        job = self.ledger.job(job_id)
        places = self.settings.places
        index = AnswerIndex(places.outputs(job.id) / INDEX_NAME)
        tariffs = self._accounts.tariffs(job)
        return Results(
            index,
            places.inputs(job.id),
            places.outputs(job.id),
            cost_of=lambda answer: tariffs.cost_of(answer).charged.whole,
        )

    def totals(self, job_id: str) -> Totals | None:
        """What came of a job's requests, as far as it has come; of a large job work for a thread.

        None when the index of its answers can't be read. Raises JobNotFoundError.
        """
        try:
            with self.results(job_id).index as index:
                return index.totals()
        except StorageError:
            return None

    def job_of_output(self, path: Path) -> Job | None:
        """The job that a file in an output folder belongs to; None for a file from elsewhere."""
        folder = path.resolve().parent
        if not path.is_file() or folder.parent != (self.settings.places.data / "output").resolve():
            return None
        try:
            return self.ledger.job(folder.name)
        except JobNotFoundError:
            return None

    def answers(self, job_id: str) -> Iterator[PlainAnswer]:
        """Every request of a job with its prompt and what came of it, section by section.

        Failed and missing ones too; of a job that still runs, as far as its answers have come.
        One after the other is read. Raises JobNotFoundError, StorageError.
        """
        from wellspring_tui.answers.plain import plain_answers

        return plain_answers(self.results(job_id))

    def compare(self, left_id: str, right_id: str) -> Comparison:
        """Two jobs side by side, to be closed after use. Work for a thread."""
        from wellspring_tui.answers.comparing import Comparison

        jobs = self.ledger.job(left_id), self.ledger.job(right_id)
        with ExitStack() as opened:
            sides = []
            for job in jobs:
                sides.append(self.results(job.id))
                opened.callback(sides[-1].index.close)
            left, right = sides
            made = Comparison(left, right, costs=(jobs[0].cost, jobs[1].cost))
            opened.pop_all()  # they are closed with the comparison
            return made

    def export(
        self,
        job_id: str,
        path: str | os.PathLike[str],
        format: str | None = None,  # noqa: A002 - what everybody calls it
        progress: Progress | None = None,
        *,
        prompts: bool = False,
        replace: bool = False,
    ) -> Path:
        """Write a job's answers to a file, which appears whole or not at all; where it is.

        The formats are json, jsonl, csv, markdown, html and parquet; without one it is as the
        file's name ends, or else json. With `prompts` they stand beside their answers. Raises
        JobNotFoundError, StorageError, and InputError, also when the file is there and `replace`
        is not asked for.
        """
        from wellspring_tui.answers.exports.formats import FORMATS, export, format_of

        to = Path(path)
        name = format or (format_of(to) or FORMATS["json"]).name
        with self._exported(job_id, progress, prompts=prompts) as source:
            return export(source, to, name, replace=replace)

    def write_results(
        self,
        job_id: str,
        to: IO[bytes],
        format: str = "json",  # noqa: A002
        progress: Progress | None = None,
        *,
        prompts: bool = False,
    ) -> None:
        """The same, written to an open file or a pipe as a stream."""
        from wellspring_tui.answers.exports.formats import format_named

        with self._exported(job_id, progress, prompts=prompts) as source:
            format_named(format).write(source, to)

    @contextmanager
    def _exported(
        self, job_id: str, progress: Progress | None, *, prompts: bool
    ) -> Iterator[Source]:
        from wellspring_tui.answers.exports.source import Source

        job = self.ledger.job(job_id)
        results = self.results(job.id)
        with results.index:
            yield Source(results, self.about(job), prompts, progress or Progress())

    def about(self, job: Job) -> dict[str, Any]:
        """What the results tell of their job."""
        detail = self.ledger.detail(job.id)
        batches = [part.batch_id for part in detail.parts if part.batch_id]
        return {
            "job_id": job.id,
            "name": job.name,
            "status": job.status,
            "service": job.service,
            "answered_by": detail.answered_by,
            "batch_ids": batches,
            "cost_usd": None if job.cost is None else str(job.cost),
        }

    def usage(
        self,
        by: By = "job",
        since: date | None = None,
        until: date | None = None,
        job_id: str | None = None,
        progress: Progress | None = None,
    ) -> UsageReport:
        """Tokens and money by `job`, `day`, `model`, `section`, `type` or `service`.

        Over all jobs, or of one; from the day `since` to the day `until`, in local time. By
        `type` (of prompt) goes for one job only. Raises InputError, JobNotFoundError.
        """
        job = self.ledger.job(job_id) if job_id is not None else None
        return self._accounts.report(by, since, until, job, progress or Progress())

    def tariffs(self, job_id: str) -> Tariffs:
        """The prices a job is charged by, to tell what each of its answers cost."""
        return self._accounts.tariffs(self.ledger.job(job_id))

    @cached_property
    def _prices(self) -> Prices:
        from wellspring_tui.answers.prices import Prices

        return Prices(self.settings.places.data / "prices.json")

    @cached_property
    def _accounts(self) -> Accounts:
        from wellspring_tui.jobs.accounts import Accounts

        return Accounts(self.ledger, self.settings.places, self._tariff)

    def _tariff(self, job: Job) -> Callable[[str, bool], Tariff]:
        """Today's prices for the requests of a job."""
        from wellspring_tui.answers.tariffs import free_of_charge, in_a_batch

        if job.service == NO_SERVICE:
            # What was imported is priced as if OpenAI had answered it.
            return in_a_batch(self._prices)
        if self.settings.profile(job.service).is_local:
            return free_of_charge
        return in_a_batch(self._prices, self._price_list(job.service))

    def _price_list(self, service: str | None) -> PriceList:
        """Whose prices a service takes."""
        from wellspring_tui.answers.money import PriceList

        profile = self.settings.profile(service)
        factor = None if profile.batch_price is None else Decimal(str(profile.batch_price))
        return PriceList(profile.prices, factor)
