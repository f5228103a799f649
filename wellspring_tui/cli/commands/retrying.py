"""Sending again what has no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.following import exit_code, interrupted, problems, service_failure
from wellspring_tui.cli.output import data, json_data, say
from wellspring_tui.cli.telling import teller
from wellspring_tui.errors import ServiceError
from wellspring_tui.figures import money

if TYPE_CHECKING:
    from decimal import Decimal

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.errors import ExitCode
    from wellspring_tui.jobs.retrying import Retry

_TOLD_REASONS = 5


@click.command(
    epilog=json_help.told(json_help.RETRIED)
    + options.examples(
        "wellspring retry k3x9pq",
        "wellspring retry k3x9pq --all",
        "wellspring retry k3x9pq --now",
        "wellspring retry k3x9pq --max-cost 2.50",
        "wellspring watch $(wellspring retry k3x9pq)",
    )
)
@options.job_argument
@click.option(
    "--all",
    "also_hopeless",
    is_flag=True,
    help="Also what can't get better, such as a bad parameter.",
)
@options.now_option
@options.max_cost_in_all
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def retry(
    chosen: Chosen,
    job_id: str,
    *,
    also_hopeless: bool,
    now: bool,
    max_cost: Decimal | None,
    as_json: bool,
    quiet: bool,
) -> ExitCode:
    """Send again what has no answer in a JOB, and print the job's id.

    Answers that are there are kept, and only failed and missing requests go again, as a
    new part of the same job. Those that a service would refuse again are named and left out.

    With --now they are answered in real time, and the JOB may be running still: its batches are
    cancelled first, and what they have not answered by their end is asked.

    The limit that the job was sent with (--max-cost) holds for all it costs together: a
    retry that may go beyond is refused.
    """
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            planned = wellspring.retry(
                job_id,
                also_hopeless=also_hopeless,
                now=now,
                max_cost=max_cost,
                progress=told.progress,
            )
        job = planned.job
        if not quiet:
            _tell(planned, chosen)
        try:
            with told:
                failure = service_failure(wellspring.tick(told.progress, service=job.service), job)
        except KeyboardInterrupt:
            raise interrupted(wellspring, job, chosen) from None
        finally:
            # Whatever stops the sending, the new parts are in the ledger.
            job = wellspring.job(job.id)
            if as_json:
                json_data(shapes.retry(planned, job))
            else:
                data(job.id)
        if job.collected:
            for problem in problems(wellspring, job):
                say(problem)
    if failure is not None:
        raise ServiceError(
            f"the job {job.id} waits: {failure}",
            todo=f"{chosen.hint(f'watch {job.id}')} carries it on.",
        ) from failure
    return exit_code(job)


def _price(planned: Retry) -> str:
    """What it costs at most, about: by what its requests ask for."""
    if planned.cost is None or planned.cost.upper is None:
        return "at a price that is unknown"
    return f"for at most ≈ {money(planned.cost.upper)}"


def _tell(planned: Retry, chosen: Chosen) -> None:
    if planned.after_cancelling:
        say(f"the batches of {planned.job.id} are cancelled first; their answers are kept.")
        say(
            f"what they leave is then answered in real time, {_price(planned)} as it stands: "
            f"{chosen.hint(f'watch {planned.job.id}')} carries it on."
        )
        return
    which = " and ".join(map(str, planned.parts))
    name = "part" if len(planned.parts) == 1 else "parts"
    goes = "request goes" if planned.sent == 1 else "requests go"
    how = f" in real time, {_price(planned)}" if planned.real_time else ""
    say(f"{planned.sent:,} {goes} again{how}, as {name} {which} of {planned.job.id}.")
    if not planned.left_out:
        return
    count = sum(left.count for left in planned.left_out)
    can = "can't get better and is" if count == 1 else "can't get better and are"
    say(f"{count:,} {can} left out; --all sends {'it' if count == 1 else 'them'} too:")
    for left in planned.left_out[:_TOLD_REASONS]:
        say(str(left))
    more = len(planned.left_out) - _TOLD_REASONS
    if more > 0:
        say(f"… and {more:,} more reasons")
