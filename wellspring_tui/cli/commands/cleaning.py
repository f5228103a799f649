"""Keeping house: deleting what nobody needs, and forgetting whole jobs."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from wellspring_tui.cli import json_help, options
from wellspring_tui.cli.columns import Column, table
from wellspring_tui.cli.following import sentence
from wellspring_tui.cli.output import data, json_data, on_terminal, say
from wellspring_tui.cli.telling import teller
from wellspring_tui.errors import ExitCode, InputError
from wellspring_tui.figures import duration, money, size
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.litter import Cleaned, Findings, Litter
    from wellspring_tui.jobs.model import Job

_AGE = re.compile(r"(\d{1,4})\s*([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_SHOWN = 40
_SHOWN_LEFT = 5

_yes_option = click.option("-y", "--yes", is_flag=True, help="Delete it, without asking.")


def _age(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> timedelta | None:
    found = _AGE.fullmatch((value or "").strip().lower())
    if value is not None and found is None:
        raise click.BadParameter("expected a time such as 30d, 12h or 2w.")
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.command(
    epilog=json_help.told(json_help.CLEANED)
    + options.examples(
        "wellspring clean",
        "wellspring clean --yes",
        "wellspring clean --service-files --older-than 7d",
        "wellspring clean --job k3x9pq --json | jq '.litter[].where'",
    )
)
@click.option("--local", "only_disk", is_flag=True, help="Only this disk; ask no service.")
@click.option("--service-files", "only_services", is_flag=True, help="Only files on services.")
@click.option(
    "--older-than",
    callback=_age,
    metavar="TIME",
    help="Only what has not changed for so long, such as 30d.",
)
@click.option("--job", "job_id", metavar="JOB", help="Only what belongs to this job.")
@_yes_option
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def clean(
    chosen: Chosen,
    *,
    only_disk: bool,
    only_services: bool,
    older_than: timedelta | None,
    job_id: str | None,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> ExitCode:
    """Show what nobody needs any more, and delete it when you say so.

    On this disk: what broken-off work left behind, copies of what a job has already, old logs.
    On services: files of jobs that are over, once requests and answers are here whole. What
    an open job needs, the requests and answers of a job, and files made elsewhere stay;
    `wellspring forget` deletes a whole job.
    """
    if only_disk and only_services:
        raise click.UsageError("--local and --service-files leave nothing to look at")
    from wellspring_tui.jobs.litter import Scope

    with chosen.wellspring() as wellspring:
        told = teller(quiet=quiet)
        scope = Scope(
            disk=not only_services,
            services=not only_disk,
            service=chosen.service,
            job_id=job_id and wellspring.job(job_id).id,
            older_than=older_than,
        )
        with told:
            found = wellspring.litter(scope, told.progress)
        if not as_json:
            data("\n".join(_report(found)))
        if not quiet:
            for name, error in found.not_asked.items():
                say(f"{name} was not looked at: {sentence(error)}")
        cleaned = None
        if found.litter and (yes or (not as_json and _agreed(found))):
            with told:
                cleaned = wellspring.clean(found.litter, told.progress)
    if as_json:
        json_data(_shape(found, cleaned))
    elif found.litter and not quiet:
        _tell(cleaned)
    return _code(found, cleaned, insisting=only_services or chosen.service is not None)


@click.command(
    epilog=options.examples("wellspring forget k3x9pq", "wellspring forget k3x9pq --yes")
)
@click.argument("job_ids", metavar="JOB…", nargs=-1, required=True)
@_yes_option
@options.quiet_option
@options.places
@options.pass_chosen
def forget(chosen: Chosen, *, job_ids: Sequence[str], yes: bool, quiet: bool) -> None:
    """Delete JOBs that are over: requests, answers, place in the usage.

    What a service has of them stays there until it expires, or is deleted first by
    `wellspring clean --service-files --job JOB`.
    """
    with chosen.wellspring() as wellspring:
        jobs = [wellspring.job(job_id) for job_id in dict.fromkeys(job_ids)]
        if not yes:
            _ask_to_forget(jobs)
        for job in jobs:
            wellspring.forget(job.id)
            if not quiet:
                say(f"{job.id} is forgotten.")


def _ask_to_forget(jobs: Sequence[Job]) -> None:
    """Raises Abort when the person does not want to, InputError where nobody can be asked."""
    if not (on_terminal(sys.stdin) and on_terminal(sys.stderr)):
        raise InputError("this deletes answers for good", todo="--yes does it without asking.")
    for job in jobs:
        cost = f", {money(job.cost)}" if job.cost is not None else ""
        say(f"{job.id} is {job.name}: {job.completed:,} answers{cost}.")
    many = "it" if len(jobs) == 1 else f"all {len(jobs):,}"
    click.confirm(f"Delete {many} for good?", abort=True, err=True)


def _agreed(found: Findings) -> bool:
    """Whether the person at the terminal wants it deleted."""
    if not (on_terminal(sys.stdin) and on_terminal(sys.stderr)):
        return False
    what = "it" if len(found.litter) == 1 else f"all {len(found.litter):,}"
    return click.confirm(f"Delete {what}, {size(found.size_bytes)}?", err=True)


def _report(found: Findings) -> Iterator[str]:
    if found.litter:
        yield f"Can go: {len(found.litter):,}, {size(found.size_bytes)}"
        largest = sorted(found.litter, key=lambda one: -one.size_bytes)
        width = shutil.get_terminal_size().columns - 2 if on_terminal(sys.stdout) else None
        yield from table([*_columns(largest[:_SHOWN])], width, indent="  ")
        if len(largest) > _SHOWN:
            rest = sum(one.size_bytes for one in largest[_SHOWN:])
            yield f"  … and {len(largest) - _SHOWN:,} more, {size(rest)}"
    else:
        yield "There is nothing to delete."
    if found.kept:
        yield ""
        yield "Stays:"
        yield from (f"  {one.what}: {one.count:,}, {size(one.size_bytes)}" for one in found.kept)


def _columns(shown: Sequence[Litter]) -> Iterator[Column]:
    yield Column("WHAT", [one.kind.value for one in shown])
    yield Column("JOB", [one_line(one.job_id or "–", 12) for one in shown], can_go=True)
    yield Column("WHERE", [_where(one) for one in shown], least=14)
    yield Column("SIZE", [size(one.size_bytes) for one in shown], right=True)
    if any(one.expires_at for one in shown):
        yield Column("EXPIRES", [_expiry(one) for one in shown], can_go=True)
    yield Column("SAFE BECAUSE", [one_line(one.why, 100) for one in shown], least=12)


def _where(litter: Litter) -> str:
    on = f" on {one_line(litter.service, 20)}" if litter.service else ""
    return f"{one_line(litter.where, 80)}{on}"


def _expiry(litter: Litter) -> str:
    if litter.expires_at is None:
        return "–"
    return f"in {duration((litter.expires_at - datetime.now(UTC)).total_seconds())}"


def _tell(cleaned: Cleaned | None) -> None:
    if cleaned is None:
        say("nothing was deleted; --yes deletes it.")
        return
    say(f"{len(cleaned.gone):,} deleted, {size(cleaned.size_bytes)}.")
    for one, why in cleaned.left[:_SHOWN_LEFT]:
        say(f"{_where(one)} is still there: {one_line(why, 200)}")
    more = len(cleaned.left) - _SHOWN_LEFT
    if more > 0:
        say(f"{more:,} more are still there.")


def _code(found: Findings, cleaned: Cleaned | None, *, insisting: bool) -> ExitCode:
    failures = list(cleaned.failures) if cleaned else []
    if insisting:
        failures += found.not_asked.values()
    return max((one.exit_code for one in failures), default=ExitCode.OK)


def _shape(found: Findings, cleaned: Cleaned | None) -> dict[str, Any]:
    """What `--json` prints."""
    gone = set(cleaned.gone) if cleaned else set()
    left = dict(cleaned.left) if cleaned else {}
    return {
        "litter": [
            {
                "kind": one.kind.value,
                "where": one.where,
                "service": one.service,
                "job_id": one.job_id,
                "size_bytes": one.size_bytes,
                "why": one.why,
                "changed_at": one.at.isoformat(timespec="seconds"),
                "expires_at": one.expires_at and one.expires_at.isoformat(timespec="seconds"),
                "deleted": one in gone,
                "failure": left.get(one),
            }
            for one in found.litter
        ],
        "size_bytes": found.size_bytes,
        "deleted_bytes": cleaned.size_bytes if cleaned else 0,
        "kept": [
            {"count": one.count, "size_bytes": one.size_bytes, "what": one.what}
            for one in found.kept
        ],
        "not_asked": {name: str(error) for name, error in found.not_asked.items()},
    }
