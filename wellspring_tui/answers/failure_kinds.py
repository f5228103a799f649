"""Why requests of a job failed, in few words: each kind of failure once, with an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from wellspring_tui.answers.model import Answer


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Requests of a job that failed for the same reason."""

    requests: int
    example: Answer
    """The first of them."""


def count_kinds(db: sqlite3.Connection, limit: int) -> list[tuple[int, int]]:
    """How many requests failed for the same reason, and the row of the first; most first.

    The same is what stands before the first colon: a service's code, mostly.
    """
    found = db.execute(
        """
        SELECT count(*) AS times, min(row) AS first FROM (
            SELECT r.row, a.reason FROM answers a JOIN requests r ON r.custom_id = a.custom_id
            WHERE a.answered = 0
        )
        GROUP BY substr(reason, 1, instr(reason || ': ', ': ') - 1)
        ORDER BY times DESC, first LIMIT ?
        """,
        (limit,),
    )
    return found.fetchall()
