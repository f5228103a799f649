"""Batches whose creation is asked for apart from the upload of their input file.

Such a part is held: it goes up, and no conductor creates its batch until somebody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.errors import InputError
from wellspring_tui.jobs.model import Step
from wellspring_tui.text import one_line, storable

if TYPE_CHECKING:
    import sqlite3

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.entries import Entries
    from wellspring_tui.jobs.model import Job, Part


class Creations:
    """The ledger's side of it."""

    def __init__(self, file: Database, entries: Entries) -> None:
        self._file = file
        self._entries = entries

    def job_of_file(self, service: str, file_id: str) -> str | None:
        """The id of the job that has an input file of that id on a service."""
        row = _job_of_file(self._file.here, service, file_id)
        return None if row is None else str(row["job_id"])

    def refuse_held(self, job_id: str) -> None:
        """Raises InputError for a job that waits for its creation to be asked for."""
        row = self._file.here.execute(
            """
            SELECT input_file_id FROM parts JOIN jobs ON jobs.id = parts.job_id
            WHERE job_id = :id AND creation_held = 1 AND step <> 'collected' AND cancel_asked = 0
            ORDER BY number LIMIT 1
            """,
            {"id": job_id},
        ).fetchone()
        if row is not None:
            file_id = row["input_file_id"]
            asks = f"create_batch_job({file_id!r}) asks for it" if file_id else "It goes up first"
            raise InputError(
                f"the job {job_id} waits for its creation to be asked for",
                todo=f"{asks}, `wellspring cancel {job_id}` gives it up.",
            )

    def ask_for(self, job_id: str, description: str | None) -> None:
        """Let a job's parts go on to their batches; a description goes with them.

        Nothing changes for a job that was let go on before.
        """
        with self._file.writing() as db:
            freed = db.execute(
                """
                UPDATE parts SET creation_held = 0, waiting_for = NULL
                WHERE job_id = :id AND creation_held = 1 AND step <> 'collected'
                """,
                {"id": job_id},
            )
            if not freed.rowcount:
                return
            db.execute(
                """
                UPDATE jobs SET description = coalesce(:description, description)
                WHERE id = :id
                """,
                {"id": job_id, "description": description and storable(description)},
            )
            db.execute(
                """
                UPDATE jobs
                SET words = search_words(id, name, description, model, service, tags, notes)
                WHERE id = :id
                """,
                {"id": job_id},
            )
            self._entries.event(db, job_id, 0, "creation asked")
            self._entries.derive(db, job_id)

    def add_uploaded(self, job: Job, part: Part, file_id: str) -> None:
        """A new job of one part whose input file is on the service already.

        Raises InputError when another job has that file.
        """
        with self._file.writing() as db:
            known = _job_of_file(db, job.service, file_id)
            if known is not None:
                raise InputError(
                    f"the file {one_line(file_id, 60)} belongs to the job {known['job_id']} already"
                )
            self._entries.insert_job(db, job)
            self._entries.insert_parts(db, [part])
            db.execute(
                "UPDATE parts SET step = :step, input_file_id = :file_id WHERE id = :id",
                {"id": part.id, "step": Step.UPLOADED, "file_id": file_id},
            )
            self._entries.event(db, job.id, 0, "creation asked", detail=file_id)
            self._entries.derive(db, job.id)


def _job_of_file(db: sqlite3.Connection, service: str, file_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute(
        """
        SELECT job_id FROM parts JOIN jobs ON jobs.id = parts.job_id
        WHERE input_file_id = :file_id AND service = :service
        ORDER BY jobs.created_at DESC LIMIT 1
        """,
        {"service": service, "file_id": file_id},
    ).fetchone()
    return found
