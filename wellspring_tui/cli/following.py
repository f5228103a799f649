"""Following one job to its end, and telling of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.errors import ExitCode, ServiceError, StoppedError
from wellspring_tui.figures import count, money

if TYPE_CHECKING:
    from wellspring_tui.cli.chosen import Chosen
    from wellspring_tui.cli.telling import Teller
    from wellspring_tui.jobs.model import Job, Round
    from wellspring_tui.wellspring import Wellspring

_TOLD_PROBLEMS = 5


def follow(wellspring: Wellspring, job: Job, chosen: Chosen, teller: Teller) -> Job:
    """Carry `job` until its answers are on disk, and return it as it is then.

    A service that can't be reached is told of once and asked again. Raises
    CredentialsError and RefusedError, which no waiting cures, and StoppedError on Ctrl-C.
    """

    def troubled(failure: Exception | None) -> None:
        if failure is None:
            teller.warn("the service answers again.")
        else:
            teller.warn(f"{sentence(failure)} Still trying; Ctrl-C stops watching.")

    try:
        return wellspring.watch(job.id, teller.progress, seen=teller.show, troubled=troubled)
    except KeyboardInterrupt:
        raise interrupted(wellspring, job, chosen) from None
    except ServiceError:
        hint = chosen.hint(f"watch {job.id}")
        teller.warn(f"the job {job.id} is kept; {hint} carries it on.")
        raise


def interrupted(wellspring: Wellspring, job: Job, chosen: Chosen) -> StoppedError:
    """What Ctrl-C means to a job that is already in the ledger."""
    from wellspring_tui.jobs.model import SENDING, WAITING

    hint = chosen.hint(f"watch {job.id}")
    if wellspring.job(job.id).status in (WAITING, SENDING):
        return StoppedError(
            f"stopped; the job {job.id} is kept, but not all of it is sent",
            todo=f"{hint} carries it on.",
        )
    return StoppedError(f"stopped; the job {job.id} goes on", todo=f"{hint} picks it up again.")


def service_failure(done: Round, job: Job) -> Exception | None:
    """Why the service of `job` could not be asked in a round; None when it could."""
    return done.failure_of(job)


def sentence(failure: Exception) -> str:
    """A failure with a full stop, so that more can be said after it."""
    return f"{str(failure).rstrip('.')}."


def exit_code(job: Job) -> ExitCode:
    """0 when every request has its answer, 1 when the job ended otherwise."""
    return ExitCode.FAILURES if job.collected and not job.all_answered else ExitCode.OK


def summary(wellspring: Wellspring, job: Job) -> str:
    """How a job ended, in one line."""
    tokens = count(job.input_tokens + job.output_tokens)
    cost = "cost unknown" if job.cost is None else money(job.cost)
    totals = wellspring.totals(job.id)
    flags = totals.flags if totals else ()
    flagged = "".join(f", {number:,} {word}" for number, word in flags)
    return (
        f"{job.id} {job.status}: {job.completed:,} answered, {job.failed:,} failed, "
        f"{job.missing:,} missing{flagged}; {tokens} tokens, {cost}."
    )


def problems(wellspring: Wellspring, job: Job) -> list[str]:
    """What the service said against a job's parts, the first few."""
    said = [
        f"part {part.number}{'' if found.line is None else f', line {found.line}'}: {found.message}"
        for part in wellspring.detail(job.id).parts
        for found in part.problems
    ]
    more = len(said) - _TOLD_PROBLEMS
    return [*said[:_TOLD_PROBLEMS], *([f"… and {more:,} more"] if more > 0 else [])]
