"""Result files on disk as a job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.following import exit_code, problems, summary
from wellspring_tui.cli.output import data, json_data, say
from wellspring_tui.cli.telling import teller

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.errors import ExitCode

_FILE = click.Path(path_type=Path)


@click.command(
    "import",
    epilog=json_help.told(json_help.JOB)
    + options.examples(
        "wellspring import batch_6834a1c2_output.jsonl",
        "wellspring import output.jsonl --errors errors.jsonl --input requests.jsonl",
        "wellspring results $(wellspring import output.jsonl -q) -o results.json",
    ),
)
@click.argument("output", type=_FILE)
@click.option("--errors", type=_FILE, metavar="FILE", help="The batch's error file.")
@click.option(
    "--input",
    "input_",
    type=_FILE,
    metavar="FILE",
    help="The requests that were sent: prompts, and what is missing, are known by it.",
)
@click.option("--name", metavar="TEXT", help="What the job is called; the file's name, if not.")
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def import_(
    chosen: Chosen,
    output: Path,
    *,
    errors: Path | None,
    input_: Path | None,
    name: str | None,
    as_json: bool,
    quiet: bool,
) -> ExitCode:
    """Make a job of an OUTPUT file on disk, and print the job's id.

    The files are copied. Answers with 0 when every request is answered, 1 when some are not.
    """
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            job = wellspring.import_files(
                output, errors=errors, input=input_, name=name, progress=told.progress
            )
        said = [summary(wellspring, job), *problems(wellspring, job)]
    if as_json:
        json_data(shapes.job(job))
    else:
        data(job.id)
    if not quiet:
        for line in said:
            say(line)
    return exit_code(job)
