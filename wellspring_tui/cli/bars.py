"""Progress bars on a terminal's stderr."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from wellspring_tui.cli.output import PROGRAM
from wellspring_tui.cli.telling import counted
from wellspring_tui.progress import Progress as Heard
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from wellspring_tui.jobs.model import Job

_REDRAW_SECONDS = 0.1
_MARGIN = 3


class _Narrower(Progress):
    """Rich's progress, a little narrower than the terminal.

    A terminal echoes `^C` where the cursor stands; at the very edge that starts a new
    line, and the old one could not be wiped any more.
    """

    def __init__(self) -> None:
        self._terminal = Console(stderr=True)
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[counts]}", markup=False),
            TimeElapsedColumn(),
            console=self._terminal,
            expand=True,
            transient=True,
        )

    def get_renderable(self) -> RenderableType:
        """All bars."""
        return Constrain(super().get_renderable(), self._terminal.width - _MARGIN)


class Bars:
    """One bar for the job and, while something is read, sent or fetched, one for that."""

    def __init__(self) -> None:
        self.progress = Heard(self._stage)
        self._bars = _Narrower()
        self._stage_bar = self._bars.add_task("", visible=False, counts="")
        self._job_bar = self._bars.add_task("", visible=False, counts="", total=None)
        self._stage_name = ""
        self._redraw_at = 0.0

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, job: Job) -> None:
        """The job's bar; nothing else is at work any more."""
        self._stage_name = ""
        self._bars.update(self._stage_bar, visible=False)
        done = job.completed + job.failed
        self._bars.update(
            self._job_bar,
            visible=True,
            description=f"{job.id} {one_line(job.status, 20)}",
            # Before the first count a moving bar tells that it is alive.
            total=job.requests if done else None,
            completed=done,
            counts=counted(job),
        )

    def warn(self, sentence: str) -> None:
        """Say it above the bars."""
        self._bars.console.print(Text(f"{PROGRAM}: {one_line(sentence)}"))

    def _stage(self, what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if what != self._stage_name:
            self._stage_name = what
            self._bars.reset(self._stage_bar, description=what, visible=True, counts="")
        elif now < self._redraw_at:
            return
        self._redraw_at = now + _REDRAW_SECONDS
        self._bars.update(
            self._stage_bar,
            completed=done,
            total=total,
            counts=f"{100 * done // total} %" if total else f"{done:,}",
        )
