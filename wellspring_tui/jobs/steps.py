"""On which step a part stands, from its plan to its answers; written before a step is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.jobs import rows
from wellspring_tui.jobs.limits import learn_token_limit
from wellspring_tui.jobs.model import SENDING, WAITING, Part, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.entries import Entries
    from wellspring_tui.jobs.setbacks import Setback
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.services.model import Batch, BatchProblem


class Steps:
    """The ledger's side of it."""

    def __init__(self, file: Database, entries: Entries, now: Callable[[], float]) -> None:
        """`now` tells the time in seconds since 1970."""
        self._file = file
        self._entries = entries
        self._now = now

    def to_step(self, part: Part, step: Step, *, input_file_id: str | None = None) -> None:
        """Write that a part goes on to `step`, before its action starts."""
        with self._file.writing() as db:
            db.execute(
                """
                UPDATE parts SET step = :step, status = :status,
                    input_file_id = coalesce(:input_file_id, input_file_id),
                    waiting_for = NULL, not_before = NULL,
                    attempted_at = CASE :step WHEN 'creating' THEN :now ELSE attempted_at END
                WHERE id = :id
                """,
                {
                    "id": part.id,
                    "step": step,
                    "status": WAITING if step is Step.PLANNED else SENDING,
                    "input_file_id": input_file_id,
                    "now": self._now(),
                },
            )
            self._entries.event(db, part.job_id, part.number, step)
            self._entries.derive(db, part.job_id)

    def observe(self, part: Part, batch: Batch) -> bool:
        """Write what the service says of a part's batch; whether anything is new."""
        changes = rows.of_batch(batch, part)
        if changes == rows.known_of_batch(part):
            return False
        with self._file.writing() as db:
            # Another process may have collected it since, or set it back: then this is old news.
            written = db.execute(
                """
                UPDATE parts SET batch_id = :batch_id, status = :status, step = 'created',
                    output_file_id = :output_file_id, error_file_id = :error_file_id,
                    completed = :completed, failed = :failed, expires_at = :expires_at,
                    problems = :problems, waiting_for = NULL, not_before = NULL,
                    ended_at = CASE WHEN :ended THEN coalesce(ended_at, :ended_at) END
                WHERE id = :id AND step <> 'collected'
                    AND batch_id IS :known_batch_id AND token = :token
                """,
                {
                    "id": part.id,
                    "known_batch_id": part.batch_id,
                    "token": part.token,
                    **changes,
                    "ended": batch.ended,
                    "ended_at": self._entries.seconds(batch.timeline.get(batch.status)),
                },
            )
            if written.rowcount == 0:
                return False
            if part.batch_id is None:
                self._entries.event(db, part.job_id, part.number, "created", detail=batch.id)
            self._entries.timeline(db, part, batch)
            self._entries.derive(db, part.job_id)
        return True

    def wait(self, part: Part, reason: str, until: datetime | None) -> bool:
        """Note what an unsent part waits for; whether that is new."""
        if (part.waiting_for, part.not_before) == (reason, until):
            return False
        with self._file.writing() as db:
            db.execute(
                """
                UPDATE parts SET status = 'waiting', waiting_for = :reason, not_before = :until
                WHERE id = :id
                """,
                {"id": part.id, "reason": reason, "until": until and until.timestamp()},
            )
            self._entries.derive(db, part.job_id)
        return True

    def set_back(self, part: Part, setback: Setback, *, token: str, until: datetime) -> None:
        """A part gives up its failed batch and waits to be sent again, under a new token."""
        with self._file.writing() as db:
            db.execute("INSERT INTO given_up VALUES (:id)", {"id": part.batch_id})
            db.execute(
                """
                UPDATE parts SET step = :step, status = 'waiting', token = :token,
                    batch_id = NULL, output_file_id = NULL, error_file_id = NULL,
                    completed = 0, failed = 0, expires_at = NULL, ended_at = NULL,
                    problems = '[]', attempts = attempts + 1,
                    not_before = :until, waiting_for = :reason,
                    input_file_id = CASE WHEN :upload_again THEN NULL ELSE input_file_id END
                WHERE id = :id
                """,
                {
                    "id": part.id,
                    "step": Step.PLANNED if setback.upload_again else Step.UPLOADED,
                    "token": token,
                    "until": until.timestamp(),
                    "reason": setback.reason,
                    "upload_again": setback.upload_again,
                },
            )
            if setback.token_limit is not None:
                learn_token_limit(db, part, setback.token_limit)
            self._entries.event(db, part.job_id, part.number, "waits", detail=setback.reason)
            self._entries.derive(db, part.job_id)

    def was_given_up(self, batch_id: str) -> bool:
        """Whether a part once had that batch and gave it up."""
        found = self._file.here.execute(
            "SELECT 1 FROM given_up WHERE batch_id = :id", {"id": batch_id}
        )
        return found.fetchone() is not None

    def end_unsent(self, part: Part, status: str, problems: Sequence[BatchProblem] = ()) -> None:
        """A part ends without a batch: refused by the service, or cancelled before it was sent."""
        with self._file.writing() as db:
            db.execute(
                """
                UPDATE parts SET step = 'collected', status = :status, problems = :problems
                WHERE id = :id
                """,
                {
                    "id": part.id,
                    "status": status,
                    "problems": rows.of_problems(problems),
                },
            )
            reason = problems[0].message if problems else None
            self._entries.event(db, part.job_id, part.number, status, detail=reason)
            self._entries.derive(db, part.job_id)

    def collected(
        self,
        part: Part,
        totals: Totals,
        cost: Decimal | None,
        *,
        own: tuple[int, int],
        usage: JobUsage | None = None,
        problems: Sequence[BatchProblem] = (),
        still_true: Callable[[], bool] = lambda: True,
    ) -> bool:
        """A part's answers are on disk and indexed; `totals` and `cost` are the whole job's.

        So is `usage`. `own` are how many of its requests were answered and failed, by its
        files: from here on these count, not the service's numbers. `problems` are all that
        is known to be wrong with it now. False, and nothing written, when `totals` are no
        longer true: another process has indexed another part.
        """
        answered, failed = own
        with self._file.writing() as db:
            if not still_true():
                return False
            db.execute(
                """
                UPDATE parts SET step = 'collected', completed = :answered, failed = :failed,
                    problems = :problems
                WHERE id = :id
                """,
                {
                    "id": part.id,
                    "answered": answered,
                    "failed": failed,
                    "problems": rows.of_problems(problems),
                },
            )
            self._entries.event(db, part.job_id, part.number, "collected")
            self._entries.derive(db, part.job_id)
            self._entries.count(db, part.job_id, totals, cost)
            if usage is not None:
                from wellspring_tui.jobs.usage_book import write_usage

                write_usage(db, usage)
        return True
