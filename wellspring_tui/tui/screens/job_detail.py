"""One job in full, as the lines of the pane beside or below the table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.jobs.expiring import expire_at, sentence
from wellspring_tui.jobs.model import SENDING, WAITING, Step
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.job_timeline import event_lines, span_line, spans
from wellspring_tui.tui.screens.jobs_rows import cost, status_of, time_left

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wellspring_tui.answers.failure_kinds import FailureKind
    from wellspring_tui.jobs.model import Job, JobDetail, Outlook, Part
    from wellspring_tui.services.model import BatchProblem
    from wellspring_tui.settings import Settings
    from wellspring_tui.tui.carrier import Trouble

_LABEL_CELLS = 9
_LEAST_ROOM = 24
_PROBLEMS_SHOWN = 6
_PARTS_SHOWN = 12
_SPARKLINE_CELLS = (8, 32)
"""The fewest and the most."""


@dataclass(frozen=True, slots=True)
class JobView:
    """What is known of one job, to be told."""

    detail: JobDetail
    now: datetime
    outlook: Outlook | None = None
    answered: Sequence[int] = ()
    """How many answers there were at as many moments up to now, or to the job's end."""
    trouble: Trouble | None = None
    """Why it may be stale."""
    failures: Sequence[FailureKind] = ()


def detail_lines(view: JobView, width: int) -> list[Content]:
    """Everything, the most pressing first, for a pane of `width` cells."""
    lines = _Lines(width)
    detail, job = view.detail, view.detail.job
    lines.add_whole(_title(job, view.outlook))
    _add_problems(lines, detail.parts)
    if view.trouble is not None and job.open:
        lines.add("stale", Content.styled(one_line(view.trouble.sentence), look.BAD))
    for part in detail.parts:
        if (at := expire_at(job, part, view.now)) is not None:
            lines.add("expiry", Content.styled(f"▲ {sentence(at, view.now)}", look.WARN))
    if job.open:
        lines.add("outlook", outlook_line(job, view.outlook))
    if any(view.answered):
        lines.add("answers", _answers(job, view))
    if lasted := spans(detail, view.now):
        lines.add("timeline", span_line(lasted))
    _add_failures(lines, view.failures)
    if job.notes:
        for line in job.notes.split("\n"):
            lines.add("notes", one_line(line))
    _add_facts(lines, detail, view.now)
    _add_parts(lines, detail.parts)
    for event in event_lines(detail.events):
        lines.add("events", event)
    return lines.lines


class _Lines:
    """Facts under their labels; what is too long goes on below, beside its label."""

    def __init__(self, width: int) -> None:
        self.lines: list[Content] = []
        self.width = width
        self._room = max(_LEAST_ROOM, width - _LABEL_CELLS - 1)
        self._label = ""

    def add_whole(self, content: Content) -> None:
        self.lines += content.wrap(max(_LEAST_ROOM, self.width))

    def add(self, label: str, value: str | Content) -> None:
        """One fact; a label that stands above already is not said again."""
        content = value if isinstance(value, Content) else Content(one_line(value))
        for piece in content.wrap(self._room):
            shown = "" if label == self._label else label
            self.lines.append(look.labelled(shown, piece, _LABEL_CELLS))
            self._label = label


def _title(job: Job, outlook: Outlook | None) -> Content:
    title = Content.assemble(
        (one_line(job.name), "bold"),
        "  ",
        status_of(job, outlook),
        " ",
        look.counts(job.completed, job.failed, job.requests),
        ("  job ", look.QUIET),
        job.id,
    )
    return title + Content("  ") + look.tags(job.tags) if job.tags else title


def _add_problems(lines: _Lines, parts: Sequence[Part]) -> None:
    problems = [(part, problem) for part in parts for problem in part.problems]
    for part, problem in problems[:_PROBLEMS_SHOWN]:
        lines.add("problem", _problem(part, problem, many=len(parts) > 1))
    if len(problems) > _PROBLEMS_SHOWN:
        lines.add("problem", f"and {len(problems) - _PROBLEMS_SHOWN:,} more")


def _problem(part: Part, problem: BatchProblem, *, many: bool) -> Content:
    """Where it is, in which prompt, and what it is."""
    place = [f"part {part.number}"] if many else []
    place += [f"line {problem.line:,}"] if problem.line is not None else []
    place += [one_line(said, 60) for said in (problem.prompt, problem.param) if said]
    where = f"{' · '.join(place)}: " if place else ""
    code = f" ({one_line(problem.code, 40)})" if problem.code else ""
    return Content.assemble(
        ("× ", look.BAD),
        (where, look.BAD),
        Content.styled(one_line(problem.message), look.BAD),
        (code, look.QUIET),
    )


def _add_failures(lines: _Lines, failures: Iterable[FailureKind]) -> None:
    for kind in failures:
        example = kind.example
        prompt = " › ".join(part for part in (example.section, example.prompt_type) if part)
        lines.add(
            "failed",
            Content.assemble(
                (f"× {kind.requests:,} ", look.BAD),
                one_line(example.reason or "no reason was given", 160),
                (f" · such as {one_line(prompt or example.custom_id, 60)}", look.QUIET),
            ),
        )


def outlook_line(job: Job, outlook: Outlook | None) -> Content:
    """How long jobs like it took, and so how long this one may take."""
    if outlook is None:
        return Content.styled("too few jobs like it have ended to tell", look.QUIET)
    pieces = []
    if outlook.silent_seconds is not None:
        silent = figures.duration(outlook.silent_seconds)
        pieces.append(Content.styled(f"▲ stalled: nothing new for {silent}", look.WARN))
    if outlook.left_seconds is not None:
        least, most = outlook.left_seconds
        left = (
            f"about {from_to(least, most)}" if least >= 1 else f"at most {figures.duration(most)}"
        )
        pieces.append(Content(f"{left} left"))
    elif job.status not in (WAITING, SENDING, "cancelling"):
        pieces.append(Content("takes longer than jobs like it"))
    took = from_to(outlook.shortest_seconds, outlook.longest_seconds)
    pieces.append(
        Content.styled(f"like jobs took {took} (drawn from {outlook.like_jobs:,})", look.QUIET)
    )
    return Content(" · ").join(pieces)


def from_to(shortest_seconds: float, longest_seconds: float) -> str:
    """`12 to 40 min`, `50 s to 2 min`."""
    shortest, longest = figures.duration(shortest_seconds), figures.duration(longest_seconds)
    if shortest == longest:
        return longest
    number, _, unit = shortest.partition(" ")
    return f"{number if longest.endswith(f' {unit}') else shortest} to {longest}"


def sparkline_cells(job: Job, settings: Settings, now: datetime) -> int:
    """A cell for every other time that the service was asked: with more, gaps would be drawn."""
    local, usual = settings.local_check_interval_seconds, settings.check_interval_seconds
    profile = settings.services.get(job.service)
    is_quick = (profile is not None and profile.is_quick) or job.real_time_parts > 0
    interval = min(local, usual) if is_quick else usual
    seconds = ((job.ended_at or now) - job.created_at).total_seconds()
    fewest, most = _SPARKLINE_CELLS
    return max(fewest, min(most, int(seconds / max(1.0, interval) / 2)))


def _answers(job: Job, view: JobView) -> Content:
    """When answers came, and how many in how long."""
    came = [after - before for before, after in pairwise([0, *view.answered])]
    seconds = ((job.ended_at or view.now) - job.created_at).total_seconds()
    in_all = f"  {view.answered[-1]:,} in {figures.duration(seconds)}"
    return look.sparkline(came) + Content.styled(in_all, look.QUIET)


def _add_facts(lines: _Lines, detail: JobDetail, now: datetime) -> None:
    job = detail.job
    if job.description:
        lines.add("about", one_line(job.description))
    created = job.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    tokens = (
        f"{job.input_tokens:,} in, {job.output_tokens:,} out"
        if job.input_tokens or job.output_tokens
        else f"≈ {job.tokens_estimated:,} in"
    )
    lines.add("requests", _joined(f"{job.requests:,}", job.endpoint, job.model))
    lines.add("tokens", f"{tokens} · cost {cost(job)}")
    in_batches = job.real_time_parts < job.parts
    window = f"window {job.window}" if job.window and in_batches else ""
    lines.add("service", _joined(job.way, detail.answered_by or "", window, created))
    if job.finish_now:
        rest = "when its batches are over, the rest is answered in real time"
        lines.add("then", Content.styled(rest, look.WARN))
    if left := time_left(job, now):
        lines.add("window", f"{left} left" if left != "over" else "over")
    lines.add("file", look.path(Path(job.source)))


def _joined(*facts: str) -> str:
    """Facts in one line; those that an imported job does not have are left out."""
    return " · ".join(fact for fact in facts if fact)


def _add_parts(lines: _Lines, parts: Sequence[Part]) -> None:
    """Each part; of very many, those that still need something come first."""
    ordered = parts if len(parts) <= _PARTS_SHOWN else sorted(parts, key=_is_done)
    for part in ordered[:_PARTS_SHOWN]:
        label = f"part {part.number}"
        for line in _part_lines(part):
            lines.add(label, line)
    others = ordered[_PARTS_SHOWN:]
    if others:
        done = sum(part.answered for part in others)
        lines.add("parts", f"{len(others):,} more, {done:,} of them all answered")


def _is_done(part: Part) -> bool:
    return part.answered and not part.problems


def _part_lines(part: Part) -> Iterator[Content]:
    facts = [figures.size(part.size_bytes), f"≈ {figures.tokens(part.tokens)} tokens"]
    if part.attempts:
        facts.append(f"attempt {part.attempts + 1}")
    if part.real_time:
        facts.append("in real time")
    yield Content.assemble(
        look.status(part.status),
        " ",
        look.counts(part.completed, part.failed, part.requests),
        (f" · {' · '.join(facts)}", look.QUIET),
    )
    if part.waiting_for and part.step is not Step.COLLECTED:
        until = f", until {part.not_before.astimezone():%H:%M:%S}" if part.not_before else ""
        yield Content.styled(f"waits for {one_line(part.waiting_for)}{until}", look.WARN)
    ids = (part.batch_id, part.input_file_id, part.output_file_id, part.error_file_id)
    known = " · ".join(one_line(own_id) for own_id in ids if own_id)
    yield Content.styled(known or "no batch yet", look.QUIET)
