"""Wellspring, the one door: all four faces come in here.

Rooms are entered, and imported, when something is first wanted of them: a list of
jobs needs the ledger and nothing else.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import INDEX_NAME, NO_SERVICE, Job, Round
from wellspring_tui.jobs.outlook import Outlooks
from wellspring_tui.progress import Progress
from wellspring_tui.services.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.answers.index import AnswerIndex
    from wellspring_tui.answers.prices import Prices
    from wellspring_tui.answers.results import Results
    from wellspring_tui.jobs.conductor import Conductor
    from wellspring_tui.jobs.model import JobDetail, JobsQuery, Offer, Outlook
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.jobs.retrying import Retry
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.jobs.submitting import Submitter
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.prompts.model import RequestOptions
    from wellspring_tui.settings import Settings


class Wellspring:
    """Check prompts files, submit them, carry the jobs, read the answers.

    Methods raise errors of `wellspring_tui.errors`. One object may be used from several
    threads; several processes may use one home.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.places.ledger)
        self._outlooks = Outlooks(self.ledger.history)
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
        max_cost: Decimal | None = None,
        progress: Progress | None = None,
    ) -> Job:
        """Make a job of a prompts file. It is in the ledger when this returns; `tick` sends it.

        `max_cost` (dollars) goes before the limit in the settings. Raises PromptsFileError
        for a file with problems, CredentialsError without a key, InputError for a job that
        may cost more.
        """
        from wellspring_tui.jobs.labels import clean_tags

        submitter = self._submitter(service)
        self.settings.key(submitter.profile)
        return submitter.submit(
            path,
            options,
            name=name,
            description=description,
            tags=clean_tags(tags),
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
            collector=Collector(self.ledger, self.settings.places, self._price),
            interval_seconds=self._interval_seconds,
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

    def cancel(self, job_id: str) -> Job:
        """Ask to cancel a job, its waiting parts included. Raises InputError if it is over."""
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

        wanted = list(dict.fromkeys(batch_ids))
        for batch_id in wanted:
            self.ledger.arrivals.refuse_known(batch_id)
        profile = self.settings.profile(service)
        adopter = Adopter(
            self.ledger, self.settings.places, self._connections.to(profile.name), profile.name
        )
        return adopter.adopt(wanted, progress or Progress())

    def offers(self) -> list[Offer]:
        """Batches made elsewhere that were seen on services and not declined, newest first."""
        return self.ledger.offers.current()

    def look_for_batches(
        self, service: str | None = None, progress: Progress | None = None
    ) -> list[Offer]:
        """Look through all batches of a service for those made elsewhere. Raises ServiceError."""
        name = self.settings.profile(service).name
        return self.ledger.offers.found(name, self._connections.to(name), progress or Progress())

    def decline_offers(self, batch_ids: Iterable[str]) -> None:
        """Offer these batches no more; `adopt` takes them all the same."""
        self.ledger.offers.decline(batch_ids)

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

        importer = Importer(self.ledger, self.settings.places, self._price)
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
        return Results(index, places.inputs(job.id), places.outputs(job.id))

    def export_json(self, job_id: str, path: Path, progress: Progress | None = None) -> None:
        """Write a job's results to `path`, which appears whole or not at all.

        Raises InputError or StorageError when it can't be written.
        """
        from wellspring_tui.saving import writable, written_whole

        job = self.ledger.job(job_id)
        results = self.results(job_id)
        with results.index, written_whole(writable(path)) as file:
            results.write_json(file, self.about(job), progress)

    def recent_files(self, limit: int = 3) -> list[Path]:
        """The prompts files of the last jobs that are still there, newest first."""
        sources = dict.fromkeys(Path(job.source) for job in self.ledger.jobs(stop=20))
        # Unlike Path.is_file, this says no of what can't be looked at.
        return [path for path in sources if os.path.isfile(path)][:limit]  # noqa: PTH113

    def recent_models(self) -> list[str]:
        """The models that the last jobs asked, the latest first."""
        options = (job.options for job in self.ledger.jobs(stop=50))
        return list(dict.fromkeys(one.model for one in options if one is not None))

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

    def _price(self, job: Job, index: AnswerIndex) -> Decimal | None:
        from wellspring_tui.answers.money import batch_cost

        # What was imported is priced as if OpenAI had answered it.
        if job.service != NO_SERVICE and self.settings.profile(job.service).is_local:
            return Decimal(0)
        return batch_cost(index.models())
