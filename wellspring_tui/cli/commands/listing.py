"""The jobs there are, and one job whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wellspring_tui.cli import json_help, options, shapes
from wellspring_tui.cli.columns import Column, table
from wellspring_tui.cli.following import sentence, service_failure
from wellspring_tui.cli.output import data, json_data, say, terminal_width
from wellspring_tui.cli.telling import teller
from wellspring_tui.figures import age, count, duration, money, tokens
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.jobs.model import Job, JobDetail, Outlook, Part
    from wellspring_tui.wellspring import Wellspring

_LABEL_WIDTH = 12
_SHOWN_EXPIRING = 5


@click.command(
    epilog=json_help.told(json_help.JOBS)
    + options.examples(
        "wellspring jobs",
        "wellspring jobs handbook --limit 10",
        "wellspring jobs status:failed tag:night",
        "wellspring jobs is:open service:openai",
        "wellspring jobs --json | jq '.[] | select(.failed > 0) | .job_id'",
    )
)
@click.argument("words", metavar="[FILTER]…", nargs=-1)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    metavar="N",
    help="Show N jobs at most; 0 shows all.",
)
@click.option(
    "--filter",
    "text",
    default="",
    metavar="TEXT",
    help="FILTER as an option.",
)
@options.json_option
@options.quiet_option
@options.places
@options.pass_chosen
def jobs(
    chosen: Chosen, words: tuple[str, ...], *, limit: int, text: str, as_json: bool, quiet: bool
) -> None:
    """List jobs, newest first.

    They are shown as they were when they were last looked at. With --service only the
    jobs of that service are shown.

    Every word of FILTER must be found: in a job's name, id, description, model, status,
    service, tags or notes. tag:WORD is a tag that starts so (as #WORD is, where the shell
    lets it pass); status:WORD, service:WORD and model:WORD look in that field only;
    is:open, is:ended and is:failed ask how the job stands.
    """
    from datetime import UTC, datetime

    from wellspring_tui.jobs.model import JobsQuery

    text = " ".join((text, *words)).strip()
    with chosen.wellspring() as wellspring:
        query = JobsQuery(text)
        if chosen.service is None:
            found = wellspring.jobs(query, 0, limit or None)
            there_are = wellspring.count_jobs(query)
        else:
            own = [job for job in wellspring.jobs(query) if job.service == chosen.service]
            found, there_are = own[: limit or None], len(own)
        now = datetime.now(UTC)
        outlooks = wellspring.outlooks(found, now) if as_json else {}
        expiring = wellspring.expiring(found, now)
    if as_json:
        json_data([shapes.job(job, outlooks.get(job.id)) for job in found])
    elif found:
        data("\n".join(_table(found)))
    if quiet:
        return
    _tell_expiring(expiring, chosen)
    if not found:
        say("there are no such jobs." if text or chosen.service else "there are no jobs yet.")
    if there_are > len(found):
        say(f"{there_are - len(found):,} more; --limit {there_are} shows all.")


@click.command(
    epilog=json_help.told(json_help.JOB_WHOLE)
    + options.examples(
        "wellspring status k3x9pq",
        "wellspring status k3x9pq --json | jq '.parts[].batch_id'",
    )
)
@options.job_argument
@options.json_option
@options.offline_option
@options.quiet_option
@options.places
@options.pass_chosen
def status(chosen: Chosen, job_id: str, *, as_json: bool, offline: bool, quiet: bool) -> None:
    """Show one JOB whole: parts, batches, timeline, problems.

    While the job runs the service is asked first.
    """
    from datetime import UTC, datetime

    with chosen.wellspring() as wellspring:
        job = refreshed(wellspring, job_id, offline=offline, quiet=quiet)
        found = wellspring.detail(job.id)
        expected = wellspring.outlooks([found.job], datetime.now(UTC)).get(job.id)
        totals = wellspring.totals(job.id)
        expiring = wellspring.expiring([found.job], datetime.now(UTC))
    if as_json:
        json_data(shapes.detail(found, expected, totals))
    else:
        data("\n".join(_whole(found, expected, totals)))
    _tell_expiring(expiring, chosen)


def _tell_expiring(expiring: dict[str, datetime], chosen: Chosen) -> None:
    """Whose answers have to be fetched before they are gone."""
    for job_id, at in list(expiring.items())[:_SHOWN_EXPIRING]:
        from wellspring_tui.jobs.expiring import sentence as expiring_sentence

        say(f"{job_id}: {expiring_sentence(at)}; {chosen.hint(f'watch {job_id}')} fetches them.")


def refreshed(wellspring: Wellspring, job_id: str, *, offline: bool, quiet: bool) -> Job:
    """A job after a look at its service; when that fails, as it was last known."""
    job = wellspring.job(job_id)
    if offline or job.collected:
        return job
    told = teller(quiet=quiet)
    with told:
        failure = service_failure(wellspring.tick(told.progress, service=job.service), job)
    if failure is not None:
        say(f"{sentence(failure)} This is what was last known.")
    return wellspring.job(job.id)


def _table(found: list[Job]) -> Iterator[str]:
    columns = [
        Column("ID", [job.id for job in found]),
        Column("NAME", [one_line(job.name, 40) for job in found], least=12),
        Column("STATUS", [one_line(job.status, 16) for job in found]),
        Column("OK/BAD/ALL", [_counts(job) for job in found], right=True),
        Column("MODEL", [one_line(job.model, 30) for job in found], least=8),
        Column("SERVICE", [one_line(job.service, 20) for job in found], can_go=True),
        *_tags(found),
        Column("TOKENS", [_tokens(job) for job in found], right=True),
        Column("COST", [_cost(job) for job in found], right=True),
        Column("AGE", [age(job.created_at) for job in found], right=True),
    ]
    width = terminal_width()
    return table(columns, width)


def _tags(found: list[Job]) -> Iterator[Column]:
    if any(job.tags for job in found):
        shown = [one_line(", ".join(job.tags), 30) for job in found]
        yield Column("TAGS", shown, can_go=True)


def _counts(job: Job) -> str:
    return f"{job.completed}/{job.failed}/{job.requests}"


def _tokens(job: Job) -> str:
    return tokens(job.input_tokens + job.output_tokens or None)


def _cost(job: Job) -> str:
    return money(job.cost) if job.collected else "–"


def _whole(of: JobDetail, expected: Outlook | None, totals: Totals | None) -> Iterator[str]:
    job = of.job
    yield f"{job.id}  {one_line(job.name)}  {one_line(job.status)}"
    yield from _facts(of, expected, totals)
    yield ""
    yield "Parts"
    yield from table([*_part_columns(of.parts)], None, indent="  ")
    for part in of.parts:
        if part.waiting_for:
            until = f", until {_time(part.not_before)}" if part.not_before else ""
            yield f"  part {part.number} waits for {one_line(part.waiting_for)}{until}"
        if part.answers_expire_at:
            at = _time(part.answers_expire_at)
            yield f"  part {part.number}: its answers are on {one_line(of.job.service)} until {at}"
    yield ""
    yield "Timeline"
    for event in of.events:
        place = f"  part {event.part}" if event.part else ""
        detail = f"  {one_line(event.detail, 200)}" if event.detail else ""
        yield f"  {_time(event.at)}{place}  {one_line(event.what)}{detail}"
    problems = [(part, found) for part in of.parts for found in part.problems]
    if not problems:
        return
    yield ""
    yield "Problems"
    for part, found in problems:
        code = f" ({one_line(found.code)})" if found.code else ""
        yield f"  part {part.number}, {one_line(str(found))}{code}"


def _facts(of: JobDetail, expected: Outlook | None, totals: Totals | None) -> Iterator[str]:
    job = of.job
    rest = f"{job.missing:,} {'missing' if job.collected else 'to go'}"
    ended = f", ended {_time(job.ended_at)}" if job.ended_at is not None else ""
    used = f"{job.input_tokens:,} in, {job.output_tokens:,} out"
    facts = {
        "Description": job.description,
        "Tags": ", ".join(job.tags),
        "Notes": job.notes,
        "File": job.source,
        "Kind": job.kind,
        "Service": _way(of),
        "Model": job.model,
        "Endpoint": ", window ".join(filter(None, (job.endpoint, job.window))),
        "Requests": f"{job.requests:,}: {job.completed:,} answered, {job.failed:,} failed, {rest}",
        "Flagged": ", ".join(f"{number:,} {word}" for number, word in totals.flags)
        if totals
        else None,
        "Schema": job.options.schema.name if job.options and job.options.schema else None,
        "Tokens": used if job.collected else f"≈ {count(job.tokens_estimated)} in",
        "Cost": money(job.cost) if job.collected else None,
        "Max cost": _limit(job),
        "Created": f"{_time(job.created_at)}{ended}",
        "Expires": _time(job.expires_at) if job.open and job.expires_at else None,
        "Left": _left(expected) if expected else None,
        "Stalled": _stalled(expected) if expected else None,
    }
    for label, value in facts.items():
        if value:
            yield f"  {label:<{_LABEL_WIDTH}}{one_line(value)}"


def _way(of: JobDetail) -> str:
    """The service, who answers for it if it is built in, and how it is asked."""
    by = f" ({of.answered_by})" if of.answered_by else ""
    goes_on = "; the rest is answered in real time after them" if of.job.finish_now else ""
    return f"{of.job.way}{by}{goes_on}"


def _limit(job: Job) -> str | None:
    """What it may cost in all, where it was sent with a limit of its own."""
    if job.max_cost is None:
        return None
    return "no limit" if job.max_cost.is_infinite() else f"{money(job.max_cost)}, retries included"


def _left(expected: Outlook) -> str:
    """What is left by jobs like it, or at least how long they took."""
    took = _from_to(expected.shortest_seconds, expected.longest_seconds)
    like = f"{expected.like_jobs} jobs like it took {took}"
    if expected.left_seconds is None:
        return like
    least, most = expected.left_seconds
    return f"≈ {_from_to(least, most)}; {like}" if least else f"≤ {duration(most)}; {like}"


def _stalled(expected: Outlook) -> str | None:
    if expected.silent_seconds is None:
        return None
    return f"nothing has changed for {duration(expected.silent_seconds)}, longer than is usual"


def _from_to(least: float, most: float) -> str:
    shown = dict.fromkeys((duration(least), duration(most)))
    return " to ".join(shown)


def _part_columns(parts: tuple[Part, ...]) -> Iterator[Column]:
    yield Column("PART", [str(part.number) for part in parts], right=True)
    yield Column("STATUS", [one_line(part.status, 16) for part in parts])
    if any(part.real_time for part in parts):
        yield Column("ANSWERED", ["in real time" if p.real_time else "as a batch" for p in parts])
    yield Column(
        "OK/BAD/ALL",
        [f"{part.completed}/{part.failed}/{part.requests}" for part in parts],
        right=True,
    )
    yield Column("BATCH", [one_line(part.batch_id or "–") for part in parts])


def _time(moment: datetime) -> str:
    """In the person's own time zone."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
