"""The ledger: every job, every part, and on which step it stands.

One SQLite file that any number of processes may use at once. A step is written
here before its action starts, so that after a crash it is known what may have
been done.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError, JobNotFoundError
from wellspring_tui.jobs import queries, rows
from wellspring_tui.jobs.creations import Creations
from wellspring_tui.jobs.database import Database
from wellspring_tui.jobs.entries import Entries
from wellspring_tui.jobs.expiring import Expiring
from wellspring_tui.jobs.finishing import Finishing
from wellspring_tui.jobs.history import History
from wellspring_tui.jobs.holding import is_gone
from wellspring_tui.jobs.labels import Labels
from wellspring_tui.jobs.limits import Limits, learn_token_limit
from wellspring_tui.jobs.model import (
    MADE,
    SENDING,
    WAITING,
    Job,
    JobDetail,
    JobsQuery,
    Part,
    SentAgain,
    Step,
)
from wellspring_tui.jobs.open_jobs import OpenJobs
from wellspring_tui.jobs.ordering import Orderings
from wellspring_tui.service_profiles import IN_REAL_TIME
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.answers.model import Totals
    from wellspring_tui.jobs.arrivals import Arrivals
    from wellspring_tui.jobs.clean_book import CleanBook
    from wellspring_tui.jobs.length_book import LengthBook
    from wellspring_tui.jobs.offers import Offers
    from wellspring_tui.jobs.setbacks import Setback
    from wellspring_tui.jobs.usage import JobUsage
    from wellspring_tui.jobs.usage_book import UsageBook
    from wellspring_tui.services.model import Batch, BatchProblem


def _now() -> float:
    return datetime.now(UTC).timestamp()


class Ledger:
    """The jobs of one home. Every method is one short transaction; raises StorageError."""

    def __init__(self, path: Path, now: Callable[[], float] = _now) -> None:
        """`now` tells the time in seconds since 1970."""
        self._now = now
        self._file = Database(path)
        self._writing = self._file.writing
        self._entries = Entries(now)
        self.limits = Limits(self._file)
        self.creations = Creations(self._file, self._entries)
        self.finishing = Finishing(self._file, self._entries)
        self.labels = Labels(self._file)
        self.history = History(self._file, now)
        self.expiring = Expiring(self._file)
        self.open_jobs = OpenJobs(self._file)
        self.orderings = Orderings(self._file)

    # What a list of jobs does without is imported when it is asked for.

    @cached_property
    def arrivals(self) -> Arrivals:
        """Jobs that come from elsewhere."""
        from wellspring_tui.jobs.arrivals import Arrivals

        return Arrivals(self._file, self._entries)

    @cached_property
    def offers(self) -> Offers:
        """Batches on the services that belong to no job."""
        from wellspring_tui.jobs.offers import Offers

        return Offers(self._file)

    @cached_property
    def usage(self) -> UsageBook:
        """Tokens and money, by day, model and section."""
        from wellspring_tui.jobs.usage_book import UsageBook

        return UsageBook(self._file)

    @cached_property
    def cleaning(self) -> CleanBook:
        """What no job needs any more."""
        from wellspring_tui.jobs.clean_book import CleanBook

        return CleanBook(self._file)

    @cached_property
    def lengths(self) -> LengthBook:
        """How long answers were."""
        from wellspring_tui.jobs.length_book import LengthBook

        return LengthBook(self._file)

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.here

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def damage(self) -> str | None:
        """What is wrong with the file; None when nothing is."""
        return self._file.damage()

    # -- jobs ------------------------------------------------------------------

    def add_job(self, job: Job, parts: Sequence[Part], answered_by: str | None = None) -> None:
        """A new job with its parts, all at once, and who answers for the built-in service."""
        with self._writing() as db:
            self._entries.insert_job(db, job)
            self._entries.insert_parts(db, parts)
            how = IN_REAL_TIME.strip() if job.real_time_parts else answered_by
            self._entries.event(db, job.id, 0, MADE, detail=how)

    def add_parts(
        self,
        job_id: str,
        parts: Sequence[Part],
        again: Mapping[int, SentAgain],
        answered_by: str | None = None,
        max_cost: Decimal | None = None,
    ) -> None:
        """More parts for a job that is over: what is sent again leaves the parts it was in.

        `again` tells, by the number of a part, how many of its requests that are; `max_cost`
        is the job's limit from now on, if it is given. A job that was to be finished in real
        time goes on with that. Raises InputError when the job is not over, or has other parts
        than these were made for.
        """
        with self._writing() as db:
            last = db.execute(
                """
                SELECT max(number) FROM jobs JOIN parts ON parts.job_id = jobs.id
                WHERE jobs.id = :id AND (collected = 1 OR finish_now = 1)
                GROUP BY jobs.id HAVING min(step = 'collected')
                """,
                {"id": job_id},
            ).fetchone()
            if last is None or last[0] != parts[0].number - 1:
                raise InputError(f"another process has just sent the job {job_id} again")
            db.executemany(
                """
                UPDATE parts SET requests = max(0, requests - :requests),
                    failed = max(0, failed - :failed)
                WHERE job_id = :id AND number = :number
                """,
                [
                    {"id": job_id, "number": number, **asdict(moved)}
                    for number, moved in again.items()
                ],
            )
            self._entries.insert_parts(db, parts)
            db.execute(
                """
                UPDATE jobs SET cancel_asked = 0, finish_now = 0,
                    max_cost = coalesce(:max_cost, max_cost)
                WHERE id = :id
                """,
                {"id": job_id, "max_cost": None if max_cost is None else str(max_cost)},
            )
            count = sum(moved.requests for moved in again.values())
            how = IN_REAL_TIME if parts[0].real_time else ""
            by = f", {answered_by}" if answered_by else ""
            detail = f"requests: {count:,}{how}{by}"
            self._entries.event(db, job_id, 0, "retry planned", detail=detail)
            self._entries.derive(db, job_id)

    def jobs(
        self, query: JobsQuery | None = None, start: int = 0, stop: int | None = None
    ) -> list[Job]:
        """Jobs `start` to `stop` of those asked for."""
        query = query or JobsQuery()
        where, parameters = queries.where(query)
        order = queries.order(query)
        limit = -1 if stop is None else max(0, stop - start)
        # Only ids are sorted, not whole rows: a page far down costs what one at the top does.
        found = self._db.execute(
            f"""
            SELECT * FROM jobs WHERE id IN (
                SELECT id FROM jobs {where} ORDER BY {order} LIMIT :limit OFFSET :start
            ) ORDER BY {order}
            """,
            {**parameters, "limit": limit, "start": start},
        )
        return [rows.job(row) for row in found]

    def count_jobs(self, query: JobsQuery | None = None) -> int:
        """How many jobs are asked for."""
        where, parameters = queries.where(query or JobsQuery())
        return int(self._db.execute(f"SELECT count(*) FROM jobs {where}", parameters).fetchone()[0])

    def job_ids(self, query: JobsQuery) -> list[str]:
        """The ids of all jobs asked for, in order."""
        where, parameters = queries.where(query)
        found = self._db.execute(
            f"SELECT id FROM jobs {where} ORDER BY {queries.order(query)}", parameters
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
            "SELECT rowid, * FROM events WHERE job_id = :id ORDER BY rowid", {"id": job.id}
        )
        return JobDetail(job, tuple(self.parts(job.id)), tuple(rows.event(row) for row in events))

    def parts(self, job_id: str) -> list[Part]:
        """The parts of a job, in order."""
        found = self._db.execute(
            "SELECT * FROM parts WHERE job_id = :id ORDER BY number", {"id": job_id}
        )
        return [rows.part(row) for row in found]

    def part(self, part_id: str) -> Part:
        """One part, as it is now."""
        row = self._db.execute("SELECT * FROM parts WHERE id = :id", {"id": part_id}).fetchone()
        return rows.part(row)

    def ask_to_cancel(self, job_id: str) -> None:
        """Note that a job is to be cancelled; the conductor does it."""
        with self._writing() as db:
            db.execute("UPDATE jobs SET cancel_asked = 1 WHERE id = :id", {"id": job_id})
            self._entries.event(db, job_id, 0, "cancel asked")
            given_up = db.execute(
                "UPDATE jobs SET finish_now = 0 WHERE id = :id AND finish_now = 1", {"id": job_id}
            )
            if given_up.rowcount:
                self._entries.derive(db, job_id)

    # -- parts on their way ------------------------------------------------------

    def open_channels(self) -> list[str]:
        """The channels of parts that are not collected yet."""
        found = self._db.execute(
            f"""
            SELECT DISTINCT {queries.CHANNEL} AS channel
            FROM jobs LEFT JOIN parts ON parts.job_id = jobs.id AND step <> 'collected'
            WHERE jobs.collected = 0
            """,
        )
        return [row["channel"] for row in found]

    def open_parts(self, channel: str) -> list[Part]:
        """The parts of a channel that are not collected yet, oldest job first."""
        found = self._db.execute(
            f"""
            SELECT parts.* FROM parts JOIN jobs ON jobs.id = parts.job_id
            WHERE jobs.collected = 0 AND {queries.CHANNEL} = :channel AND step <> 'collected'
            ORDER BY jobs.created_at, number
            """,
            {"channel": channel},
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
            self._entries.event(db, part.job_id, part.number, step)
            self._entries.derive(db, part.job_id)

    def observe(self, part: Part, batch: Batch) -> bool:
        """Write what the service says of a part's batch; whether anything is new."""
        changes = rows.of_batch(batch, part)
        if changes == rows.known_of_batch(part):
            return False
        with self._writing() as db:
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
        with self._writing() as db:
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
            self._entries.event(db, part.job_id, part.number, "waits", detail=setback.reason)
            self._entries.derive(db, part.job_id)

    def was_given_up(self, batch_id: str) -> bool:
        """Whether a part once had that batch and gave it up."""
        found = self._db.execute("SELECT 1 FROM given_up WHERE batch_id = :id", {"id": batch_id})
        return found.fetchone() is not None

    # -- endings -------------------------------------------------------------------

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
        with self._writing() as db:
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
