"""What the ledger's transactions have in common: rows, events, and a job's own sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.jobs import rows
from wellspring_tui.jobs.history import note_counts
from wellspring_tui.jobs.model import SENDING, WAITING, Job, Part, Step
from wellspring_tui.log import logger

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.services.model import Batch

# A job is as far as the part that is furthest behind; when all have ended, the worst end shows.
JOB_STATUSES = (
    "completed", "cancelled", "expired", "failed",
    "finalizing", "cancelling", "in_progress", "validating", SENDING, WAITING,
)  # fmt: skip

# Within one second the steps of a batch follow each other like this.
_LIFE_ORDER = (
    "validating", "in_progress", "finalizing", "cancelling",
    "completed", "failed", "expired", "cancelled",
)  # fmt: skip


_BAD_ENDS = frozenset({"failed", "expired"})


class Entries:
    """Writes them, in whatever transaction is under way."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` tells the time in seconds since 1970."""
        self._now = now

    @staticmethod
    def insert_job(db: sqlite3.Connection, job: Job) -> None:
        """A new row of `jobs`."""
        db.execute(
            """
            INSERT INTO jobs (id, name, description, source, kind, service, endpoint, model,
                window, requests, tokens_estimated, created_at, status, parts,
                tags, notes, options, max_cost, output_life_seconds, quiet_seconds,
                real_time_parts, words)
            VALUES (:id, :name, :description, :source, :kind, :service, :endpoint, :model,
                :window, :requests, :tokens_estimated, :created_at, :status, :parts,
                :tags, :notes, :options, :max_cost, :output_life_seconds, :quiet_seconds,
                :real_time_parts,
                search_words(:id, :name, :description, :model, :service, :tags, :notes))
            """,
            rows.of_job(job),
        )

    @staticmethod
    def insert_parts(db: sqlite3.Connection, parts: Sequence[Part]) -> None:
        """New rows of `parts`."""
        db.executemany(
            """
            INSERT INTO parts (id, job_id, number, step, status, token, requests, size_bytes,
                sha256, endpoint, model, tokens, creation_held, real_time)
            VALUES (:id, :job_id, :number, :step, :status, :token, :requests, :size_bytes,
                :sha256, :endpoint, :model, :tokens, :creation_held, :real_time)
            """,
            [rows.of_part(part) for part in parts],
        )

    def timeline(self, db: sqlite3.Connection, part: Part, batch: Batch) -> None:
        """Note every status the batch has come to, those between two looks too."""
        before = db.execute(
            "SELECT what, at FROM events WHERE job_id = :job_id AND part = :number ORDER BY rowid",
            {"job_id": part.job_id, "number": part.number},
        ).fetchall()
        known = {row["what"] for row in before}
        reached = {batch.status: None, **batch.timeline}
        if part.batch_id is None and batch.created_at is not None:
            reached.setdefault("validating", batch.created_at)
        # Services tell whole seconds, by a clock of their own: no step goes back in time.
        latest = before[-1]["at"] if before else 0.0
        for status, at in sorted(reached.items(), key=self._place):
            if status not in known:
                latest = max(latest, self.seconds(at))
                self.event(db, part.job_id, part.number, status, at=latest)

    def _place(self, reached: tuple[str, datetime | None]) -> tuple[float, int]:
        status, at = reached
        steps = _LIFE_ORDER.index(status) if status in _LIFE_ORDER else 0
        return self.seconds(at), steps

    def derive(self, db: sqlite3.Connection, job_id: str) -> None:
        """Bring a job's own row up to date with its parts."""
        parts = [
            rows.part(row)
            for row in db.execute("SELECT * FROM parts WHERE job_id = :id", {"id": job_id})
        ]
        requests, finish_now = db.execute(
            "SELECT requests, finish_now FROM jobs WHERE id = :id", {"id": job_id}
        ).fetchone()
        done = not finish_now and all(part.step is Step.COLLECTED for part in parts)
        expiries = [part.expires_at.timestamp() for part in parts if part.expires_at]
        db.execute(
            """
            UPDATE jobs SET status = :status, completed = :completed, failed = :failed,
                collected = :done, parts = :parts, expires_at = :expires_at,
                real_time_parts = :real_time_parts,
                ended_at = CASE WHEN :done THEN coalesce(ended_at, :now) END,
                quiet_seconds = CASE WHEN status IN ('waiting', 'sending', 'completed',
                    'failed', 'expired', 'cancelled') THEN quiet_seconds
                    ELSE max(quiet_seconds, :now - news_at) END,
                news_at = :now
            WHERE id = :id
            """,
            {
                "id": job_id,
                "status": _job_status(parts),
                # After a retry a request may count in two parts.
                "completed": min(requests, sum(part.completed for part in parts)),
                "failed": min(requests, sum(part.failed for part in parts)),
                "done": done,
                "parts": len(parts),
                "real_time_parts": sum(part.real_time for part in parts),
                "expires_at": max(expiries, default=None),
                "now": self._now(),
            },
        )
        note_counts(db, job_id, self._now())

    def event(
        self,
        db: sqlite3.Connection,
        job_id: str,
        part: int,
        what: str,
        *,
        detail: str | None = None,
        at: float | None = None,
    ) -> None:
        """Something that happened to a job or, with a number, to one of its parts."""
        whose = f"job {job_id}" + (f", part {part}" if part else "")
        log = logger(__name__)
        tell = log.warning if what in _BAD_ENDS else log.info
        tell("%s: %s%s", whose, what.replace("_", " "), f" ({detail})" if detail else "")
        db.execute(
            "INSERT INTO events VALUES (:job_id, :at, :part, :what, :detail)",
            {
                "job_id": job_id,
                "at": self._now() if at is None else at,
                "part": part,
                "what": what,
                "detail": detail,
            },
        )

    def seconds(self, moment: datetime | None) -> float:
        return moment.timestamp() if moment else self._now()

    def count(
        self, db: sqlite3.Connection, job_id: str, totals: Totals, cost: Decimal | None
    ) -> None:
        """Write what the files of a job's collected parts hold."""
        db.execute(
            """
            UPDATE jobs SET input_tokens = :input, output_tokens = :output, cost = :cost,
                completed = CASE collected WHEN 1 THEN :answered ELSE completed END,
                failed = CASE collected WHEN 1 THEN :failed ELSE failed END
            WHERE id = :id
            """,
            {
                "id": job_id,
                "input": totals.usage.input_tokens,
                "output": totals.usage.output_tokens,
                "cost": None if cost is None else str(cost),
                "answered": totals.answered,
                "failed": totals.failed,
            },
        )
        note_counts(db, job_id, self._now())


def _job_status(parts: list[Part]) -> str:
    """The status furthest behind; one the Batch API does not know is shown before an end.

    A collected part without an unanswered request of its own has no say: its batch may have
    expired, and a retry have fetched the rest.
    """
    lacking = [part for part in parts if not part.answered]
    if not lacking and any(part.completed for part in parts):
        return "completed"
    statuses = [part.status for part in lacking or parts]
    known = {status: rank for rank, status in enumerate(JOB_STATUSES)}
    return max(statuses, key=lambda status: known.get(status, known["finalizing"]))
