"""A program of a user who has mypy check it strictly: every type that it sees is written down.

`mypy` holds it against the package, and a test runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

from wellspring_tui import (
    Estimate,
    InputError,
    Job,
    JobBatch,
    JobDetail,
    JobsQuery,
    PlainAnswer,
    Progress,
    RequestOptions,
    Usage,
    Wellspring,
    WellspringBatchProcessor,
    WellspringError,
)


def through_the_door(prompts: Path, folder: Path) -> int:
    """Check, submit, watch, list, read, export, and what can't be done to a job that is over."""
    with Wellspring.open(folder / "home", service="local") as wellspring:
        assert_type(wellspring, Wellspring)
        options = wellspring.request_options(model="gpt-4o-mini", temperature=0.1)
        assert_type(options, RequestOptions)
        found = wellspring.check(prompts, options)
        assert_type(found.prompts, int)
        assert_type(wellspring.estimate(found), Estimate)
        job = wellspring.submit(str(prompts), options, tags=["night"], max_cost=5)
        assert_type(job, Job)
        ended = wellspring.watch(job.id, Progress(lambda what, done, total: None))
        assert_type(ended, Job)
        assert_type(ended.cost, Decimal | None)
        assert_type(wellspring.jobs(JobsQuery("#night"), 0, 10), list[Job])
        assert_type(wellspring.detail(job.id), JobDetail)
        answers = wellspring.answers(job.id)
        assert_type(answers, Iterator[PlainAnswer])
        read = list(answers)
        assert_type(read[0].text, str | None)
        assert_type(read[0].usage, Usage)
        assert_type(wellspring.export(job.id, folder / "answers.csv"), Path)
        try:
            assert_type(wellspring.cancel(job.id), Job)
            assert_type(wellspring.retry(job.id).job, Job)
        except InputError as error:
            assert_type(error.todo, str | None)
        return len(read)


class Brief(WellspringBatchProcessor):
    """Somebody's own way to make requests."""

    def format_prompts_for_batch_api(self, batch_data: dict[str, Any]) -> list[dict[str, Any]]:
        """One sentence is enough."""
        tasks = super().format_prompts_for_batch_api(batch_data)
        assert_type(tasks, list[dict[str, Any]])
        return [{**task, "body": {**task["body"], "max_tokens": 50}} for task in tasks]


def step_by_step(prompts: Path, folder: Path) -> int:
    """The classic steps."""
    with Brief(service="local", home=folder / "home", progress=lambda *_: None) as processor:
        assert_type(processor, Brief)
        tasks = processor.format_prompts_for_batch_api(processor.load_visual_batch_prompts(prompts))
        file_id = processor.upload_batch_file(processor.create_batch_file(tasks))
        assert_type(file_id, str)
        batch = processor.create_batch_job(file_id, description="A try")
        assert_type(batch, JobBatch)
        assert_type(batch.request_counts.total, int)
        assert_type(processor.get_batch_status(batch), dict[str, Any])
        assert_type(processor.list_batch_jobs(), list[dict[str, Any]])
        ended = processor.monitor_batch_job(batch.id, check_interval=0.1)
        results = processor.process_results(processor.download_results(ended))
        assert_type(results, dict[str, Any])
        total: int = results["total_results"]
        return total


def main(arguments: list[str]) -> None:
    """Both, one after the other."""
    prompts, folder = map(Path, arguments)
    try:
        print(through_the_door(prompts, folder), step_by_step(prompts, folder))
    except WellspringError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
