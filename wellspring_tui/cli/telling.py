"""How a job comes along, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Protocol

from wellspring_tui.cli.output import on_terminal, say
from wellspring_tui.progress import Progress

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import Job

_STAGE_SECONDS = 10.0


class Teller(Protocol):
    """Tells a person how things come along; used as a context manager."""

    @property
    def progress(self) -> Progress:
        """What goes down with long work."""
        ...

    def __enter__(self) -> Teller: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, job: Job) -> None:
        """Show how far a job is."""
        ...

    def warn(self, sentence: str) -> None:
        """Say something that matters, without spoiling what is shown."""
        ...


def teller(*, quiet: bool) -> Teller:
    """What suits stderr."""
    if quiet:
        return Quiet()
    if on_terminal(sys.stderr) and os.environ.get("TERM") != "dumb":
        from wellspring_tui.cli.bars import Bars

        return Bars()
    return Lines()


def counted(job: Job) -> str:
    """`5 of 9 answered, 1 failed`."""
    failed = f", {job.failed:,} failed" if job.failed else ""
    return f"{job.completed:,} of {job.requests:,} answered{failed}"


class Quiet:
    """Warnings only."""

    def __init__(self) -> None:
        self.progress = Progress()

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def show(self, job: Job) -> None:
        """Nothing."""

    def warn(self, sentence: str) -> None:
        """Say it."""
        say(sentence)


class Lines(Quiet):
    """A line whenever a job looks different, for logs and pipes."""

    def __init__(self) -> None:
        super().__init__()
        self.progress = Progress(self._stage)
        self._shown: tuple[str, int, int] | None = None
        self._stage_name = ""
        self._quiet_until = 0.0

    def show(self, job: Job) -> None:
        """A line, if the status or the counts are new; the end is told by the command."""
        looks = (job.status, job.completed, job.failed)
        if looks == self._shown or job.collected:
            return
        self._shown = looks
        say(f"{job.id} {job.status}: {counted(job)}")

    def _stage(self, what: str, done: int, total: int | None) -> None:
        """Only work that takes long is worth a line, now and then."""
        now = time.monotonic()
        if what != self._stage_name:
            self._stage_name, self._quiet_until = what, now + _STAGE_SECONDS
        if now < self._quiet_until:
            return
        self._quiet_until = now + _STAGE_SECONDS
        say(f"{what}: {100 * done // total} %" if total else f"{what}: {done:,}")
