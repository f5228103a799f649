"""The jobs that are under way, in a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellspring_tui.jobs import rows

if TYPE_CHECKING:
    from wellspring_tui.jobs.database import Database
    from wellspring_tui.jobs.model import Job


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How many jobs are not over yet, and the newest of them."""

    count: int = 0
    newest: Job | None = None


class OpenJobs:
    """Reads them from the ledger's file."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def under_way(self) -> UnderWay:
        """What is under way now."""
        db = self._file.here
        (count,) = db.execute("SELECT count(*) FROM jobs WHERE collected = 0").fetchone()
        newest = db.execute(
            "SELECT * FROM jobs WHERE collected = 0 ORDER BY created_at DESC, rowid DESC LIMIT 1"
        ).fetchone()
        return UnderWay(count, rows.job(newest) if newest is not None else None)
