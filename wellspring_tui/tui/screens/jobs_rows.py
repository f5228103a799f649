"""Jobs as rows of the table, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.jobs.model import SENDING, WAITING
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wellspring_tui.jobs.model import Job, JobsQuery, Outlook
    from wellspring_tui.wellspring import Wellspring

_BAR_CELLS = 8
_COUNT_CELLS = 12

COLUMNS = (
    Column("name", "Job", 19, flexible=True, sortable=True),
    Column("tags", "Tags", 10, flexible=True, priority=6),
    Column("status", "Status", 14, sortable=True),
    Column("progress", "Progress", _BAR_CELLS, priority=3, sortable=True),
    Column("completed", "Done", _COUNT_CELLS, align="right", sortable=True),
    Column("time", "Time", 12, align="right", priority=4),
    Column("model", "Model", 15, priority=8, sortable=True),
    Column("service", "Service", 9, priority=9, sortable=True),
    Column("input_tokens", "Tokens", 8, align="right", priority=7, sortable=True),
    Column("cost", "Cost", 9, align="right", priority=5, sortable=True),
    Column("expires_at", "Window", 11, align="right", priority=10, sortable=True),
    Column("created_at", "Age", 5, align="right", priority=2, sortable=True),
)


class JobRows:
    """The jobs of a query."""

    def __init__(self, door: Wellspring, query: JobsQuery, now: datetime) -> None:
        """`now` is what ages are counted to."""
        self._door = door
        self._now = now
        self._jobs = door.ordered(query)

    def __len__(self) -> int:
        return len(self._jobs)

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """The rows of jobs `start` to `stop`."""
        jobs = self._jobs.page(start, stop)
        outlooks = self._door.outlooks(jobs, self._now)
        return [job_row(job, outlooks.get(job.id), self._now) for job in jobs]

    def position(self, key: str) -> int | None:
        """Where a job stands in the order of the query."""
        return self._jobs.position(key)


def job_row(job: Job, outlook: Outlook | None, now: datetime) -> Row:
    """One line of the table."""
    tokens = job.input_tokens + job.output_tokens
    return Row(
        job.id,
        (
            job.name,
            look.tags(job.tags),
            status_of(job, outlook),
            look.progress(job.completed, job.failed, job.requests, _BAR_CELLS),
            look.counts(job.completed, job.failed, job.requests, _COUNT_CELLS),
            time_of(job, outlook),
            job.model,
            job.service,
            figures.tokens(tokens) if tokens else f"≈{figures.tokens(job.tokens_estimated)}",
            cost(job),
            time_left(job, now),
            figures.age(job.created_at, now),
        ),
    )


def time_of(job: Job, outlook: Outlook | None) -> Content:
    """About how long an open job still takes; how long one took that is over."""
    if not job.open:
        if job.ended_at is None:
            return Content("")
        took = (job.ended_at - job.created_at).total_seconds()
        return Content.styled(f"took {figures.short_duration(took)}", look.QUIET)
    if outlook is None:
        return Content("")
    if outlook.left_seconds is not None:
        return Content(f"{figures.between(*outlook.left_seconds)} left")
    if job.status in (WAITING, SENDING):
        usual = figures.between(outlook.shortest_seconds, outlook.longest_seconds)
        return Content.styled(f"like {usual}", look.QUIET)
    return Content("") if job.status == "cancelling" else Content.styled("late", look.WARN)


def status_of(job: Job, outlook: Outlook | None) -> Content:
    """Its status, or that it has stalled."""
    if outlook is None or outlook.silent_seconds is None:
        return look.status(job.status)
    return look.stalled(outlook.silent_seconds)


def cost(job: Job) -> str:
    """What a job has cost, once that is known."""
    if not job.collected:
        return "–"
    return "free" if job.cost == 0 else figures.money(job.cost)


def time_left(job: Job, now: datetime) -> str:
    """How much of its window an unfinished job has left."""
    if job.collected or job.expires_at is None:
        return ""
    left = (job.expires_at - now).total_seconds()
    return figures.duration(left) if left > 0 else "over"
