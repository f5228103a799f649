"""Collecting a part: its output and error files come to disk, whole, and are indexed.

The service's bytes are kept as they came. A file appears under its name only when it
is complete and synced; until then the part is not collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.errors import NetworkError
from wellspring_tui.jobs.model import INDEX_NAME, part_file_name
from wellspring_tui.private import create, put_in_place, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.jobs.ledger import Ledger
    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.progress import Progress
    from wellspring_tui.services.client import Service
    from wellspring_tui.settings import Places


class Collector:
    """Fetches and indexes the answers of parts whose batch has ended."""

    def __init__(
        self,
        ledger: Ledger,
        places: Places,
        price: Callable[[Job, AnswerIndex], Decimal | None],
    ) -> None:
        """`price` tells what a job has cost by its index."""
        self._ledger = ledger
        self._places = places
        self._price = price

    def collect(self, part: Part, service: Service, progress: Progress) -> None:
        """Bring a part's answers home. May be done again at any time, to the same effect."""
        folder = self._places.outputs(part.job_id)
        files = []
        for kind, file_id in (("output", part.output_file_id), ("error", part.error_file_id)):
            if file_id is None:
                continue
            path = folder / part_file_name(part.number, kind)
            if not path.is_file():
                stage = f"Fetching the {kind} of part {part.number}"
                _fetch(service, file_id, path, progress, stage)
            files.append(path)
        with AnswerIndex(folder / INDEX_NAME) as index:
            for path in files:
                index.add_file(path, part.number, progress.stage("Indexing answers"))
            job, totals = self._ledger.job(part.job_id), index.totals()
            self._ledger.collected(part, totals, self._price(job, index))
            # Another process may have collected another part meanwhile; its totals are larger.
            while (newer := index.totals()) != totals:
                totals = newer
                self._ledger.count(job.id, totals, self._price(job, index))


def _fetch(service: Service, file_id: str, path: Path, progress: Progress, stage: str) -> None:
    expected = service.file_size(file_id)
    temporary = path.with_suffix(".tmp")
    with writing(temporary), create(temporary) as file:
        written = service.download(file_id, file, progress.stage(stage))
        if expected is not None and written != expected:
            raise NetworkError(
                f"{file_id} has {expected:,} bytes, but {written:,} came",
                todo="Wellspring will fetch it again.",
            )
        put_in_place(file, temporary, path)
