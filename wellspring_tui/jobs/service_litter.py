"""Files of ours on a service that nobody needs any more, and deleting them.

A project's files are everybody's who has its key. Ours are those that our batches wrote,
and input files that carry the name of one of our parts: all others are left alone.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.errors import GoneError
from wellspring_tui.jobs.litter import Kept, Kind, Litter
from wellspring_tui.jobs.model import part_file_name

if TYPE_CHECKING:
    from wellspring_tui.jobs.clean_book import CleanBook, SentPart
    from wellspring_tui.places import Places
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service
    from wellspring_tui.services.model import RemoteFile

_UPLOADED = re.compile(r"wellspring-(.+)-[0-9a-f]{12}\.jsonl")
"""How an input file of ours is called: by its part's token."""

_SAFE_INPUT = "its job is over, and its requests are on this disk"
_SAFE_ANSWERS = "its job is over, and every byte of it is on this disk"
_STILL_OPEN = "files of jobs that are not over"
_NOT_HERE = "files of which nothing as whole is on this disk"


class ServiceLitter:
    """Finds it on one service, and deletes it."""

    def __init__(self, book: CleanBook, places: Places, name: str, service: Service) -> None:
        self._book = book
        self._places = places
        self._name = name
        self._service = service
        self._whole: dict[str, bool] = {}
        """Whether the input file of a part is here as it was sent, by the part's id."""

    def find(self, job_id: str | None, progress: Progress) -> tuple[list[Litter], list[Kept]]:
        """What may go, of all jobs or of one, and what stays. Raises ServiceError."""
        parts = self._book.parts_on(self._name)
        by_id = {part.id: part for part in parts}
        answers = {
            file_id: (part, kind)
            for part in parts
            for kind, file_id in (("output", part.output_file_id), ("error", part.error_file_id))
            if file_id is not None
        }
        litter: list[Litter] = []
        counts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for number, file in enumerate(self._service.files(), start=1):
            progress.step(f"Looking through the files on {self._name}", number)
            part, kind = answers.get(file.id, (None, ""))
            part = part or by_id.get(_part_id(file))
            if part is None or job_id not in (None, part.job_id) or (kind and not part.made_here):
                continue
            why_kept = self._why_kept(file, part, kind)
            if why_kept is None:
                litter.append(self._litter(file, part, kind))
            else:
                counts[why_kept] += 1
                sizes[why_kept] += file.size_bytes or 0
        kept = [Kept(count, sizes[why], f"{why}, on {self._name}") for why, count in counts.items()]
        return litter, kept

    def remove(self, litter: Litter) -> bool:
        """Delete one file; False when it is not litter any more. Raises ServiceError."""
        try:
            file = self._service.file(litter.where)
        except GoneError:
            return True
        part, kind = self._part_of(file)
        if part is None or self._why_kept(file, part, kind) is not None:
            return False
        with suppress(GoneError):  # another process was quicker
            self._service.delete_file(file.id)
        return True

    def _part_of(self, file: RemoteFile) -> tuple[SentPart | None, str]:
        """The part that a file belongs to now, and `output` or `error` where it has answers."""
        part = self._book.part_of_answers(self._name, file.id)
        if part is None:
            return self._book.part(_part_id(file)), ""
        return part, "output" if file.id == part.output_file_id else "error"

    def _why_kept(self, file: RemoteFile, part: SentPart, kind: str) -> str | None:
        """Why a file of ours has to stay; None when it may go."""
        if not part.collected or self._book.uses(file.id):
            return _STILL_OPEN
        if kind:
            name = part_file_name(part.number, kind)
            path = self._places.outputs(part.job_id) / name
            here = path.stat().st_size if path.is_file() else None
            return None if here is not None and here == file.size_bytes else _NOT_HERE
        return None if self._is_whole(part) else _NOT_HERE

    def _is_whole(self, part: SentPart) -> bool:
        if part.id not in self._whole:
            path = self._places.inputs(part.job_id) / part_file_name(part.number)
            self._whole[part.id] = False
            if path.is_file() and path.stat().st_size == part.size_bytes:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                self._whole[part.id] = digest == part.sha256
        return self._whole[part.id]

    def _litter(self, file: RemoteFile, part: SentPart, kind: str) -> Litter:
        return Litter(
            Kind.SERVICE_ANSWERS if kind else Kind.SERVICE_INPUT,
            file.id,
            file.size_bytes or 0,
            _SAFE_ANSWERS if kind else _SAFE_INPUT,
            file.created_at or datetime.now(UTC),
            part.job_id,
            self._name,
            file.expires_at,
        )


def _part_id(file: RemoteFile) -> str:
    """The id of the part that a file was uploaded for, by its name; "" for another's."""
    found = _UPLOADED.fullmatch(file.filename or "")
    return found[1] if found else ""
