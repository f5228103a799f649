"""Writing the answers of a job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wellspring_tui.answers.exports.formats import FORMATS, format_of
from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.commands.listing import refreshed
from wellspring_tui.cli.following import exit_code
from wellspring_tui.cli.output import on_terminal, say
from wellspring_tui.cli.telling import Quiet, counted, teller
from wellspring_tui.cli.writing import Destination, destination
from wellspring_tui.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from wellspring_tui.answers.exports.formats import Format
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.errors import ExitCode


@click.command(
    epilog=json_help.told(json_help.RESULTS)
    + options.examples(
        "wellspring results k3x9pq -o results.json",
        "wellspring results k3x9pq -o answers.html --prompts",
        "wellspring results k3x9pq --format jsonl | head -1",
        "wellspring results k3x9pq | jq .results_by_section",
    )
)
@options.job_argument
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    metavar="NAME",
    help=f"{', '.join(FORMATS)}; if not given, as OUT ends, or else json.",
)
@options.output_option
@click.option("--prompts", is_flag=True, help="Write the prompts beside the answers.")
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@options.json_option
@options.offline_option
@options.quiet_option
@options.places
@options.pass_chosen
def results(
    chosen: Chosen,
    job_id: str,
    *,
    format_: str | None,
    output: Path | None,
    prompts: bool,
    force: bool,
    as_json: bool,
    offline: bool,
    quiet: bool,
) -> ExitCode:
    """Write the answers of a JOB, by section.

    Of a job that still runs it writes what has come so far. Answers with 0 when every
    prompt is answered or the job still runs, 1 when it ended otherwise.
    """
    to = destination(output)
    chosen_format = _format("json" if as_json else format_, to)
    _refuse(to, chosen_format, force=force)
    with chosen.wellspring() as wellspring:
        job = refreshed(wellspring, job_id, offline=offline, quiet=quiet)
        # A bar among the answers would spoil both.
        told = Quiet() if to.path is None and on_terminal(sys.stdout) else teller(quiet=quiet)
        with told, to.open() as out:
            wellspring.write_results(
                job.id, out, chosen_format.name, told.progress, prompts=prompts
            )
    if job.open and not quiet:
        say(f"{job.id} still runs ({job.status}, {counted(job)}); this is what has come so far.")
    return exit_code(job)


def _format(name: str | None, to: Destination) -> Format:
    if name is not None:
        return FORMATS[name]
    return (format_of(to.path) if to.path is not None else None) or FORMATS["json"]


def _refuse(to: Destination, chosen_format: Format, *, force: bool) -> None:
    """Raises InputError for a place that should not be written to."""
    if to.path is None:
        if not chosen_format.readable and on_terminal(sys.stdout):
            raise InputError(
                f"{chosen_format.name} is nothing for a terminal",
                todo="Write it to a file with -o, or pipe it.",
            )
    elif to.path.exists() and not force:
        raise InputError("the file exists", where=str(to.path), todo="--force replaces it.")
