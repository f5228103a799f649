"""Result files on disk as a job: copied, indexed, and collected from the start."""

from __future__ import annotations

import stat
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.lines import decode_line
from wellspring_tui.errors import InputError
from wellspring_tui.jobs.filing import FiledInput, file_answers, file_input
from wellspring_tui.jobs.model import (
    IMPORTED,
    INDEX_NAME,
    NO_SERVICE,
    Job,
    Part,
    Step,
    new_job_id,
    new_token,
    part_file_name,
)
from wellspring_tui.jobs.planning import removed_on_failure
from wellspring_tui.private import create, make_folder, put_in_place
from wellspring_tui.services.model import BatchProblem
from wellspring_tui.text import one_line, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress

_CHUNK_BYTES = 1024 * 1024
_LONGEST_LINE_BYTES = 64 * 1024 * 1024
_EXPECTED = "Expected the output or error file of a batch."
_UNFINISHED = {"batch_expired": "expired", "batch_cancelled": "cancelled"}
"""The error codes of lines that were never run, and what the batch's status was then."""


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """The files of a batch, as they were downloaded."""

    output: Path
    errors: Path | None = None
    input: Path | None = None


class Importer:
    """Makes jobs of result files."""

    def __init__(
        self,
        ledger: Ledger,
        places: Places,
        used: Callable[[Job, Sequence[Part], AnswerIndex], JobUsage],
    ) -> None:
        """`used` tells what a job has used and cost by its index."""
        self._ledger = ledger
        self._places = places
        self._used = used

    def make_job(self, files: ResultFiles, name: str | None, progress: Progress) -> Job:
        """The job, with its own copy of the files. Raises InputError for other files."""
        check_results(files.output)
        if files.errors is not None:
            check_results(files.errors)
        if files.input is not None:
            _check_requests(files.input)
        job_id = new_job_id()
        inputs = make_folder(self._places.inputs(job_id))
        outputs = make_folder(self._places.outputs(job_id))
        with (
            removed_on_failure(inputs, outputs),
            AnswerIndex.create(outputs / INDEX_NAME) as index,
        ):
            filed = FiledInput()
            if files.input is not None:
                path = _copied(files.input, inputs / part_file_name(1), progress)
                filed = file_input(path, index)
            problems = _index_results(files, outputs, index, progress)
            job, part = _job_of(job_id, files, name, index, filed=filed, problems=problems)
            usage = self._used(job, [part], index)
            self._ledger.arrivals.add_ended(job, part, index.totals(), usage)
        return self._ledger.job(job_id)


def _index_results(
    files: ResultFiles, outputs: Path, index: AnswerIndex, progress: Progress
) -> list[BatchProblem]:
    """Copy and index the results; what was amiss with them. Raises InputError for strangers."""
    problems = []
    for source, kind in ((files.output, "output"), (files.errors, "error")):
        if source is None:
            continue
        path = _copied(source, outputs / part_file_name(1, kind), progress)
        lines, unreadable = index.add_file(path, 1, progress.stage("Indexing answers"))
        if unreadable:
            what = f"{unreadable:,} of {lines:,} lines of {_shown(source)} can't be read"
            problems.append(BatchProblem(what, "unreadable_lines"))
    file_answers(index)
    strangers = index.strangers_of_part(1)
    totals = index.totals()
    if files.input is not None and strangers and totals.missing == totals.requests:
        raise InputError(
            f"none of its requests is answered in {_shown(files.output)}",
            where=_shown(files.input),
            todo="Is it the input file of that batch?",
        )
    if strangers:
        what = f"{strangers:,} answers belong to no request of the input file"
        problems.append(BatchProblem(what, "unknown_custom_ids"))
    return problems


def _job_of(
    job_id: str,
    files: ResultFiles,
    name: str | None,
    index: AnswerIndex,
    *,
    filed: FiledInput,
    problems: list[BatchProblem],
) -> tuple[Job, Part]:
    """The job of indexed files, and its only part."""
    now, totals = datetime.now(UTC), index.totals()
    status = _status(index, totals)
    model = filed.model or _model(index)
    job = Job(
        id=job_id,
        name=storable(name or files.output.stem),
        description=None,
        source=storable(str(files.output.absolute())),
        kind=IMPORTED,
        service=NO_SERVICE,
        endpoint=filed.endpoint,
        model=model,
        window="",
        requests=totals.requests,
        tokens_estimated=filed.tokens,
        created_at=now,
        status=status,
    )
    part = Part(
        id=f"{job_id}-1",
        job_id=job_id,
        number=1,
        step=Step.COLLECTED,
        status=status,
        token=new_token(f"{job_id}-1"),
        requests=totals.requests,
        size_bytes=filed.size_bytes,
        sha256=filed.sha256,
        endpoint=filed.endpoint,
        model=model,
        tokens=filed.tokens,
        problems=tuple(problems),
    )
    return job, part


def _status(index: AnswerIndex, totals: Totals) -> str:
    """How the batch ended, as far as its lines tell."""
    if totals.failed:
        for code, status in _UNFINISHED.items():
            if index.count_reasons(code):
                return status
    return "completed"


def _model(index: AnswerIndex) -> str:
    """The model that used most tokens."""
    tokens: Counter[str] = Counter()
    for group in index.groups():
        tokens[group.model] += group.usage.total_tokens
    return next((model for model, _ in tokens.most_common(1)), "")


def _copied(source: Path, path: Path, progress: Progress) -> Path:
    """A copy of `source` at `path`, where it appears whole."""
    temporary, size_bytes, done = path.with_suffix(".tmp"), source.stat().st_size, 0
    with source.open("rb") as original, create(temporary) as file:
        while chunk := original.read(_CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            progress.step(f"Copying {_shown(source)}", done, size_bytes)
        put_in_place(file, temporary, path)
    return path


def check_results(path: Path) -> None:
    """Raises InputError when a file does not start like an output or error file."""
    first = _first_line(path, "results")
    if first.keys() & {"response", "error"}:
        return
    if "body" in first:
        raise InputError(
            "these are requests, not results", where=_shown(path), todo="Give it with --input."
        )
    raise InputError(
        "the first line has neither a response nor an error", where=_shown(path), todo=_EXPECTED
    )


def _check_requests(path: Path) -> None:
    """Raises InputError when a file does not start like an input file."""
    first = _first_line(path, "requests")
    if first.keys() & {"response", "error"}:
        raise InputError("these are results, not requests", where=_shown(path))
    if not {"custom_id", "body"} <= first.keys():
        raise InputError("the first line is not a batch request", where=_shown(path))


def _first_line(path: Path, of: str) -> dict[str, Any]:
    """The first line that is not blank, as an object. Raises InputError."""
    where = _shown(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "this is a folder" if stat.S_ISDIR(mode) else "this is not an ordinary file"
            raise InputError(what, where=where, todo="Name a file.")
        with path.open("rb") as file:
            line = b"\n"
            while line.isspace():
                line = file.readline(_LONGEST_LINE_BYTES)
    except FileNotFoundError:
        raise InputError("there is no such file", where=where, todo="Check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"it can't be read ({reason})", where=where) from None
    if not line:
        raise InputError("the file is empty", where=where)
    first = decode_line(line)
    if not isinstance(first, dict):
        raise InputError(
            f"these are no {of} of a batch: the first line is not a JSON object", where=where
        )
    return first


def _shown(path: Path) -> str:
    return one_line(str(path))
