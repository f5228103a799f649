"""Wellspring, the one door: all four faces come in here.

Rooms are entered, and imported, when something is first wanted of them: a list of
jobs needs the ledger and nothing else.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import INDEX_NAME, NO_SERVICE, Job, Round
from wellspring_tui.progress import Progress
from wellspring_tui.records import Records
from wellspring_tui.services.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from decimal import Decimal

    from wellspring_tui.answers.comparing import Comparison
    from wellspring_tui.answers.exports.source import Source
    from wellspring_tui.answers.prices import Prices
    from wellspring_tui.answers.results import Results
    from wellspring_tui.answers.tariffs import Tariff, Tariffs
    from wellspring_tui.jobs.accounts import Accounts
    from wellspring_tui.jobs.conductor import Conductor
    from wellspring_tui.jobs.model import Offer
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.open_jobs import UnderWay
    from wellspring_tui.jobs.retrying import Retry
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.jobs.submitting import Submitter
    from wellspring_tui.jobs.usage_report import By, UsageReport
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.settings import Settings


class Wellspring(Records):
    """Check prompts files, submit them, carry the jobs, read the answers.

    Methods raise errors of `wellspring_tui.errors`. One object may be used from several
    threads; several processes may use one home.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, Ledger(settings.places.ledger))
        self._connections = Connections(settings)

    def close(self) -> None:
        """Close the ledger and the connections."""
        self._connections.close()
        self.ledger.close()

    def __enter__(self) -> Wellspring:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def sample() -> Path:
        """The prompts file that comes with the package."""
        return Path(__file__).with_name("samples") / "garden-handbook.json"

    # -- in --------------------------------------------------------------------

    def request_options(self, **given: object) -> RequestOptions:
        """Request options: what is given (and not None), then what is set, then the defaults."""
        from wellspring_tui.prompts.model import RequestOptions

        chosen = dict(self.settings.request_defaults)
        chosen.update((name, value) for name, value in given.items() if value is not None)
        return RequestOptions(**chosen)  # type: ignore[arg-type]

    def check(
        self, path: Path, options: RequestOptions, progress: Progress | None = None
    ) -> Survey:
        """Read a whole prompts file and tell what is in it; nothing is sent or written.

        Problems are in the survey. Raises PromptsFileError for a file that can't be read.
        """
        return self.needs(path, options, progress=progress).found

    def needs(
        self,
        path: Path,
        options: RequestOptions,
        *,
        service: str | None = None,
        progress: Progress | None = None,
    ) -> Needs:
        """`check`, and into which parts a file would be cut, and how a service has room."""
        return self._submitter(service).look(path, options, progress or Progress())

    def needs_again(self, before: Needs, service: str | None = None) -> Needs | None:
        """`needs` of a file that was read already; None when a service cuts it otherwise."""
        return self._submitter(service).look_again(before)

    def estimate(self, found: Survey, service: str | None = None) -> Estimate:
        """What a checked file would cost on a service."""
        from wellspring_tui.jobs.spending import estimate

        return estimate(found, self._prices, free=self.settings.profile(service).is_local)

    def keep_to_limit(
        self, found: Survey, service: str | None = None, max_cost: Decimal | None = None
    ) -> None:
        """Raises InputError when a checked file may cost more than `max_cost` dollars.

        Without `max_cost` the limit of the settings counts, if they have one.
        """
        from wellspring_tui.jobs.spending import keep_to

        limit = self.settings.max_cost if max_cost is None else max_cost
        if limit is not None:
            keep_to(limit, self.estimate(found, service))

    def submit(
        self,
        path: Path,
        options: RequestOptions,
        *,
        service: str | None = None,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] = (),
        source: Path | None = None,
        max_cost: Decimal | None = None,
        progress: Progress | None = None,
    ) -> Job:
        """Make a job of a prompts file. It is in the ledger when this returns; `tick` sends it.

        `source` is the user's own file when `path` is a copy of it. `max_cost` (dollars) goes
        before the limit in the settings. Raises PromptsFileError for a file with problems,
        CredentialsError without a key, InputError for a job that may cost more.
        """
        from wellspring_tui.jobs.labels import clean_tags

        self.refuse_if_read_only()
        submitter = self._submitter(service)
        self.settings.key(submitter.profile)
        return submitter.submit(
            path,
            options,
            name=name,
            description=description,
            tags=clean_tags(tags),
            source=source or path,
            allow=lambda found: self.keep_to_limit(found, service, max_cost),
            progress=progress or Progress(),
        )

    def _submitter(self, service: str | None) -> Submitter:
        from wellspring_tui.jobs.submitting import Submitter

        return Submitter(self.ledger, self.settings.places, self.settings.profile(service))

    def options_for(self, kind: str) -> RequestOptions:
        """Request options as the newest job of that kind of file had them, or as they are set."""
        return self.ledger.labels.options_for(kind) or self.request_options()

    @cached_property
    def _prices(self) -> Prices:
        from wellspring_tui.answers.prices import Prices

        return Prices(self.settings.places.data / "prices.json")

    # -- carried ---------------------------------------------------------------

    @cached_property
    def _conductor(self) -> Conductor:
        from wellspring_tui.jobs.collecting import Collector
        from wellspring_tui.jobs.conductor import Conductor

        return Conductor(
            self.ledger,
            self.settings.places,
            profile=self.settings.profile,
            connect=self._connections.to,
            collector=Collector(self.ledger, self.settings.places, self._accounts.used),
            interval_seconds=self._interval_seconds,
            looks_only=self.settings.read_only,
        )

    def tick(
        self,
        progress: Progress | None = None,
        *,
        only_due: bool = False,
        service: str | None = None,
    ) -> Round:
        """One round over all jobs: refresh, send what can be sent, collect what is done.

        With `only_due`, services that were asked less than their interval ago are left
        alone; with `service`, all but that one are.
        """
        if not self.ledger.open_services():
            return Round(datetime.now(UTC))
        return self._conductor.tick(progress or Progress(), only_due=only_due, service=service)

    def under_way(self) -> UnderWay:
        """How many jobs are not over yet, and the newest of them."""
        return self.ledger.open_jobs.under_way()

    def cancel(self, job_id: str) -> Job:
        """Ask to cancel a job, its waiting parts included. Raises InputError if it is over."""
        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        if job.collected:
            raise InputError(f"the job {job.id} is over already ({job.status})")
        self.ledger.ask_to_cancel(job.id)
        return self.ledger.job(job.id)

    def retry(
        self, job_id: str, *, also_hopeless: bool = False, progress: Progress | None = None
    ) -> Retry:
        """Send what has no answer again, as new parts of the same job; `tick` sends them.

        What can't get better, such as a request with a bad parameter, is left out and told,
        unless `also_hopeless`. Raises InputError while the job runs, or with nothing to send.
        """
        from wellspring_tui.jobs.retrying import retry

        self.refuse_if_read_only()
        job = self.ledger.job(job_id)
        if job.service == NO_SERVICE:
            raise InputError(
                f"the job {job.id} was made of files, so there is no service to send it to",
                todo="Submit its file of requests as a job of its own.",
            )
        profile = self.settings.profile(job.service)
        self.settings.key(profile)
        return retry(
            self.ledger,
            self.settings.places,
            profile,
            job.id,
            also_hopeless=also_hopeless,
            progress=progress or Progress(),
        )

    def adopt(
        self,
        batch_ids: Iterable[str],
        *,
        service: str | None = None,
        progress: Progress | None = None,
    ) -> list[Job]:
        """Make a job of each batch that was made elsewhere; `tick` carries it from there.

        Raises InputError, and adopts none, when one has a job already or is not known.
        """
        from wellspring_tui.jobs.adopting import Adopter

        self.refuse_if_read_only()
        wanted = list(dict.fromkeys(batch_ids))
        for batch_id in wanted:
            self.ledger.arrivals.refuse_known(batch_id)
        profile = self.settings.profile(service)
        adopter = Adopter(
            self.ledger, self.settings.places, self._connections.to(profile.name), profile.name
        )
        return adopter.adopt(wanted, progress or Progress())

    def look_for_batches(
        self, service: str | None = None, progress: Progress | None = None
    ) -> list[Offer]:
        """Look through all batches of a service for those made elsewhere. Raises ServiceError."""
        name = self.settings.profile(service).name
        return self.ledger.offers.found(name, self._connections.to(name), progress or Progress())

    def import_files(
        self,
        output: Path,
        *,
        errors: Path | None = None,
        input: Path | None = None,  # noqa: A002 - the Batch API's own word
        name: str | None = None,
        progress: Progress | None = None,
    ) -> Job:
        """Make a job, ended and collected, of a batch's files on disk; they are copied.

        Without the file of requests the answers' custom_ids tell sections and prompt types.
        Raises InputError for a file that is not what it should be.
        """
        from wellspring_tui.jobs.importing import Importer, ResultFiles

        self.refuse_if_read_only()
        importer = Importer(self.ledger, self.settings.places, self._accounts.used)
        return importer.make_job(ResultFiles(output, errors, input), name, progress or Progress())

    def check_interval_seconds(self, service: str | None = None) -> float:
        """How long to wait between rounds, for one service or for all that are at work."""
        names = [service] if service else self.ledger.open_services()
        return min(map(self._interval_seconds, names), default=self.settings.check_interval_seconds)

    def _interval_seconds(self, service: str) -> float:
        usual = self.settings.check_interval_seconds
        if not self.settings.profile(service).is_local:
            return usual
        return min(usual, self.settings.local_check_interval_seconds)

    def ping(self, service: str | None = None) -> None:
        """Ask a service for its newest batch. Raises ServiceError when that can't be had."""
        connection = self._connections.to(self.settings.profile(service).name)
        next(iter(connection.batches()), None)

    # -- out -------------------------------------------------------------------

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
        path: Path,
        format: str = "json",  # noqa: A002 - what everybody calls it
        progress: Progress | None = None,
        *,
        prompts: bool = False,
        replace: bool = False,
    ) -> Path:
        """Write a job's answers to a file, which appears whole or not at all; where it is.

        The formats are json, jsonl, csv, markdown, html and parquet. Raises InputError, also
        when the file is there and `replace` is not asked for, or StorageError.
        """
        from wellspring_tui.answers.exports.formats import export

        with self._exported(job_id, progress, prompts=prompts) as source:
            return export(source, path, format, replace=replace)

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
        batches = [part.batch_id for part in self.ledger.parts(job.id) if part.batch_id]
        return {
            "job_id": job.id,
            "name": job.name,
            "status": job.status,
            "service": job.service,
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
    def _accounts(self) -> Accounts:
        from wellspring_tui.jobs.accounts import Accounts

        return Accounts(self.ledger, self.settings.places, self._tariff)

    def _tariff(self, job: Job) -> Callable[[str, bool], Tariff]:
        """Today's prices for the requests of a job."""
        from wellspring_tui.answers.tariffs import free_of_charge, in_a_batch

        # What was imported is priced as if OpenAI had answered it.
        if job.service != NO_SERVICE and self.settings.profile(job.service).is_local:
            return free_of_charge
        return in_a_batch(self._prices)
