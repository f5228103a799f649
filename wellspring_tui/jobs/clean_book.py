"""What the ledger tells of what may be deleted, and how a job leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import ADOPTED, NO_SERVICE

if TYPE_CHECKING:
    import sqlite3

    from wellspring_tui.jobs.database import Database


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part, as far as its files on a service are concerned."""

    id: str
    job_id: str
    number: int
    collected: bool
    """Whether its whole job is over, and its answers are on this disk."""
    made_here: bool
    """Whether its batch is ours; the first part of an adopted job has somebody else's."""
    size_bytes: int
    sha256: str
    input_file_id: str | None
    output_file_id: str | None
    error_file_id: str | None


class CleanBook:
    """Reads it, and takes jobs out."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def last_parts(self) -> dict[str, int | None]:
        """The number of each job's last part; None for a job that is not over."""
        found = self._file.here.execute(
            """
            SELECT jobs.id, CASE collected WHEN 1 THEN max(number) END AS last
            FROM jobs LEFT JOIN parts ON parts.job_id = jobs.id GROUP BY jobs.id
            """
        )
        return {row["id"]: row["last"] for row in found}

    def last_part(self, job_id: str) -> int | None:
        """The number of the last part of a job that is over; None for every other."""
        (last,) = self._file.here.execute(
            """
            SELECT max(number) FROM parts JOIN jobs ON jobs.id = parts.job_id
            WHERE job_id = :id AND collected = 1
            """,
            {"id": job_id},
        ).fetchone()
        return None if last is None else int(last)

    def first_job_at(self) -> datetime | None:
        """When the oldest job of this ledger was made here; None when it has none."""
        (at,) = self._file.here.execute(
            """
            SELECT min(at) FROM events
            WHERE what IN ('planned', 'adopted', 'imported', 'creation asked')
            """
        ).fetchone()
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def knows(self, job_id: str) -> bool:
        """Whether there is such a job."""
        found = self._file.here.execute("SELECT 1 FROM jobs WHERE id = :id", {"id": job_id})
        return found.fetchone() is not None

    def has_input(self, sha256: str, source: str) -> bool:
        """Whether a job has a copy of an input file: by its hash, or by where it came from."""
        found = self._file.here.execute(
            """
            SELECT 1 FROM parts WHERE sha256 = :sha256
            UNION ALL SELECT 1 FROM jobs WHERE source = :source LIMIT 1
            """,
            {"sha256": sha256, "source": source},
        )
        return found.fetchone() is not None

    def services(self, job_id: str | None) -> list[str]:
        """The services that jobs, or one job, went to."""
        found = self._file.here.execute(
            """
            SELECT DISTINCT service FROM jobs
            WHERE service <> :none AND (:id IS NULL OR id = :id) ORDER BY service
            """,
            {"none": NO_SERVICE, "id": job_id},
        )
        return [row["service"] for row in found]

    def parts_on(self, service: str) -> list[SentPart]:
        """Every part that went to a service."""
        found = self._file.here.execute(
            f"{_SENT_PARTS} WHERE jobs.service = :service", {"service": service}
        )
        return [_sent_part(row) for row in found]

    def part(self, part_id: str) -> SentPart | None:
        """One of them as it is now; None when its job is gone."""
        row = self._file.here.execute(
            f"{_SENT_PARTS} WHERE parts.id = :id", {"id": part_id}
        ).fetchone()
        return None if row is None else _sent_part(row)

    def part_of_answers(self, service: str, file_id: str) -> SentPart | None:
        """The part whose answers are in that file on a service."""
        row = self._file.here.execute(
            f"""
            {_SENT_PARTS} WHERE jobs.service = :service
                AND :file_id IN (output_file_id, error_file_id)
            """,
            {"service": service, "file_id": file_id},
        ).fetchone()
        return None if row is None else _sent_part(row)

    def uses(self, file_id: str) -> bool:
        """Whether a part of a job that is not over has that input file."""
        found = self._file.here.execute(
            """
            SELECT 1 FROM parts JOIN jobs ON jobs.id = parts.job_id
            WHERE input_file_id = :file_id AND collected = 0
            """,
            {"file_id": file_id},
        )
        return found.fetchone() is not None

    # -- forgetting --------------------------------------------------------------

    def forget(self, job_id: str) -> None:
        """Take a job out of the ledger for good; its folders are to be deleted then.

        Its batches are not offered to be adopted. Raises InputError when it is not over.
        """
        with self._file.writing() as db:
            over = db.execute(
                "SELECT 1 FROM jobs WHERE id = :id AND collected = 1", {"id": job_id}
            ).fetchone()
            if over is None:
                raise InputError(f"another process has just sent the job {job_id} again")
            db.execute(
                """
                INSERT INTO offers (batch_id, service, status, requests, completed, failed,
                    declined)
                SELECT batch_id, service, parts.status, parts.requests, parts.completed,
                    parts.failed, 1
                FROM parts JOIN jobs ON jobs.id = parts.job_id
                WHERE job_id = :id AND batch_id IS NOT NULL
                ON CONFLICT (batch_id) DO UPDATE SET declined = 1
                """,
                {"id": job_id},
            )
            db.execute("INSERT OR IGNORE INTO forgotten VALUES (:id)", {"id": job_id})
            db.execute("DELETE FROM jobs WHERE id = :id", {"id": job_id})

    def forgotten(self) -> list[str]:
        """Jobs that have left the ledger, and of which files may still be there."""
        return [row["job_id"] for row in self._file.here.execute("SELECT job_id FROM forgotten")]

    def rest_is_gone(self, job_id: str) -> None:
        """Of a forgotten job nothing is left."""
        with self._file.writing() as db:
            db.execute("DELETE FROM forgotten WHERE job_id = :id", {"id": job_id})


_SENT_PARTS = f"""
SELECT parts.id, job_id, number, collected, kind <> '{ADOPTED}' OR number > 1 AS made_here,
    size_bytes, sha256, input_file_id, output_file_id, error_file_id
FROM parts JOIN jobs ON jobs.id = parts.job_id
"""


def _sent_part(row: sqlite3.Row) -> SentPart:
    fields = dict(row)
    for name in ("collected", "made_here"):
        fields[name] = bool(fields[name])
    return SentPart(**fields)
