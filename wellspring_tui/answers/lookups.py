"""From lines of a job's files to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_encode = msgspec.json.encode


def rows_of_responses(
    db: sqlite3.Connection, custom_ids: Iterable[str]
) -> dict[tuple[str, int], int]:
    """The rows of answered requests by the line, (file, offset), that counts as their answer."""
    found = db.execute(
        """
        SELECT f.name, a.offset, r.row FROM json_each(?) wanted
        JOIN answers a ON a.custom_id = wanted.value AND a.answered
        JOIN requests r ON r.custom_id = a.custom_id
        JOIN names f ON f.id = a.file
        """,
        (_encode(list(custom_ids)).decode(),),
    )
    return {(file, offset): row for file, offset, row in found}


def rows_of_requests(
    db: sqlite3.Connection, custom_ids: Iterable[str]
) -> dict[tuple[str, int], int]:
    """The rows of requests by the line, (file, offset), in which they stand."""
    found = db.execute(
        """
        SELECT f.name, r.offset, r.row FROM json_each(?) wanted
        JOIN requests r ON r.custom_id = wanted.value
        JOIN names f ON f.id = r.file
        """,
        (_encode(list(custom_ids)).decode(),),
    )
    return {(file, offset): row for file, offset, row in found}


def reasons(db: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The row of each failed request, and why it failed."""
    return db.execute(
        """
        SELECT r.row, a.reason FROM answers a CROSS JOIN requests r ON r.custom_id = a.custom_id
        WHERE a.answered = 0 AND a.reason IS NOT NULL
        """
    )


def files_of_answers(db: sqlite3.Connection) -> list[str]:
    """The output files that hold an answer."""
    rows = db.execute(
        """
        SELECT name FROM names WHERE id IN (SELECT file FROM answers WHERE answered) ORDER BY name
        """
    )
    return [name for (name,) in rows]
