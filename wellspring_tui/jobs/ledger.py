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
from wellspring_tui.jobs.labels import Labels
from wellspring_tui.jobs.limits import Limits
from wellspring_tui.jobs.model import MADE, Job, JobDetail, JobsQuery, Part, SentAgain
from wellspring_tui.jobs.open_jobs import OpenJobs
from wellspring_tui.jobs.ordering import Orderings
from wellspring_tui.service_profiles import IN_REAL_TIME
from wellspring_tui.text import one_line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from wellspring_tui.jobs.arrivals import Arrivals
    from wellspring_tui.jobs.clean_book import CleanBook
    from wellspring_tui.jobs.holding import Holds
    from wellspring_tui.jobs.length_book import LengthBook
    from wellspring_tui.jobs.offers import Offers
    from wellspring_tui.jobs.steps import Steps
    from wellspring_tui.jobs.usage_book import UsageBook


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

    @cached_property
    def steps(self) -> Steps:
        """On which step each part stands."""
        from wellspring_tui.jobs.steps import Steps

        return Steps(self._file, self._entries, self._now)

    @cached_property
    def holds(self) -> Holds:
        """Who carries each part."""
        from wellspring_tui.jobs.holding import Holds

        return Holds(self._file, self._now)

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
