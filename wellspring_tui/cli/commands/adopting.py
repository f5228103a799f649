"""Taking over batches that were made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import options, shapes
from wellspring_tui.cli.following import sentence, service_failure
from wellspring_tui.cli.output import data, json_data, say
from wellspring_tui.cli.telling import counted, teller

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen


@click.command(
    epilog=options.examples(
        "wellspring adopt batch_6834a1c2",
        "wellspring watch $(wellspring adopt batch_6834a1c2) -o results.json",
    )
)
@click.argument("batch_ids", metavar="BATCH_ID…", nargs=-1, required=True)
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def adopt(chosen: Chosen, batch_ids: tuple[str, ...], *, as_json: bool, quiet: bool) -> None:
    """Make a job of each batch that was made elsewhere, and print the jobs' ids.

    The batch's input file gives its prompts and sections back; when the service has it no
    more, the custom_ids of its answers do. Batches of one service at a time: --service.
    """
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            adopted = wellspring.adopt(batch_ids, progress=told.progress)
            service = adopted[0].service
            done = wellspring.tick(told.progress, service=service)
        jobs = [wellspring.job(job.id) for job in adopted]
    if as_json:
        json_data([shapes.job(job) for job in jobs])
    else:
        data("\n".join(job.id for job in jobs))
    failure = service_failure(done, jobs[0])
    if failure is not None:
        say(f"{sentence(failure)} The jobs are kept; {chosen.hint('watch JOB')} carries them on.")
    if quiet:
        return
    for job in jobs:
        say(f"{job.id} is {job.name}: {job.status}, {counted(job)}.")
