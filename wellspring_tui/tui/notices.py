"""Telling that jobs have ended: a toast, and as set a bell, a desktop notice, a command.

However many jobs end in one round, it is told once.
"""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wellspring_tui.log import logger
from wellspring_tui.text import one_line
from wellspring_tui.tui import terminal
from wellspring_tui.tui.carrier import in_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.jobs.model import Job
    from wellspring_tui.tui.app import WellspringApp

COMMAND_SECONDS = 30.0
_NAMED = 3
_NOTICE = "{notice}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of jobs that ended together."""

    head: str
    text: str
    severity: Literal["information", "warning"]


def notice_of(jobs: Sequence[Job]) -> Notice:
    """The words for jobs, one at least, that ended in one round."""
    severity: Literal["information", "warning"] = (
        "information" if all(job.all_answered for job in jobs) else "warning"
    )
    if len(jobs) == 1:
        (job,) = jobs
        return Notice(f"Job {job.status}", f"{one_line(job.name, 40)}: {_counts(jobs)}", severity)
    names = ", ".join(one_line(job.name, 24) for job in jobs[:_NAMED])
    more = f" and {len(jobs) - _NAMED:,} more" if len(jobs) > _NAMED else ""
    return Notice(f"{len(jobs):,} jobs ended", f"{names}{more}: {_counts(jobs)}", severity)


def _counts(jobs: Sequence[Job]) -> str:
    answered, failed, missing = _sums(jobs)
    bad = f", {failed:,} failed, {missing:,} missing" if failed or missing else ""
    return f"{answered:,} answered{bad}"


def _sums(jobs: Sequence[Job]) -> tuple[int, int, int]:
    return (
        sum(job.completed for job in jobs),
        sum(job.failed for job in jobs),
        sum(job.missing for job in jobs),
    )


def variables_of(jobs: Sequence[Job]) -> dict[str, str]:
    """What a command finds in its environment; of several jobs, ids side by side and sums."""
    statuses = {job.status for job in jobs}
    answered, failed, missing = _sums(jobs)
    return {
        "WELLSPRING_JOB_ID": " ".join(job.id for job in jobs),
        "WELLSPRING_JOB_NAME": ", ".join(one_line(job.name, 200) for job in jobs),
        "WELLSPRING_JOB_STATUS": statuses.pop() if len(statuses) == 1 else "mixed",
        "WELLSPRING_JOB_ANSWERED": str(answered),
        "WELLSPRING_JOB_FAILED": str(failed),
        "WELLSPRING_JOB_MISSING": str(missing),
    }


class Notifier:
    """Tells the person at a dashboard, in the ways that are set at that time."""

    def __init__(self, app: WellspringApp) -> None:
        self._app = app
        self._complained = False

    async def tell(self, jobs: Sequence[Job]) -> None:
        """Tell that these jobs have ended."""
        notice, set_to = notice_of(jobs), self._app.door.settings.notices
        self._app.notify(notice.text, title=notice.head, severity=notice.severity, markup=False)
        if set_to.bell:
            self._app.bell()
        terminal.write(
            self._app,
            terminal.desktop_notice(set_to.desktop, notice.head, notice.text, os.environ),
        )
        if set_to.command:
            await self._run(set_to.command, notice, jobs)

    async def _run(self, command: Sequence[str], notice: Notice, jobs: Sequence[Job]) -> None:
        said = f"{notice.head}: {notice.text}"
        words = [word.replace(_NOTICE, said) for word in command]
        variables = variables_of(jobs)
        trouble = await in_thread(lambda: run_command(words, variables))
        if trouble is None:
            self._complained = False
            return
        logger(__name__).warning("notices.command: %s", trouble)
        if not self._complained:
            self._complained = True
            self._app.notify(
                one_line(f"The command for notices: {trouble}."), severity="warning", markup=False
            )


def run_command(
    words: Sequence[str], variables: dict[str, str], seconds: float = COMMAND_SECONDS
) -> str | None:
    """Run a command without a shell and out of sight; what went wrong, or None.

    One that takes longer than `seconds` is ended, with everything it started.
    """
    try:
        process = subprocess.Popen(
            words,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"{words[0]} can't be run ({reason})"
    with process:
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return f"{words[0]} took longer than {seconds:g} s and was ended"
    return None if code == 0 else f"{words[0]} ended with code {code}"


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
