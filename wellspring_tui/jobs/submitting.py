"""Making a job of a prompts file: its input files are written, then the ledger has it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from wellspring_tui.channels import service_of
from wellspring_tui.jobs.cutting import Cutter, rule_for
from wellspring_tui.jobs.fitting import refuse_unfit
from wellspring_tui.jobs.model import INDEX_NAME, Job, new_job_id
from wellspring_tui.jobs.needs import needs_of
from wellspring_tui.private import make_folder
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.filed import under
from wellspring_tui.prompts.life import life_seconds
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.prompts.opening import open_prompts
from wellspring_tui.text import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.needs import Needs
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.prompts.checking import Survey
    from wellspring_tui.prompts.filed import Headings
    from wellspring_tui.prompts.images import ImageOpener
    from wellspring_tui.prompts.model import Request, RequestOptions
    from wellspring_tui.service_profiles import ServiceProfile


class Submitter:
    """Makes jobs for one service, and looks at what it would make."""

    def __init__(self, ledger: Ledger, places: Places, profile: ServiceProfile) -> None:
        self.profile = profile
        self._ledger = ledger
        self._places = places
        self._queue_of = partial(ledger.limits.queue, profile)

    def look(
        self,
        path: Path,
        options: RequestOptions,
        progress: Progress,
        open_image: ImageOpener | None = None,
    ) -> Needs:
        """Read a prompts file to its end; nothing is written. Raises PromptsFileError."""
        found, requests = _read(path, options, progress, open_image=open_image)
        cutter = Cutter(self.profile, self._queue_of)
        for request in requests:  # the survey fills as they go by
            cutter.place(request)
        rule = rule_for(self.profile, self._queue_of, found.models)
        return needs_of(found, cutter.cuts, self.profile, self._ledger.limits, rule)

    def look_again(self, before: Needs) -> Needs | None:
        """`look` at a file that was read for any service; None when it has to be read again."""
        rule = rule_for(self.profile, self._queue_of, before.found.models)
        if rule != before.rule:
            return None
        return needs_of(before.found, before.parts, self.profile, self._ledger.limits, rule)

    def submit(
        self,
        path: Path,
        options: RequestOptions,
        *,
        name: str | None,
        description: str | None,
        tags: tuple[str, ...],
        source: Path,
        filed: Headings | None = None,
        open_image: ImageOpener | None = None,
        hold_creation: bool = False,
        max_cost: Decimal | None = None,
        allow: Callable[[Survey], None],
        progress: Progress,
    ) -> Job:
        """Make a job of the file at `path`, which the user knows as `source`.

        `filed` tells section and prompt type of ready-made requests, by custom_id, and
        `open_image` opens the images that prompts name. With `hold_creation` no batch is
        created before that is asked for. `max_cost` (dollars) is what the job may cost in all.

        `allow` raises what speaks against a file that could be sent. Whatever is raised,
        neither a job nor a file of one is left.
        """
        from wellspring_tui.answers.index import AnswerIndex
        from wellspring_tui.jobs.keeping_rows import RowsWriter
        from wellspring_tui.jobs.planning import Planner, planned_parts, removed_on_failure

        found, requests = _read(path, options, progress, filed, open_image)
        job_id = new_job_id()
        inputs = make_folder(self._places.inputs(job_id))
        outputs = make_folder(self._places.outputs(job_id))
        with removed_on_failure(inputs, outputs):
            planner = Planner(inputs, self.profile, self._queue_of)
            rows = RowsWriter(inputs)
            try:
                with AnswerIndex.create(outputs / INDEX_NAME) as index:
                    count = index.add_requests(planner.placed(rows.kept(requests)))
                    if path_of_rows := rows.finish():
                        index.add_rows(path_of_rows)
            finally:
                planner.close()
                rows.close()
            found.raise_if_unsendable()
            real_time = self.profile.answers_for is not None
            refuse_unfit(self.profile, options.window, {part.endpoint for part in planner.parts})
            allow(found)
            job = Job(
                id=job_id,
                name=storable(name or source.stem),
                description=description and storable(description),
                source=storable(str(source.absolute())),
                kind=found.kind.value,
                service=service_of(self.profile.name),
                endpoint=found.endpoint or options.endpoint,
                model=_models(found),
                window=options.window,
                requests=count,
                tokens_estimated=found.tokens,
                created_at=datetime.now(UTC),
                parts=len(planner.parts),
                real_time_parts=len(planner.parts) if real_time else 0,
                tags=tags,
                options=None if found.kind is FileKind.REQUESTS else options,
                max_cost=max_cost,
                output_life_seconds=life_seconds(options.output_expires_after),
            )
            parts = planned_parts(
                job_id, planner.parts, hold_creation=hold_creation, real_time=real_time
            )
            self._ledger.add_job(job, parts, self.profile.answered_by)
        return job


def _read(
    path: Path,
    options: RequestOptions,
    progress: Progress,
    filed: Headings | None = None,
    open_image: ImageOpener | None = None,
) -> tuple[Survey, Iterator[Request]]:
    """A survey, and the requests that fill it as they are taken."""
    is_template_there = options.template is not None
    prompts = under(filed, open_prompts(path, open_image, with_template=is_template_there))
    return survey(prompts, options, lambda done: progress.step("Reading prompts", done))


def _models(found: Survey) -> str:
    """The model of a job; of several, the most used and how many more."""
    (model, _), *others = found.models.most_common()
    return f"{model} +{len(others)}" if others else model
