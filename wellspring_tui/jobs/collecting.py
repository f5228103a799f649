"""Collecting a part: its output and error files come to disk, whole, and are indexed.

The service's bytes are kept as they came. A file appears under its name only when it
is complete and synced; until then the part is not collected.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.errors import GoneError, NetworkError
from wellspring_tui.jobs.blaming import with_prompts
from wellspring_tui.jobs.filing import file_answers
from wellspring_tui.jobs.model import ADOPTED, INDEX_NAME, part_file_name
from wellspring_tui.private import create, put_in_place, writing
from wellspring_tui.services.model import BatchProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import RemoteFile


class Collector:
    """Fetches and indexes the answers of parts whose batch has ended."""

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

    def collect(
        self, part: Part, service: Service, progress: Progress, gone_after_seconds: float
    ) -> None:
        """Bring a part's answers home. May be done again at any time, to the same effect.

        A file that the service no longer has is done without once `gone_after_seconds` have
        passed since the batch ended; before, GoneError says that it will be asked for again.
        """
        folder = self._places.outputs(part.job_id)
        note_expiry = partial(self._ledger.expiring.note, part)
        files: list[Path] = []
        problems: list[BatchProblem] = []
        for kind, file_id in (("output", part.output_file_id), ("error", part.error_file_id)):
            if file_id is None:
                continue
            path = folder / part_file_name(part.number, kind)
            if not path.is_file():
                stage = f"Fetching the {kind} of part {part.number}"
                try:
                    fetch(service, file_id, path, progress, stage, told=note_expiry)
                except GoneError as error:
                    if not over_since(part, gone_after_seconds):
                        raise
                    problems.append(BatchProblem(f"{kind} file: {error.what}", f"{kind}_file_gone"))
                    continue
            files.append(path)
        with AnswerIndex(folder / INDEX_NAME) as index:
            for path in files:
                problems += _read(index, path, part, progress)
            if self._ledger.job(part.job_id).kind == ADOPTED:
                self._ledger.arrivals.count_requests(part, file_answers(index))
            if strangers := index.strangers_of_part(part.number):
                what = f"{strangers:,} answers belong to no request of this job"
                problems.append(BatchProblem(what, "unknown_custom_ids"))
            blamed = with_prompts(part.problems, self._input_file(part), index)
            job, written = self._ledger.job(part.job_id), False
            while not written:
                totals = index.totals()
                usage = self._used(job, self._ledger.parts(job.id), index)
                written = self._ledger.steps.collected(
                    part,
                    totals,
                    usage.cost.charged.whole,
                    own=index.counts_of_part(part.number),
                    usage=usage,
                    problems=[*blamed, *problems],
                    still_true=partial(_holds, index, totals),
                )

    def _input_file(self, part: Part) -> Path:
        return self._places.inputs(part.job_id) / part.input_name


def _read(index: AnswerIndex, path: Path, part: Part, progress: Progress) -> Iterator[BatchProblem]:
    """Index one file of a part; yields what is wrong with it."""
    lines, unreadable = index.add_file(path, part.number, progress.stage("Indexing answers"))
    if unreadable:
        what = f"{unreadable:,} of {lines:,} lines of {path.name} can't be read"
        yield BatchProblem(what, "unreadable_lines")


def _unheard(_file: RemoteFile) -> None:
    """What nobody wants to know of a file."""


def fetch(
    service: Service,
    file_id: str,
    path: Path,
    progress: Progress,
    stage: str,
    *,
    told: Callable[[RemoteFile], None] = _unheard,
) -> None:
    """Bring a file of a service to `path`, where it appears only when it is whole and synced.

    `told` hears what the service says of it before anything comes.
    """
    about = service.file(file_id)
    told(about)
    expected = about.size_bytes
    temporary = path.with_suffix(".tmp")
    with writing(temporary), create(temporary) as file:
        written = service.download(file_id, file, progress.stage(stage))
        if expected is not None and written != expected:
            raise NetworkError(
                f"{file_id} has {expected:,} bytes, but {written:,} came",
                todo="Wellspring will fetch it again.",
            )
        file.flush()
        if expected is None and not _ends_whole(temporary):
            raise NetworkError(f"{file_id} breaks off", todo="Wellspring will fetch it again.")
        put_in_place(file, temporary, path)


def _ends_whole(path: Path) -> bool:
    """Whether the last line of a JSONL file is complete, for a service that tells no sizes."""
    last = b""
    with path.open("rb") as file:
        for line in file:
            last = line if line.strip() else last
    try:
        msgspec.json.decode(last or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _holds(index: AnswerIndex, totals: Totals) -> bool:
    return index.totals() == totals


def tells_enough(part: Part) -> bool:
    """Whether a batch that is over says where its answers are, or why it failed."""
    if part.status == "failed":
        return bool(part.problems)
    if part.completed and part.output_file_id is None:
        return False
    if part.failed and part.error_file_id is None:
        return False
    # A cancelled or expired batch need not have any file.
    files = part.output_file_id or part.error_file_id
    return part.status != "completed" or files is not None


def over_since(part: Part, seconds: float) -> bool:
    """Whether a part's batch ended so long ago that what is missing will not come."""
    ended = part.ended_at
    return ended is not None and (datetime.now(UTC) - ended).total_seconds() >= seconds
