"""A job's timeline: how long each status lasted, then everything that happened."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.jobs.model import SENDING, WAITING
from wellspring_tui.services.model import ENDED
from wellspring_tui.text import one_line
from wellspring_tui.tui import look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wellspring_tui.jobs.model import Event, JobDetail

_STATUS_AFTER = {
    "planned": WAITING,
    "waits": WAITING,
    "uploading": SENDING,
    "uploaded": SENDING,
    "creating": SENDING,
    "created": "validating",
}
"""The status that a part comes to with an event which is not named after it."""
_NO_STATUS = frozenset({"collected"})
_JOINING = frozenset({"planned", "retry planned", "adopted", "imported"})
"""Events of a job with which parts join it."""

_TOLD_ELSEWHERE = frozenset({"created"})
"""Events whose detail, a batch id, stands with the part."""

_FURTHEST_BEHIND = (WAITING, SENDING, "validating", "in_progress", "cancelling", "finalizing")
_WORST_END = ("failed", "expired", "cancelled", "completed")

_SPANS_SHOWN = 8
_EVENTS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Span:
    """A status that a job was in; an end lasts no time."""

    status: str
    seconds: float | None
    goes_on: bool = False


def spans(detail: JobDetail, now: datetime) -> list[Span]:
    """The statuses of a job one after the other, each that of the part furthest behind."""
    reached: list[tuple[str, datetime]] = []
    for at, statuses in _moments(detail):
        status = _of_all(statuses)
        if not reached or reached[-1][0] != status:
            reached.append((status, at))
    if not reached:
        return []
    if not detail.job.open:
        # After a retry a part may have ended badly and its requests be answered in another.
        *reached, (_, at) = reached
        if not reached or reached[-1][0] != detail.job.status:
            reached.append((detail.job.status, at))
    ends = [at for _, at in reached[1:]] + [now]
    lasted = [
        Span(status, None if status in ENDED else max(0.0, (end - start).total_seconds()))
        for (status, start), end in zip(reached, ends, strict=True)
    ]
    if detail.job.open and lasted[-1].seconds is not None:
        lasted[-1] = Span(lasted[-1].status, lasted[-1].seconds, goes_on=True)
    return lasted


def _moments(detail: JobDetail) -> Iterator[tuple[datetime, dict[int, str]]]:
    """When a part came to another status, and the statuses of all parts then."""
    joined = _joined_with(detail)
    statuses: dict[int, str] = {}
    # What a service dates may be noted after later things of other parts.
    for event in sorted(detail.events, key=lambda event: event.at):
        if event.part == 0:
            statuses |= dict.fromkeys(joined.get(event, ()), WAITING)
        elif event.what not in _NO_STATUS:
            statuses[event.part] = _STATUS_AFTER.get(event.what, event.what)
        if statuses:
            yield event.at, statuses


def _joined_with(detail: JobDetail) -> dict[Event, list[int]]:
    """Which parts a job got when it was planned, and which with each retry."""
    plans = [event for event in detail.events if event.part == 0 and event.what in _JOINING]
    joined: defaultdict[Event, list[int]] = defaultdict(list)
    begun: set[int] = set()
    plan = None
    for event in detail.events:
        if event in plans:
            plan = event
        elif event.part and event.part not in begun and plan is not None:
            begun.add(event.part)
            joined[plan].append(event.part)
    if plan is not None:
        joined[plan] += [part.number for part in detail.parts if part.number not in begun]
    return joined


def _of_all(statuses: dict[int, str]) -> str:
    """The status of a job whose parts have these."""
    running = [status for status in statuses.values() if status not in ENDED]
    order = _FURTHEST_BEHIND if running else _WORST_END
    return min(
        running or statuses.values(),
        key=lambda status: order.index(status) if status in order else len(order),
    )


def span_line(lasted: Sequence[Span]) -> Content:
    """`validating 4 s → in progress 12 min → completed`; what took no time is left out."""
    told = [
        span
        for number, span in enumerate(lasted, start=1)
        if span.seconds is None or span.seconds >= 1 or number == len(lasted)
    ]
    shown = told[-_SPANS_SHOWN:]
    pieces = [Content.styled("…", look.QUIET)] if len(shown) < len(told) else []
    pieces += map(_span, shown)
    return Content.styled(" → ", look.QUIET).join(pieces)


def _span(span: Span) -> Content:
    name = Content.styled(one_line(span.status, 20).replace("_", " "), look.colour_of(span.status))
    if span.seconds is None:
        return name
    so_far = " so far" if span.goes_on else ""
    return name + Content(f" {figures.duration(span.seconds)}{so_far}")


def event_lines(events: Sequence[Event]) -> list[Content]:
    """Each thing that happened, when, and how long after the one before; the newest of many."""
    shown = events[-_EVENTS_SHOWN:]
    earlier = len(events) - len(shown)
    lines = [Content.styled(f"{earlier:,} earlier events", look.QUIET)] if earlier else []
    return [*lines, *_dated(shown)]


def _dated(events: Iterable[Event]) -> Iterator[Content]:
    before: datetime | None = None
    for event in events:
        # The service's clock and ours differ, so what it dates may seem to go back a little.
        seconds = max(0.0, (event.at - before).total_seconds()) if before else None
        after = "" if seconds is None else f"+{_exactly(seconds)}"
        what = f"part {event.part} {event.what}" if event.part else event.what
        is_new_day = before is None or event.at.astimezone().date() != before.astimezone().date()
        if is_new_day:
            yield Content.styled(f"{event.at.astimezone():%Y-%m-%d}", look.QUIET)
        line = f"{event.at.astimezone():%H:%M:%S} {after:>9}  {one_line(what.replace('_', ' '))}"
        told = event.detail if event.what not in _TOLD_ELSEWHERE else None
        detail = Content.styled(f"  {one_line(told)}", look.QUIET) if told else ""
        yield Content.assemble(line, detail)
        before = event.at


def _exactly(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else figures.duration(seconds)
