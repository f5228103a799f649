"""The jobs of a query in its order, so that any page of ten thousand comes at once."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from wellspring_tui.jobs import queries, rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.model import Job, JobsQuery


class OrderedJobs:
    """The order as it was at one moment; the jobs on a page are as they are when asked for."""

    def __init__(self, file: Database, ids: Sequence[str]) -> None:
        self._file = file
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def page(self, start: int, stop: int) -> list[Job]:
        """Jobs `start` to `stop`."""
        wanted = self._ids[start:stop]
        found = self._file.here.execute(
            "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(:ids))",
            {"ids": msgspec.json.encode(wanted).decode()},
        )
        jobs = {row["id"]: rows.job(row) for row in found}
        return [jobs[job_id] for job_id in wanted if job_id in jobs]

    def position(self, job_id: str) -> int | None:
        """Where a job stands, from 0; None when it is not among them."""
        return self._positions.get(job_id)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {job_id: position for position, job_id in enumerate(self._ids)}


class Orderings:
    """Makes them. The last one of a thread is good until anything is written to the ledger."""

    def __init__(self, file: Database) -> None:
        self._file = file
        self._last = threading.local()

    def of(self, query: JobsQuery) -> OrderedJobs:
        """The jobs that answer to a query."""
        db = self._file.here
        key = (query, *_state(db))
        if getattr(self._last, "key", None) != key:
            where, parameters = queries.where(query)
            found = db.execute(
                f"SELECT id FROM jobs {where} ORDER BY {queries.order(query)}",
                parameters,
            )
            self._last.jobs = OrderedJobs(self._file, [row["id"] for row in found])
            self._last.key = key
        ordered: OrderedJobs = self._last.jobs
        return ordered


def _state(db: sqlite3.Connection) -> tuple[int, int]:
    """Another one after each change: by other connections, and by this one."""
    return db.execute("PRAGMA data_version").fetchone()[0], db.total_changes
