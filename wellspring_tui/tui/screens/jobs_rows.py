"""Jobs as rows of the table, and one job as lines of the pane below it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.widgets.table_model import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wellspring_tui.jobs.model import Event, Job, JobDetail, JobsQuery, Part
    from wellspring_tui.wellspring import Wellspring

_BAR_CELLS = 12

COLUMNS = (
    Column("name", "Job", 16, flexible=True, sortable=True),
    Column("status", "Status", 13, sortable=True),
    Column("progress", "Progress", _BAR_CELLS, priority=5),
    Column("completed", "Done", 13, align="right", sortable=True),
    Column("model", "Model", 15, priority=7, sortable=True),
    Column("service", "Service", 8, priority=8, sortable=True),
    Column("input_tokens", "Tokens", 7, align="right", priority=4, sortable=True),
    Column("cost", "Cost", 9, align="right", priority=6, sortable=True),
    Column("created_at", "Age", 5, align="right", priority=2, sortable=True),
    Column("expires_at", "Left", 11, align="right", priority=9, sortable=True),
)


class JobRows:
    """The jobs of a query, a page at a time."""

    def __init__(self, door: Wellspring, query: JobsQuery, now: datetime) -> None:
        """`now` is what ages are counted to."""
        self._door = door
        self._now = now
        self._query = query
        self._count = door.count_jobs(query)

    def __len__(self) -> int:
        return self._count

    def page(self, start: int, stop: int) -> Sequence[Row]:
        """The rows of jobs `start` to `stop`."""
        return [job_row(job, self._now) for job in self._door.jobs(self._query, start, stop)]

    def position(self, key: str) -> int | None:
        """Where a job stands in the order of the query."""
        return self._door.position(self._query, key)


def job_row(job: Job, now: datetime) -> Row:
    """One line of the table."""
    tokens = job.input_tokens + job.output_tokens
    return Row(
        job.id,
        (
            job.name,
            look.status(job.status),
            look.progress(job.completed, job.failed, job.requests, _BAR_CELLS),
            look.counts(job.completed, job.failed, job.requests),
            job.model,
            job.service,
            figures.tokens(tokens) if tokens else f"≈{figures.tokens(job.tokens_estimated)}",
            cost(job),
            figures.age(job.created_at, now),
            time_left(job, now),
        ),
    )


def cost(job: Job) -> str:
    """What a job has cost, once that is known."""
    if not job.collected:
        return "–"
    return "free" if job.cost == 0 else figures.money(job.cost)


def time_left(job: Job, now: datetime) -> str:
    """How much of its window an unfinished job has left."""
    if job.collected or job.expires_at is None:
        return ""
    left = job.expires_at - now
    return figures.duration(left.total_seconds()) if left > timedelta(0) else "over"


def detail_lines(detail: JobDetail, failure: str | None) -> list[Content]:
    """One job in full: its facts, parts, timeline and problems."""
    job = detail.job
    created = job.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    tokens = (
        f"{job.input_tokens:,} in, {job.output_tokens:,} out"
        if job.input_tokens or job.output_tokens
        else f"≈ {job.tokens_estimated:,} in"
    )
    lines = [
        Content.assemble((one_line(job.name), "bold"), ("  job ", look.QUIET), job.id),
        look.labelled("file", look.path(Path(job.source))),
        look.labelled("requests", _joined(f"{job.requests:,}", job.endpoint, job.model)),
        look.labelled(
            "service", _joined(job.service, job.window and f"window {job.window}", created)
        ),
        look.labelled("tokens", f"{tokens} · cost {cost(job)}"),
    ]
    if job.description:
        lines.insert(1, look.labelled("about", job.description))
    if failure is not None and job.open:
        lines.append(look.labelled("stale", Content.styled(one_line(failure), look.BAD)))
    lines += [_part_line(part) for part in detail.parts]
    lines += [
        look.labelled("", Content.styled(one_line(str(problem)), look.BAD))
        for part in detail.parts
        for problem in part.problems
    ]
    lines += _timeline(detail.events)
    return lines


def _joined(*facts: str) -> str:
    """Facts in one line; those that an imported job does not have are left out."""
    return " · ".join(fact for fact in facts if fact)


def _part_line(part: Part) -> Content:
    value = Content.assemble(
        look.status(part.status),
        " ",
        look.counts(part.completed, part.failed, part.requests),
        (f" · waits for {one_line(part.waiting_for)}" if part.waiting_for else "", look.WARN),
        (f" · {part.batch_id or 'no batch yet'} · {figures.size(part.size_bytes)}", look.QUIET),
    )
    return look.labelled(f"part {part.number}", value)


def _timeline(events: Sequence[Event]) -> list[Content]:
    """Each thing that happened, when, and how long after the one before."""
    lines: list[Content] = []
    before: datetime | None = None
    for event in events:
        # The service's clock and ours differ, so what it dates may seem to go back a little.
        after = f"+{max(0.0, (event.at - before).total_seconds()):.1f} s" if before else ""
        what = f"part {event.part} {event.what}" if event.part else event.what
        text = f"{event.at.astimezone():%H:%M:%S}  {after:>10}  {one_line(what.replace('_', ' '))}"
        shown = Content(text)
        if event.detail:
            shown += Content.styled(f"  {one_line(event.detail)}", look.QUIET)
        lines.append(look.labelled("" if lines else "timeline", shown))
        before = event.at
    return lines
