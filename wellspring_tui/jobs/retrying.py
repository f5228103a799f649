"""Sending again what has no answer, as new parts of the same job.

The new input files are on disk before the ledger knows of them, and the ledger knows
of them before anything is sent. What a killed process leaves behind belongs to no part,
and the next retry takes it away.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.answers.failures import Failure, can_get_better, is_passing, read_failure
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.places import PlacedLines
from wellspring_tui.errors import InputError, StorageError, TooExpensiveError
from wellspring_tui.jobs.at_once import refuse_batch_only
from wellspring_tui.jobs.filing import read_sent_line
from wellspring_tui.jobs.holding import alone
from wellspring_tui.jobs.model import INDEX_NAME, SentAgain, Step, part_file_name
from wellspring_tui.jobs.planning import Planner, planned_parts
from wellspring_tui.private import writing
from wellspring_tui.prompts.checking import Survey
from wellspring_tui.prompts.model import FileKind
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.answers.model import Answer
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.jobs.spending import Estimate
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.prompts.model import Request
    from wellspring_tui.service_profiles import ServiceProfile
    from wellspring_tui.services.model import BatchProblem

_NO_LINE = Failure(code="request_unknown", message="the file of its request was never here")
_TOLD_REASONS = 3
_REASON_LENGTH = 100


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Requests that are not sent again, all for one reason."""

    reason: str
    """The service's code, `status 403`, or `request_unknown`."""
    count: int
    example: str
    """What was said of the first of them."""

    def __str__(self) -> str:
        example = one_line(self.example, _REASON_LENGTH)
        told = f" ({example})" if example else ""
        return f"{self.count:,} × {one_line(self.reason, 60)}{told}"


@dataclass(frozen=True, slots=True)
class Retry:
    """What is sent again."""

    job: Job
    sent: int
    parts: tuple[int, ...]
    """The numbers of the new parts."""
    left_out: tuple[LeftOut, ...]
    """What is not, the most frequent reason first."""
    real_time: bool = False
    after_cancelling: bool = False
    """Whether its batches are cancelled first: what they leave then goes in real time."""
    cost: Estimate | None = None
    """What that may cost; after cancelling, what it would if no more answers came."""


class NothingToSendError(InputError):
    """Every request has its answer, or can't get a better one."""


def retry(
    ledger: Ledger,
    places: Places,
    profile: ServiceProfile,
    job_id: str,
    *,
    also_hopeless: bool,
    allow: Callable[[Survey], Estimate],
    max_cost: Decimal | None,
    progress: Progress,
) -> Retry:
    """Plan the parts of a retry, durably, for the channel of that profile.

    `allow` tells what sending costs what is found, or raises what speaks against it;
    `max_cost` is kept as the job's limit from then on. Raises InputError, as
    NothingToSendError when there is nothing to plan.
    """
    inputs = _inputs(places, job_id)
    real_time = profile.answers_for is not None
    with alone(inputs, job_id):
        parts = ledger.parts(job_id)
        _refuse_running(ledger.job(job_id), parts)
        _sweep(inputs, parts[-1].number)
        with _choosing(places, job_id, parts, also_hopeless=also_hopeless) as choice:
            queue_of = partial(ledger.limits.queue, profile)
            planner = Planner(inputs, profile, queue_of, parts[-1].number + 1)
            try:
                with writing(inputs):
                    for count, _ in enumerate(planner.placed(choice.wanted())):
                        progress.step("Planning the retry", count)
                choice.refuse_nothing(job_id)
                if real_time:
                    refuse_batch_only(part.endpoint for part in planner.parts)
                cost = allow(choice.found)
            except BaseException:
                planner.close()
                _sweep(inputs, parts[-1].number)
                raise
        fresh = planned_parts(job_id, planner.parts, real_time=real_time)
        ledger.add_parts(job_id, fresh, choice.again, profile.answered_by, max_cost=max_cost)
    numbers = tuple(part.number for part in planner.parts)
    job, left_out = ledger.job(job_id), choice.left_out()
    return Retry(job, choice.sent, numbers, left_out, real_time, cost=cost)


def survey(ledger: Ledger, places: Places, job_id: str, *, also_hopeless: bool) -> Survey:
    """What has no answer and would be sent again; nothing is. Raises StorageError.

    Of a job that runs, what its batches have answered counts as soon as it is here.
    """
    parts = ledger.parts(job_id)
    with _choosing(places, job_id, parts, also_hopeless=also_hopeless) as choice:
        for _ in choice.wanted():
            pass
        return choice.found


def _inputs(places: Places, job_id: str) -> Path:
    inputs = places.inputs(job_id)
    if not inputs.is_dir():
        raise StorageError("the input files of this job are gone", where=str(inputs))
    return inputs


@contextmanager
def _choosing(
    places: Places, job_id: str, parts: list[Part], *, also_hopeless: bool
) -> Iterator[_Choice]:
    inputs, outputs = _inputs(places, job_id), places.outputs(job_id)
    with (
        AnswerIndex(outputs / INDEX_NAME) as index,
        PlacedLines(inputs) as requests,
        PlacedLines(outputs) as answers,
    ):
        history = _History(inputs, parts, index.files_of_requests())
        found = Survey(inputs, FileKind.REQUESTS)
        yield _Choice(index, history, requests, answers, found, also_hopeless=also_hopeless)


def ask_to_finish(ledger: Ledger, job_id: str, max_cost: Decimal | None) -> Retry | None:
    """Have the batches of a job cancelled, and what they leave asked in real time.

    `max_cost`, if it is given, is the job's limit from then on. None when the job is over.
    Raises InputError when it is answered in real time already, or can't be.
    """
    open_parts = [part for part in ledger.parts(job_id) if part.step is not Step.COLLECTED]
    if any(part.real_time for part in open_parts):
        raise InputError(f"the job {job_id} is being answered in real time already")
    refuse_batch_only(part.endpoint for part in open_parts)
    if not ledger.finishing.ask_for(job_id, max_cost):
        return None
    return Retry(ledger.job(job_id), 0, (), (), real_time=True, after_cancelling=True)


def finish(
    ledger: Ledger,
    places: Places,
    profile: ServiceProfile,
    job_id: str,
    *,
    allow: Callable[[Survey], Estimate],
    progress: Progress,
) -> Retry | None:
    """Ask in real time what the batches of a job have left, as was asked for before.

    None when they have left nothing, or more than the job's limit allows for: then the job
    is over. Killed at any point, it is done
    anew. Raises InputError when another process is at it.
    """
    try:
        return retry(
            ledger,
            places,
            profile,
            job_id,
            also_hopeless=False,
            allow=allow,
            max_cost=None,
            progress=progress,
        )
    except (NothingToSendError, TooExpensiveError) as error:
        ledger.finishing.nothing_left(job_id, error.what)
        return None


def _refuse_running(job: Job, parts: list[Part]) -> None:
    finishing = job.finish_now and all(part.step is Step.COLLECTED for part in parts)
    if not job.collected and not finishing:
        raise InputError(
            f"the job {job.id} still runs ({job.status}), and what has no answer may get one",
            todo="Wait for its end, or cancel it.",
        )


def _sweep(inputs: Path, last: int) -> None:
    """Take away input files after part `last`: no part has them."""
    known = {part_file_name(number) for number in range(1, last + 1)}
    with writing(inputs):
        for path in inputs.glob("part-*.jsonl*"):
            if path.name.removesuffix(".tmp") not in known:
                path.unlink()


class _History:
    """In which part each request was sent last, and what a validation said against its line."""

    def __init__(self, inputs: Path, parts: list[Part], first_files: list[str]) -> None:
        """`first_files` are the input files that requests were sent in for the first time."""
        self.parts = {part.input_name: part for part in parts}
        self.refused: dict[str, BatchProblem] = {}
        self._later: dict[str, Part] = {}
        for part in parts:
            self._read(inputs / part.input_name, part, later=part.input_name not in first_files)

    def _read(self, path: Path, part: Part, *, later: bool) -> None:
        problems = {problem.line: problem for problem in part.problems if problem.line is not None}
        if not (later or problems) or not path.is_file():
            return
        seen: set[str] = set()
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                request = read_sent_line(raw)
                # Of lines with one custom_id the first is the request.
                if request is None or request.custom_id in seen:
                    continue
                seen.add(request.custom_id)
                if later:
                    self._later[request.custom_id] = part
                # What was said of it before it went again is of no account.
                self.refused.pop(request.custom_id, None)
                if number in problems:
                    self.refused[request.custom_id] = problems[number]

    def last_part(self, answer: Answer) -> Part:
        """The part in which a request was sent last."""
        return self._later.get(answer.custom_id) or self.parts[answer.request.file]


@dataclass(slots=True)
class _Choice:
    """Which requests go again, counted on the way."""

    index: AnswerIndex
    history: _History
    requests: PlacedLines
    answers: PlacedLines
    found: Survey
    """What is sent again."""
    also_hopeless: bool = field(kw_only=True)
    sent: int = 0
    again: dict[int, SentAgain] = field(default_factory=dict)
    _left: dict[str, LeftOut] = field(default_factory=dict)

    def wanted(self) -> Iterator[Request]:
        """The requests to send, by row."""
        for answer in self.index.unanswered():
            hopeless = self._hopeless(answer)
            if hopeless is None or (self.also_hopeless and hopeless is not _NO_LINE):
                yield self._request(answer)
            else:
                self._leave_out(hopeless)

    def _hopeless(self, answer: Answer) -> Failure | None:
        """Why it makes no sense to send a request again; None when it may."""
        if not answer.request.file:
            return _NO_LINE
        problem = self.history.refused.get(answer.custom_id)
        if problem is not None:
            said = Failure(code=problem.code or "refused", message=problem.message)
            return None if is_passing(said) else said
        if answer.response is None:
            return None
        failure = read_failure(self.answers.at(answer.response))
        return None if can_get_better(failure) else failure

    def _request(self, answer: Answer) -> Request:
        part = self.history.last_part(answer)
        request = read_sent_line(self.requests.at(answer.request))
        if request is None or request.custom_id != answer.custom_id:
            raise StorageError(
                f"the line of {one_line(answer.custom_id, 60)} is not there any more",
                where=answer.request.file,
                todo="The input file was changed; submit the prompts as a new job.",
            )
        before = self.again.get(part.number, SentAgain(0, 0))
        failed = answer.response is not None
        self.again[part.number] = SentAgain(before.requests + 1, before.failed + failed)
        self.sent += 1
        sent = msgspec.structs.replace(request, model=part.model, endpoint=part.endpoint)
        self.found.add(sent)
        return sent

    def _leave_out(self, failure: Failure) -> None:
        first = LeftOut(failure.reason, 0, failure.message or "")
        known = self._left.setdefault(failure.reason, first)
        self._left[failure.reason] = replace(known, count=known.count + 1)

    def left_out(self) -> tuple[LeftOut, ...]:
        """What stays behind, the most frequent reason first."""
        return tuple(sorted(self._left.values(), key=lambda left: -left.count))

    def refuse_nothing(self, job_id: str) -> None:
        """Raises InputError when nothing was wanted."""
        if self.sent:
            return
        left = self.left_out()
        if not left:
            raise NothingToSendError(f"every request of the job {job_id} has its answer")
        told = "; ".join(map(str, left[:_TOLD_REASONS]))
        more = len(left) - _TOLD_REASONS
        can = any(one.reason != _NO_LINE.code for one in left)
        raise NothingToSendError(
            f"nothing of the job {job_id} can get better: {told}"
            + (f"; and {more:,} more reasons" if more > 0 else ""),
            todo="`retry --all` sends it again all the same." if can else None,
        )
