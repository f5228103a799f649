"""One job in full, as the lines of the pane beside or below the table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from wellspring_tui import figures
from wellspring_tui.jobs.model import Step
from wellspring_tui.text import one_line
from wellspring_tui.tui import look
from wellspring_tui.tui.screens.job_timeline import event_lines, span_line, spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wellspring_tui.answers.model import FailureKind
    from wellspring_tui.jobs.model import Job, JobDetail, Outlook, Part
    from wellspring_tui.services.model import BatchProblem
    from wellspring_tui.tui.carrier import Trouble

_LABEL_CELLS = 9
_LEAST_ROOM = 24
_PROBLEMS_SHOWN = 6
_PARTS_SHOWN = 12
SPARKLINE_CELLS = 32


@dataclass(frozen=True, slots=True)
class JobView:
    """What is known of one job, to be told."""

    detail: JobDetail
    now: datetime
    outlook: Outlook | None = None
    answered: Sequence[int] = ()
    """Answers that came in each of as many equal spans of time."""
    trouble: Trouble | None = None
    """Why it may be stale."""
    failures: Sequence[FailureKind] = ()


def detail_lines(view: JobView, width: int) -> list[Content]:
    """Everything, the most pressing first, for a pane of `width` cells."""
    lines = _Lines(width)
    detail, job = view.detail, view.detail.job
    lines.add_whole(_title(job))
    _add_problems(lines, detail.parts)
    if view.trouble is not None and job.open:
        lines.add("stale", Content.styled(one_line(view.trouble.sentence), look.BAD))
    if view.outlook is not None and job.open:
        lines.add("outlook", outlook_line(view.outlook))
    if any(view.answered):
        lines.add("answers", _answers(job, view))
    lines.add("timeline", span_line(spans(detail, view.now)))
    _add_failures(lines, view.failures)
    if job.notes:
        for line in job.notes.split("\n"):
            lines.add("notes", one_line(line))
    _add_facts(lines, job, view.now)
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


def _title(job: Job) -> Content:
    title = Content.assemble(
        (one_line(job.name), "bold"),
        "  ",
        look.status(job.status),
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


def outlook_line(outlook: Outlook) -> Content:
    """How long jobs like it took, and so how long this one may take."""
    pieces = []
    if outlook.silent_seconds is not None:
        silent = figures.duration(outlook.silent_seconds)
        pieces.append(Content.styled(f"▲ stalled: nothing new for {silent}", look.WARN))
    if outlook.left_seconds is not None:
        pieces.append(Content(f"about {_from_to(*outlook.left_seconds)} left"))
    if outlook.like_jobs:
        took = _from_to(outlook.shortest_seconds, outlook.longest_seconds)
        drawn = "1 job" if outlook.like_jobs == 1 else f"{outlook.like_jobs:,} jobs"
        pieces.append(Content.styled(f"like jobs took {took} (drawn from {drawn})", look.QUIET))
    else:
        pieces.append(Content.styled("no job like it has ended yet", look.QUIET))
    return Content(" · ").join(pieces)


def _from_to(shortest_seconds: float, longest_seconds: float) -> str:
    """`12 to 40 min`, `50 s to 2 min`."""
    shortest, longest = figures.duration(shortest_seconds), figures.duration(longest_seconds)
    if shortest == longest:
        return longest
    number, _, unit = shortest.partition(" ")
    return f"{number if longest.endswith(f' {unit}') else shortest} to {longest}"


def _answers(job: Job, view: JobView) -> Content:
    """The sparkline and what its width and height mean."""
    until = job.ended_at or view.now
    seconds = max(0.0, (until - job.created_at).total_seconds())
    sum_of = f"  {sum(view.answered):,} in {figures.duration(seconds)}"
    return look.sparkline(view.answered) + Content.styled(sum_of, look.QUIET)


def _add_facts(lines: _Lines, job: Job, now: datetime) -> None:
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
    lines.add("service", _joined(job.service, job.window and f"window {job.window}", created))
    if left := time_left(job, now):
        lines.add("window", f"{left} left" if left != "over" else "over")
    lines.add("file", look.path(Path(job.source)))


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
