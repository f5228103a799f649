"""What jobs have gone through: their counts over time, and how long those that ended took."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.jobs.queries import CHANNEL

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.model import Job

_MOST_SAMPLES = 240
_ENOUGH_SAMPLES = 60
"""Of a job that is over: there may be thousands of those."""
_LAST_ENDED = 400
"""So many jobs of a service are its history; what was before may have been another service."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that came to its end by itself."""

    requests: int
    model: str
    seconds: float
    """From the creation of its batch to the batch's end; of several batches, the longest."""
    quiet_seconds: float
    """The longest time in which nothing changed; the whole of it when nobody looked."""


@dataclass(frozen=True, slots=True)
class Running:
    """An open job whose batches are with the service."""

    since: datetime
    """When the last of them was created."""
    looked_at: datetime | None
    """When the service last told how they stand."""


class History:
    """Reads it, and notes when a service was looked at."""

    def __init__(self, file: Database, now: Callable[[], float]) -> None:
        """`now` tells the time in seconds since 1970."""
        self._file = file
        self._now = now

    def looked(self, service: str) -> None:
        """A service has just told how all its batches stand."""
        with self._file.writing() as db:
            db.execute(
                """
                INSERT INTO looks VALUES (:service, :now)
                ON CONFLICT (service) DO UPDATE SET at = excluded.at
                """,
                {"service": service, "now": self._now()},
            )

    def ended(self, service: str, *, real_time: bool = False) -> list[Ended]:
        """The last jobs of a service that were not stopped and did not fail, newest first.

        Those with a part in `real_time` or those without: the ones tell nothing of the others.
        """
        found = self._file.here.execute(
            """
            SELECT last.requests, last.model, last.quiet_seconds,
                max(parts.ended_at - parts.attempted_at) AS seconds
            FROM (
                SELECT id, requests, model, quiet_seconds, created_at FROM jobs
                WHERE collected = 1 AND service = :service AND status IN ('completed', 'expired')
                    AND (real_time_parts > 0) = :real_time
                ORDER BY created_at DESC LIMIT :most
            ) AS last
            JOIN parts ON parts.job_id = last.id
            WHERE parts.status IN ('completed', 'expired')
            GROUP BY last.id HAVING seconds IS NOT NULL
            ORDER BY last.created_at DESC
            """,
            {"service": service, "real_time": real_time, "most": _LAST_ENDED},
        )
        return [_ended(row) for row in found]

    def running(self, job_ids: Iterable[str]) -> dict[str, Running]:
        """Those of the jobs that have batches which are not over, and no part that waits."""
        found = self._file.here.execute(
            f"""
            SELECT jobs.id, max(parts.attempted_at) AS since,
                (SELECT at FROM looks WHERE looks.service = {CHANNEL}) AS looked_at
            FROM jobs JOIN parts ON parts.job_id = jobs.id
            WHERE jobs.id IN (SELECT value FROM json_each(:ids)) AND parts.step <> 'collected'
                AND parts.status NOT IN ('completed', 'failed', 'expired', 'cancelled')
            GROUP BY jobs.id HAVING min(parts.step = 'created') AND since IS NOT NULL
            """,
            {"ids": msgspec.json.encode(list(job_ids)).decode()},
        )
        return {
            row["id"]: Running(
                datetime.fromtimestamp(row["since"], UTC),
                None if row["looked_at"] is None else datetime.fromtimestamp(row["looked_at"], UTC),
            )
            for row in found
        }

    def answered_over_time(self, job: Job, cells: int, now: datetime | None) -> list[int]:
        """Answered and failed at `cells` moments up to the job's end, or `now` while it is open.

        [] when nothing is known.
        """
        found = self._file.here.execute(
            "SELECT at, completed + failed AS done FROM samples WHERE job_id = :id ORDER BY at",
            {"id": job.id},
        ).fetchall()
        if not found:
            return []
        times, done = [row["at"] for row in found], [0, *(row["done"] for row in found)]
        begin = job.created_at.timestamp()
        end = (job.ended_at or now or datetime.fromtimestamp(self._now(), UTC)).timestamp()
        step = max(0.0, end - begin) / max(1, cells)
        inner = [begin + step * number for number in range(1, cells)]
        # The last moment is told, not reckoned: it must not fall short of the end by a rounding.
        return [done[bisect_right(times, moment)] for moment in [*inner, end][:cells]]


def note_counts(db: sqlite3.Connection, job_id: str, now: float) -> None:
    """Keep a job's counts if they are others than before, in the transaction under way."""
    written = db.execute(
        """
        WITH before AS (
            SELECT completed, failed FROM samples WHERE job_id = :id ORDER BY at DESC LIMIT 1
        )
        INSERT INTO samples SELECT id, :now, completed, failed FROM jobs
        WHERE id = :id AND (
            completed <> coalesce((SELECT completed FROM before), 0)
            OR failed <> coalesce((SELECT failed FROM before), 0)
        )
        ON CONFLICT (job_id, at) DO UPDATE SET completed = excluded.completed,
            failed = excluded.failed
        """,
        {"id": job_id, "now": now},
    )
    if written.rowcount:
        _thin_out(db, job_id)


def _thin_out(db: sqlite3.Connection, job_id: str) -> None:
    """When there are too many counts, keep the last of each of so many equal stretches of time."""
    count, first, last, collected = db.execute(
        """
        SELECT count(*), min(at), max(at), (SELECT collected FROM jobs WHERE id = :id)
        FROM samples WHERE job_id = :id
        """,
        {"id": job_id},
    ).fetchone()
    if count <= (_ENOUGH_SAMPLES if collected else _MOST_SAMPLES):
        return
    # Half of what there is room for while a job runs, so that this is not done every time.
    stretches = _ENOUGH_SAMPLES - 1 if collected else _MOST_SAMPLES // 2
    db.execute(
        """
        DELETE FROM samples WHERE job_id = :id AND at NOT IN (
            SELECT max(at) FROM samples WHERE job_id = :id
            GROUP BY CAST((at - :first) * :stretches / :seconds AS INTEGER)
        )
        """,
        {"id": job_id, "first": first, "seconds": last - first, "stretches": stretches},
    )


def _ended(row: sqlite3.Row) -> Ended:
    seconds = max(0.0, row["seconds"])  # the service's clock may be behind ours
    quiet = row["quiet_seconds"]
    quiet_seconds = seconds if quiet is None else min(quiet, seconds)
    return Ended(row["requests"], row["model"], seconds, quiet_seconds)
