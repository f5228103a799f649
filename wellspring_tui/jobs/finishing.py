"""Jobs whose batches are cancelled so that the rest can be asked in real time.

What a batch has answered by its end is kept, and nothing is asked in real time before that
end: an answer is not bought twice. Such a job is not over until the rest is planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.entries import Entries


class Finishing:
    """The ledger's side of it."""

    def __init__(self, file: Database, entries: Entries) -> None:
        self._file = file
        self._entries = entries

    def ask_for(self, job_id: str, max_cost: Decimal | None = None) -> bool:
        """Note that a job's batches are to be cancelled, and the rest asked in real time.

        `max_cost`, if it is given, is the job's limit from now on. False, and
        nothing noted, when the job is over.
        """
        with self._file.writing() as db:
            written = db.execute(
                """
                UPDATE jobs SET cancel_asked = 1, finish_now = 1,
                    max_cost = coalesce(:max_cost, max_cost)
                WHERE id = :id AND collected = 0
                """,
                {"id": job_id, "max_cost": None if max_cost is None else str(max_cost)},
            )
            if written.rowcount:
                self._entries.event(db, job_id, 0, "cancel asked", detail="to finish in real time")
        return bool(written.rowcount)

    def due(self, service: str) -> list[str]:
        """The ids of such jobs whose batches are over."""
        found = self._file.here.execute(
            """
            SELECT id FROM jobs
            WHERE collected = 0 AND finish_now = 1 AND service = :service AND NOT EXISTS (
                SELECT 1 FROM parts WHERE job_id = jobs.id AND step <> 'collected'
            )
            """,
            {"service": service},
        )
        return [row["id"] for row in found]

    def nothing_left(self, job_id: str, why: str) -> None:
        """Such a job is over as it is."""
        with self._file.writing() as db:
            db.execute("UPDATE jobs SET finish_now = 0 WHERE id = :id", {"id": job_id})
            self._entries.event(db, job_id, 0, "nothing to finish", detail=why)
            self._entries.derive(db, job_id)
