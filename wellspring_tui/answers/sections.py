"""The sections of a job, known without a look at its requests.

They are gathered whenever requests are added. An index made before they were kept has
no table of them, and they are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellspring_tui.answers.model import SectionOutline

if TYPE_CHECKING:
    import sqlite3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sections (
    first INTEGER PRIMARY KEY,          -- the row of its first request
    section INTEGER NOT NULL, requests INTEGER NOT NULL
) STRICT
"""
_COUNTED = "SELECT min(row), section, count(*) FROM requests GROUP BY section"


def keep(db: sqlite3.Connection) -> None:
    """Gather the sections, in the transaction that has changed the requests."""
    db.execute(_SCHEMA)
    db.execute("DELETE FROM sections")
    db.execute(f"INSERT INTO sections {_COUNTED}")


def outline(db: sqlite3.Connection) -> list[SectionOutline]:
    """The sections in the order of the views."""
    kept = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sections'").fetchone()
    known = "SELECT first, section, requests FROM sections" if kept else _COUNTED
    rows = db.execute(
        f"""
        WITH known (first, section, requests) AS ({known})
        SELECT n.name, k.first, k.requests FROM known k
        JOIN names n ON n.id = k.section ORDER BY k.first
        """
    )
    return [SectionOutline(*row) for row in rows]
