"""What one does with the chosen jobs: ask once for all of them, do it, report once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellspring_tui.errors import InputError, JobNotFoundError, WellspringError
from wellspring_tui.figures import money
from wellspring_tui.jobs.at_once import has_real_time
from wellspring_tui.jobs.model import NO_SERVICE
from wellspring_tui.text import one_line
from wellspring_tui.tui.carrier import in_thread
from wellspring_tui.tui.screens.retry_price import price_of, price_of_rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.jobs.retrying import Retry
    from wellspring_tui.tui.screens.base import DashboardScreen

_NAMED = 6
_REASONS_TOLD = 3
_LONG_SECONDS = 10


def named(jobs: Sequence[Job]) -> str:
    """`apple, birch and 4 more`."""
    names = [one_line(job.name, 30) for job in jobs[:_NAMED]]
    more = len(jobs) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def counted(jobs: Sequence[Job]) -> str:
    """The name of one job; of several, how many they are."""
    return one_line(jobs[0].name, 40) if len(jobs) == 1 else f"{len(jobs):,} jobs"


def _each(
    jobs: Iterable[Job], act: Callable[[Job], object]
) -> tuple[list[Job], list[WellspringError]]:
    """Do something with each job; those with which it went well, and what went wrong."""
    done: list[Job] = []
    failures: list[WellspringError] = []
    for job in jobs:
        try:
            act(job)
        except WellspringError as error:
            failures.append(error)
        else:
            done.append(job)
    return done, failures


def _report(screen: DashboardScreen[Any], well: str, failures: Sequence[object]) -> None:
    """One toast for all: what went well, then what did not."""
    told = list(dict.fromkeys(one_line(str(failure)) for failure in failures))
    more = len(told) - _REASONS_TOLD
    lines = [well, *told[:_REASONS_TOLD], f"and {more:,} more" if more > 0 else ""]
    screen.notify(
        "\n".join(line for line in lines if line),
        severity="warning" if failures else "information",
        timeout=_LONG_SECONDS if failures else None,
        markup=False,
    )


async def cancel(screen: DashboardScreen[Any], jobs: Sequence[Job]) -> bool:
    """Cancel those that still run, after asking."""
    from wellspring_tui.tui.screens.confirm import ConfirmScreen

    running = [job for job in jobs if job.open]
    if not running:
        screen.notify("Only a job that is still running can be cancelled.", severity="warning")
        return False
    alone = len(running) == 1
    stay = f" {len(jobs) - len(running)} more are over already." if len(running) < len(jobs) else ""
    asked = ConfirmScreen(
        f"Cancel {counted(running)}?",
        ("" if alone else f"{named(running)}.{stay}\n\n")
        + "Answers that have come are kept and paid for. A cancelled job does not go on.",
        yes="Cancel the job" if alone else f"Cancel {len(running):,} jobs",
        no="Keep it running" if alone else "Keep them running",
    )
    if not await screen.app.push_screen_wait(asked):
        return False
    door = screen.door
    done, failures = await in_thread(lambda: _each(running, lambda job: door.cancel(job.id)))
    _report(screen, f"Cancelling {counted(done)}." if done else "", failures)
    screen.dashboard.carrier.refresh()
    return True


async def retry(screen: DashboardScreen[Any], jobs: Sequence[Job]) -> bool:
    """Send what has no answer again, after asking; finish in real time what still runs."""
    from wellspring_tui.tui.screens.confirm import ConfirmScreen

    lacking = [
        job
        for job in jobs
        if not job.open and job.requests > job.completed and job.service != NO_SERVICE
    ]
    if not lacking:
        if running := [job for job in jobs if job.open and _may_go_now(screen, job)]:
            return await _finish(screen, running)
        screen.notify(_why_no_retry(jobs), severity="warning")
        return False
    alone = len(lacking) == 1
    unanswered = sum(job.requests - job.completed for job in lacking)
    offers_now = all(_may_go_now(screen, job) for job in lacking)
    asked = ConfirmScreen(
        f"Send {_many(unanswered, 'unanswered request')} of {counted(lacking)} again?",
        ("" if alone else f"{named(lacking)}.\n\n")
        + "Only what has no answer is sent, as a new part of the same job, and paid for like any "
        "request. Requests that can't do better, such as one with a bad parameter, stay out."
        + ("\n\nIn real time no batch is waited for, at the real-time price." * offers_now),
        price=lambda: price_of(screen.door, lacking, offers_now=offers_now),
        yes="Send again",
        now="In real time" if offers_now else None,
        no="Leave it" if alone else "Leave them",
    )
    choice = await screen.app.push_screen_wait(asked)
    if not choice:
        return False
    door, now = screen.door, choice == "now"
    retries: list[Retry] = []
    done, failures = await in_thread(
        lambda: _each(lacking, lambda job: retries.append(door.retry(job.id, now=now)))
    )
    sent = sum(one.sent for one in retries)
    left_out = [f"Not sent: {one_line(str(why))}" for one in retries for why in one.left_out]
    whose = "" if alone else f" of {counted(done)}"
    how = " in real time" if now else ""
    well = f"{sent:,} requests{whose} go again{how}." if done else ""
    _report(screen, well, [*failures, *left_out])
    screen.dashboard.carrier.refresh()
    return True


def _may_go_now(screen: DashboardScreen[Any], job: Job) -> bool:
    """Whether what a job lacks can be answered in real time, and is not being so already."""
    profile = screen.door.settings.services.get(job.service)
    remote = profile is not None and not profile.is_local and has_real_time(job.endpoint)
    return remote and not (job.open and (job.finish_now or job.channels != (job.service,)))


async def _finish(screen: DashboardScreen[Any], running: Sequence[Job]) -> bool:
    """Have the batches of running jobs cancelled, and the rest answered in real time."""
    from wellspring_tui.tui.screens.confirm import ConfirmScreen

    alone = len(running) == 1
    asked = ConfirmScreen(
        f"Finish {counted(running)} in real time?",
        ("" if alone else f"{named(running)}.\n\n")
        + "What runs now is cancelled first; answers that have come by then are kept and not "
        "bought again. Only what is left is then answered in real time, at the real-time price.",
        price=lambda: price_of_rest(screen.door, running),
        now="Finish in real time",
        no="Keep it running" if alone else "Keep them running",
    )
    if not await screen.app.push_screen_wait(asked):
        return False
    door = screen.door
    done, failures = await in_thread(
        lambda: _each(running, lambda job: door.retry(job.id, now=True))
    )
    well = f"Cancelling the batches of {counted(done)}; then the rest is answered in real time."
    _report(screen, well if done else "", failures)
    screen.dashboard.carrier.refresh()
    return True


def _why_no_retry(jobs: Sequence[Job]) -> str:
    if len(jobs) > 1:
        return "None of these jobs is over with unanswered requests: nothing to send again."
    job = jobs[0]
    if job.open:
        return "This job still runs: there is nothing to send again."
    if job.requests == job.completed:
        return "This job has all its answers: there is nothing to send again."
    return "This job was made of files: there is no service to send it to."


async def forget(screen: DashboardScreen[Any], jobs: Sequence[Job]) -> bool:
    """Delete those that are over, with all that is here of them, after asking."""
    from wellspring_tui.tui.screens.confirm import ConfirmScreen

    door = screen.door
    try:
        door.refuse_if_read_only()
    except InputError as error:
        _report(screen, "", [error])
        return False
    over = [job for job in jobs if not job.open]
    if not over:
        screen.notify(
            "A job that still runs can't be forgotten. Cancel it first, with c.",
            severity="warning",
        )
        return False
    alone = len(over) == 1
    asked = ConfirmScreen(
        f"Forget {counted(over)}" + (f" ({over[0].id})?" if alone else "?"),
        _what_goes(over, running=len(jobs) - len(over)),
        yes="Delete for good",
        no="Keep it" if alone else "Keep them",
    )
    if not await screen.app.push_screen_wait(asked):
        return False
    done, failures = await in_thread(lambda: _each(over, lambda job: door.forget(job.id)))
    are = "is" if len(done) == 1 else "are"
    _report(screen, f"{counted(done)} {are} forgotten." if done else "", failures)
    return True


def _what_goes(over: Sequence[Job], *, running: int) -> str:
    """What forgetting these jobs deletes, and what stays."""
    alone = len(over) == 1
    its, it = ("Its", "it") if alone else ("Their", "them")
    requests, answers = sum(job.requests for job in over), sum(job.completed for job in over)
    cost = sum((job.cost for job in over if job.cost), Decimal())
    place = "is its place" if alone else "are their places"
    goes = (
        f"{its} {_many(requests, 'request')} and {_many(answers, 'answer')} on this disk are "
        f"deleted for good, and so {place} in the usage"
    ) + (f": {money(cost)}." if cost else ".")
    services = list({job.service for job in over} - {NO_SERVICE})
    who = f"{one_line(services[0], 20)} has" if len(services) == 1 else "services have"
    stays = f"What {who} of {it} stays there until it expires, unless you clean up (X) first."
    run = "1 more still runs, and stays." if running == 1 else f"{running:,} more run, and stay."
    paragraphs = (
        "" if alone else f"{named(over)}.",
        goes,
        stays if services else "",
        run if running else "",
    )
    return "\n\n".join(filter(None, paragraphs))


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


async def edit(screen: DashboardScreen[Any], jobs: Sequence[Job]) -> bool:
    """Change name, tags and notes."""
    from wellspring_tui.tui.screens.edit_job import EditScreen

    return await screen.app.push_screen_wait(EditScreen(screen.door, jobs))


async def export(screen: DashboardScreen[Any], jobs: Sequence[Job]) -> bool:
    """Write the results of several jobs into a folder."""
    from wellspring_tui.tui.screens.export_many import ExportManyScreen

    told = await screen.app.push_screen_wait(ExportManyScreen(screen.door, jobs, Path.cwd()))
    if told is not None:
        screen.notify(one_line(told), markup=False)
    return told is not None


async def copy_fact(screen: DashboardScreen[Any], job_id: str) -> None:
    """Copy one of the facts of a job."""
    from wellspring_tui.tui.screens.copy_menu import CopyScreen, facts

    door = screen.door
    try:
        offered = await in_thread(lambda: facts(door.detail(job_id), door.settings))
    except JobNotFoundError as error:
        _report(screen, "", [error])
        return
    if not screen.is_current:
        return
    chosen = await screen.app.push_screen_wait(CopyScreen(offered))
    if chosen is not None:
        screen.app.copy_to_clipboard(chosen.value)
        screen.notify(f"Copied the {chosen.what}: {one_line(chosen.value, 60)}", markup=False)


async def adopt(screen: DashboardScreen[Any]) -> list[Job]:
    """Take over batches that were made elsewhere."""
    from wellspring_tui.tui.screens.adopt import AdoptScreen

    jobs = await screen.app.push_screen_wait(AdoptScreen(screen.door, screen.dashboard.clock))
    if jobs:
        what = "The batch is a job now" if len(jobs) == 1 else f"{len(jobs)} batches are jobs now"
        screen.notify(f"{what}: {named(jobs)}", markup=False)
        screen.dashboard.carrier.refresh()
    return jobs
