"""Writing on a job: its name, tags and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.output import json_data, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.model import Job


@click.command(
    epilog=json_help.told(json_help.JOB)
    + options.examples(
        'wellspring edit k3x9pq --name "Night run" --tag handbook',
        "wellspring edit k3x9pq --untag handbook --notes ''",
    )
)
@options.job_argument
@click.option("--name", metavar="TEXT", help="What the job is called from now on.")
@options.tags_option
@click.option(
    "--untag",
    "untags",
    multiple=True,
    metavar="TAG",
    help="Take a tag off it; may be given several times.",
)
@click.option("--notes", metavar="TEXT", help="Notes in place of those it has; '' takes them away.")
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def edit(
    chosen: Chosen,
    job_id: str,
    *,
    name: str | None,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
    notes: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Name a JOB, put tags on it, write notes. The service does not hear of it."""
    if name is None and notes is None and not tags and not untags:
        raise click.UsageError("there is nothing to change: give --name, --tag, --untag or --notes")
    with chosen.wellspring() as wellspring:
        job = wellspring.job(job_id)
        tagged = (*_without(job.tags, untags), *tags) if tags or untags else None
        job = wellspring.edit(job.id, name=name, tags=tagged, notes=notes)
    if as_json:
        json_data(shapes.job(job))
    elif not quiet:
        say(_sentence(job))


def _without(tags: Iterable[str], untags: Iterable[str]) -> list[str]:
    from wellspring_tui.jobs.labels import clean_tags

    gone = {tag.casefold() for tag in clean_tags(untags)}
    return [tag for tag in tags if tag.casefold() not in gone]


def _sentence(job: Job) -> str:
    tagged = f", tagged {', '.join(job.tags)}" if job.tags else ", without tags"
    return f"{job.id} is {job.name}{tagged}{', with notes' if job.notes else ''}."
