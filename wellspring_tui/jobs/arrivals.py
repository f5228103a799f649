"""Jobs that come into the ledger with a batch, or with answers, already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs import rows
from wellspring_tui.jobs.offers import take_offer
from wellspring_tui.jobs.usage_book import write_usage
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.entries import Entries
    from wellspring_tui.jobs.model import Job, Part
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.services.model import Batch


class Arrivals:
    """Writes them, each in one transaction."""

    def __init__(self, file: Database, entries: Entries) -> None:
        self._file = file
        self._entries = entries

    def add_adopted(self, job: Job, part: Part, batch: Batch, made_for: str | None) -> None:
        """A new job of one part whose batch is there already.

        Raises InputError when the batch is a part's, or was made for the one with the token
        `made_for`.
        """
        with self._file.writing() as db:
            self.refuse_known(batch.id, made_for)
            self._entries.insert_job(db, job)
            self._entries.insert_parts(db, [part])
            db.execute(
                """
                UPDATE parts SET batch_id = :batch_id, input_file_id = :input_file_id,
                    output_file_id = :output_file_id, error_file_id = :error_file_id,
                    completed = :completed, failed = :failed, expires_at = :expires_at,
                    problems = :problems, attempted_at = :made_at,
                    ended_at = CASE WHEN :ended THEN :ended_at END
                WHERE id = :id
                """,
                {
                    **rows.of_batch(batch, part),
                    "id": part.id,
                    "input_file_id": batch.input_file_id,
                    "made_at": self._entries.seconds(batch.created_at),
                    "ended": batch.ended,
                    "ended_at": self._entries.seconds(batch.timeline.get(batch.status)),
                },
            )
            self._entries.timeline(db, part, batch)
            take_offer(db, batch.id)
            self._entries.event(db, job.id, 0, "adopted", detail=batch.id)
            self._entries.derive(db, job.id)

    def refuse_known(self, batch_id: str, token: str | None = None) -> None:
        """Raises InputError when a part has that batch, or the token a batch was made for."""
        row = self._file.here.execute(
            "SELECT job_id FROM parts WHERE batch_id = :batch_id OR token = :token",
            {"batch_id": batch_id, "token": token},
        ).fetchone()
        if row is not None:
            shown = one_line(batch_id, 60)
            raise InputError(f"the batch {shown} belongs to the job {row['job_id']} already")

    def add_ended(self, job: Job, part: Part, totals: Totals, usage: JobUsage | None) -> None:
        """A new job of one part whose answers are all on disk and indexed."""
        with self._file.writing() as db:
            self._entries.insert_job(db, job)
            self._entries.insert_parts(db, [part])
            db.execute(
                """
                UPDATE parts SET completed = :answered, failed = :failed, problems = :problems
                WHERE id = :id
                """,
                {
                    "id": part.id,
                    "answered": totals.answered,
                    "failed": totals.failed,
                    "problems": rows.of_problems(part.problems),
                },
            )
            self._entries.event(db, job.id, 0, "imported")
            self._entries.derive(db, job.id)
            cost = None if usage is None else usage.cost.charged.whole
            self._entries.count(db, job.id, totals, cost)
            if usage is not None:
                write_usage(db, usage)

    def count_requests(self, part: Part, requests: int) -> None:
        """Note how many requests a job of one part has, once its answers tell."""
        numbers = {"job_id": part.job_id, "id": part.id, "requests": requests}
        with self._file.writing() as db:
            for table, key in (("jobs", "id = :job_id"), ("parts", "id = :id")):
                db.execute(
                    f"UPDATE {table} SET requests = max(requests, :requests) WHERE {key}", numbers
                )
