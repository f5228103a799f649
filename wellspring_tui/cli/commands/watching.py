"""Following a job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.following import exit_code, follow, problems, summary
from wellspring_tui.cli.output import on_terminal, say
from wellspring_tui.cli.telling import teller
from wellspring_tui.cli.writing import Destination, destination

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.errors import ExitCode
    from wellspring_tui.jobs.model import Job
    from wellspring_tui.wellspring import Wellspring


@click.command(
    epilog=json_help.told(json_help.RESULTS)
    + options.examples(
        "wellspring watch k3x9pq",
        "wellspring watch k3x9pq -o results.json",
        "wellspring watch batch_6834a1c2 > results.json",
    )
)
@options.job_argument
@options.output_option
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def watch(
    chosen: Chosen, job_id: str, *, output: Path | None, as_json: bool, quiet: bool
) -> ExitCode:
    """Follow a JOB until it ends, then write the results as JSON.

    JOB is a job's id, or the id of one of its batches. Without -o the results go to
    stdout, but are not poured over a terminal unless --json or -o - asks for it.
    """
    to = destination(output)
    unwanted = output is None and not as_json and on_terminal(sys.stdout)
    with chosen.wellspring() as wellspring:
        job = wellspring.job(job_id)
        return watch_to_the_end(wellspring, job, None if unwanted else to, chosen, quiet=quiet)


def watch_to_the_end(
    wellspring: Wellspring, job: Job, to: Destination | None, chosen: Chosen, *, quiet: bool
) -> ExitCode:
    """Follow `job`, write its results where they are wanted, and tell how it ended."""
    told = teller(quiet=quiet)
    with told:
        job = follow(wellspring, job, chosen, told)
    if to is not None:
        with to.open() as out:
            wellspring.write_results(job.id, out)
    if not quiet:
        _tell_end(wellspring, job, to, chosen)
    return exit_code(job)


def _tell_end(wellspring: Wellspring, job: Job, to: Destination | None, chosen: Chosen) -> None:
    say(summary(wellspring, job))
    for problem in problems(wellspring, job):
        say(problem)
    if to is None:
        say(f"{chosen.hint(f'results {job.id}')} writes the answers.")
    elif to.path is not None:
        say(f"the results are in {to.path}.")
