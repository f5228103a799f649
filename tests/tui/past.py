"""Jobs with a past: what they went through, minutes ago, on a service that is not asked again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.support.files import CHAT
from wellspring_tui.answers.index import AnswerIndex
from wellspring_tui.answers.model import Place, Totals, Usage
from wellspring_tui.jobs.ledger import Ledger
from wellspring_tui.jobs.model import INDEX_NAME, WAITING, Job, Part, Step
from wellspring_tui.private import make_folder
from wellspring_tui.services.model import Batch, BatchProblem, Counts

if TYPE_CHECKING:
    from types import TracebackType

    from wellspring_tui.wellspring import Wellspring

SERVICE = "openai"
"""There is no key for it in tests, so nothing here changes while a test looks."""


class Past:
    """Writes it into the ledger of a home, by a clock of its own."""

    def __init__(self, door: Wellspring) -> None:
        self._door = door
        self._present = datetime.now(UTC)
        self._at = self._present
        self.ledger = Ledger(door.settings.places.ledger, self._seconds)

    def __enter__(self) -> Past:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._go(0)
        self.ledger.history.looked(SERVICE)
        self.ledger.close()

    def _seconds(self) -> float:
        return self._at.timestamp()

    def _go(self, minutes_ago: float) -> datetime:
        self._at = self._present - timedelta(minutes=minutes_ago)
        return self._at

    def planned(
        self, job_id: str, name: str, minutes_ago: float, *, requests: int = 100, parts: int = 1
    ) -> list[Part]:
        """A job that has not been sent, of parts with so many requests each."""
        made = self._go(minutes_ago)
        job = Job(
            id=job_id,
            name=name,
            description=None,
            source=f"/prompts/{name}.json",
            kind="Wellspring visual prompts",
            service=SERVICE,
            endpoint=CHAT,
            model="gpt-4o-mini",
            window="24h",
            requests=requests * parts,
            tokens_estimated=requests * parts * 120,
            created_at=made,
            parts=parts,
        )
        numbers = range(1, parts + 1)
        made_parts = [_part(job_id, number, requests) for number in numbers]
        self.ledger.add_job(job, made_parts)
        make_folder(self._door.settings.places.inputs(job_id))
        make_folder(self._door.settings.places.outputs(job_id))
        return made_parts

    def sent(self, part: Part, minutes_ago: float) -> None:
        """Its input file went, and its batch was made."""
        self._go(minutes_ago)
        self.ledger.steps.to_step(part, Step.UPLOADING)
        self.ledger.steps.to_step(part, Step.UPLOADED, input_file_id=f"file-{part.id}")
        self.ledger.steps.to_step(part, Step.CREATING)
        self.seen(part, minutes_ago, "validating")

    def seen(
        self,
        part: Part,
        minutes_ago: float,
        status: str,
        completed: int = 0,
        failed: int = 0,
        problems: tuple[BatchProblem, ...] = (),
    ) -> None:
        """The service told this of its batch."""
        at = self._go(minutes_ago)
        batch = Batch(
            id=f"batch_{part.id}",
            status=status,
            counts=Counts(part.requests, completed, failed),
            expires_at=self._present + timedelta(hours=20),
            timeline={status: at},
            problems=problems,
        )
        self.ledger.steps.observe(self.ledger.part(part.id), batch)

    def collected(self, part: Part, answered: int, failed: int = 0) -> None:
        """Its answers are on disk, and so is the job, if this was its last part."""
        totals = Totals(part.requests, answered, failed, usage=Usage(100, 400, 500))
        own = (answered, failed)
        self.ledger.steps.collected(self.ledger.part(part.id), totals, Decimal("0.0123"), own=own)

    def running(
        self, job_id: str, name: str, minutes: float, *, completed: int = 40, silent: float = 0
    ) -> None:
        """A job of 100 requests, sent `minutes` ago, of which nothing was heard for `silent`."""
        (part,) = self.planned(job_id, name, minutes)
        self.sent(part, minutes)
        self.seen(part, minutes - 0.5, "in_progress")
        self.seen(part, silent, "in_progress", completed)

    def ended(
        self, job_id: str, name: str, minutes_ago: float, *, took: float = 20, failed: int = 0
    ) -> None:
        """A job of 100 requests that ended `minutes_ago`, after `took` minutes."""
        begun = minutes_ago + took
        (part,) = self.planned(job_id, name, begun)
        self.sent(part, begun)
        for share in range(1, 10):
            # Heard of every now and then, so that a silence is worth telling.
            self.seen(part, begun - took * share / 10, "in_progress", 10 * share)
        self.seen(part, minutes_ago, "completed", 100 - failed, failed)
        self.collected(part, 100 - failed, failed)

    def failed_lines(self, job_id: str, reasons: list[tuple[str, str]]) -> None:
        """The index of a job of 100 requests whose first ones failed so: code and message."""
        outputs = self._door.settings.places.outputs(job_id)
        errors = outputs / "part-001.errors.jsonl"
        errors.write_text("".join(map(_failed_line, range(len(reasons)), reasons)))
        with AnswerIndex.create(outputs / INDEX_NAME) as index:
            place = Place("part-001.jsonl", 0, 1)
            index.add_requests((f"r{n}", "Planting", f"prompt {n}", place) for n in range(100))
            index.add_file(errors, 1, lambda _done, _total: None)


def _part(job_id: str, number: int, requests: int) -> Part:
    return Part(
        id=f"{job_id}-{number}",
        job_id=job_id,
        number=number,
        step=Step.PLANNED,
        status=WAITING,
        token=f"{job_id}-{number}-token",
        requests=requests,
        size_bytes=requests * 700,
        sha256="0" * 64,
        endpoint=CHAT,
        model="gpt-4o-mini",
        tokens=requests * 120,
    )


def _failed_line(number: int, reason: tuple[str, str]) -> str:
    code, message = reason
    body = {"error": {"code": code, "message": message}}
    response = {"status_code": 400, "body": body}
    return json.dumps({"custom_id": f"r{number}", "response": response, "error": None}) + "\n"
