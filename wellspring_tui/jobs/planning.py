"""Cutting a stream of requests into the input files of a job's parts.

A batch takes one model, one endpoint, and only so many requests, bytes and
embedding inputs; the service's profile says how many. A part that needs more tokens
than the service's queue holds could never run, so that cuts too.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.model import Place
from wellspring_tui.errors import PromptsFileError
from wellspring_tui.jobs.model import WAITING, Part, Step, new_token, part_file_name
from wellspring_tui.private import create, put_in_place, writing
from wellspring_tui.prompts.model import EMBEDDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wellspring_tui.prompts.model import Request
    from wellspring_tui.settings import ServiceProfile


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """An input file, whole and on disk."""

    number: int
    endpoint: str
    model: str
    requests: int
    size_bytes: int
    sha256: str
    tokens: int


@dataclass(slots=True)
class _OpenPart:
    number: int
    name: str
    file: IO[bytes]
    requests: int = 0
    size_bytes: int = 0
    inputs: int = 0
    tokens: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def has_room_for(self, request: Request, limits: ServiceProfile) -> bool:
        return (
            self.requests < limits.max_requests
            and self.size_bytes + len(request.line) + 1 <= limits.max_bytes
            and (
                limits.enqueued_tokens is None
                or not self.requests
                or self.tokens + request.tokens <= limits.enqueued_tokens
            )
            and (
                request.endpoint != EMBEDDINGS
                or self.inputs + request.inputs <= limits.max_embedding_inputs
            )
        )

    def add(self, request: Request) -> Place:
        line = request.line + b"\n"
        place = Place(self.name, self.size_bytes, len(line))
        self.file.write(line)
        self.digest.update(line)
        self.requests += 1
        self.size_bytes += len(line)
        self.inputs += request.inputs
        self.tokens += request.tokens
        return place


class Planner:
    """Writes the input files of one job into `folder`, as a stream.

    Take `placed(requests)` to its end, then `parts` is complete.
    """

    def __init__(self, folder: Path, limits: ServiceProfile, first_number: int = 1) -> None:
        """The parts are numbered from `first_number`."""
        self.folder = folder
        self.parts: list[PlannedPart] = []
        self._limits = limits
        self._open: dict[tuple[str, str], _OpenPart] = {}
        self._next_number = first_number

    def placed(self, requests: Iterable[Request]) -> Iterator[tuple[str, str, str, Place]]:
        """Write each request; yields (custom_id, section, prompt type, place) of it."""
        for request in requests:
            part = self._part_for(request)
            yield request.custom_id, request.section, request.prompt_type, part.add(request)
        for key in list(self._open):
            self._finish(key)
        self.parts.sort(key=lambda part: part.number)

    def _part_for(self, request: Request) -> _OpenPart:
        key = request.endpoint, request.model
        part = self._open.get(key)
        if part is not None and part.has_room_for(request, self._limits):
            return part
        if part is not None:
            self._finish(key)
        if len(request.line) + 1 > self._limits.max_bytes:
            raise PromptsFileError(
                f"the request {request.custom_id} has {len(request.line):,} bytes, "
                f"more than the {self._limits.max_bytes:,} that {self._limits.name} takes",
                todo="Shorten it.",
            )
        number = self._next_number
        self._next_number += 1
        name = part_file_name(number)
        fresh = _OpenPart(number, name, create(self._temporary(name)))
        self._open[key] = fresh
        return fresh

    def _finish(self, key: tuple[str, str]) -> None:
        part = self._open.pop(key)
        put_in_place(part.file, self._temporary(part.name), self.folder / part.name)
        endpoint, model = key
        self.parts.append(
            PlannedPart(
                part.number,
                endpoint,
                model,
                part.requests,
                part.size_bytes,
                part.digest.hexdigest(),
                part.tokens,
            )
        )

    def _temporary(self, name: str) -> Path:
        return self.folder / f"{name}.tmp"

    def close(self) -> None:
        """Close what is still open, after a failure."""
        for part in self._open.values():
            part.file.close()
        self._open.clear()


def planned_parts(
    job_id: str, planned: Iterable[PlannedPart], *, hold_creation: bool = False
) -> list[Part]:
    """The same parts as the ledger keeps them, waiting to be sent, or only to be uploaded."""
    return [
        Part(
            id=f"{job_id}-{part.number}",
            job_id=job_id,
            number=part.number,
            step=Step.PLANNED,
            status=WAITING,
            token=new_token(f"{job_id}-{part.number}"),
            requests=part.requests,
            size_bytes=part.size_bytes,
            sha256=part.sha256,
            endpoint=part.endpoint,
            model=part.model,
            tokens=part.tokens,
            creation_held=hold_creation,
        )
        for part in planned
    ]


@contextmanager
def removed_on_failure(*folders: Path) -> Iterator[None]:
    """Inside, a failure takes the folders away: nothing was sent and no job was made."""
    try:
        with writing(folders[0]):
            yield
    except BaseException:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise
