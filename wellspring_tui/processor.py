"""Batch jobs step by step, in a script or a notebook.

    processor = WellspringBatchProcessor()
    results = processor.run_complete_batch_workflow("prompts.json")

Every step may be called alone, in this process or another: what a step needs to know
stands in the ledger and in the files beside it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from wellspring_tui.errors import (
    CredentialsError,
    InputError,
    JobNotFoundError,
    PromptsFileError,
    ServiceError,
)
from wellspring_tui.jobs.as_batch import JobBatch, as_batch, id_of, refuse_unanswered
from wellspring_tui.jobs.milestones import (
    all_collected_or_one_runs,
    all_created_or_waiting,
    all_uploaded,
    refuse_ended_unsent,
)
from wellspring_tui.jobs.spending import limit_from
from wellspring_tui.progress import Progress
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.text import one_line
from wellspring_tui.wellspring import Wellspring

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from typing import Self

    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.prompts.model import RequestOptions

    AnyPath: TypeAlias = str | os.PathLike[str]
    AnyBatch: TypeAlias = str | JobBatch | Mapping[str, Any]
    Heard: TypeAlias = Callable[[str, int, int | None], None]

__all__ = ["JobBatch", "WellspringBatchProcessor"]

_RAW_LINES = "answers.jsonl"


class WellspringBatchProcessor:
    """Carries prompts files through the Batch API, all at once or one step at a time.

    Override `format_prompts_for_batch_api` to change what is sent. One object may be used
    from several threads, and several may share a home. Methods raise the errors of
    `wellspring_tui.errors`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        service: str | None = None,
        home: AnyPath | None = None,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        system: str | None = None,
        endpoint: str | None = None,
        window: str | None = None,
        template: str | None = None,
        max_cost: Decimal | float | str | None = None,
        schema: AnyPath | Mapping[str, Any] | None = None,
        now: bool = False,
        output_expires_after: str | None = None,
        progress: Heard | None = None,
        patience_seconds: float = 300.0,
    ) -> None:
        """What is not given is as the settings say.

        `api_key` is used by this object only and never written anywhere. `service="local"`
        needs none. `template` is the prompt of every row of a table, its columns in braces.
        `schema` is a JSON Schema, or a file of one, that answers are asked to fit; those that
        do not are told with `off_schema` in the results. With `now` jobs wait for no batch:
        they are answered in real time, at that price. What may cost more than `max_cost`
        dollars is not sent. `progress` hears (what is done, how much, of how much if known).
        `patience_seconds` is how long an upload or a creation goes on trying a service that
        does not answer.

        Raises SettingsError, InputError, StorageError. A missing key is told by the first step
        that needs it.
        """
        self._door = Wellspring.open(home, service=service, api_key=api_key)
        self._options = self._door.request_options(
            model=model,
            temperature=temperature,
            max_tokens=max_tokens,
            system=system,
            endpoint=endpoint,
            window=window,
            template=template,
            schema=schema,
            output_expires_after=output_expires_after,
        )
        self._max_cost = limit_from(max_cost)
        self._now = now
        self._progress = Progress() if progress is None else Progress(progress)
        self._patience_seconds = patience_seconds
        self._numbers = count(1)
        self._headings: dict[str, tuple[str, str]] = {}

    def close(self) -> None:
        """Close ledger and connections now; else they are when this object goes."""
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def wellspring(self) -> Wellspring:
        """The same jobs through the newer API."""
        return self._door

    @property
    def options(self) -> RequestOptions:
        """Model, temperature and so on, as prompts are sent with."""
        return self._options

    # -- in --------------------------------------------------------------------

    def load_visual_batch_prompts(self, path: AnyPath) -> Any:
        """The whole prompts JSON, parsed: an object, or a plain list of prompts.

        Raises PromptsFileError for a bad one.
        """
        from wellspring_tui.prompts.tasks import parsed

        file = Path(path)
        found = self._door.check(file, self._options, self._progress)
        if found.kind in (FileKind.REQUESTS, FileKind.ROWS):
            raise PromptsFileError(
                f"this is a file of {found.kind.value}, not of prompts",
                where=one_line(str(file)),
                todo="upload_batch_file takes ready-made requests, "
                "run_complete_batch_workflow a table.",
            )
        found.raise_if_unsendable()
        return parsed(file)

    def format_prompts_for_batch_api(self, batch_data: Any) -> list[dict[str, Any]]:
        """A batch request for each prompt of a parsed prompts JSON; blank ones are skipped.

        Override it to change bodies, leave tasks out or add some. Section and prompt type of
        a task stay known, whatever becomes of it. Raises PromptsFileError.
        """
        from wellspring_tui.prompts.tasks import tasks_of

        tasks = tasks_of(batch_data, self._options, self._numbers)
        # For those that are copied into plain dicts.
        self._headings.update((task["custom_id"], task.headings) for task in tasks)
        return list[dict[str, Any]](tasks)

    def create_batch_file(self, tasks: Sequence[dict[str, Any]]) -> Path:
        """Write tasks to a new JSONL file below the home's `input`, for its owner alone.

        Raises InputError when a service would refuse one of them; then no file is left.
        """
        from wellspring_tui.prompts.tasks import write_tasks

        return write_tasks(tasks, self._headings, self._inputs)

    # -- carried ---------------------------------------------------------------

    def upload_batch_file(self, path: AnyPath) -> str:
        """Upload a JSONL file of requests; the id it has on the service.

        It is a job in the ledger from now on, which waits for `create_batch_job`. A file too
        large for one batch becomes several: the id is that of the first one, and stands for all.
        Raises InputError, CredentialsError, ServiceError; then there is no such job.
        """
        from wellspring_tui.prompts.opening import open_prompts

        file = Path(path)
        if open_prompts(file).kind is not FileKind.REQUESTS:
            raise PromptsFileError(
                "this is no JSONL file of batch requests",
                where=one_line(str(file)),
                todo="create_batch_file makes one, run_complete_batch_workflow does it all.",
            )
        job = self._submit(file, file, hold_creation=True)
        try:
            parts = self._carry(job, all_uploaded)
            refuse_ended_unsent(parts)
        except BaseException:
            # Nobody will hear of its file id: it must not wait for ever.
            self._give_up(job)
            raise
        return str(parts[0].input_file_id)

    def create_batch_job(self, file_id: str, description: str | None = None) -> JobBatch:
        """Create the batch of an uploaded file, or find the one that was created before.

        Calling it again, also after a crash or a lost answer, never makes a second batch.
        While a service has no room, the batch waits under its job's id, and `monitor_batch_job`
        carries it on. Raises InputError, CredentialsError, ServiceError.
        """
        if not file_id or not file_id.strip():
            raise InputError(
                "expected the id of an uploaded file", todo="upload_batch_file returns it."
            )
        self._need_key()
        job = self._door.ask_for_creation(
            file_id,
            service=self._service,
            description=description,
            progress=self._progress,
        )
        try:
            parts = self._carry(job, all_created_or_waiting)
        except KeyboardInterrupt:
            raise self._interrupted(job) from None
        except ServiceError as failure:
            failure.todo = (
                f"The job {job.id} is kept: create_batch_job({file_id!r}) goes on with it, and "
                "creates no second batch."
            )
            raise
        refuse_ended_unsent(parts)
        return self._batch(job)

    def get_batch_status(self, job_id: AnyBatch) -> dict[str, Any]:
        """How a job stands now; its service is asked.

        `job_id` may be a job's id, a batch's id, or what another step returned.
        `["status"]`, `["request_counts"]` (`total`, `completed`, `failed`), `["batch_ids"]` and
        so on; `["trouble"]` says why the service could not be asked, if so. A batch made
        elsewhere is adopted. Raises JobNotFoundError, CredentialsError.
        """
        job = self._known(job_id)
        trouble = None if job.collected else self._look(job)
        return {**self._batch(job).as_dict(), "trouble": trouble and str(trouble)}

    def list_batch_jobs(self, limit: int | None = None) -> list[dict[str, Any]]:
        """All jobs, or the last ones, newest first: each as `get_batch_status` tells it.

        They are as they were when they were last looked at; no service is asked.
        """
        return [self._batch(job).as_dict() for job in self._door.jobs(stop=limit)]

    def monitor_batch_job(self, job_id: AnyBatch, check_interval: float | None = None) -> JobBatch:
        """Wait until a job is over and its answers are on disk, by its id or a batch id.

        Its service is asked every `check_interval` seconds: 60, unless the settings say
        otherwise, and more often on the built-in service. A service that does not answer is
        asked again until it does. After KeyboardInterrupt the job goes on. Raises
        JobNotFoundError, CredentialsError, RefusedError.
        """
        job = self._known(job_id)
        if not job.collected:
            self._watch(job, check_interval)
        return self._batch(job)

    def cancel_batch_job(self, job_id: AnyBatch) -> JobBatch:
        """Cancel a job; what was answered by then can be had. Raises InputError if it is over."""
        job = self._door.cancel(self._known(job_id).id)
        self._look(job)
        return self._batch(job)

    def retry_batch_job(
        self, job_id: AnyBatch, *, max_cost: Decimal | float | str | None = None
    ) -> JobBatch:
        """Send what has no answer again, as part of the same job. Raises InputError.

        `max_cost` (dollars) is what the job may cost in all from now on.
        """
        limit = limit_from(max_cost)
        sent = self._door.retry(self._known(job_id).id, max_cost=limit, progress=self._progress)
        self._look(sent.job)
        return self._batch(sent.job)

    # -- out -------------------------------------------------------------------

    def download_results(self, batch: object) -> Path:
        """The service's own lines of a job that is over, in one JSONL file; where it is.

        `batch` is what the other steps return, or the id of a job or a batch. Failed requests
        have their line too. Waits for answers that another process is fetching just now.
        Raises InputError while the job runs.
        """
        from wellspring_tui.answers.raw_lines import write_raw_lines

        job = self._known(batch)
        trouble = None if job.collected else self._look(job)
        if trouble is None and not all_collected_or_one_runs(self._door.ledger.parts(job.id)):
            self._carry(job, all_collected_or_one_runs)
        job = self._door.job(job.id)
        if not job.collected:
            if trouble is not None:
                raise trouble
            raise InputError(
                f"the job {job.id} still runs ({one_line(job.status, 20)})",
                todo="monitor_batch_job waits for its end.",
            )
        results = self._door.results(job.id)
        path = results.outputs / _RAW_LINES
        with results.index:
            write_raw_lines(results, path)
        return path

    def process_results(self, path: AnyPath) -> dict[str, Any]:
        """The answers by section and prompt type, out of a downloaded file.

            {"total_results": 9, "results_by_section": {section: {prompt type:
             {"response", "usage", "model", …}}}, "failures": […], "timestamp": …}

        Of a file from `download_results` the job knows the sections; of any other output or
        error file its custom_ids tell them. Raises InputError.
        """
        from wellspring_tui.jobs.loose_files import results_of_file

        file = Path(path)
        job = self._door.job_of_output(file)
        if job is None:
            return results_of_file(file, self._progress)
        results = self._door.results(job.id)
        with results.index:
            return results.as_dict(self._door.about(job))

    def run_complete_batch_workflow(self, path: AnyPath) -> dict[str, Any]:
        """Everything: from a prompts file to the answers, as `process_results` tells them.

        Of a prompts JSON it uses this object's `format_prompts_for_batch_api`, of a table its
        template. The job is in the ledger before anything is sent: when the process ends
        half-way, the dashboard, `wellspring watch` or `monitor_batch_job` carry it on. Raises
        PromptsFileError, CredentialsError, and RefusedError when the service refused it all.
        """
        self._need_key()
        prompts = Path(path)
        if self._is_table(prompts):
            job = self._submit(prompts, prompts, self._options)
        else:
            tasks = self.format_prompts_for_batch_api(self.load_visual_batch_prompts(prompts))
            job = self._submit(self.create_batch_file(tasks), prompts)
        batch = self.monitor_batch_job(job.id)
        refuse_unanswered(batch)
        return self.process_results(self.download_results(batch))

    # -- inside ----------------------------------------------------------------

    @property
    def _service(self) -> str:
        return self._door.settings.service

    @property
    def _inputs(self) -> Path:
        return self._door.settings.places.data / "input"

    def _need_key(self) -> None:
        """Raises CredentialsError, in this API's words, when nothing could be sent."""
        profile = self._door.settings.profile()
        if self._door.settings.has_key(profile):
            self._door.settings.key(profile)
            return
        raise CredentialsError(
            f"there is no API key for the service {profile.name}",
            todo=f'Set {profile.key_variable}, give api_key=…, or service="local" for the '
            "built-in service.",
        )

    def _is_table(self, path: Path) -> bool:
        from wellspring_tui.prompts.opening import open_prompts

        with_template = self._options.template is not None
        return open_prompts(path, with_template=with_template).kind is FileKind.ROWS

    def _submit(
        self,
        tasks_file: Path,
        source: Path,
        options: RequestOptions | None = None,
        *,
        hold_creation: bool = False,
    ) -> Job:
        from wellspring_tui.prompts.tasks import headings_beside

        self._need_key()
        ours = tasks_file.absolute().parent == self._inputs.absolute()
        return self._door.submit(
            tasks_file,
            # By now template and schema stand in the tasks themselves.
            options or replace(self._options, template=None, schema=None),
            source=source,
            filed=headings_beside(tasks_file) if ours else None,
            hold_creation=hold_creation,
            max_cost=self._max_cost,
            now=self._now,
            progress=self._progress,
        )

    def _known(self, batch: object) -> Job:
        """A job by its id, a batch id or what a step returned; one made elsewhere is adopted."""
        job_id = id_of(batch)
        try:
            return self._door.job(job_id)
        except JobNotFoundError:
            if not job_id.startswith("batch"):
                raise
        self._need_key()
        (job,) = self._door.adopt([job_id], progress=self._progress)
        return job

    def _look(self, job: Job) -> ServiceError | None:
        """One round over the service of a job; why it could not be asked, if so."""
        failure = self._door.tick(self._progress, service=job.service).failure_of(job)
        if isinstance(failure, CredentialsError):
            raise failure
        if failure is None or isinstance(failure, ServiceError):
            return failure
        raise failure

    def _batch(self, job: Job) -> JobBatch:
        return as_batch(self._door.job(job.id), self._door.ledger.parts(job.id))

    def _carry(self, job: Job, reached: Callable[[Sequence[Part]], bool]) -> Sequence[Part]:
        return self._door.carry_until(
            job.id, reached, patience_seconds=self._patience_seconds, progress=self._progress
        )

    def _watch(self, job: Job, interval_seconds: float | None) -> None:
        def troubled(failure: Exception | None) -> None:
            said = "the service answers again" if failure is None else one_line(str(failure))
            self._progress.report(said, 0, None)

        try:
            self._door.watch(
                job.id, self._progress, troubled=troubled, interval_seconds=interval_seconds
            )
        except KeyboardInterrupt:
            raise self._interrupted(job) from None

    def _interrupted(self, job: Job) -> KeyboardInterrupt:
        """Ctrl-C stays Ctrl-C, but tells what becomes of the job."""
        return KeyboardInterrupt(
            f"stopped; the job {job.id} is kept. monitor_batch_job({job.id!r}) or "
            f"`wellspring watch {job.id}` carries it on."
        )

    def _give_up(self, job: Job) -> None:
        """Take back a job that was only to be uploaded."""
        if not self._door.job(job.id).collected:
            self._door.cancel(job.id)
            self._door.tick(service=job.service)
