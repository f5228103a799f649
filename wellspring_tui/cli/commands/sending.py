"""Commands that send a prompts file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options, shapes
from wellspring_tui.cli.commands.watching import watch_to_the_end
from wellspring_tui.cli.following import exit_code, interrupted, problems, service_failure
from wellspring_tui.cli.incoming import prompts_file
from wellspring_tui.cli.output import data, json_data, say
from wellspring_tui.cli.telling import teller
from wellspring_tui.cli.writing import destination
from wellspring_tui.errors import ExitCode, ServiceError
from wellspring_tui.figures import money

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.cli.telling import Teller
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.wellspring import Wellspring


@click.command(
    epilog=options.examples(
        "wellspring run prompts.json -o results.json",
        "wellspring run prompts.json --model gpt-4.1-mini > results.json",
        "wellspring run prompts.json --schema invoice.json -o invoices.json",
        "wellspring run prompts.json --now -o results.json",
        "wellspring run requests.jsonl --service local -o -",
        'wellspring run places.csv --template "Summarise: {text}" -o out.json',
    )
)
@options.file_argument
@options.output_option
@options.requests
@options.max_cost
@options.now_option
@options.labels
@options.quiet_option
@options.places
@options.pass_chosen
def run(
    chosen: Chosen,
    /,
    file: Path,
    *,
    output: Path | None,
    name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    max_cost: Decimal | None,
    now: bool,
    quiet: bool,
    **request_options: object,
) -> ExitCode:
    """Submit a prompts FILE, watch it, write the results as JSON.

    A FILE of - is stdin. Ctrl-C stops watching only: the job goes on, and
    `wellspring watch` picks it up.
    Answers with 0 when every prompt was answered, 1 when some were not.
    """
    to = destination(output)
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            job = _submitted(
                wellspring,
                told,
                file,
                request_options,
                name=name,
                description=description,
                tags=tags,
                max_cost=max_cost,
                now=now,
                quiet=quiet,
            )
            if not quiet:
                told.warn(f"{job.id} is submitted to {job.way}.")
        return watch_to_the_end(wellspring, job, to, chosen, quiet=quiet)


@click.command(
    epilog=options.examples(
        "wellspring submit prompts.json",
        'wellspring submit prompts.json --name "Night run" --tag handbook',
        "wellspring watch $(wellspring submit prompts.json)",
        "wellspring submit requests.jsonl --service local --json",
        "cat rows.csv | wellspring submit - --template @prompt.txt --json",
    )
)
@options.file_argument
@options.requests
@options.max_cost
@options.now_option
@options.labels
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def submit(
    chosen: Chosen,
    /,
    file: Path,
    *,
    name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    max_cost: Decimal | None,
    now: bool,
    as_json: bool,
    quiet: bool,
    **request_options: object,
) -> ExitCode:
    """Submit a prompts FILE and print the job's id.

    A FILE of - is stdin. When the service can't be reached the job is kept all the same, and
    `wellspring watch` carries it on.
    """
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            job = _submitted(
                wellspring,
                told,
                file,
                request_options,
                name=name,
                description=description,
                tags=tags,
                max_cost=max_cost,
                now=now,
                quiet=quiet,
            )
        try:
            with told:
                failure = service_failure(wellspring.tick(told.progress, service=job.service), job)
        except KeyboardInterrupt:
            raise interrupted(wellspring, job, chosen) from None
        finally:
            # Whatever stops the sending, the job is there, and its id must be known.
            job = wellspring.job(job.id)
            _print(job, as_json=as_json)
        for problem in problems(wellspring, job):
            say(problem)
    if failure is not None:
        raise ServiceError(
            f"the job {job.id} waits: {failure}",
            todo=f"{chosen.hint(f'watch {job.id}')} carries it on.",
        ) from failure
    return exit_code(job)


def _print(job: Job, *, as_json: bool) -> None:
    if as_json:
        json_data(shapes.job(job))
    else:
        data(job.id)


def _submitted(
    wellspring: Wellspring,
    told: Teller,
    file: Path,
    given: dict[str, object],
    *,
    name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    max_cost: Decimal | None,
    now: bool,
    quiet: bool,
) -> Job:
    options = wellspring.request_options(**given)

    def tell_cost(cost: Estimate) -> None:
        told.warn(_price_of_now(cost))

    with prompts_file(file, wellspring.settings.places, kept=True) as path:
        job = wellspring.submit(
            path,
            options,
            name=name,
            description=description,
            tags=tags,
            max_cost=max_cost,
            now=now,
            told_cost=tell_cost if now and not quiet else None,
            progress=told.progress,
        )
    from wellspring_tui.prompts.model import FileKind
    from wellspring_tui.prompts.schemas import loose_words

    if options.schema is not None and (loose := loose_words(options.schema)):
        told.warn(loose)
    unused = [option for option, value in given.items() if value is not None]
    if job.kind == FileKind.REQUESTS and set(unused) - {"window", "output_expires_after"}:
        flags = ", ".join(f"--{option.replace('_', '-')}" for option in unused)
        told.warn(f"the file's requests are sent as they are; {flags} changes nothing.")
    return job


def _price_of_now(cost: Estimate) -> str:
    if cost.free:
        return "the built-in service answers at once anyway; --now changes nothing."
    if cost.real_time is None:
        return "it is answered in real time, at that price; what it costs at most is unknown."
    batch = "" if cost.batch is None else f", ≈ {money(cost.batch)} as a batch"
    return f"it is answered in real time, for at most ≈ {money(cost.real_time)}{batch}."
