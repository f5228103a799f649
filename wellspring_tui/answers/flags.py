"""Finding the answers that ask for a look: failed, missing, truncated, refused, off schema."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from wellspring_tui.answers.model import Kind

if TYPE_CHECKING:
    import sqlite3

_CONDITIONS = {
    Kind.ANSWERED: "a.answered = 1",
    Kind.FAILED: "a.answered = 0",
    Kind.MISSING: "a.answered IS NULL",
    Kind.TRUNCATED: "a.finish = 'length'",
    Kind.REFUSED: "a.finish IN ('refusal', 'content_filter')",
    Kind.OFF_SCHEMA: "a.off_schema IS NOT NULL",
}


class Flags:
    """The rows of answers by what they are."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._version = (0, 0)
        self._known: dict[frozenset[Kind], list[int]] = {}

    def rows(self, kinds: frozenset[Kind]) -> list[int]:
        """The rows of all that are of one of these kinds, ascending."""
        if not kinds:
            return []
        # Only a request says that its answer is missing. Else the answers are looked through,
        # first: CROSS JOIN keeps SQLite from going through the requests to save the sorting.
        missing = Kind.MISSING in kinds
        tables = "requests r LEFT JOIN answers a" if missing else "answers a CROSS JOIN requests r"
        wanted = " OR ".join(_CONDITIONS[kind] for kind in Kind if kind in kinds)
        rows = self._db.execute(
            f"SELECT r.row FROM {tables} ON a.custom_id = r.custom_id WHERE {wanted} ORDER BY r.row"
        )
        return [row for (row,) in rows]

    def next_row(self, kinds: frozenset[Kind], after: int, *, backwards: bool) -> int | None:
        """The nearest such row behind or before `after`, round the end; None when none is."""
        rows = self._kept(kinds)
        if not rows:
            return None
        if backwards:
            return rows[bisect_left(rows, after) - 1]
        return rows[bisect_right(rows, after) % len(rows)]

    def _kept(self, kinds: frozenset[Kind]) -> list[int]:
        """`rows`, looked for once as long as nobody writes: keys ask one after the other."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        version = (others, self._db.total_changes)
        if version != self._version:
            self._version, self._known = version, {}
        if kinds not in self._known:
            self._known[kinds] = self.rows(kinds)
        return self._known[kinds]
