"""Writing the input files of a job's parts, as its requests go by."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from wellspring_tui.answers.model import Place
from wellspring_tui.jobs.cutting import Cut, Cutter, QueueOf, no_queue
from wellspring_tui.jobs.holding import alone
from wellspring_tui.jobs.model import WAITING, Part, Step, new_token, part_file_name
from wellspring_tui.private import create, put_in_place, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wellspring_tui.answers.model import RequestRow
    from wellspring_tui.prompts.model import Request
    from wellspring_tui.service_profiles import ServiceProfile


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
    cut: Cut
    name: str
    file: IO[bytes]
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def write(self, request: Request) -> Place:
        """Write a request that its cut has counted in already."""
        line = request.line + b"\n"
        self.file.write(line)
        self.digest.update(line)
        return Place(self.name, self.cut.size_bytes - len(line), len(line))


class Planner:
    """Writes the input files of one job into `folder`, as a stream.

    Take `placed(requests)` to its end, then `parts` is complete.
    """

    def __init__(
        self,
        folder: Path,
        limits: ServiceProfile,
        queue_of: QueueOf = no_queue,
        first_number: int = 1,
    ) -> None:
        """The parts are numbered from `first_number`."""
        self.folder = folder
        self.parts: list[PlannedPart] = []
        self._cutter = Cutter(limits, queue_of, first_number)
        self._open: dict[tuple[str, str], _OpenPart] = {}

    def placed(self, requests: Iterable[Request]) -> Iterator[RequestRow]:
        """Write each request; yields what an index keeps of it."""
        part: _OpenPart | None = None
        for request in requests:
            cut = self._cutter.place(request)
            if part is None or part.cut is not cut:
                part = self._open_for(cut)
            place = part.write(request)
            yield request.custom_id, request.section, request.prompt_type, place, request.schema
        for key in list(self._open):
            self._finish(key)
        self.parts.sort(key=lambda part: part.number)

    def _open_for(self, cut: Cut) -> _OpenPart:
        key = cut.endpoint, cut.model
        part = self._open.get(key)
        if part is not None and part.cut is cut:
            return part
        if part is not None:
            self._finish(key)
        name = part_file_name(cut.number)
        fresh = _OpenPart(cut, name, create(self._temporary(name)))
        self._open[key] = fresh
        return fresh

    def _finish(self, key: tuple[str, str]) -> None:
        part = self._open.pop(key)
        put_in_place(part.file, self._temporary(part.name), self.folder / part.name)
        cut = part.cut
        self.parts.append(
            PlannedPart(
                cut.number,
                cut.endpoint,
                cut.model,
                cut.requests,
                cut.size_bytes,
                part.digest.hexdigest(),
                cut.tokens,
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
    job_id: str,
    planned: Iterable[PlannedPart],
    *,
    hold_creation: bool = False,
    real_time: bool = False,
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
            real_time=real_time,
        )
        for part in planned
    ]


@contextmanager
def removed_on_failure(*folders: Path) -> Iterator[None]:
    """Inside, a failure takes the folders away: nothing was sent and no job was made.

    As long as a job is being made, nobody takes its folders for those of one that never was.
    """
    inputs = folders[0]
    try:
        with writing(inputs), alone(inputs, inputs.name):
            yield
    except BaseException:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise
