"""Taking over batches that were made elsewhere, and seeing which there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.columns import Column, table
from wellspring_tui.cli.following import sentence, service_failure
from wellspring_tui.cli.output import data, json_data, say, terminal_width
from wellspring_tui.cli.telling import counted, teller
from wellspring_tui.errors import InputError
from wellspring_tui.figures import age
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.model import Offer


@click.command(
    epilog=json_help.told(json_help.OFFERS)
    + options.examples(
        "wellspring adopt",
        "wellspring adopt batch_6834a1c2",
        "wellspring adopt --decline batch_6834a1c2",
        "wellspring watch $(wellspring adopt batch_6834a1c2) -o results.json",
    )
)
@click.argument("batch_ids", metavar="[BATCH_ID]…", nargs=-1)
@click.option("--decline", is_flag=True, help="Do not list these batches again, adopt none.")
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def adopt(
    chosen: Chosen, batch_ids: tuple[str, ...], *, decline: bool, as_json: bool, quiet: bool
) -> None:
    """Make a job of each batch made elsewhere, and print the jobs' ids.

    Without a BATCH_ID the service is asked for all its batches, and those that belong to no
    job are listed.

    A batch's input file gives its prompts and sections back; when the service has it no
    more, the custom_ids of its answers do. Batches of one service at a time: --service.
    """
    if decline and not batch_ids:
        raise click.UsageError("--decline needs the ids of batches")
    if decline:
        _decline(chosen, batch_ids)
    elif batch_ids:
        _adopt(chosen, batch_ids, as_json=as_json, quiet=quiet)
    else:
        _list(chosen, as_json=as_json, quiet=quiet)


def _adopt(chosen: Chosen, batch_ids: tuple[str, ...], *, as_json: bool, quiet: bool) -> None:
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


def _decline(chosen: Chosen, batch_ids: tuple[str, ...]) -> None:
    with chosen.wellspring() as wellspring:
        offered = {offer.batch_id for offer in wellspring.offers()}
        for batch_id in batch_ids:
            if batch_id not in offered:
                raise InputError(
                    f"no batch “{one_line(batch_id, 60)}” is offered",
                    todo=f"{chosen.hint('adopt')} asks the service and lists what is.",
                )
        wellspring.decline_offers(batch_ids)


def _list(chosen: Chosen, *, as_json: bool, quiet: bool) -> None:
    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        with told:
            offers = wellspring.look_for_batches(progress=told.progress)
        service = wellspring.settings.service
    if as_json:
        json_data([shapes.offer(offer) for offer in offers])
    elif offers:
        data("\n".join(_table(offers)))
    if quiet:
        return
    if not offers:
        say(f"every batch of {service} belongs to a job or was declined.")
    elif not as_json:
        say(f"{chosen.hint('adopt BATCH_ID')} makes a job of one.")


def _table(offers: list[Offer]) -> Iterator[str]:
    columns = [
        Column("BATCH", [one_line(offer.batch_id) for offer in offers]),
        Column("NAME", [one_line(offer.name or "–", 40) for offer in offers], least=12),
        Column("STATUS", [one_line(offer.status, 16) for offer in offers]),
        Column("OK/BAD/ALL", [_counts(offer) for offer in offers], right=True),
        Column("ENDPOINT", [one_line(offer.endpoint or "–", 30) for offer in offers], can_go=True),
        Column(
            "AGE",
            [age(offer.created_at) if offer.created_at else "–" for offer in offers],
            right=True,
        ),
    ]
    width = terminal_width()
    return table(columns, width)


def _counts(offer: Offer) -> str:
    return f"{offer.completed}/{offer.failed}/{offer.requests}"
