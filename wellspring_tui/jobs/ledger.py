"""The ledger: every job, every part, and on which step it stands.

One SQLite file that any number of processes may use at once. A step is written
here before its action starts, so that after a crash it is known what may have
been done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.errors import JobNotFoundError
from wellspring_tui.jobs import rows
from wellspring_tui.jobs.database import Database
from wellspring_tui.jobs.holding import is_gone
from wellspring_tui.jobs.limits import Limits, learn_token_limit
from wellspring_tui.jobs.model import (
    SENDING,
    WAITING,
    Job,
    JobDetail,
    JobsQuery,
    Part,
    Step,
)
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.setbacks import Setback
    from wellspring_tui.services.model import Batch, BatchProblem

# A job is as far as the part that is furthest behind; when all have ended, the worst end shows.
_JOB_STATUS_ORDER = (
    "completed", "cancelled", "expired", "failed",
    "finalizing", "cancelling", "in_progress", "validating", SENDING, WAITING,
)  # fmt: skip

_ORDERS = {
    "created_at", "name", "status", "service", "model", "requests", "completed", "failed",
    "input_tokens", "cost", "expires_at",
}  # fmt: skip


def _now() -> float:
    return datetime.now(UTC).timestamp()


class Ledger:
    """The jobs of one home. Every method is one short transaction; raises StorageError."""

    def __init__(self, path: Path, now: Callable[[], float] = _now) -> None:
        """`now` tells the time in seconds since 1970."""
        self._now = now
        self._file = Database(path)
        self._writing = self._file.writing
        self.limits = Limits(self._file)

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.here

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # -- jobs ------------------------------------------------------------------

    def add_job(self, job: Job, parts: Sequence[Part]) -> None:
        """A new job with its parts, all at once."""
        with self._writing() as db:
            db.execute(
                """
                INSERT INTO jobs (id, name, description, source, kind, service, endpoint, model,
                    window, requests, tokens_estimated, created_at, status, parts)
                VALUES (:id, :name, :description, :source, :kind, :service, :endpoint, :model,
                    :window, :requests, :tokens_estimated, :created_at, :status, :parts)
                """,
                rows.of_job(job),
            )
            db.executemany(
                """
                INSERT INTO parts (id, job_id, number, step, status, token, requests, size_bytes,
                    sha256, endpoint, model, tokens)
                VALUES (:id, :job_id, :number, :step, :status, :token, :requests, :size_bytes,
                    :sha256, :endpoint, :model, :tokens)
                """,
                [rows.of_part(part) for part in parts],
            )
            self._event(db, job.id, 0, "planned")

    def jobs(
        self, query: JobsQuery | None = None, start: int = 0, stop: int | None = None
    ) -> list[Job]:
        """Jobs `start` to `stop` of those asked for."""
        query = query or JobsQuery()
        where, parameters = _where(query)
        limit = -1 if stop is None else max(0, stop - start)
        found = self._db.execute(
            f"SELECT * FROM jobs {where} ORDER BY {_order(query)} LIMIT :limit OFFSET :start",
            {**parameters, "limit": limit, "start": start},
        )
        return [rows.job(row) for row in found]

    def count_jobs(self, query: JobsQuery | None = None) -> int:
        """How many jobs are asked for."""
        where, parameters = _where(query or JobsQuery())
        return int(self._db.execute(f"SELECT count(*) FROM jobs {where}", parameters).fetchone()[0])

    def job_ids(self, query: JobsQuery) -> list[str]:
        """The ids of all jobs asked for, in order."""
        where, parameters = _where(query)
        found = self._db.execute(
            f"SELECT id FROM jobs {where} ORDER BY {_order(query)}", parameters
        )
        return [row["id"] for row in found]

    def job(self, job_or_batch_id: str) -> Job:
        """The job of that id, or the job of which that batch is a part.

        Raises JobNotFoundError.
        """
        row = self._db.execute(
            """
            SELECT * FROM jobs WHERE id = :id
                OR id = (SELECT job_id FROM parts WHERE batch_id = :id OR id = :id)
            """,
            {"id": job_or_batch_id},
        ).fetchone()
        if row is None:
            raise JobNotFoundError(
                f"there is no job “{one_line(job_or_batch_id, 60)}”",
                todo="`wellspring jobs` lists them.",
            )
        return rows.job(row)

    def detail(self, job_or_batch_id: str) -> JobDetail:
        """A job with its parts and timeline. Raises JobNotFoundError."""
        job = self.job(job_or_batch_id)
        events = self._db.execute(
            "SELECT * FROM events WHERE job_id = :id ORDER BY rowid", {"id": job.id}
        )
        return JobDetail(job, tuple(self.parts(job.id)), tuple(rows.event(row) for row in events))

    def parts(self, job_id: str) -> list[Part]:
        """The parts of a job, in order."""
        found = self._db.execute(
            "SELECT * FROM parts WHERE job_id = :id ORDER BY number", {"id": job_id}
        )
        return [rows.part(row) for row in found]

    def ask_to_cancel(self, job_id: str) -> None:
        """Note that a job is to be cancelled; the conductor does it."""
        with self._writing() as db:
            db.execute("UPDATE jobs SET cancel_asked = 1 WHERE id = :id", {"id": job_id})
            self._event(db, job_id, 0, "cancel asked")

    # -- parts on their way ------------------------------------------------------

    def open_services(self) -> list[str]:
        """Services with parts that are not collected yet."""
        found = self._db.execute("SELECT DISTINCT service FROM jobs WHERE collected = 0")
        return [row["service"] for row in found]

    def open_parts(self, service: str) -> list[Part]:
        """The parts of a service that are not collected yet, oldest job first."""
        found = self._db.execute(
            """
            SELECT parts.* FROM parts JOIN jobs ON jobs.id = parts.job_id
            WHERE jobs.collected = 0 AND jobs.service = :service AND step <> 'collected'
            ORDER BY jobs.created_at, number
            """,
            {"service": service},
        )
        return [rows.part(row) for row in found]

    def hold(self, part_id: str, holder: str, seconds: float) -> Part | None:
        """Hold a part so that no other process carries it; None while another one does.

        The hold ends with the process, or by itself after `seconds`.
        """
        now = self._now()
        with self._writing() as db:
            row = db.execute(
                "SELECT holder, held_until FROM parts WHERE id = :id", {"id": part_id}
            ).fetchone()
            free = row["holder"] in (None, holder) or row["held_until"] < now
            if not free and not is_gone(row["holder"]):
                return None
            held = db.execute(
                """
                UPDATE parts SET holder = :holder, held_until = :until
                WHERE id = :id RETURNING *
                """,
                {"id": part_id, "holder": holder, "until": now + seconds},
            ).fetchone()
        return rows.part(held)

    def release(self, part_id: str, holder: str) -> None:
        """Let go of a part."""
        with self._writing() as db:
            db.execute(
                "UPDATE parts SET holder = NULL WHERE id = :id AND holder = :holder",
                {"id": part_id, "holder": holder},
            )

    def to_step(self, part: Part, step: Step, *, input_file_id: str | None = None) -> None:
        """Write that a part goes on to `step`, before its action starts."""
        with self._writing() as db:
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
            self._event(db, part.job_id, part.number, step)
            self._derive(db, part.job_id)

    def observe(self, part: Part, batch: Batch) -> bool:
        """Write what the service says of a part's batch; whether anything is new."""
        changes = rows.of_batch(batch, part)
        if changes == rows.known_of_batch(part):
            return False
        with self._writing() as db:
            # Another process may have collected it since: what was listed before is old news.
            written = db.execute(
                """
                UPDATE parts SET batch_id = :batch_id, status = :status, step = 'created',
                    output_file_id = :output_file_id, error_file_id = :error_file_id,
                    completed = :completed, failed = :failed, expires_at = :expires_at,
                    problems = :problems, waiting_for = NULL, not_before = NULL,
                    ended_at = CASE WHEN :ended THEN coalesce(ended_at, :ended_at) END
                WHERE id = :id AND step <> 'collected'
                """,
                {
                    "id": part.id,
                    **changes,
                    "ended": batch.ended,
                    "ended_at": self._seconds(batch.timeline.get(batch.status)),
                },
            )
            if written.rowcount == 0:
                return False
            if part.batch_id is None:
                self._event(db, part.job_id, part.number, "created", detail=batch.id)
            self._timeline(db, part, batch)
            self._derive(db, part.job_id)
        return True

    def wait(self, part: Part, reason: str, until: datetime | None) -> bool:
        """Note what an unsent part waits for; whether that is new."""
        if (part.waiting_for, part.not_before) == (reason, until):
            return False
        with self._writing() as db:
            db.execute(
                """
                UPDATE parts SET status = 'waiting', waiting_for = :reason, not_before = :until
                WHERE id = :id
                """,
                {"id": part.id, "reason": reason, "until": until and until.timestamp()},
            )
            self._derive(db, part.job_id)
        return True

    def set_back(self, part: Part, setback: Setback, *, token: str, until: datetime) -> None:
        """A part gives up its failed batch and waits to be sent again, under a new token."""
        with self._writing() as db:
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
            self._event(db, part.job_id, part.number, "waits", detail=setback.reason)
            self._derive(db, part.job_id)

    def was_given_up(self, batch_id: str) -> bool:
        """Whether a part once had that batch and gave it up."""
        found = self._db.execute("SELECT 1 FROM given_up WHERE batch_id = :id", {"id": batch_id})
        return found.fetchone() is not None

    # -- endings -------------------------------------------------------------------

    def _timeline(self, db: sqlite3.Connection, part: Part, batch: Batch) -> None:
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
        for status, at in sorted(reached.items(), key=lambda item: self._seconds(item[1])):
            if status not in known:
                latest = max(latest, self._seconds(at))
                self._event(db, part.job_id, part.number, status, at=latest)

    def end_unsent(self, part: Part, status: str, problems: Sequence[BatchProblem] = ()) -> None:
        """A part ends without a batch: refused by the service, or cancelled before it was sent."""
        with self._writing() as db:
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
            self._event(db, part.job_id, part.number, status, detail=reason)
            self._derive(db, part.job_id)

    def collected(
        self,
        part: Part,
        totals: Totals,
        cost: Decimal | None,
        problems: Sequence[BatchProblem] = (),
    ) -> None:
        """A part's answers are on disk and indexed; `totals` and `cost` are the whole job's.

        `problems` are all that is known to be wrong with it now.
        """
        with self._writing() as db:
            # From here on the files count, not the service's numbers.
            db.execute(
                """
                UPDATE parts SET step = 'collected', problems = :problems,
                    completed = max(0, :answered - others.completed),
                    failed = max(0, :failed - others.failed)
                FROM (
                    SELECT coalesce(sum(completed), 0) AS completed,
                        coalesce(sum(failed), 0) AS failed
                    FROM parts WHERE job_id = :job_id AND step = 'collected' AND id <> :id
                ) AS others
                WHERE id = :id
                """,
                {
                    "id": part.id,
                    "job_id": part.job_id,
                    "answered": totals.answered,
                    "failed": totals.failed,
                    "problems": rows.of_problems(problems),
                },
            )
            self._event(db, part.job_id, part.number, "collected")
            self._derive(db, part.job_id)
            _count(db, part.job_id, totals, cost)

    def count(self, job_id: str, totals: Totals, cost: Decimal | None) -> None:
        """Write anew what the files of a job's collected parts hold."""
        with self._writing() as db:
            _count(db, job_id, totals, cost)

    def _derive(self, db: sqlite3.Connection, job_id: str) -> None:
        """Bring a job's own row up to date with its parts."""
        parts = [
            rows.part(row)
            for row in db.execute("SELECT * FROM parts WHERE job_id = :id", {"id": job_id})
        ]
        (requests,) = db.execute(
            "SELECT requests FROM jobs WHERE id = :id", {"id": job_id}
        ).fetchone()
        done = all(part.step is Step.COLLECTED for part in parts)
        expiries = [part.expires_at.timestamp() for part in parts if part.expires_at]
        db.execute(
            """
            UPDATE jobs SET status = :status, completed = :completed, failed = :failed,
                collected = :done, parts = :parts, expires_at = :expires_at,
                ended_at = CASE WHEN :done THEN coalesce(ended_at, :now) END
            WHERE id = :id
            """,
            {
                "id": job_id,
                "status": _job_status([part.status for part in parts]),
                # After a retry a request may count in two parts.
                "completed": min(requests, sum(part.completed for part in parts)),
                "failed": min(requests, sum(part.failed for part in parts)),
                "done": done,
                "parts": len(parts),
                "expires_at": max(expiries, default=None),
                "now": self._now(),
            },
        )

    def _event(
        self,
        db: sqlite3.Connection,
        job_id: str,
        part: int,
        what: str,
        *,
        detail: str | None = None,
        at: float | None = None,
    ) -> None:
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

    def _seconds(self, moment: datetime | None) -> float:
        return moment.timestamp() if moment else self._now()


def _count(db: sqlite3.Connection, job_id: str, totals: Totals, cost: Decimal | None) -> None:
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


def _job_status(statuses: list[str]) -> str:
    """The status furthest behind; one the Batch API does not know is shown before an end."""
    known = {status: rank for rank, status in enumerate(_JOB_STATUS_ORDER)}
    return max(statuses, key=lambda status: known.get(status, known["finalizing"]))


def _where(query: JobsQuery) -> tuple[str, dict[str, object]]:
    if not query.text:
        return "", {}
    fields = ("id", "name", "model", "status", "service")
    found = " OR ".join(f"instr(folded({field}), :text)" for field in fields)
    return f"WHERE {found}", {"text": query.text.casefold()}


def _order(query: JobsQuery) -> str:
    column = query.order_by if query.order_by in _ORDERS else "created_at"
    return f"{column} {'DESC' if query.descending else 'ASC'}, id"
