"""Stopping a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.following import service_failure
from wellspring_tui.cli.output import json_data, say
from wellspring_tui.cli.telling import teller
from wellspring_tui.errors import ServiceError

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen


@click.command(epilog=json_help.told(json_help.JOB) + options.examples("wellspring cancel k3x9pq"))
@options.job_argument
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def cancel(chosen: Chosen, job_id: str, *, as_json: bool, quiet: bool) -> None:
    """Cancel a JOB; what has been answered is kept."""
    with chosen.wellspring() as wellspring:
        job = wellspring.cancel(job_id)
        told = teller(quiet=quiet)
        with told:
            failure = service_failure(wellspring.tick(told.progress, service=job.service), job)
        job = wellspring.job(job.id)
    if as_json:
        json_data(shapes.job(job))
    watching = chosen.hint(f"watch {job.id}")
    if failure is not None:
        raise ServiceError(
            f"{job.id} will be cancelled as soon as its service can be reached: {failure}",
            todo=f"{watching} keeps trying.",
        ) from failure
    if not quiet:
        more = "." if job.collected else f"; {watching} waits for the end and fetches the answers."
        say(f"{job.id} is {job.status}{more}")
